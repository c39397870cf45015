/* Retention: asks for each device and channel how long it is kept, lets the old go (shorten.c), the
 * state of those that are gone, and gives the disk back. */
#include "store/shorten.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	FAILURES_MAX = 8, /* of items; then the round ends */
	IDENTS_AT_ONCE = 500,
	PAGES_AT_ONCE = 128,
	WAL_PAGES = 1024,  /* of the journal_size_limit in schema.c */
	SPARE_PAGES = 256, /* free ones that the history may keep, and ... */
	SPARE_PART = 16,   /* ... this part of it: they are soon used again */
};

struct round {
	struct job job;
	int64_t now_us;
	retention_fn *retention;
	void *context;
	uint32_t last_id[2]; /* the highest that was ever given out, by enum query_by */
	unsigned failures;
	struct error *e; /* the first failure */
};

static bool is_over(const struct round *r)
{
	return r->job.s->retain_stops || r->failures >= FAILURES_MAX;
}

static void note_failure(struct round *r, const struct error *why)
{
	if (r->failures++ == 0)
		fail(r->e, "%s", why->text);
}

static bool is_gone(const struct round *r, enum query_by by, uint32_t id)
{
	struct retention ignored;
	return id <= r->last_id[by] && !r->retention(r->context, by, id, &ignored);
}

static int64_t before(int64_t now_us, int64_t us)
{
	return now_us < INT64_MIN + 1 + us ? INT64_MIN : now_us - us - 1;
}

/* False: nothing is to be done with the item. */
static bool set_limits(struct round *r, const struct kept_item *item)
{
	struct job *j = &r->job;
	struct retention limit = {0};
	j->by = item->by;
	j->id = item->id;
	j->last_us = j->stale_us = INT64_MAX;
	j->bytes = 0;
	j->trimmed = item->by == QUERY_CHANNEL ? kept_trimmed(j->s->kept, item->id) : 0;
	if (!r->retention(r->context, item->by, item->id, &limit))
		return item->id <= r->last_id[item->by];
	j->bytes = limit.bytes;
	if (limit.ttl_us == INT64_MAX)
		j->last_us = j->stale_us = INT64_MIN;
	else if (limit.ttl_us > 0) {
		j->last_us = before(r->now_us, limit.ttl_us);
		int64_t half = limit.ttl_us / 2;
		j->stale_us = j->last_us < INT64_MIN + half ? INT64_MIN : j->last_us - half;
	}
	return true;
}

static void retain_items(struct round *r)
{
	struct kept_item item;
	for (size_t i = 0; !is_over(r) && kept_at(r->job.s->kept, i, &item); i++) {
		struct error why;
		if (set_limits(r, &item) && !shorten_item(&r->job, &item, &why))
			note_failure(r, &why);
	}
}

/* Rows that an older program wrote say neither size nor age. */
static void measure_items(struct round *r)
{
	struct error why;
	for (int by = 0; by < 2; by++) {
		r->job.by = (enum query_by)by;
		if (!is_over(r) && !job_run(&r->job, shorten_measure, &why))
			note_failure(r, &why);
	}
}

/* ---- what is gone ---- */

static bool forget_device(struct job *j, bool *more, struct error *e)
{
	(void)more;
	state_forget_device(j->s->state, j->id, j->s->settled);
	return db_do(&j->s->history, HISTORY_FORGET_DEVICE, e, "i", (int64_t)j->id);
}

/* What the settler saved meanwhile of records that came late goes with the next round. */
static bool forget_idents(struct job *j, bool *more, struct error *e)
{
	struct db *db = &j->s->history;
	if (!db_do(db, HISTORY_FORGET_IDENTS, e, "ii", (int64_t)j->id, (int64_t)IDENTS_AT_ONCE))
		return false;
	*more = sqlite3_changes(db->handle) == IDENTS_AT_ONCE;
	if (!*more)
		state_forget_idents(j->s->state, j->id, j->s->settled);
	return true;
}

static void forget(struct round *r, enum query_by by, const uint32_t *ids, size_t count)
{
	for (size_t i = 0; i < count && !is_over(r); i++) {
		struct error why;
		if (!is_gone(r, by, ids[i]))
			continue;
		r->job.id = ids[i];
		bool done = by == QUERY_DEVICE
				    ? job_run(&r->job, forget_device, &why)
				    : job_run(&r->job, forget_idents, &why) &&
					      resources_forget_trim(r->job.s, ids[i], &why);
		if (!done)
			note_failure(r, &why);
	}
}

static void forget_gone(struct round *r)
{
	uint32_t *ids;
	size_t count = state_devices(r->job.s->state, &ids);
	forget(r, QUERY_DEVICE, ids, count);
	free(ids);
	count = state_channels(r->job.s->state, &ids);
	forget(r, QUERY_CHANNEL, ids, count);
	free(ids);
}

/* ---- the disk ---- */

/* One step towards a shorter file: its last pages move into free ones. *more: there are too many
 * free ones still. */
static bool give_some(struct store *s, bool *more, struct error *e)
{
	struct db *db = &s->history;
	char sql[48];
	snprintf(sql, sizeof sql, "PRAGMA incremental_vacuum(%d)", (int)PAGES_AT_ONCE);
	*more = false;
	if (!history_lock(s))
		return true;
	int64_t pages = db_pragma(db, "page_count"), spare = pages / SPARE_PART;
	int64_t unused = db_pragma(db, "freelist_count");
	*more = db_pragma(db, "auto_vacuum") == 2 &&
		unused > (spare > SPARE_PAGES ? spare : SPARE_PAGES);
	bool done = !*more || db_run(db, sql, e);
	pthread_mutex_unlock(&s->settle_lock);
	return done;
}

/* A file is cut by the checkpoint, the WAL by the second transaction that starts it anew. Readers may
 * hold up both; then the next round does it. */
static bool cut_wal(struct store *s, struct error *e)
{
	struct db *db = &s->history;
	int pages = 0, copied = 0;
	bool done = true;
	if (!history_lock(s))
		return true;
	int code = sqlite3_wal_checkpoint_v2(
		db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
	bool cuts = code == SQLITE_OK && copied == pages && pages > WAL_PAGES;
	/* a number that nobody uses: the tables stay as they are */
	if (cuts)
		done = db_run(db, "PRAGMA application_id=1", e) &&
		       db_run(db, "PRAGMA application_id=0", e);
	pthread_mutex_unlock(&s->settle_lock);
	return done;
}

static void give_back(struct round *r)
{
	struct store *s = r->job.s;
	struct error why;
	bool more = true, done = true;
	while (more && done && !is_over(r)) {
		done = give_some(s, &more, &why);
		if (more && ++r->job.steps % 16 == 0 && history_lock(s)) {
			history_checkpoint(s);
			pthread_mutex_unlock(&s->settle_lock);
		}
		nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
	}
	if (!done || !log_shrink(s, &why) || !cut_wal(s, &why))
		note_failure(r, &why);
}

/* ---- store.h ---- */

void store_retain_stop(struct store *s)
{
	s->retain_stops = true;
}

bool store_retain(struct store *s, int64_t now_us, retention_fn *retention, void *context,
	uint64_t *deleted, struct error *e)
{
	struct round r = {.job = {.s = s, .deleted = deleted},
		.now_us = now_us,
		.retention = retention,
		.context = context,
		.e = e};
	*deleted = 0;
	if (!resources_last_id(s, "device", &r.last_id[QUERY_DEVICE], e) ||
		!resources_last_id(s, "channel", &r.last_id[QUERY_CHANNEL], e))
		return false;
	measure_items(&r);
	retain_items(&r);
	forget_gone(&r);
	give_back(&r);
	rows_clear(&r.job.rows);
	return r.failures == 0;
}

uint64_t store_bytes(struct store *s, enum query_by by, uint32_t id)
{
	return kept_bytes(s->kept, by, id);
}
