/* kept: what of each device and channel lies in history.db: how many bytes, since when, and up to
 * where a channel was trimmed. In memory, so that a retention that has nothing to do reads nothing.
 * It follows from the indices of history.db, which it is read from at the start. One lock inside. */
#ifndef STORE_KEPT_H
#define STORE_KEPT_H

#include "store/store.h"

/* A record's age counts from the later one of its two times. */
static inline int64_t age_from(const struct record *r)
{
	return r->time_us > r->received_us ? r->time_us : r->received_us;
}

/* Of the records of one block or chunk. */
struct ages {
	int64_t newest_us, oldest_us;
};

static inline struct ages ages_of(const struct record *r, size_t count)
{
	struct ages ages = {INT64_MIN, INT64_MAX};
	for (size_t i = 0; i < count; i++) {
		int64_t us = age_from(&r[i]);
		ages.newest_us = us > ages.newest_us ? us : ages.newest_us;
		ages.oldest_us = us < ages.oldest_us ? us : ages.oldest_us;
	}
	return ages;
}

/* Of all blocks or chunks of one device or channel. */
struct kept_item {
	enum query_by by;
	uint32_t id;
	uint64_t bytes;
	struct ages least; /* the smallest newest_us and oldest_us of a block, or less */
};

struct kept *kept_new(void);
void kept_free(struct kept *k);

/* A block or chunk is written, or taken away: in a transaction, which kept_commit ends. */
void kept_add(struct kept *k, enum query_by by, uint32_t id, uint64_t bytes, struct ages ages);
void kept_take(struct kept *k, enum query_by by, uint32_t id, uint64_t bytes);
void kept_commit(struct kept *k, bool done);

/* Replaces what is known. */
void kept_set(struct kept *k, const struct kept_item *item);

/* Item i, in no order; false: there are no more. */
bool kept_at(struct kept *k, size_t i, struct kept_item *out);
uint64_t kept_bytes(struct kept *k, enum query_by by, uint32_t id);

/* Records of the channel below seq are not given; 0: all are. Only ever rises. */
void kept_trim(struct kept *k, uint32_t channel, uint64_t seq);
uint64_t kept_trimmed(struct kept *k, uint32_t channel);

/* No channel is trimmed beyond `seq`: what was there when it was trimmed may be lost. */
void kept_limit_trims(struct kept *k, uint64_t seq);

#endif
