/* Deletes from history.db what is past its time or beyond its size, whole blocks and chunks where it
 * can. What is still part of a younger one is not read any more (history.c), and is
 * taken out of it when it has been past its time for half that time again: so a block is rewritten
 * seldom, and nothing stays for long.
 *
 * All is done in steps, each a transaction of some milliseconds under settle_lock; between two of
 * them settling may go on. Readers have their snapshots. A crash between steps leaves a smaller
 * history, no other trace: sizes and ages stand in the rows. */
#include "store/shorten.h"

#include "base/log.h"

#include <time.h>

enum {
	ROWS_AT_ONCE = 32,
	BYTES_AT_ONCE = 1 << 20,
	STEPS_PER_CHECKPOINT = 32,
	PAUSE_NS = 500000,   /* between steps: whoever waits for the lock gets it */
	WHOLE_IS_ENOUGH = 3, /* quarters of a size that are left: blocks go whole */
};

/* A block or chunk. */
struct sized {
	int64_t id;
	size_t count;
	uint64_t bytes;
};

/* ---- steps ---- */

void history_checkpoint(struct store *s)
{
	sqlite3_wal_checkpoint_v2(s->history.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

bool history_lock(struct store *s)
{
	while (!s->retain_stops) {
		if (pthread_mutex_trylock(&s->settle_lock) == 0)
			return true;
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	}
	return false;
}

static bool one_step(struct job *j, work_fn *work, bool *more, struct error *e)
{
	struct store *s = j->s;
	struct db *db = &s->history;
	j->gone = 0;
	if (!history_lock(s))
		return true;
	bool done = db_do(db, HISTORY_BEGIN, e, "") && work(j, more, e) &&
		    db_do(db, HISTORY_COMMIT, e, "");
	if (!sqlite3_get_autocommit(db->handle))
		(void)db_do(db, HISTORY_ROLLBACK, NULL, "");
	kept_commit(s->kept, done);
	if (++j->steps % STEPS_PER_CHECKPOINT == 0)
		history_checkpoint(s);
	pthread_mutex_unlock(&s->settle_lock);
	*j->deleted += done ? j->gone : 0;
	nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	return done;
}

bool job_run(struct job *j, work_fn *work, struct error *e)
{
	bool more = true;
	while (more && !j->s->retain_stops) {
		more = false;
		if (!one_step(j, work, &more, e))
			return false;
	}
	return true;
}

/* ---- deleting ---- */

/* What a statement of HISTORY_DUE's kind answers, as much as one step may delete. */
static bool find_some(
	struct job *j, int statement, int64_t limit, struct sized *list, size_t *n, struct error *e)
{
	struct db *db = &j->s->history;
	uint64_t bytes = 0;
	sqlite3_stmt *row =
		db_start(db, statement, "iii", (int64_t)j->id, limit, (int64_t)ROWS_AT_ONCE);
	enum db_step step = DB_ROW;
	*n = 0;
	while (bytes < BYTES_AT_ONCE && (step = db_step(db, statement, e)) == DB_ROW) {
		list[*n] = (struct sized){sqlite3_column_int64(row, 0),
			(size_t)sqlite3_column_int64(row, 1),
			(uint64_t)sqlite3_column_int64(row, 2)};
		bytes += list[(*n)++].bytes;
	}
	if (step == DB_ROW)
		db_end(db, statement);
	return step != DB_FAILED;
}

static bool delete_one(struct job *j, const struct sized *b, struct error *e)
{
	j->gone += b->count;
	kept_take(j->s->kept, j->by, j->id, b->bytes);
	return db_do(&j->s->history, HISTORY_DELETE + (int)j->by, e, "i", b->id);
}

static bool delete_some(struct job *j, int statement, int64_t limit, bool *more, struct error *e)
{
	struct sized list[ROWS_AT_ONCE];
	size_t n = 0;
	if (!find_some(j, statement, limit, list, &n, e))
		return false;
	*more = n > 0;
	for (size_t i = 0; i < n; i++)
		if (!delete_one(j, &list[i], e))
			return false;
	return true;
}

static bool delete_due(struct job *j, bool *more, struct error *e)
{
	return delete_some(j, HISTORY_DUE + (int)j->by, j->last_us, more, e);
}

static bool delete_trimmed(struct job *j, bool *more, struct error *e)
{
	return delete_some(j, HISTORY_TRIMMED, (int64_t)j->trimmed, more, e);
}

/* ---- rewriting ---- */

struct keeping {
	struct rows *rows;
	int64_t last_us;
	size_t skip; /* so many first ones go as well */
};

static bool is_kept(void *context, const struct record *r)
{
	struct keeping *k = context;
	if (k->skip) {
		k->skip--;
		return false;
	}
	return age_from(r) > k->last_us;
}

static bool keep(void *context, const struct record *r)
{
	struct keeping *k = context;
	rows_add(k->rows, r);
	return true;
}

/* Writes a block anew without its first `skip` records and without those past their time. */
static bool rewrite(struct job *j, const struct sized *b, size_t skip, struct error *e)
{
	struct store *s = j->s;
	struct keeping keeping = {&j->rows, j->last_us, skip};
	int statement = HISTORY_READ + (int)j->by;
	rows_empty(&j->rows);
	sqlite3_stmt *row = db_start(&s->history, statement, "i", b->id);
	if (db_step(&s->history, statement, e) != DB_ROW)
		return fail(e, "history.db: block %jd is gone", (intmax_t)b->id);
	bool done = columns_decode(s->decoder, db_blob(row, 0), is_kept, keep, &keeping, e);
	db_end(&s->history, statement);
	if (!done || !delete_one(j, b, e))
		return false;
	j->gone -= j->rows.count < j->gone ? j->rows.count : j->gone;
	if (!j->rows.count)
		return true;
	return j->by == QUERY_DEVICE ? block_write(s, j->rows.at, j->rows.count, e)
				     : chunk_write(s, j->rows.at, j->rows.count, e);
}

static bool rewrite_stale(struct job *j, bool *more, struct error *e)
{
	struct sized list[ROWS_AT_ONCE];
	size_t n = 0;
	if (!find_some(j, HISTORY_STALE + (int)j->by, j->stale_us, list, &n, e))
		return false;
	*more = n > 1;
	return !n || rewrite(j, &list[0], 0, e);
}

/* The oldest go until the rest fits. Whole blocks, unless much less than the size would be left. */
static bool cut(struct job *j, bool *more, struct error *e)
{
	struct sized list[ROWS_AT_ONCE];
	size_t n = 0;
	uint64_t left = kept_bytes(j->s->kept, j->by, j->id);
	if (left <= j->bytes || !find_some(j, HISTORY_OLDEST + (int)j->by, 0, list, &n, e))
		return left <= j->bytes;
	*more = n > 0;
	for (size_t i = 0; i < n && left > j->bytes; i++) {
		uint64_t rest = left > list[i].bytes ? left - list[i].bytes : 0;
		if (list[i].count > 1 && rest < j->bytes / 4 * WHOLE_IS_ENOUGH)
			return rewrite(j, &list[i], (list[i].count + 1) / 2, e);
		if (!delete_one(j, &list[i], e))
			return false;
		left = rest;
	}
	return true;
}

/* ---- an item ---- */

static bool sum_up(struct job *j, bool *more, struct error *e)
{
	(void)more;
	struct db *db = &j->s->history;
	int statement = HISTORY_SUM + (int)j->by;
	sqlite3_stmt *row = db_start(db, statement, "i", (int64_t)j->id);
	enum db_step step;
	while ((step = db_step(db, statement, e)) == DB_ROW) {
		struct kept_item item = kept_row(j->by, row);
		kept_set(j->s->kept, &item);
	}
	return step == DB_DONE;
}

static bool has_trimmed(struct job *j, bool *found, struct error *e)
{
	struct sized list[ROWS_AT_ONCE];
	size_t n = 0;
	bool done = true;
	if (j->by == QUERY_CHANNEL && j->trimmed && history_lock(j->s)) {
		done = find_some(j, HISTORY_TRIMMED, (int64_t)j->trimmed, list, &n, e);
		pthread_mutex_unlock(&j->s->settle_lock);
	}
	*found = n > 0;
	return done;
}

bool shorten_item(struct job *j, const struct kept_item *item, struct error *e)
{
	bool trims = false;
	bool is_old = item->least.newest_us <= j->last_us,
	     is_stale = item->least.oldest_us <= j->stale_us,
	     is_large = j->bytes && item->bytes > j->bytes;
	if (!item->bytes)
		return true;
	if (!has_trimmed(j, &trims, e))
		return false;
	if (!is_old && !is_stale && !is_large && !trims)
		return true;
	return (!is_old || job_run(j, delete_due, e)) &&
	       (!trims || job_run(j, delete_trimmed, e)) &&
	       (!is_stale || job_run(j, rewrite_stale, e)) && (!is_large || job_run(j, cut, e)) &&
	       job_run(j, sum_up, e);
}

/* ---- rows of an older file ---- */

/* Reads the sizes and ages of one block that an older program wrote. */
bool shorten_measure(struct job *j, bool *more, struct error *e)
{
	struct store *s = j->s;
	struct db *db = &s->history;
	struct keeping all = {&j->rows, INT64_MIN, 0};
	int statement = HISTORY_UNMEASURED + (int)j->by;
	rows_empty(&j->rows);
	sqlite3_stmt *row = db_start(db, statement, "");
	enum db_step step = db_step(db, statement, e);
	if (step != DB_ROW)
		return step == DB_DONE;
	int64_t id = sqlite3_column_int64(row, 0);
	uint32_t owner = (uint32_t)sqlite3_column_int64(row, 1);
	struct str blob = db_blob(row, 2);
	struct error why;
	int64_t bytes = (int64_t)blob.len;
	bool done = columns_decode(s->decoder, blob, NULL, keep, &all, &why);
	db_end(db, statement);
	struct ages ages = ages_of(j->rows.at, j->rows.count);
	if (!done) {
		/* nobody can tell how old it is */
		log_warning("store", "damaged", "file=history.db block=%jd error=%s", (intmax_t)id,
			log_quote(why.text));
		ages = (struct ages){INT64_MAX, INT64_MAX};
	}
	kept_add(s->kept, j->by, owner, (uint64_t)bytes, ages);
	*more = true;
	return db_do(db, HISTORY_MEASURE + (int)j->by, e, "iiiii", id, (int64_t)j->rows.count,
		ages.newest_us, ages.oldest_us, bytes);
}
