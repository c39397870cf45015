/* Who asks waits for the workers, a bounded piece of work at a time; a worker never waits. */
#include "gate/connections.h"

#include "base/die.h"
#include "gate/session.h"

#include <stdlib.h>

enum {
	PAGE_MAX = 256,   /* connections of one answer */
	STEPS_MAX = 4096, /* sessions that a worker looks at in one order */
	PLACES_MAX = 64,  /* channels that one ident may be connected to */
};

/* False: it has stopped. Otherwise it does not before gate_leave. */
static bool gate_enter(struct gate *g)
{
	/* asked outside as well: who comes after the stop does not keep it waiting */
	if (__atomic_load_n(&g->stopped, __ATOMIC_ACQUIRE))
		return false;
	uv_rwlock_rdlock(&g->door);
	if (!__atomic_load_n(&g->stopped, __ATOMIC_ACQUIRE))
		return true;
	uv_rwlock_rdunlock(&g->door);
	return false;
}

static void gate_leave(struct gate *g)
{
	uv_rwlock_rdunlock(&g->door);
}

static bool is_connected(void *context, uint64_t ident)
{
	struct gate *g = context;
	struct place place;
	if (!ident || !gate_enter(g))
		return false;
	bool is = ident_map_find_all(g->idents, ident, &place, 1) != 0;
	gate_leave(g);
	return is;
}

/* ---- listing ---- */

struct listing {
	uint32_t channel;
	uint64_t after; /* set by the worker: where to continue */
	bool ended;     /* the worker has no more */
	struct place place;
	struct connection *out;
	size_t count, room;
};

static void list_some(struct worker *w, void *context)
{
	struct listing *l = context;
	const struct roster *r = &w->roster;
	size_t at = roster_after(r, l->after);
	for (int steps = 0; at < r->count && steps < STEPS_MAX && l->count < l->room; steps++) {
		const struct roster_entry *entry = &r->entries[at++];
		l->after = entry->id;
		if (entry->slot == ROSTER_NONE)
			continue;
		const struct session *s = w->slots[entry->slot].session;
		if (!l->channel || s->listener->entrance->id == l->channel)
			session_describe(s, &l->out[l->count++]);
	}
	l->ended = at == r->count;
}

static void list_one(struct worker *w, void *context)
{
	struct listing *l = context;
	const struct session *s = worker_session(w, l->place.slot, l->place.generation);
	if (s && s->id > l->after && (!l->channel || s->listener->entrance->id == l->channel))
		session_describe(s, &l->out[l->count++]);
}

/* Each worker's first ones behind `after`; the caller takes the first of all. */
static size_t list_all(
	struct gate *g, uint32_t channel, uint64_t after, struct connection *out, size_t room)
{
	size_t count = 0;
	for (uint16_t i = 0; i < g->worker_count; i++) {
		struct listing l = {
			.channel = channel, .after = after, .out = out + count, .room = room};
		while (!l.ended && l.count < room)
			workers_call(&g->workers[i], 1, list_some, &l);
		count += l.count;
	}
	return count;
}

static size_t list_ident(
	struct gate *g, uint32_t channel, uint64_t ident, uint64_t after, struct connection *out)
{
	struct place places[PLACES_MAX];
	struct listing l = {.channel = channel, .after = after, .out = out};
	size_t count = ident_map_find_all(g->idents, ident, places, PLACES_MAX);
	for (size_t i = 0; i < count; i++) {
		l.place = places[i];
		workers_call(&g->workers[places[i].worker], 1, list_one, &l);
	}
	return l.count;
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = ((const struct connection *)a)->id, y = ((const struct connection *)b)->id;
	return x < y ? -1 : x > y;
}

static size_t list(void *context, uint32_t channel, uint64_t ident, uint64_t after,
	struct connection *out, size_t room)
{
	struct gate *g = context;
	if (room > PAGE_MAX)
		room = PAGE_MAX;
	if (!room || !gate_enter(g))
		return 0;
	size_t places = g->worker_count * room;
	struct connection *found =
		xcalloc(places > PLACES_MAX ? places : PLACES_MAX, sizeof *found);
	size_t count = ident ? list_ident(g, channel, ident, after, found)
			     : list_all(g, channel, after, found, room);
	gate_leave(g);
	qsort(found, count, sizeof *found, by_id);
	if (count > room)
		count = room;
	memcpy(out, found, count * sizeof *out);
	free(found);
	return count;
}

/* ---- closing ---- */

struct closing {
	uint64_t id;
	enum close_code code;
	bool found;
};

static void close_on(struct worker *w, void *context)
{
	struct closing *c = context;
	uint32_t slot = roster_find(&w->roster, c->id);
	c->found = slot != ROSTER_NONE;
	if (c->found)
		session_leave(w->slots[slot].session, c->code);
}

static bool close_one(void *context, uint64_t id, enum close_code code)
{
	struct gate *g = context;
	struct closing c = {id, code, false};
	if (!gate_enter(g))
		return false;
	workers_call(&g->workers[id % g->worker_count], 1, close_on, &c); /* see worker.c */
	gate_leave(g);
	return c.found;
}

/* ---- commands ---- */

static bool send_to(
	void *context, uint64_t ident, uint32_t device, uint64_t command, struct str payload)
{
	struct gate *g = context;
	struct place place;
	if (!gate_enter(g))
		return false;
	bool found = ident_map_find_all(g->idents, ident, &place, 1) != 0;
	if (found)
		worker_post(g->workers[place.worker], place, device, command, payload);
	gate_leave(g);
	return found;
}

void connections_init(struct gate *g)
{
	g->connections = (struct connections){g, is_connected, list, close_one, send_to};
}
