#include "store/tail.h"

#include "base/clock.h"
#include "base/die.h"
#include "store/map.h"

#include <pthread.h>
#include <stdlib.h>

enum { CHUNK_BYTES = 256 << 10 };

struct tail_chunk {
	struct tail_chunk *next;
	uint64_t first, end; /* seqs */
	int64_t born_us;
	unsigned pins;
	bool is_dropped; /* freed with the last pin */
	size_t used;
	_Alignas(struct tail_row) char bytes[CHUNK_BYTES];
};

struct newest {
	const struct tail_row *row;
	uint64_t seq;
};

struct tail {
	pthread_mutex_t lock; /* of everything here */
	struct tail_chunk *oldest, *newest;
	size_t chunk_count;
	uint64_t first, end; /* the next seq; both 0 until the first append */
	uint64_t bytes;
	bool is_sealed;     /* the newest chunk takes no more rows */
	struct map devices; /* device -> place in by_device + 1 */
	struct newest *by_device;
	size_t device_count, device_room;
};

struct tail *tail_new(void)
{
	struct tail *t = xcalloc(1, sizeof *t);
	check(pthread_mutex_init(&t->lock, NULL) == 0);
	return t;
}

void tail_free(struct tail *t)
{
	if (!t)
		return;
	while (t->oldest) {
		struct tail_chunk *c = t->oldest;
		t->oldest = c->next;
		free(c);
	}
	map_clear(&t->devices);
	free(t->by_device);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* ---- append ---- */

static size_t row_bytes(size_t body)
{
	size_t align = _Alignof(struct tail_row);
	return (sizeof(struct tail_row) + body + align - 1) / align * align;
}

static struct tail_chunk *add_chunk(struct tail *t, uint64_t seq)
{
	struct tail_chunk *c = xmalloc(sizeof *c);
	c->next = NULL;
	c->first = c->end = seq;
	c->born_us = clock_monotonic_us();
	c->pins = 0;
	c->is_dropped = false;
	c->used = 0;
	if (t->newest)
		t->newest->next = c;
	else
		t->oldest = c;
	t->newest = c;
	t->chunk_count++;
	t->is_sealed = false;
	return c;
}

/* Where the newest row of a device is noted. */
static struct newest *newest_of(struct tail *t, uint32_t device)
{
	uint32_t *place = map_at(&t->devices, device, 0);
	if (!*place) {
		if (t->device_count == t->device_room) {
			t->device_room = t->device_room ? t->device_room * 2 : 64;
			t->by_device =
				xrealloc(t->by_device, t->device_room * sizeof *t->by_device);
		}
		t->by_device[t->device_count++] = (struct newest){0};
		*place = (uint32_t)t->device_count;
	}
	return &t->by_device[*place - 1];
}

static void add_row(struct tail *t, const struct record *r)
{
	size_t bytes = row_bytes(r->body.len);
	struct tail_chunk *c = t->newest;
	if (!c || t->is_sealed || CHUNK_BYTES - c->used < bytes)
		c = add_chunk(t, r->seq);
	struct tail_row *row = (struct tail_row *)(void *)(c->bytes + c->used);
	char *body = (char *)(row + 1);
	*row = (struct tail_row){.record = *r};
	if (r->body.len)
		memcpy(body, r->body.at, r->body.len);
	row->record.body.at = body;
	if (r->origin.device) {
		struct newest *newest = newest_of(t, r->origin.device);
		row->previous = newest->row;
		row->previous_seq = newest->seq;
		*newest = (struct newest){row, r->seq};
	}
	c->used += bytes;
	c->end = r->seq + 1;
	t->bytes += bytes;
}

void tail_append(struct tail *t, const struct record *records, size_t count)
{
	if (!count)
		return;
	pthread_mutex_lock(&t->lock);
	if (!t->oldest)
		t->first = records[0].seq;
	for (size_t i = 0; i < count; i++)
		add_row(t, &records[i]);
	t->end = records[count - 1].seq + 1;
	pthread_mutex_unlock(&t->lock);
}

/* ---- read ---- */

void tail_pin(struct tail *t, uint32_t device, struct tail_view *view)
{
	pthread_mutex_lock(&t->lock);
	*view = (struct tail_view){.first = t->first, .end = t->end};
	view->chunks = xmalloc((t->chunk_count + 1) * sizeof *view->chunks);
	for (struct tail_chunk *c = t->oldest; c; c = c->next) {
		c->pins++;
		view->chunks[view->count++] = c;
	}
	uint32_t place = device ? map_get(&t->devices, device, 0) : 0;
	if (place && t->by_device[place - 1].seq >= t->first)
		view->newest = t->by_device[place - 1].row;
	pthread_mutex_unlock(&t->lock);
}

void tail_unpin(struct tail *t, struct tail_view *view)
{
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < view->count; i++)
		if (--view->chunks[i]->pins == 0 && view->chunks[i]->is_dropped)
			free(view->chunks[i]);
	pthread_mutex_unlock(&t->lock);
	free(view->chunks);
	*view = (struct tail_view){0};
}

const struct tail_row *tail_next(const struct tail_view *view, size_t i, const struct tail_row *row)
{
	const struct tail_chunk *c = view->chunks[i];
	const char *at = c->bytes;
	if (row) {
		if (row->record.seq + 1 >= view->end)
			return NULL;
		at = (const char *)row + row_bytes(row->record.body.len);
	}
	/* The chunk may be growing: whether a row follows is known from the view alone when it is
	 * the last chunk, and from the chunk's end when it is not. */
	if (i + 1 < view->count && at == c->bytes + c->used)
		return NULL;
	return (const struct tail_row *)(const void *)at;
}

/* ---- drop ---- */

uint64_t tail_seal(struct tail *t)
{
	pthread_mutex_lock(&t->lock);
	t->is_sealed = true;
	uint64_t end = t->end > t->first ? t->end : 0;
	pthread_mutex_unlock(&t->lock);
	return end;
}

void tail_drop(struct tail *t, uint64_t seq)
{
	pthread_mutex_lock(&t->lock);
	while (t->oldest && t->oldest->end <= seq + 1) {
		struct tail_chunk *c = t->oldest;
		t->oldest = c->next;
		if (!t->oldest)
			t->newest = NULL;
		t->chunk_count--;
		t->bytes -= c->used;
		c->is_dropped = true;
		if (!c->pins)
			free(c);
	}
	if (t->first <= seq)
		t->first = seq + 1;
	pthread_mutex_unlock(&t->lock);
}

void tail_figures(struct tail *t, struct tail_figures *out)
{
	pthread_mutex_lock(&t->lock);
	*out = (struct tail_figures){t->end > t->first ? t->end - t->first : 0, t->bytes,
		t->oldest ? t->oldest->born_us : 0};
	pthread_mutex_unlock(&t->lock);
}
