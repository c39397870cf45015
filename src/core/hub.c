#include "core/hub.h"

#include "base/clock.h"
#include "base/die.h"
#include "core/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct hub {
	size_t max;
	void (*wake)(void *context);
	void *context;
	atomic_bool is_wanted;
	pthread_mutex_t lock; /* of all below */
	struct hub_group *first, **end;
	size_t bytes;
	uint64_t skipped;
};

struct hub *hub_new(size_t bytes, void (*wake)(void *context), void *context)
{
	struct hub *h = xcalloc(1, sizeof *h);
	h->max = bytes;
	h->wake = wake;
	h->context = context;
	h->end = &h->first;
	pthread_mutex_init(&h->lock, NULL);
	return h;
}

void hub_free(struct hub *h)
{
	if (!h)
		return;
	for (struct hub_group *g = h->first, *next; g; g = next) {
		next = g->next;
		free(g);
	}
	pthread_mutex_destroy(&h->lock);
	free(h);
}

void hub_want(struct hub *h, bool wants)
{
	atomic_store(&h->is_wanted, wants);
}

static size_t size_of(const struct record *records, size_t count)
{
	size_t bytes = sizeof(struct hub_group) + count * sizeof *records;
	for (size_t i = 0; i < count; i++)
		bytes += records[i].body.len;
	return bytes;
}

static struct hub_group *copy(const struct record *records, size_t count, size_t bytes)
{
	struct hub_group *g = xmalloc(bytes);
	char *at = (char *)(g->records + count);
	g->next = NULL;
	g->count = count;
	g->committed_us = clock_monotonic_us();
	memcpy(g->records, records, count * sizeof *records);
	for (size_t i = 0; i < count; i++) {
		struct str *body = &g->records[i].body;
		memcpy(at, body->at, body->len);
		body->at = at;
		at += body->len;
	}
	return g;
}

void hub_committed(void *hub, const struct record *records, size_t count)
{
	struct hub *h = hub;
	if (!count || !atomic_load(&h->is_wanted))
		return;
	size_t bytes = size_of(records, count);
	pthread_mutex_lock(&h->lock);
	bool fits = h->bytes + bytes <= h->max;
	h->bytes += fits ? bytes : 0; /* only we add: it still fits below */
	h->skipped += fits ? 0 : count;
	pthread_mutex_unlock(&h->lock);
	if (!fits) {
		metric_add(live_skipped, count);
		return;
	}
	struct hub_group *g = copy(records, count, bytes);
	pthread_mutex_lock(&h->lock);
	bool was_empty = !h->first;
	*h->end = g;
	h->end = &g->next;
	pthread_mutex_unlock(&h->lock);
	if (was_empty)
		h->wake(h->context);
}

struct hub_group *hub_take(struct hub *h, uint64_t *skipped)
{
	pthread_mutex_lock(&h->lock);
	struct hub_group *first = h->first;
	h->first = NULL;
	h->end = &h->first;
	h->bytes = 0;
	*skipped = h->skipped;
	h->skipped = 0;
	pthread_mutex_unlock(&h->lock);
	return first;
}
