/* log.db: one row for each group that was appended and is not settled yet. */
#include "store/sqlite.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"

#include <time.h>

enum {
	LOG_LEVEL = 1,         /* of zstd: the appender is in a hurry */
	TAIL_LIMIT = 8,        /* times tail_bytes: no more is appended */
	PATIENCE_S = 30,       /* for the settler to make room */
	WAL_PAGES = 2048,      /* from then on a checkpoint is worth its fsyncs */
	SHRUNK_PAGES = 16384,  /* so many free ones are too many */
	DELETED_AT_ONCE = 128, /* groups; a commit waits no longer than one step takes */
};

enum statement { INSERT, BEGIN, COMMIT, ROLLBACK, REPLAY, LOG_STATEMENTS };

static const char set_up[] = "CREATE TABLE IF NOT EXISTS batch(first_seq INTEGER PRIMARY KEY,"
			     " count INTEGER NOT NULL, blob BLOB NOT NULL)";

static const char *const sql[LOG_STATEMENTS] = {
	[INSERT] = "INSERT INTO batch VALUES(?1, ?2, ?3)",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[REPLAY] = ("SELECT first_seq, count, blob FROM batch WHERE first_seq + count - 1 > ?1"
		    " ORDER BY first_seq"),
};

enum { DELETE };
static const char *const side_sql[] = {
	[DELETE] = "DELETE FROM batch WHERE first_seq IN (SELECT first_seq FROM batch"
		   " WHERE first_seq <= ?1 AND first_seq + count - 1 <= ?1"
		   " ORDER BY first_seq LIMIT ?2)",
};

static int note_wal(void *context, sqlite3 *handle, const char *name, int pages)
{
	(void)handle, (void)name;
	struct store *s = context;
	atomic_store(&s->wal_pages, (size_t)pages);
	if (pages == WAL_PAGES || pages % (4 * WAL_PAGES) == 0)
		worker_wake(&s->keeper);
	return SQLITE_OK;
}

bool log_open(struct store *s, struct error *e)
{
	if (!db_open(&s->log, s->directory, "log.db", set_up, e) ||
		!db_prepare(&s->log, sql, LOG_STATEMENTS, e) ||
		!db_open(&s->log_side, s->directory, "log.db", NULL, e) ||
		/* of VACUUM, see log_shrink */
		!db_run(&s->log_side, "PRAGMA temp_store=MEMORY", e) ||
		/* what it deletes would only be deleted again after a crash */
		!db_run(&s->log_side, "PRAGMA synchronous=NORMAL", e) ||
		!db_prepare(&s->log_side, side_sql, 1, e))
		return false;
	sqlite3_wal_hook(s->log.handle, note_wal, s);
	return true;
}

void log_close(struct store *s)
{
	db_close(&s->log_side);
	db_close(&s->log);
}

/* ---- replay ---- */

struct replay {
	struct store *s;
	struct rows rows;
	uint64_t expected; /* seq of the next record of the group */
};

static bool replay_record(void *context, const struct record *r)
{
	struct replay *replay = context;
	if (r->seq != replay->expected)
		return false;
	replay->expected++;
	if (r->seq > replay->s->settled)
		rows_add(&replay->rows, r);
	return true;
}

static bool replay_group(struct replay *replay, sqlite3_stmt *row, struct error *e)
{
	struct store *s = replay->s;
	uint64_t first = (uint64_t)sqlite3_column_int64(row, 0);
	uint64_t count = (uint64_t)sqlite3_column_int64(row, 1);
	struct error why = {"its number of records is wrong"};
	if (first > s->head + 1)
		log_warning("store", "gap", "after=%ju before=%ju", (uintmax_t)s->head,
			(uintmax_t)first);
	replay->expected = first;
	if (!columns_decode(s->decoder, db_blob(row, 2), NULL, replay_record, replay, &why) ||
		replay->expected != first + count)
		return fail(e, "log.db: the group at %ju: %s", (uintmax_t)first, why.text);
	state_apply(s->state, replay->rows.at, replay->rows.count);
	tail_append(s->tail, replay->rows.at, replay->rows.count);
	rows_empty(&replay->rows);
	s->head = first + count - 1;
	return true;
}

bool log_replay(struct store *s, struct error *e)
{
	struct replay replay = {.s = s};
	s->head = s->settled;
	sqlite3_stmt *row = db_start(&s->log, REPLAY, "i", (int64_t)s->settled);
	enum db_step step;
	while ((step = db_step(&s->log, REPLAY, e)) == DB_ROW) {
		if (!replay_group(&replay, row, e)) {
			db_end(&s->log, REPLAY);
			step = DB_FAILED;
			break;
		}
	}
	rows_clear(&replay.rows);
	return step == DB_DONE;
}

/* ---- append ---- */

/* A tail far beyond its size means that the settler fails or cannot keep up: memory and disk are
 * bounded by waiting for it, and by refusing when that does not help. */
static bool wait_for_room(struct store *s, struct error *e)
{
	struct tail_figures tail;
	tail_figures(s->tail, &tail);
	if (tail.bytes > s->tail_bytes)
		worker_wake(&s->settler);
	if (tail.bytes <= s->tail_bytes * TAIL_LIMIT)
		return true;
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&s->settler.lock);
	bool waits = true;
	while (waits && tail.bytes > s->tail_bytes * TAIL_LIMIT && !s->settle_failed) {
		waits = pthread_cond_timedwait(&s->settler.done, &s->settler.lock, &until) == 0;
		tail_figures(s->tail, &tail);
	}
	bool done = tail.bytes <= s->tail_bytes * TAIL_LIMIT;
	if (!done)
		fail(e, "too many records wait to be settled: %s",
			s->settle_failed ? s->settle_error.text : "the disk is too slow");
	pthread_mutex_unlock(&s->settler.lock);
	return done;
}

static bool insert(struct store *s, const struct record *records, size_t count, struct error *e)
{
	s->log_blob.len = 0;
	return columns_encode(s->log_encoder, records, count, LOG_LEVEL, &s->log_blob, e) &&
	       db_do(&s->log, INSERT, e, "iib", (int64_t)records[0].seq, (int64_t)count,
		       buf_str(&s->log_blob));
}

static bool write_group(
	struct store *s, const struct record *records, size_t count, struct error *e)
{
	size_t fit = columns_fit(records, count);
	if (fit == count)
		return insert(s, records, count, e);
	bool done = db_do(&s->log, BEGIN, e, "");
	for (size_t i = 0; done && i < count; i += fit) {
		fit = columns_fit(records + i, count - i);
		done = insert(s, records + i, fit, e);
	}
	return done && db_do(&s->log, COMMIT, e, "");
}

bool store_append(struct store *s, struct record *records, size_t count, struct error *e)
{
	if (!count)
		return true;
	if (!wait_for_room(s, e))
		return false;
	for (size_t i = 0; i < count; i++)
		records[i].seq = s->head + 1 + i;
	int64_t start_us = clock_monotonic_us();
	pthread_mutex_lock(&s->log_lock);
	bool done = write_group(s, records, count, e);
	if (!sqlite3_get_autocommit(s->log.handle))
		(void)db_do(&s->log, ROLLBACK, NULL, "");
	pthread_mutex_unlock(&s->log_lock);
	if (!done)
		return false;
	s->commits++;
	s->commit_us += (uint64_t)(clock_monotonic_us() - start_us);
	s->appended += count;
	/* The state first: what the settler finds in the tail must be in its snapshot. */
	state_apply(s->state, records, count);
	tail_append(s->tail, records, count);
	s->head += count;
	return true;
}

uint64_t store_head(struct store *s)
{
	return s->head;
}

/* ---- shrink ---- */

/* What waited for a settler that could not work, or for a slow one, has left a large and empty file.
 * When little is in it, writing that anew takes no longer than a commit or two. */
bool log_shrink(struct store *s, struct error *e)
{
	struct db *db = &s->log_side;
	bool done = true;
	pthread_mutex_lock(&s->log_lock);
	int64_t unused = db_pragma(db, "freelist_count");
	int64_t used = db_pragma(db, "page_count") - unused;
	if (unused > SHRUNK_PAGES && used < SHRUNK_PAGES / 8) {
		done = db_run(db, "VACUUM", e);
		s->wal_pages = WAL_PAGES; /* the file is cut by a checkpoint */
	}
	pthread_mutex_unlock(&s->log_lock);
	if (s->wal_pages >= WAL_PAGES)
		worker_wake(&s->keeper);
	return done;
}

/* ---- keep ---- */

static void delete_settled(struct store *s)
{
	uint64_t settled = s->settled;
	while (s->deleted < settled && !s->keeper.is_stopping) {
		struct error e;
		pthread_mutex_lock(&s->log_lock);
		bool done = db_do(
			&s->log_side, DELETE, &e, "ii", (int64_t)settled, (int64_t)DELETED_AT_ONCE);
		int deleted = sqlite3_changes(s->log_side.handle);
		pthread_mutex_unlock(&s->log_lock);
		if (!done) {
			log_warning("store", "delete", "error=%s", log_quote(e.text));
			return;
		}
		if (deleted < DELETED_AT_ONCE)
			s->deleted = settled;
		/* the appender goes first */
		nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
	}
}

/* The first checkpoint runs beside the commits. It leaves what came meanwhile, and a WAL starts
 * from its beginning again only when nothing was left: so the little rest is done with the
 * appender waiting. */
static void checkpoint(struct store *s)
{
	if (s->wal_pages < WAL_PAGES)
		return;
	int pages = 0, copied = 0;
	sqlite3 *handle = s->log_side.handle;
	int code =
		sqlite3_wal_checkpoint_v2(handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
	pthread_mutex_lock(&s->log_lock);
	if (code == SQLITE_OK)
		code = sqlite3_wal_checkpoint_v2(
			handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
	if (code == SQLITE_OK && copied == pages)
		s->wal_pages = 0;
	pthread_mutex_unlock(&s->log_lock);
}

void log_keep(struct store *s)
{
	delete_settled(s);
	checkpoint(s);
}
