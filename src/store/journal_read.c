/* Reading: the batches that are not on disk are pinned first, then the rows are read as they were at
 * one moment; what both have is told once, because a number is given once. */
#include "store/journal_parts.h"

#include "base/die.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>

enum { READERS_IDLE_MAX = 8 };

enum statement { BEGIN, END, FROM_US, TO_US, FORWARD, BACKWARD, BODY, STATEMENTS };

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN",
	[END] = "END",
	/* the first row that may hold entries of a time on, the last one */
	[FROM_US] = "SELECT first_no FROM chunk WHERE last_us >= ?1 ORDER BY last_us, first_no"
		    " LIMIT 1",
	[TO_US] = "SELECT first_no FROM chunk WHERE first_us <= ?1"
		  " ORDER BY first_us DESC, first_no DESC LIMIT 1",
	/* the body is read when the directory says so: it takes many pages */
	[FORWARD] = "SELECT first_no, last_no, first_us, last_us, directory FROM chunk"
		    " WHERE first_no >= ?1 ORDER BY first_no",
	[BACKWARD] = "SELECT first_no, last_no, first_us, last_us, directory FROM chunk"
		     " WHERE first_no <= ?1 ORDER BY first_no DESC",
	[BODY] = "SELECT body FROM chunk WHERE first_no = ?1",
};

struct reading {
	struct journal *j;
	const uint64_t *keys;
	size_t key_count;
	int64_t from_us, to_us;
	uint64_t from_no, to_no; /* inclusive */
	uint64_t durable_no;     /* up to here from the rows, the others from the batches */
	bool reverse, is_over;
	size_t left;
	journal_fn *each;
	void *context;
	const struct journal_batch **batches;
	size_t batch_count;
};

static void give(struct reading *r, const struct journal_entry *entry)
{
	if (entry->time_us < r->from_us || entry->time_us > r->to_us || entry->no < r->from_no ||
		entry->no > r->to_no)
		return;
	r->is_over = !r->each(r->context, entry) || --r->left == 0;
}

/* ---- batches ---- */

static void pin(struct reading *r)
{
	struct journal *j = r->j;
	size_t count = 0;
	pthread_mutex_lock(&j->lock);
	journal_seal_locked(j);
	for (const struct journal_batch *b = j->first; b; b = b->next)
		count++;
	r->batches = xcalloc(count, sizeof *r->batches);
	for (struct journal_batch *b = j->first; b; b = b->next) {
		b->pins++;
		r->batches[r->batch_count++] = b;
	}
	r->durable_no = j->durable_no;
	pthread_mutex_unlock(&j->lock);
}

static void unpin(struct reading *r)
{
	pthread_mutex_lock(&r->j->lock);
	for (size_t i = 0; i < r->batch_count; i++) {
		struct journal_batch *b = (struct journal_batch *)(uintptr_t)r->batches[i];
		if (--b->pins || !b->is_on_disk)
			continue;
		pile_clear(&b->pile);
		free(b);
	}
	pthread_mutex_unlock(&r->j->lock);
	free(r->batches);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static void read_batch(struct reading *r, const struct pile *p)
{
	for (size_t i = 0; i < p->count && !r->is_over; i++) {
		const struct journal_entry *entry = &p->entries[r->reverse ? p->count - 1 - i : i];
		if (bsearch(&entry->key, r->keys, r->key_count, sizeof *r->keys, by_value))
			give(r, entry);
	}
}

static void read_batches(struct reading *r)
{
	size_t count = r->batch_count;
	for (size_t i = 0; i < count && !r->is_over; i++)
		read_batch(r, &r->batches[r->reverse ? count - 1 - i : i]->pile);
}

/* ---- rows ---- */

static void count_damage(struct reading *r, uint64_t first_no)
{
	static int64_t warned;
	pthread_mutex_lock(&r->j->lock);
	r->j->damaged++;
	bool is_due = log_due(&warned, 60);
	pthread_mutex_unlock(&r->j->lock);
	if (is_due)
		log_error("journal", "chunk_damaged", "file=%s first_no=%" PRIu64, r->j->file,
			first_no);
}

static void read_chunk(struct reading *r, struct journal_reader *reader, uint64_t first_no,
	int64_t first_us, int64_t last_us)
{
	const struct journal_entry *entries;
	size_t count;
	struct error e;
	sqlite3_stmt *row = db_start(&reader->db, BODY, "i", (int64_t)first_no);
	enum db_step step = db_step(&reader->db, BODY, &e);
	bool done = step == DB_ROW && chunk_read(reader->chunk, db_blob(row, 0), first_no, first_us,
					      &entries, &count);
	if (step == DB_ROW)
		db_end(&reader->db, BODY);
	if (!done)
		count_damage(r, first_no);
	for (size_t i = 0; done && i < count && !r->is_over; i++) {
		struct journal_entry entry = entries[r->reverse ? count - 1 - i : i];
		if (entry.time_us > last_us)
			entry.time_us = last_us;
		if (entry.no <= r->durable_no)
			give(r, &entry);
	}
}

/* One row of FORWARD or BACKWARD. False: those behind it are out of the range. */
static bool read_row(struct reading *r, struct journal_reader *reader, sqlite3_stmt *row)
{
	uint64_t first_no = (uint64_t)sqlite3_column_int64(row, 0),
		 last_no = (uint64_t)sqlite3_column_int64(row, 1);
	int64_t first_us = sqlite3_column_int64(row, 2), last_us = sqlite3_column_int64(row, 3);
	if (r->reverse ? last_us < r->from_us : first_us > r->to_us || first_no > r->durable_no)
		return false;
	if (last_no < r->from_no || first_no > r->to_no || first_no > r->durable_no)
		return true;
	switch (chunk_look(reader->chunk, db_blob(row, 4), r->keys, r->key_count)) {
	case CHUNK_NOTHING: break;
	case CHUNK_SOMETHING: read_chunk(r, reader, first_no, first_us, last_us); break;
	case CHUNK_DAMAGED: count_damage(r, first_no); break;
	}
	return !r->is_over;
}

/* Where the rows of the range begin, seen in its direction. False: there is none, or (with a
 * sentence) it failed. */
static bool find_start(struct reading *r, struct journal_reader *reader, uint64_t *start,
	bool *failed, struct error *e)
{
	int statement = r->reverse ? TO_US : FROM_US;
	int64_t us = r->reverse ? r->to_us : r->from_us;
	sqlite3_stmt *row = db_start(&reader->db, statement, "i", us);
	enum db_step step = db_step(&reader->db, statement, e);
	*failed = step == DB_FAILED;
	if (step != DB_ROW)
		return false;
	*start = (uint64_t)sqlite3_column_int64(row, 0);
	db_end(&reader->db, statement);
	return true;
}

/* The row that holds from_no begins at or before it. */
static uint64_t row_of(struct journal_reader *reader, uint64_t no)
{
	uint64_t first_no = no;
	sqlite3_stmt *row = db_start(&reader->db, BACKWARD, "i", (int64_t)no);
	if (db_step(&reader->db, BACKWARD, NULL) == DB_ROW) {
		first_no = (uint64_t)sqlite3_column_int64(row, 0);
		db_end(&reader->db, BACKWARD);
	}
	return first_no;
}

static bool read_rows(struct reading *r, struct journal_reader *reader, struct error *e)
{
	uint64_t start;
	bool failed;
	if (!find_start(r, reader, &start, &failed, e))
		return !failed;
	if (r->reverse && r->to_no < start)
		start = r->to_no;
	if (!r->reverse && r->from_no > start) {
		uint64_t first = row_of(reader, r->from_no);
		start = first > start ? first : start;
	}
	int statement = r->reverse ? BACKWARD : FORWARD;
	sqlite3_stmt *row = db_start(&reader->db, statement, "i", (int64_t)start);
	for (;;) {
		enum db_step step = db_step(&reader->db, statement, e);
		if (step != DB_ROW)
			return step == DB_DONE;
		if (!read_row(r, reader, row))
			break;
	}
	db_end(&reader->db, statement);
	return true;
}

/* ---- connections ---- */

static void reader_free(struct journal_reader *reader)
{
	db_close(&reader->db);
	if (reader->chunk)
		chunk_reader_free(reader->chunk);
	free(reader);
}

static struct journal_reader *borrow(struct journal *j, struct error *e)
{
	pthread_mutex_lock(&j->lock);
	struct journal_reader *reader = j->readers;
	if (reader) {
		j->readers = reader->next;
		j->reader_count--;
	}
	pthread_mutex_unlock(&j->lock);
	if (reader)
		return reader;
	reader = xcalloc(1, sizeof *reader);
	reader->chunk = chunk_reader_new();
	if (db_open(&reader->db, j->directory, j->file, NULL, e) &&
		db_prepare(&reader->db, sql, STATEMENTS, e))
		return reader;
	reader_free(reader);
	return NULL;
}

static void give_back(struct journal *j, struct journal_reader *reader)
{
	pthread_mutex_lock(&j->lock);
	bool is_kept = j->reader_count < READERS_IDLE_MAX;
	if (is_kept) {
		reader->next = j->readers;
		j->readers = reader;
		j->reader_count++;
	}
	pthread_mutex_unlock(&j->lock);
	if (!is_kept)
		reader_free(reader);
}

void journal_readers_close(struct journal *j)
{
	while (j->readers) {
		struct journal_reader *reader = j->readers;
		j->readers = reader->next;
		reader_free(reader);
	}
}

/* ---- the whole ---- */

static bool read_disk(struct reading *r, struct error *e)
{
	struct journal_reader *reader = r->is_over ? NULL : borrow(r->j, e);
	if (!reader)
		return r->is_over;
	bool done = db_do(&reader->db, BEGIN, e, "") && read_rows(r, reader, e);
	if (!sqlite3_get_autocommit(reader->db.handle))
		(void)db_do(&reader->db, END, NULL, "");
	give_back(r->j, reader);
	return done;
}

bool journal_read(struct journal *j, const struct journal_query *q, journal_fn *each, void *context,
	struct error *e)
{
	int64_t oldest_us = journal_oldest_us(j);
	struct reading r = {
		.j = j,
		.keys = q->keys ? q->keys : &q->key,
		.key_count = q->keys ? q->key_count : 1,
		.from_us = q->from_us > oldest_us ? q->from_us : oldest_us,
		.to_us = q->to_us,
		.from_no = !q->reverse && q->after_no ? q->after_no + 1 : 1,
		.to_no = q->reverse && q->after_no ? q->after_no - 1 : INT64_MAX,
		.reverse = q->reverse,
		.left = q->count ? q->count : SIZE_MAX,
		.each = each,
		.context = context,
	};
	pin(&r);
	if (r.reverse)
		read_batches(&r);
	bool done = read_disk(&r, e);
	if (!r.reverse && done)
		read_batches(&r);
	unpin(&r);
	return done;
}
