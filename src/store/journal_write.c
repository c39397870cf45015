/* The writer's thread: entries become rows, the oldest rows go. */
#include "store/journal_parts.h"

#include "base/die.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	TAIL_SHARE = 32,         /* of keep_us: a chunk of more is full, so that it can grow old */
	RETAINED_AT_ONCE = 64,   /* rows deleted in one step for their age */
	FREE_PAGES = 256,        /* what the file may have free for itself ... */
	FREE_SHARE = 16,         /* ... beside this part of it */
	VACUUMED_AT_ONCE = 4096, /* pages */
	PAGE_BYTES = 4096,       /* what SQLite makes by itself */
	CACHE_KIB = 256,         /* rows are written, not looked up */
	WAL_BYTES = 4 << 20,     /* a longer WAL is cut when it begins anew */
};

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	ADD,
	DELETE_FROM,
	DELETE_FIRST,
	DELETE_OLD,
	SET_BACK,
	LAST,
	PAGES,
	FREE,
	STATEMENTS
};

static const char set_up[] =
	"CREATE TABLE IF NOT EXISTS chunk(first_no INTEGER PRIMARY KEY, last_no INTEGER NOT NULL,"
	" first_us INTEGER NOT NULL, last_us INTEGER NOT NULL, directory BLOB NOT NULL,"
	" body BLOB NOT NULL);"
	"CREATE INDEX IF NOT EXISTS chunk_first_us ON chunk(first_us);"
	"CREATE INDEX IF NOT EXISTS chunk_last_us ON chunk(last_us)";

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[ADD] = "INSERT INTO chunk VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[DELETE_FROM] = "DELETE FROM chunk WHERE first_no >= ?1",
	[DELETE_FIRST] = "DELETE FROM chunk WHERE first_no = (SELECT min(first_no) FROM chunk)"
			 " AND first_no < ?1",
	[DELETE_OLD] = "DELETE FROM chunk WHERE first_no IN (SELECT first_no FROM chunk"
		       " WHERE last_us < ?1 ORDER BY last_us LIMIT ?2)",
	[SET_BACK] = "UPDATE chunk SET first_us = min(first_us, ?1), last_us = ?1"
		     " WHERE last_us > ?1",
	[LAST] = "SELECT last_no, last_us FROM chunk ORDER BY first_no DESC LIMIT 1",
	[PAGES] = "PRAGMA page_count",
	[FREE] = "PRAGMA freelist_count",
};

/* ---- open ---- */

static bool number(struct db *db, int statement, int64_t *out, struct error *e)
{
	sqlite3_stmt *row = db_start(db, statement, "");
	*out = 0;
	if (db_step(db, statement, e) != DB_ROW)
		return false;
	*out = sqlite3_column_int64(row, 0);
	db_end(db, statement);
	return true;
}

/* A file that can give pages back has to be made as one; db_open may have begun it already. */
static bool prepare_file(struct journal *j, struct error *e)
{
	sqlite3_stmt *row;
	struct db *db = &j->db;
	if (sqlite3_prepare_v2(db->handle, "PRAGMA auto_vacuum", -1, &row, NULL) != SQLITE_OK)
		return db_fail(db, e);
	bool gives_back = sqlite3_step(row) == SQLITE_ROW && sqlite3_column_int(row, 0) == 2;
	sqlite3_finalize(row);
	char limit[80];
	snprintf(limit, sizeof limit, "PRAGMA journal_size_limit=%d; PRAGMA cache_size=-%d",
		(int)WAL_BYTES, (int)CACHE_KIB);
	return (gives_back || db_run(db, "PRAGMA auto_vacuum=INCREMENTAL; VACUUM", e)) &&
	       db_run(db, set_up, e) && db_run(db, limit, e);
}

static bool find_end(struct journal *j, struct error *e)
{
	sqlite3_stmt *row = db_start(&j->db, LAST, "");
	enum db_step step = db_step(&j->db, LAST, e);
	if (step == DB_ROW) {
		j->durable_no = (uint64_t)sqlite3_column_int64(row, 0);
		j->newest_us = sqlite3_column_int64(row, 1);
		j->next_no = j->durable_no + 1;
		db_end(&j->db, LAST);
	}
	return step != DB_FAILED;
}

static int note_wal(void *context, sqlite3 *handle, const char *file, int pages)
{
	(void)handle, (void)file;
	struct journal *j = context;
	j->wal_pages = pages;
	return SQLITE_OK;
}

bool journal_writer_open(struct journal *j, struct error *e)
{
	j->chunk = chunk_writer_new();
	if (!db_open(&j->db, j->directory, j->file, NULL, e))
		return false;
	sqlite3_wal_hook(j->db.handle, note_wal, j);
	return prepare_file(j, e) && db_prepare(&j->db, sql, STATEMENTS, e) && find_end(j, e);
}

void journal_writer_close(struct journal *j)
{
	db_close(&j->db);
	chunk_writer_free(j->chunk);
	pile_clear(&j->tail.pile);
}

/* ---- size ---- */

/* What the WAL may take of the limit. */
static uint64_t wal_room(const struct journal *j)
{
	uint64_t max = j->options.max_bytes;
	return max && max / 8 < WAL_BYTES ? max / 8 : WAL_BYTES;
}

/* What the rows may take. */
static uint64_t room_of(const struct journal *j)
{
	return j->options.max_bytes - wal_room(j);
}

/* Deletes the oldest rows, but none from `kept_no` on, until the others fit. */
static bool make_room(struct journal *j, uint64_t kept_no, struct error *e)
{
	int64_t pages, empty;
	if (!j->options.max_bytes)
		return true;
	for (;;) {
		if (!number(&j->db, PAGES, &pages, e) || !number(&j->db, FREE, &empty, e))
			return false;
		if ((uint64_t)((pages - empty) * PAGE_BYTES) <= room_of(j))
			return true;
		if (!db_do(&j->db, DELETE_FIRST, e, "i", (int64_t)kept_no))
			return false;
		if (sqlite3_changes(j->db.handle) == 0)
			return true;
	}
}

static bool add_row(
	struct journal *j, const struct journal_entry *entries, size_t count, struct error *e)
{
	struct str directory, body;
	chunk_pack(j->chunk, entries, count, &directory, &body);
	return db_do(&j->db, ADD, e, "iiiibb", (int64_t)entries[0].no,
		       (int64_t)entries[count - 1].no, entries[0].time_us,
		       entries[count - 1].time_us, directory, body) &&
	       make_room(j, entries[0].no, e);
}

/* ---- flushing ---- */

/* What a flush works on: the tail's entries, then the new ones. */
struct flush {
	struct journal_entry *entries;
	size_t count;
	size_t first, bytes; /* of the last row, which is not full; first == count: there is none */
	size_t begin;        /* what is behind the full chunks */
};

static void collect(struct flush *f, const struct journal *j, const struct journal_batch *first,
	const struct journal_batch *last)
{
	size_t count = j->tail.pile.count;
	for (const struct journal_batch *b = first;; b = b->next) {
		count += b->pile.count;
		if (b == last)
			break;
	}
	f->entries = xmalloc(count * sizeof *f->entries);
	f->count = j->tail.pile.count;
	if (f->count)
		memcpy(f->entries, j->tail.pile.entries, f->count * sizeof *f->entries);
	for (const struct journal_batch *b = first;; b = b->next) {
		memcpy(f->entries + f->count, b->pile.entries, b->pile.count * sizeof *f->entries);
		f->count += b->pile.count;
		if (b == last)
			return;
	}
}

/* Entries of long ago must not be kept by younger ones of their chunk. */
static bool is_apart(const struct journal *j, const struct flush *f, size_t i)
{
	int64_t share_us = j->options.keep_us / TAIL_SHARE;
	return share_us && i > f->first &&
	       f->entries[i].time_us - f->entries[f->first].time_us > share_us;
}

static bool end_chunk(struct journal *j, struct flush *f, size_t end, struct error *e)
{
	bool done = (f->first || db_do(&j->db, DELETE_FROM, e, "i", (int64_t)f->entries[0].no)) &&
		    add_row(j, f->entries + f->first, end - f->first, e);
	f->first = end;
	f->bytes = 0;
	return done;
}

/* Writes the full chunks; what is left begins at f->first. The first of them, if there is any, has
 * the whole tail: that is neither full nor apart. */
static bool write_full(struct journal *j, struct flush *f, struct error *e)
{
	f->first = f->bytes = 0;
	for (size_t i = 0; i < f->count; i++) {
		if (is_apart(j, f, i) && !end_chunk(j, f, i, e))
			return false;
		f->bytes += chunk_cost(&f->entries[i]);
		if (f->bytes >= CHUNK_BYTES && !end_chunk(j, f, i + 1, e))
			return false;
	}
	return true;
}

/* Writes the rest as the last row; it takes in rows of the tail that are not much larger. *rows is
 * the number of rows of the tail that stay. */
static bool write_rest(struct journal *j, struct flush *f, size_t *rows, struct error *e)
{
	const struct journal_tail *t = &j->tail;
	*rows = 0;
	f->begin = f->first;
	if (f->first)
		return f->first == f->count ||
		       add_row(j, f->entries + f->first, f->count - f->first, e);
	*rows = t->row_count;
	f->first = t->pile.count;
	f->bytes -= t->bytes;
	while (*rows && (t->rows[*rows - 1].bytes <= 2 * f->bytes || *rows == TAIL_ROWS_MAX)) {
		--*rows;
		f->first = t->rows[*rows].first;
		f->bytes += t->rows[*rows].bytes;
	}
	return db_do(&j->db, DELETE_FROM, e, "i", (int64_t)f->entries[f->first].no) &&
	       add_row(j, f->entries + f->first, f->count - f->first, e);
}

/* The tail as it is after a commit: `rows` of its rows, and the last one. */
static void keep_tail(struct journal *j, const struct flush *f, size_t rows)
{
	struct journal_tail t = {.row_count = rows};
	memcpy(t.rows, j->tail.rows, sizeof t.rows);
	for (size_t i = f->begin; i < f->count; i++) {
		pile_add(&t.pile, &f->entries[i]);
		t.bytes += chunk_cost(&f->entries[i]);
	}
	pile_aim(&t.pile);
	if (f->first < f->count) {
		t.rows[t.row_count].first = f->first - f->begin;
		t.rows[t.row_count++].bytes = f->bytes;
	}
	pile_clear(&j->tail.pile);
	j->tail = t;
}

/* Now and then: it costs two fsyncs, and pages that are written again and again need it once.
 * Readers may hold it up; then the next one goes further. */
static void checkpoint(struct journal *j)
{
	if ((uint64_t)j->wal_pages * PAGE_BYTES < wal_room(j) / 2)
		return;
	sqlite3_wal_checkpoint_v2(j->db.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

bool journal_write(struct journal *j, const struct journal_batch *first,
	const struct journal_batch *last, struct error *e)
{
	struct flush f;
	size_t rows;
	collect(&f, j, first, last);
	bool done = db_do(&j->db, BEGIN, e, "") && write_full(j, &f, e) &&
		    write_rest(j, &f, &rows, e) && db_do(&j->db, COMMIT, e, "");
	if (done)
		keep_tail(j, &f, rows);
	else if (!sqlite3_get_autocommit(j->db.handle))
		(void)db_do(&j->db, ROLLBACK, NULL, "");
	free(f.entries);
	if (done)
		checkpoint(j);
	return done;
}

/* Brings entries of later times to this one: those of the tail, and what the rows tell of theirs. */
static bool set_back(struct journal *j, int64_t now_us, struct error *e)
{
	struct pile *p = &j->tail.pile;
	if (!db_do(&j->db, SET_BACK, e, "i", now_us))
		return false;
	for (size_t i = 0; i < p->count; i++)
		if (p->entries[i].time_us > now_us)
			p->entries[i].time_us = now_us;
	checkpoint(j);
	return true;
}

bool journal_follow_clock(struct journal *j, struct error *e)
{
	int64_t now_us = journal_now_us(j);
	pthread_mutex_lock(&j->lock);
	bool is_ahead = !j->first && j->newest_us > now_us + JOURNAL_AHEAD_US;
	pthread_mutex_unlock(&j->lock);
	if (!is_ahead)
		return true;
	if (!set_back(j, now_us, e))
		return false;
	pthread_mutex_lock(&j->lock);
	if (!j->first) /* else it is ahead again, until the next time */
		j->newest_us = now_us;
	pthread_mutex_unlock(&j->lock);
	return true;
}

/* ---- retention ---- */

static bool give_back(struct journal *j, struct error *e)
{
	int64_t pages, empty;
	if (!number(&j->db, PAGES, &pages, e) || !number(&j->db, FREE, &empty, e))
		return false;
	if (empty <= FREE_PAGES + pages / FREE_SHARE)
		return true;
	char step[64];
	snprintf(step, sizeof step, "PRAGMA incremental_vacuum(%d)", (int)VACUUMED_AT_ONCE);
	if (!db_run(&j->db, step, e))
		return false;
	checkpoint(j);
	return true;
}

bool journal_retain(struct journal *j, struct error *e)
{
	int64_t oldest_us = journal_oldest_us(j);
	if (oldest_us != INT64_MIN &&
		!db_do(&j->db, DELETE_OLD, e, "ii", oldest_us, (int64_t)RETAINED_AT_ONCE))
		return false;
	return give_back(j, e);
}
