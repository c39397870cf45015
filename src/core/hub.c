#include "core/hub.h"

#include "base/die.h"

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
	uint64_t behind; /* seq of the first record that was not taken; 0: all were */
	uint64_t last;   /* of the last one */
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
	pthread_mutex_lock(&h->lock);
	if (!wants)
		h->behind = 0;
	atomic_store(&h->is_wanted, wants);
	pthread_mutex_unlock(&h->lock);
}

static size_t size_of(const struct record *records, size_t count)
{
	size_t bytes = sizeof(struct hub_group) + count * sizeof *records;
	for (size_t i = 0; i < count; i++)
		bytes += records[i].body.len;
	return bytes;
}

struct hub_group *hub_group_new(const struct record *records, size_t count)
{
	size_t bytes = size_of(records, count);
	struct hub_group *g = xmalloc(bytes);
	char *at = (char *)(g->records + count);
	g->next = NULL;
	g->count = count;
	memcpy(g->records, records, count * sizeof *records);
	for (size_t i = 0; i < count; i++) {
		struct str *body = &g->records[i].body;
		memcpy(at, body->at, body->len);
		body->at = at;
		at += body->len;
	}
	return g;
}

/* False: the group does not fit, or one before it did not: it is read in the log. */
static bool reserve(struct hub *h, const struct record *records, size_t count)
{
	size_t bytes = size_of(records, count);
	pthread_mutex_lock(&h->lock);
	bool fits = !h->behind && h->bytes + bytes <= h->max;
	if (fits)
		h->bytes += bytes; /* only we add: it still fits when it is made */
	else
		h->last = records[count - 1].seq;
	bool is_first = !fits && !h->behind;
	if (is_first)
		h->behind = records[0].seq;
	bool wakes = is_first && !h->first;
	pthread_mutex_unlock(&h->lock);
	if (wakes)
		h->wake(h->context);
	return fits;
}

void hub_committed(void *hub, const struct record *records, size_t count)
{
	struct hub *h = hub;
	if (!count || !atomic_load(&h->is_wanted) || !reserve(h, records, count))
		return;
	struct hub_group *g = hub_group_new(records, count);
	pthread_mutex_lock(&h->lock);
	bool was_empty = !h->first;
	*h->end = g;
	h->end = &g->next;
	pthread_mutex_unlock(&h->lock);
	if (was_empty)
		h->wake(h->context);
}

struct hub_group *hub_take(struct hub *h, uint64_t *behind, uint64_t *last)
{
	pthread_mutex_lock(&h->lock);
	struct hub_group *first = h->first;
	h->first = NULL;
	h->end = &h->first;
	h->bytes = 0;
	*behind = first ? 0 : h->behind;
	*last = h->last;
	pthread_mutex_unlock(&h->lock);
	return first;
}

bool hub_caught_up(struct hub *h, uint64_t seq, uint64_t *last)
{
	pthread_mutex_lock(&h->lock);
	bool is_all = !h->behind || h->last <= seq;
	if (is_all)
		h->behind = 0;
	*last = h->last;
	pthread_mutex_unlock(&h->lock);
	return is_all;
}
