/* Batches come back in the order in which they went, so a thread that waits needs but a number: how
 * many records were given when its own were the last. */
#include "core/poster.h"

#include "base/clock.h"
#include "base/die.h"

#include <pthread.h>
#include <stdlib.h>

enum {
	PATIENCE_MS = 5000,
	STALL_US = 1000 * 1000, /* nothing came back for so long: no further thread is to wait */
};

struct poster {
	struct writer *writer;
	int patience_ms;
	pthread_mutex_t lock;  /* of all below, and the lane's one thread is who holds it */
	pthread_cond_t stored; /* on the monotonic clock */
	struct lane *lane;
	uint64_t given, returned; /* records */
	int64_t progress_us;      /* when something came back, or the first was given */
	bool is_closed;
};

/* On the writer's thread. */
static void take_back(void *context)
{
	struct poster *p = context;
	pthread_mutex_lock(&p->lock);
	for (struct batch *b = lane_returned(p->lane), *next; b; b = next) {
		next = b->next;
		p->returned += b->count;
		lane_recycle(p->lane, b);
	}
	p->progress_us = clock_monotonic_us();
	pthread_cond_broadcast(&p->stored);
	pthread_mutex_unlock(&p->lock);
}

struct poster *poster_new(struct writer *w, int patience_ms)
{
	struct poster *p = xcalloc(1, sizeof *p);
	p->writer = w;
	p->patience_ms = patience_ms ? patience_ms : PATIENCE_MS;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&p->stored, &monotonic);
	pthread_condattr_destroy(&monotonic);
	p->lane = lane_open(w, take_back, p);
	return p;
}

void poster_close(struct poster *p)
{
	pthread_mutex_lock(&p->lock);
	p->is_closed = true;
	pthread_mutex_unlock(&p->lock);
}

void poster_free(struct poster *p)
{
	if (!p)
		return;
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->stored);
	free(p); /* the lane is the writer's */
}

static bool is_open_locked(struct poster *p, struct error *e)
{
	if (p->is_closed)
		return fail(e, "the gateway is stopping; nothing was stored");
	if (writer_is_failing(p->writer))
		return fail(e, "the store is failing; nothing was stored, try again later");
	if (p->given > p->returned && clock_monotonic_us() - p->progress_us > STALL_US)
		return fail(e, "the store is slow; nothing was stored, try again later");
	if (lane_is_congested(p->lane))
		return fail(e, "too many messages wait to be stored; try again later");
	return true;
}

/* A batch with room: the open one, or an empty one, before which the open one goes. */
static struct batch *borrow_locked(struct poster *p, size_t count, size_t bytes)
{
	struct batch *b = lane_borrow(p->lane);
	if (b->count + count <= BATCH_RECORDS && b->bytes + bytes <= BATCH_BYTES)
		return b;
	struct batch *empty = lane_borrow(p->lane);
	lane_submit(p->lane, b);
	return empty;
}

static void give_locked(struct poster *p, const struct record *records, size_t count, size_t bytes)
{
	struct batch *b = borrow_locked(p, count, bytes);
	for (size_t i = 0; i < count; i++) {
		struct record *r = &b->records[b->count++];
		*r = records[i];
		r->body.at = memcpy(b->bodies + b->bytes, records[i].body.at, r->body.len);
		b->bytes += r->body.len;
	}
	if (p->given == p->returned)
		p->progress_us = clock_monotonic_us();
	p->given += count;
	lane_submit(p->lane, b);
}

bool poster_post(struct poster *p, const struct record *records, size_t count, struct error *e)
{
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++)
		bytes += records[i].body.len;
	check(count <= POST_RECORDS_MAX && bytes <= POST_BYTES_MAX);
	if (!count)
		return true;
	int64_t until_us = clock_monotonic_us() - 1 + (int64_t)p->patience_ms * 1000;
	struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
	pthread_mutex_lock(&p->lock);
	bool is_given = is_open_locked(p, e), in_time = true, done = false;
	if (is_given) {
		give_locked(p, records, count, bytes);
		uint64_t mine = p->given;
		while (in_time && p->returned < mine)
			in_time = pthread_cond_timedwait(&p->stored, &p->lock, &until) == 0;
		done = p->returned >= mine;
	}
	pthread_mutex_unlock(&p->lock);
	if (is_given && !done)
		fail(e, "the store took more than %d ms; the messages may be stored later or not",
			p->patience_ms);
	return done;
}
