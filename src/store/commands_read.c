/* Reading of commands.db, on connections of its own: each call sees one state of the file and holds up
 * no change.
 *
 * Results of some devices are merged: each device's lie together in an index, and a device is followed
 * until another one's turn comes. Of many devices, or of all, the index by time is read and what is not
 * wanted passed over. */
#include "store/commands.h"

#include "store/sqlite.h"

#include "base/die.h"

#include <stdlib.h>

enum {
	IDLE_READERS_MAX = 4,
	MERGED_MAX = 256, /* devices */
};

enum statement {
	BEGIN,
	COMMIT,
	WAITING,
	LAST,
	ONE,
	/* in pairs: add `reverse` */
	OF_DEVICE,
	OF_ALL = OF_DEVICE + 2,
	STATEMENTS = OF_ALL + 2
};

#define RANGE(low, high)                                                                           \
	" (ended_us, place) >= (" low ") AND (ended_us, place) <= (" high ") ORDER BY "
#define FORWARD  "ended_us, place"
#define BACKWARD "ended_us DESC, place DESC"
#define DEVICE                                                                                     \
	"SELECT id, device, ended_us, json FROM result INDEXED BY result_device"                   \
	" WHERE device = ?5 AND" RANGE("?1, ?2", "?3, ?4")
#define ALL "SELECT id, device FROM result INDEXED BY result_time WHERE" RANGE("?1, ?2", "?3, ?4")

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN",
	[COMMIT] = "COMMIT",
	[WAITING] = "SELECT id, device, attempts, sent_us, clock, json FROM waiting ORDER BY id",
	[LAST] = "SELECT max(ifnull((SELECT max(id) FROM waiting), 0),"
		 " ifnull((SELECT max(id) FROM result), 0))",
	[ONE] = "SELECT id, device, ended_us, json FROM result WHERE id = ?1",
	[OF_DEVICE] = DEVICE FORWARD,
	[OF_DEVICE + 1] = DEVICE BACKWARD,
	[OF_ALL] = ALL FORWARD,
	[OF_ALL + 1] = ALL BACKWARD,
};

/* ---- connections ---- */

struct queue_reader {
	struct queue_reader *next;
	struct db db;
};

static void reader_free(struct queue_reader *r)
{
	db_close(&r->db);
	free(r);
}

static struct queue_reader *reader_take(struct store *s, struct error *e)
{
	pthread_mutex_lock(&s->readers_lock);
	struct queue_reader *r = s->queue_readers;
	if (r) {
		s->queue_readers = r->next;
		s->queue_reader_count--;
	}
	pthread_mutex_unlock(&s->readers_lock);
	if (r)
		return r;
	r = xcalloc(1, sizeof *r);
	if (db_open(&r->db, s->directory, "commands.db", NULL, e) &&
		db_prepare(&r->db, sql, STATEMENTS, e))
		return r;
	reader_free(r);
	return NULL;
}

/* All of its statements have ended. */
static void reader_give(struct store *s, struct queue_reader *r)
{
	bool is_idle = sqlite3_get_autocommit(r->db.handle) || db_do(&r->db, COMMIT, NULL, "");
	pthread_mutex_lock(&s->readers_lock);
	bool is_kept = is_idle && s->queue_reader_count < IDLE_READERS_MAX;
	if (is_kept) {
		r->next = s->queue_readers;
		s->queue_readers = r;
		s->queue_reader_count++;
	}
	pthread_mutex_unlock(&s->readers_lock);
	if (!is_kept)
		reader_free(r);
}

void queues_close(struct store *s)
{
	while (s->queue_readers) {
		struct queue_reader *r = s->queue_readers;
		s->queue_readers = r->next;
		reader_free(r);
	}
	db_close(&s->commands);
}

/* ---- the queue ---- */

static struct waiting_command waiting_of(sqlite3_stmt *row)
{
	return (struct waiting_command){
		.id = (uint64_t)sqlite3_column_int64(row, 0),
		.device = (uint32_t)sqlite3_column_int64(row, 1),
		.progress = {(uint32_t)sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3),
			(uint32_t)sqlite3_column_int64(row, 4)},
		.json = db_blob(row, 5),
	};
}

bool store_each_waiting_command(
	struct store *s, waiting_command_fn *each, void *context, struct error *e)
{
	struct queue_reader *r = reader_take(s, e);
	if (!r)
		return false;
	sqlite3_stmt *row = db_start(&r->db, WAITING, "");
	enum db_step step;
	bool go_on = true;
	while (go_on && (step = db_step(&r->db, WAITING, e)) == DB_ROW) {
		struct waiting_command command = waiting_of(row);
		go_on = each(context, &command);
	}
	if (!go_on)
		db_end(&r->db, WAITING);
	reader_give(s, r);
	return !go_on || step == DB_DONE;
}

bool store_last_command_id(struct store *s, uint64_t *last, struct error *e)
{
	struct queue_reader *r = reader_take(s, e);
	enum db_step step;
	*last = 0;
	if (!r)
		return false;
	sqlite3_stmt *row = db_start(&r->db, LAST, "");
	while ((step = db_step(&r->db, LAST, e)) == DB_ROW)
		*last = (uint64_t)sqlite3_column_int64(row, 0);
	reader_give(s, r);
	return step == DB_DONE;
}

/* ---- results ---- */

/* One call of store_read_results. */
struct reading {
	const struct result_query *q;
	struct db *db;
	struct place low, high; /* inclusive */
	command_result_fn *each;
	void *context;
	size_t left; /* results that may be passed on */
	bool is_over;
	struct error *e;
};

static struct command_result result_of(sqlite3_stmt *row)
{
	return (struct command_result){
		.id = (uint64_t)sqlite3_column_int64(row, 0),
		.device = (uint32_t)sqlite3_column_int64(row, 1),
		.ended_us = sqlite3_column_int64(row, 2),
		.json = db_blob(row, 3),
	};
}

static void pass_on(struct reading *g, const struct command_result *result)
{
	g->is_over = !g->each(g->context, result) || --g->left == 0;
}

/* False: there can be no answer. No id is above INT64_MAX. */
static bool set_bounds(struct reading *g)
{
	const struct result_query *q = g->q;
	struct place after = {q->after_us, q->after_id < INT64_MAX ? q->after_id : INT64_MAX};
	g->low = (struct place){q->from_us, 0};
	g->high = (struct place){q->to_us, INT64_MAX};
	if (q->after && q->reverse) {
		bool is_first = after.seq == 0;
		if (is_first && after.us == INT64_MIN)
			return false;
		if (is_first)
			after = (struct place){after.us - 1, INT64_MAX};
		else if (q->after_id <= INT64_MAX)
			after.seq--;
		g->high = place_cmp(after, g->high) < 0 ? after : g->high;
	} else if (q->after) {
		bool is_last = after.seq == INT64_MAX;
		if (is_last && after.us == INT64_MAX)
			return false;
		after = is_last ? (struct place){after.us + 1, 0}
				: (struct place){after.us, after.seq + 1};
		g->low = place_cmp(after, g->low) > 0 ? after : g->low;
	}
	return place_cmp(g->low, g->high) <= 0;
}

/* ---- of all devices, or many ---- */

static int compare_devices(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static bool pass_one(struct reading *g, int64_t id)
{
	sqlite3_stmt *row = db_start(g->db, ONE, "i", id);
	enum db_step step;
	while ((step = db_step(g->db, ONE, g->e)) == DB_ROW) {
		struct command_result result = result_of(row);
		pass_on(g, &result);
	}
	return step == DB_DONE;
}

static bool read_all(struct reading *g)
{
	const struct result_query *q = g->q;
	int i = OF_ALL + q->reverse;
	sqlite3_stmt *row = db_start(
		g->db, i, "iiii", g->low.us, (int64_t)g->low.seq, g->high.us, (int64_t)g->high.seq);
	bool done = true;
	while (done && !g->is_over) {
		enum db_step step = db_step(g->db, i, g->e);
		if (step != DB_ROW)
			return step == DB_DONE;
		uint32_t device = (uint32_t)sqlite3_column_int64(row, 1);
		if (!q->devices || bsearch(&device, q->devices, q->device_count, sizeof device,
					   compare_devices))
			done = pass_one(g, sqlite3_column_int64(row, 0));
	}
	db_end(g->db, i);
	return done;
}

/* ---- of some devices ---- */

/* No result of the device that was not passed on comes before the place. */
struct head {
	uint32_t device;
	struct place place;
};

static bool is_before(const struct reading *g, struct place a, struct place b)
{
	int order = place_cmp(a, b);
	return g->q->reverse ? order > 0 : order < 0;
}

/* Passes the device's results on until `end`, where another one's turn may be. */
static bool follow(struct reading *g, struct head *head, const struct head *end, bool *is_there)
{
	int i = OF_DEVICE + g->q->reverse;
	struct place low = g->q->reverse ? g->low : head->place;
	struct place high = g->q->reverse ? head->place : g->high;
	sqlite3_stmt *row = db_start(g->db, i, "iiiii", low.us, (int64_t)low.seq, high.us,
		(int64_t)high.seq, (int64_t)head->device);
	enum db_step step;
	while ((step = db_step(g->db, i, g->e)) == DB_ROW) {
		struct command_result result = result_of(row);
		head->place = (struct place){result.ended_us, result.id};
		bool is_ahead = end && is_before(g, end->place, head->place);
		if (!is_ahead)
			pass_on(g, &result);
		if (is_ahead || g->is_over) {
			db_end(g->db, i);
			return true;
		}
	}
	*is_there = false;
	return step == DB_DONE;
}

/* Moves the first to heads[0] and the second to heads[1]. */
static void order_heads(const struct reading *g, struct head *heads, size_t count)
{
	for (size_t k = 0; k < 2 && k < count; k++)
		for (size_t i = k + 1; i < count; i++)
			if (is_before(g, heads[i].place, heads[k].place)) {
				struct head first = heads[i];
				heads[i] = heads[k];
				heads[k] = first;
			}
}

static bool read_some(struct reading *g)
{
	struct head heads[MERGED_MAX];
	size_t count = g->q->device_count;
	bool done = true;
	for (size_t i = 0; i < count; i++)
		heads[i] = (struct head){g->q->devices[i], g->q->reverse ? g->high : g->low};
	while (done && count && !g->is_over) {
		bool is_there = true;
		order_heads(g, heads, count);
		done = follow(g, &heads[0], count > 1 ? &heads[1] : NULL, &is_there);
		if (!is_there)
			heads[0] = heads[--count];
	}
	return done;
}

/* ---- commands.h ---- */

bool store_read_results(struct store *s, const struct result_query *q, command_result_fn *each,
	void *context, struct error *e)
{
	struct reading g = {.q = q,
		.each = each,
		.context = context,
		.left = q->count ? q->count : SIZE_MAX,
		.e = e};
	if (!set_bounds(&g))
		return true;
	struct queue_reader *r = reader_take(s, e);
	if (!r)
		return false;
	g.db = &r->db;
	bool is_some = q->devices && q->device_count <= MERGED_MAX;
	bool done = db_do(g.db, BEGIN, e, "") && (is_some ? read_some(&g) : read_all(&g));
	reader_give(s, r);
	return done;
}

bool store_read_result(
	struct store *s, uint64_t id, command_result_fn *each, void *context, struct error *e)
{
	struct queue_reader *r = reader_take(s, e);
	if (!r)
		return false;
	struct reading g = {.db = &r->db, .each = each, .context = context, .left = 1, .e = e};
	bool done = id > INT64_MAX || pass_one(&g, (int64_t)id);
	reader_give(s, r);
	if (done && !g.is_over && e)
		e->text[0] = '\0';
	return done && g.is_over;
}
