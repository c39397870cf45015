/* shorten: takes the old records out of one device's or channel's history, in steps; see the head
 * comment of shorten.c. */
#ifndef STORE_SHORTEN_H
#define STORE_SHORTEN_H

#include "store/sqlite.h"

struct job {
	struct store *s;
	uint64_t *deleted;
	unsigned steps;
	enum query_by by;
	uint32_t id;
	int64_t last_us;  /* what is not newer is past its time; INT64_MIN: nothing is */
	int64_t stale_us; /* what is not newer is taken out of its block, too */
	uint64_t bytes;   /* 0: no limit */
	uint64_t trimmed; /* the channel's records below are not wanted */
	uint64_t gone;    /* records deleted in this step */
	struct rows rows;
};

/* One step's work, in a transaction under settle_lock. *more: call it again. */
typedef bool work_fn(struct job *j, bool *more, struct error *e);

/* Runs steps until there is no more to do, or the store's retention is stopped. */
MUST_USE bool job_run(struct job *j, work_fn *work, struct error *e);

/* Applies the job's limits to the item, which is its device or channel. */
MUST_USE bool shorten_item(struct job *j, const struct kept_item *item, struct error *e);

/* A work_fn: notes sizes and ages of one block or chunk of an older file. */
bool shorten_measure(struct job *j, bool *more, struct error *e);

/* Takes settle_lock; false: the store's retention is stopped. A pass of the settler may take seconds,
 * and who stops does not wait for it. */
MUST_USE bool history_lock(struct store *s);

/* settle_lock is held. Readers may hold it up; then the next one goes further. */
void history_checkpoint(struct store *s);

#endif
