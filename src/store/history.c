/* Reading: what is settled, from a snapshot of history.db, and what is not, from the tail.
 *
 * The order makes it one consistent view: first the tail is pinned, then the snapshot taken. The
 * settler drops a record from the tail only after the commit that settled it, so a record missing
 * in the pinned tail is in the snapshot; and the snapshot's settled seq says which records of the
 * tail to leave out because they are in the snapshot, too. */
#include "store/sqlite.h"

#include "base/die.h"

#include <stdlib.h>

enum { IDLE_READERS_MAX = 8 };

enum statement { BEGIN, END, SETTLED, OWNER, FORWARD, BACKWARD, CHUNKS, CHUNKS_BACK, STATEMENTS };

#define CHUNK                                                                                      \
	"SELECT blob FROM chunk WHERE channel = ?1 AND last_seq >= ?2 AND first_seq <= ?3"         \
	" AND to_us >= ?4 AND from_us <= ?5 ORDER BY last_seq"

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN",
	[END] = "COMMIT",
	[SETTLED] = "SELECT seq FROM settled",
	[OWNER] = "SELECT from_us, from_seq FROM block WHERE device = ?1"
		  " AND (from_us, from_seq) <= (?2, ?3)"
		  " ORDER BY from_us DESC, from_seq DESC LIMIT 1",
	[FORWARD] = "SELECT blob, from_us, from_seq, to_us, to_seq FROM block WHERE device = ?1"
		    " AND (from_us, from_seq) >= (?2, ?3) ORDER BY from_us, from_seq",
	[BACKWARD] = "SELECT blob, from_us, from_seq, to_us, to_seq FROM block WHERE device = ?1"
		     " AND (from_us, from_seq) <= (?2, ?3) ORDER BY from_us DESC, from_seq DESC",
	[CHUNKS] = CHUNK,
	[CHUNKS_BACK] = CHUNK " DESC",
};

struct reader {
	struct reader *next;
	struct db db;
	struct decoder *decoder;
	struct rows rows;
};

/* One call of store_read. */
struct reading {
	const struct query *q;
	struct place low, high; /* inclusive */
	int64_t oldest_us;      /* of its times, one must not be before this */
	record_fn *each;
	void *context;
	size_t left; /* records that may be passed on */
	bool is_over;
	struct reader *reader;
	uint64_t settled;
	struct tail_view view;
	const struct record **tail; /* wanted ones, in the order of the answer */
	size_t tail_count, tail_room, tail_next;
};

/* ---- connections ---- */

static void reader_free(struct reader *r)
{
	db_close(&r->db);
	decoder_free(r->decoder);
	rows_clear(&r->rows);
	free(r);
}

static struct reader *reader_take(struct store *s, struct error *e)
{
	pthread_mutex_lock(&s->readers_lock);
	struct reader *r = s->readers;
	if (r) {
		s->readers = r->next;
		s->reader_count--;
	}
	pthread_mutex_unlock(&s->readers_lock);
	if (r)
		return r;
	r = xcalloc(1, sizeof *r);
	r->decoder = decoder_new();
	if (db_open(&r->db, s->directory, "history.db", NULL, e) &&
		db_prepare(&r->db, sql, STATEMENTS, e))
		return r;
	reader_free(r);
	return NULL;
}

static void reader_give(struct store *s, struct reader *r)
{
	rows_empty(&r->rows);
	pthread_mutex_lock(&s->readers_lock);
	bool is_kept = s->reader_count < IDLE_READERS_MAX;
	if (is_kept) {
		r->next = s->readers;
		s->readers = r;
		s->reader_count++;
	}
	pthread_mutex_unlock(&s->readers_lock);
	if (!is_kept)
		reader_free(r);
}

void readers_close(struct store *s)
{
	while (s->readers) {
		struct reader *r = s->readers;
		s->readers = r->next;
		reader_free(r);
	}
}

/* ---- what is wanted ---- */

/* The places next to one; false: there is none. */
static bool step_back(struct place *p)
{
	if (p->seq == 0 && p->us == INT64_MIN)
		return false;
	if (p->seq-- == 0)
		p->us--;
	return true;
}

static bool step_on(struct place *p)
{
	if (p->seq == UINT64_MAX && p->us == INT64_MAX)
		return false;
	if (++p->seq == 0)
		p->us++;
	return true;
}

/* False: the query can have no answer. */
static bool set_bounds(const struct store *s, struct reading *g)
{
	const struct query *q = g->q;
	bool by_device = q->by == QUERY_DEVICE;
	g->oldest_us = INT64_MIN;
	if (s->limit && !s->limit(s->limit_context, q->by, q->id, &g->oldest_us))
		return false;
	g->low = by_device ? (struct place){q->from_us, 0}
			   : (struct place){0, kept_trimmed(s->kept, q->id)};
	g->high = (struct place){by_device ? q->to_us : 0, UINT64_MAX};
	struct place after = {by_device ? q->after_us : 0, q->after_seq};
	if (q->after && !(q->reverse ? step_back(&after) : step_on(&after)))
		return false;
	if (q->after && q->reverse && place_cmp(after, g->high) < 0)
		g->high = after;
	if (q->after && !q->reverse && place_cmp(after, g->low) > 0)
		g->low = after;
	return place_cmp(g->low, g->high) <= 0 && q->from_us <= q->to_us;
}

static bool is_wanted(void *context, const struct record *r)
{
	const struct reading *g = context;
	bool by_device = g->q->by == QUERY_DEVICE;
	struct place place = {by_device ? r->time_us : 0, r->seq};
	if (r->time_us < g->oldest_us && r->received_us < g->oldest_us)
		return false;
	return place_cmp(place, g->low) >= 0 && place_cmp(place, g->high) <= 0 &&
	       (by_device || (r->received_us >= g->q->from_us && r->received_us <= g->q->to_us));
}

static void pass_on(struct reading *g, const struct record *r)
{
	if (!g->is_over)
		g->is_over = !g->each(g->context, r) || --g->left == 0;
}

/* ---- the tail ---- */

static void add_tail(struct reading *g, const struct record *r)
{
	if (!is_wanted(g, r))
		return;
	if (g->tail_count == g->tail_room) {
		g->tail_room = g->tail_room ? g->tail_room * 2 : 256;
		g->tail = xrealloc(g->tail, g->tail_room * sizeof *g->tail);
	}
	g->tail[g->tail_count++] = r;
}

static void reverse_tail(struct reading *g, size_t begin)
{
	for (size_t i = begin, j = g->tail_count; i + 1 < j; i++) {
		const struct record *r = g->tail[i];
		g->tail[i] = g->tail[--j];
		g->tail[j] = r;
	}
}

static int by_place(const void *a, const void *b)
{
	return place_cmp(place_of(*(const struct record *const *)a),
		place_of(*(const struct record *const *)b));
}

/* The device's records, from newest to oldest in order of arrival, are put into the order of the
 * answer; they mostly have it. */
static void find_device_tail(struct reading *g)
{
	const struct tail_row *row = g->view.newest;
	for (; row && row->record.seq > g->settled; row = tail_previous(&g->view, row))
		add_tail(g, &row->record);
	reverse_tail(g, 0);
	for (size_t i = 1; i < g->tail_count; i++) {
		if (by_place(&g->tail[i - 1], &g->tail[i]) <= 0)
			continue;
		qsort(g->tail, g->tail_count, sizeof *g->tail, by_place);
		break;
	}
	if (g->q->reverse)
		reverse_tail(g, 0);
}

static void find_channel_tail(struct reading *g)
{
	size_t chunks = g->view.count;
	for (size_t i = 0; i < chunks && g->tail_count < g->left; i++) {
		size_t begin = g->tail_count, chunk = g->q->reverse ? chunks - 1 - i : i;
		const struct tail_row *row = NULL;
		while ((row = tail_next(&g->view, chunk, row)))
			if (row->record.origin.channel == g->q->id && row->record.seq > g->settled)
				add_tail(g, &row->record);
		if (g->q->reverse)
			reverse_tail(g, begin);
	}
}

/* Passes on the rows of the tail that come before `r`; NULL: all. */
static void pass_on_tail(struct reading *g, const struct record *r)
{
	for (; g->tail_next < g->tail_count && !g->is_over; g->tail_next++) {
		const struct record *next = g->tail[g->tail_next];
		int order = r ? place_cmp(place_of(next), place_of(r)) : 0;
		if (g->q->reverse ? order < 0 : order > 0)
			return;
		pass_on(g, next);
	}
}

/* ---- settled records ---- */

static bool pass_on_settled(void *context, const struct record *r)
{
	struct reading *g = context;
	if (g->q->by == QUERY_DEVICE)
		pass_on_tail(g, r);
	pass_on(g, r);
	return !g->is_over;
}

static bool keep(void *context, const struct record *r)
{
	struct reading *g = context;
	rows_add(&g->reader->rows, r);
	return true;
}

static bool read_blob(struct reading *g, struct str blob, struct error *e)
{
	struct rows *rows = &g->reader->rows;
	if (!g->q->reverse)
		return columns_decode(g->reader->decoder, blob, is_wanted, pass_on_settled, g, e);
	rows_empty(rows);
	if (!columns_decode(g->reader->decoder, blob, is_wanted, keep, g, e))
		return false;
	for (size_t i = rows->count; i > 0 && !g->is_over; i--)
		pass_on_settled(g, &rows->at[i - 1]);
	return true;
}

/* Steps a started statement through its rows; column 0 is the blob. For blocks the places follow:
 * those without a wanted record are not decoded, and the first one beyond ends the loop. */
static bool read_blobs(struct reading *g, int statement, struct error *e)
{
	struct db *db = &g->reader->db;
	sqlite3_stmt *row = db->statements[statement];
	bool has_places = sqlite3_column_count(row) > 1;
	while (!g->is_over) {
		enum db_step step = db_step(db, statement, e);
		if (step != DB_ROW)
			return step == DB_DONE;
		struct place from = {0}, to = {0};
		if (has_places) {
			from = (struct place){sqlite3_column_int64(row, 1),
				(uint64_t)sqlite3_column_int64(row, 2)};
			to = (struct place){sqlite3_column_int64(row, 3),
				(uint64_t)sqlite3_column_int64(row, 4)};
		}
		bool is_above = has_places && place_cmp(from, g->high) > 0;
		bool is_below = has_places && place_cmp(to, g->low) < 0;
		if (g->q->reverse ? is_below : is_above)
			break;
		if (!is_above && !is_below && !read_blob(g, db_blob(row, 0), e)) {
			db_end(db, statement);
			return false;
		}
	}
	db_end(db, statement);
	return true;
}

/* seqs are bound as they are stored: as signed numbers */
static int64_t seq_of(uint64_t seq)
{
	return seq > INT64_MAX ? INT64_MAX : (int64_t)seq;
}

static bool read_device(struct reading *g, struct error *e)
{
	struct db *db = &g->reader->db;
	int64_t device = g->q->id;
	struct place start = g->q->reverse ? g->high : g->low;
	find_device_tail(g);
	if (!g->q->reverse) {
		sqlite3_stmt *row = db_start(db, OWNER, "iii", device, start.us, seq_of(start.seq));
		enum db_step step = db_step(db, OWNER, e);
		if (step == DB_FAILED)
			return false;
		if (step == DB_ROW) {
			start.us = sqlite3_column_int64(row, 0);
			start.seq = (uint64_t)sqlite3_column_int64(row, 1);
			db_end(db, OWNER);
		}
	}
	int statement = g->q->reverse ? BACKWARD : FORWARD;
	db_start(db, statement, "iii", device, start.us, seq_of(start.seq));
	if (!read_blobs(g, statement, e))
		return false;
	pass_on_tail(g, NULL);
	return true;
}

/* Everything settled is older than everything in the tail. */
static bool read_channel(struct reading *g, struct error *e)
{
	if (g->q->reverse) {
		find_channel_tail(g);
		pass_on_tail(g, NULL);
	}
	int statement = g->q->reverse ? CHUNKS_BACK : CHUNKS;
	db_start(&g->reader->db, statement, "iiiii", (int64_t)g->q->id, seq_of(g->low.seq),
		seq_of(g->high.seq), g->q->from_us, g->q->to_us);
	if (!read_blobs(g, statement, e))
		return false;
	if (!g->q->reverse && !g->is_over) {
		find_channel_tail(g);
		pass_on_tail(g, NULL);
	}
	return true;
}

static bool read_settled(struct reading *g, struct error *e)
{
	struct db *db = &g->reader->db;
	sqlite3_stmt *row = db_start(db, SETTLED, "");
	enum db_step step;
	while ((step = db_step(db, SETTLED, e)) == DB_ROW)
		g->settled = (uint64_t)sqlite3_column_int64(row, 0);
	return step == DB_DONE;
}

bool store_read(
	struct store *s, const struct query *q, record_fn *each, void *context, struct error *e)
{
	struct reading g = {
		.q = q, .each = each, .context = context, .left = q->count ? q->count : SIZE_MAX};
	if ((q->by == QUERY_CHANNEL && !q->id) || !set_bounds(s, &g))
		return true;
	g.reader = reader_take(s, e);
	if (!g.reader)
		return false;
	struct db *db = &g.reader->db;
	tail_pin(s->tail, q->by == QUERY_DEVICE ? q->id : 0, &g.view);
	bool done = db_do(db, BEGIN, e, "") && read_settled(&g, e) &&
		    (q->by == QUERY_DEVICE ? read_device(&g, e) : read_channel(&g, e));
	if (!sqlite3_get_autocommit(db->handle))
		(void)db_do(db, END, NULL, "");
	tail_unpin(s->tail, &g.view);
	free(g.tail);
	reader_give(s, g.reader);
	return done;
}

void store_limit_reads(struct store *s, limit_fn *limit, void *context)
{
	s->limit = limit;
	s->limit_context = context;
}
