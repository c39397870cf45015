/* history.db: settled records, twice: each channel's log in chunks, in the order of arrival, and
 * each device's history in blocks (blocks.c). The settler moves a prefix of the tail there in one
 * transaction, with a snapshot of the state that changed. Its transaction is long, but nobody else
 * writes to this file, and readers do not wait for it. */
#include "store/shorten.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"
#include "store/map.h"
#include "store/telemetry.h"

#include <stdlib.h>

enum {
	CHUNK_LEVEL = 5,           /* of zstd */
	SETTLED_AT_ONCE = 1 << 20, /* records; bounds memory and the size of a transaction */
	RETRY_S = 5,
	WARN_S = 60,
};

/* ---- open ---- */

static bool load_devices(struct store *s, sqlite3_stmt *row, struct error *e)
{
	while (sqlite3_step(row) == SQLITE_ROW) {
		struct device_snapshot d = {(uint32_t)sqlite3_column_int64(row, 0),
			(uint64_t)sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2)};
		if (!state_load_device(s->state, &d, db_blob(row, 3)))
			return fail(e, "history.db: the telemetry of device %u is damaged",
				(unsigned)d.device);
	}
	return true;
}

static bool load_idents(struct store *s, sqlite3_stmt *row, struct error *e)
{
	while (sqlite3_step(row) == SQLITE_ROW) {
		struct ident_info info = {
			.ident = (uint64_t)sqlite3_column_int64(row, 1),
			.count = (uint64_t)sqlite3_column_int64(row, 3),
			.bytes = (uint64_t)sqlite3_column_int64(row, 4),
			.last_us = sqlite3_column_int64(row, 5),
			.device = (uint32_t)sqlite3_column_int64(row, 6),
		};
		if (!peer_unpack(db_blob(row, 7), &info.peer))
			return fail(e, "history.db: the peer of an ident is damaged");
		state_load_ident(s->state, (uint32_t)sqlite3_column_int64(row, 0),
			(uint64_t)sqlite3_column_int64(row, 2), &info);
	}
	return true;
}

static bool load_settled(struct store *s, sqlite3_stmt *row, struct error *e)
{
	(void)e;
	while (sqlite3_step(row) == SQLITE_ROW)
		s->settled = (uint64_t)sqlite3_column_int64(row, 0);
	return true;
}

static bool load(struct store *s, const char *select,
	bool (*take)(struct store *s, sqlite3_stmt *row, struct error *e), struct error *e)
{
	sqlite3_stmt *row;
	if (sqlite3_prepare_v2(s->history.handle, select, -1, &row, NULL) != SQLITE_OK)
		return db_fail(&s->history, e);
	bool done = take(s, row, e);
	/* finalize tells whether the last step failed */
	if (sqlite3_finalize(row) != SQLITE_OK && done)
		return db_fail(&s->history, e);
	return done;
}

bool settle_open(struct store *s, struct error *e)
{
	return history_open(s, e) && load(s, "SELECT seq FROM settled", load_settled, e) &&
	       load(s, "SELECT device, last_seq, last_us, telemetry FROM device", load_devices,
		       e) &&
	       load(s, "SELECT * FROM ident", load_idents, e);
}

void settle_close(struct store *s)
{
	db_close(&s->history);
}

/* ---- one pass ---- */

/* The records of a pass, to be sorted in more than one way. */
struct pass {
	struct store *s;
	const struct record **records;
	size_t count;
	struct rows rows;  /* of one channel */
	struct map idents; /* whose state is saved already */
	struct buf telemetry;
};

static void collect(struct pass *pass, const struct tail_view *view, uint64_t end)
{
	uint64_t first = pass->s->settled + 1;
	size_t room = 0;
	for (size_t i = 0; i < view->count; i++) {
		const struct tail_row *row = NULL;
		while ((row = tail_next(view, i, row)) && row->record.seq < end) {
			if (row->record.seq < first)
				continue;
			if (pass->count == SETTLED_AT_ONCE)
				return;
			if (pass->count == room) {
				room = room ? room * 2 : 4096;
				pass->records =
					xrealloc(pass->records, room * sizeof *pass->records);
			}
			pass->records[pass->count++] = &row->record;
		}
	}
}

static int by_channel(const void *a, const void *b)
{
	const struct record *x = *(const struct record *const *)a;
	const struct record *y = *(const struct record *const *)b;
	if (x->origin.channel != y->origin.channel)
		return x->origin.channel < y->origin.channel ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int by_device(const void *a, const void *b)
{
	const struct record *x = *(const struct record *const *)a;
	const struct record *y = *(const struct record *const *)b;
	if (x->origin.device != y->origin.device)
		return x->origin.device < y->origin.device ? -1 : 1;
	return place_cmp(place_of(x), place_of(y));
}

static bool save_ident(struct pass *pass, const struct origin *o, struct error *e)
{
	uint32_t *is_saved = map_at(&pass->idents, o->ident, o->channel);
	uint64_t last_seq;
	struct ident_info info;
	char peer[PEER_BYTES_MAX];
	if (*is_saved)
		return true;
	*is_saved = 1;
	if (!state_save_ident(pass->s->state, o->channel, o->ident, &last_seq, &info))
		return true; /* there were too many */
	return db_do(&pass->s->history, HISTORY_IDENT, e, "iiiiiiib", (int64_t)o->channel,
		(int64_t)o->ident, (int64_t)last_seq, (int64_t)info.count, (int64_t)info.bytes,
		info.last_us, (int64_t)info.device,
		(struct str){peer, peer_pack(&info.peer, peer)});
}

static bool save_device(struct pass *pass, uint32_t device, struct error *e)
{
	struct device_snapshot d;
	check(state_save_device(pass->s->state, device, &d, &pass->telemetry));
	return db_do(&pass->s->history, HISTORY_DEVICE, e, "iiib", (int64_t)device,
		(int64_t)d.last_seq, d.last_active_us, buf_str(&pass->telemetry));
}

bool chunk_write(struct store *s, const struct record *r, size_t count, struct error *e)
{
	int64_t from_us = INT64_MAX, to_us = INT64_MIN;
	for (size_t i = 0; i < count; i++) {
		from_us = r[i].received_us < from_us ? r[i].received_us : from_us;
		to_us = r[i].received_us > to_us ? r[i].received_us : to_us;
	}
	s->blob.len = 0;
	if (!columns_encode(s->encoder, r, count, CHUNK_LEVEL, &s->blob, e))
		return false;
	struct ages ages = ages_of(r, count);
	kept_add(s->kept, QUERY_CHANNEL, r->origin.channel, s->blob.len, ages);
	return db_do(&s->history, HISTORY_CHUNK, e, "iiiiibiiii", (int64_t)r->origin.channel,
		(int64_t)r->seq, (int64_t)r[count - 1].seq, from_us, to_us, buf_str(&s->blob),
		(int64_t)count, ages.newest_us, ages.oldest_us, (int64_t)s->blob.len);
}

static bool settle_channels(struct pass *pass, struct error *e)
{
	qsort(pass->records, pass->count, sizeof *pass->records, by_channel);
	bool done = true;
	size_t i = 0;
	while (i < pass->count && !pass->records[i]->origin.channel)
		i++; /* of no channel: its device alone has it */
	while (done && i < pass->count) {
		uint32_t channel = pass->records[i]->origin.channel;
		rows_empty(&pass->rows);
		for (; i < pass->count && pass->records[i]->origin.channel == channel &&
			pass->rows.count < COLUMNS_RECORDS_MAX;
			i++) {
			rows_add_borrowed(&pass->rows, pass->records[i]);
			done = done && save_ident(pass, &pass->records[i]->origin, e);
		}
		const struct record *r = pass->rows.at;
		for (size_t at = 0, fit; done && at < pass->rows.count; at += fit) {
			fit = columns_fit(r + at, pass->rows.count - at);
			done = chunk_write(pass->s, r + at, fit, e);
		}
	}
	return done;
}

static bool settle_devices(struct pass *pass, struct error *e)
{
	struct store *s = pass->s;
	qsort(pass->records, pass->count, sizeof *pass->records, by_device);
	for (size_t i = 0, end; i < pass->count; i = end) {
		uint32_t device = pass->records[i]->origin.device;
		end = i + 1;
		while (end < pass->count && pass->records[end]->origin.device == device)
			end++;
		if (s->settler.is_stopping)
			return fail(e, "the store is closing");
		if (device && !(blocks_add(s, pass->records + i, end - i, e) &&
				      save_device(pass, device, e)))
			return false;
	}
	return true;
}

static bool settle_pass(struct pass *pass, uint64_t last, struct error *e)
{
	struct db *db = &pass->s->history;
	bool done = db_do(db, HISTORY_BEGIN, e, "") && settle_channels(pass, e) &&
		    settle_devices(pass, e) && db_do(db, HISTORY_SETTLED, e, "i", (int64_t)last) &&
		    db_do(db, HISTORY_COMMIT, e, "");
	if (!sqlite3_get_autocommit(db->handle))
		(void)db_do(db, HISTORY_ROLLBACK, NULL, "");
	kept_commit(pass->s->kept, done);
	return done;
}

/* Settles records with seq < end. *more: not all of them were settled. */
static bool settle_some(struct store *s, uint64_t end, bool *more, struct error *e)
{
	struct pass pass = {.s = s};
	struct tail_view view;
	buf_init(&pass.telemetry, COLUMNS_BLOB_MAX);
	tail_pin(s->tail, 0, &view);
	collect(&pass, &view, end);
	uint64_t last = s->settled + pass.count;
	if (pass.count)
		last = pass.records[pass.count - 1]->seq;
	*more = pass.count && last + 1 < end;
	bool done = !pass.count || settle_pass(&pass, last, e);
	if (done && pass.count) {
		s->settled = last;
		s->settled_records += pass.count;
		tail_drop(s->tail, last);
		worker_wake(&s->keeper);
	}
	tail_unpin(s->tail, &view);
	free(pass.records);
	rows_clear(&pass.rows);
	map_clear(&pass.idents);
	buf_clear(&pass.telemetry);
	/* Readers may hold it up; then the next one goes further. */
	if (done)
		history_checkpoint(s);
	return done;
}

/* An append that waits for room learns how it went. */
static void tell(struct store *s, const struct error *e)
{
	pthread_mutex_lock(&s->settler.lock);
	s->settle_failed = e != NULL;
	if (e)
		s->settle_error = *e;
	pthread_cond_broadcast(&s->settler.done);
	pthread_mutex_unlock(&s->settler.lock);
}

bool store_settle(struct store *s, struct error *e)
{
	struct error why;
	pthread_mutex_lock(&s->settle_lock);
	uint64_t end = tail_seal(s->tail);
	bool more = end != 0, done = true;
	while (done && more) {
		done = settle_some(s, end, &more, &why);
		tell(s, done ? NULL : &why);
	}
	s->retry_us = done ? 0 : clock_monotonic_us() + RETRY_S * 1000000;
	pthread_mutex_unlock(&s->settle_lock);
	return done || fail(e, "%s", why.text);
}

void settle_round(struct store *s)
{
	struct tail_figures tail;
	tail_figures(s->tail, &tail);
	int64_t now_us = clock_monotonic_us(), age_us = now_us - tail.oldest_us;
	bool is_old = s->settle_seconds >= 0 && age_us > (int64_t)s->settle_seconds * 1000000;
	if (!tail.records || (tail.bytes <= s->tail_bytes && !is_old) || now_us < s->retry_us)
		return;
	struct error e;
	if (!store_settle(s, &e) && !s->settler.is_stopping && log_due(&s->warned_us, WARN_S))
		log_error("store", "settle", "error=%s", log_quote(e.text));
}
