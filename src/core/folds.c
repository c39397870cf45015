/* Nearly all events are the only one of their minute, and a fleet that comes back brings one for each
 * tracker: such a minute takes 24 bytes in a queue in order of their beginning, and its place in an
 * index. Only who counts something takes more. */
#include "core/folds.h"

#include "base/die.h"

#include <stdlib.h>
#include <sys/random.h>

enum { ROOM_MIN = 256 };

/* Of what was counted. */
struct counted {
	uint64_t origin, count;
	uint32_t code;
	int64_t time_us; /* of the newest, as are its */
	char *members;
	size_t len;
};

struct minute {
	uint64_t key; /* hash of code, origin and text; two that are the same miscount, no more */
	int64_t began_us;
	struct counted *counted; /* NULL: nothing */
};

struct folds {
	/* minute number n is at queue[n % room], first <= n < end; index: open addressing, n % room
	 * + 1 or 0, twice as large */
	struct minute *queue;
	uint32_t *index;
	size_t room; /* a power of 2 */
	uint64_t first, end;
	uint64_t secret;  /* idents come from outside: nobody shall be able to choose collisions */
	size_t any_count; /* of those whatever the text */
	size_t bytes;
	size_t beyond; /* that found no place, in the minute that began at: */
	int64_t beyond_us;
};

struct folds *folds_new(void)
{
	struct folds *f = xcalloc(1, sizeof *f);
	if (getrandom(&f->secret, sizeof f->secret, GRND_NONBLOCK) < 0)
		f->secret = (uintptr_t)f;
	return f;
}

static void counted_free(struct folds *f, struct counted *c)
{
	if (!c)
		return;
	f->bytes -= c->len;
	free(c->members);
	free(c);
}

void folds_free(struct folds *f)
{
	for (uint64_t n = f->first; n < f->end; n++)
		counted_free(f, f->queue[n & (f->room - 1)].counted);
	free(f->queue);
	free(f->index);
	free(f);
}

/* ---- the table ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0xD6E8FEB86659FD93);
	return hash ^ hash >> 32;
}

/* The lowest bit tells whether it is any text. */
static uint64_t key_of(const struct folds *f, const struct event *event, bool is_any)
{
	uint64_t hash = mix(f->secret, event_key(event->origin_type, event->origin_id));
	hash = mix(hash, event->code);
	for (size_t i = 0; i < event->fold.len && !is_any; i++)
		hash = mix(hash, (uint8_t)event->fold.at[i]);
	return (hash & ~UINT64_C(1)) | is_any;
}

static size_t home(const struct folds *f, uint64_t key)
{
	return (size_t)(key >> 1) & (2 * f->room - 1);
}

static size_t after(const struct folds *f, size_t i)
{
	return (i + 1) & (2 * f->room - 1);
}

static struct minute *minute_at(const struct folds *f, size_t i)
{
	return f->index[i] ? &f->queue[f->index[i] - 1] : NULL;
}

/* Where the key is in the index, or would be. */
static size_t look(const struct folds *f, uint64_t key)
{
	size_t i = home(f, key);
	while (f->index[i] && minute_at(f, i)->key != key)
		i = after(f, i);
	return i;
}

static void enter(struct folds *f, uint64_t n)
{
	size_t at = n & (f->room - 1);
	f->index[look(f, f->queue[at].key)] = (uint32_t)at + 1;
}

/* Frees a place of the index and moves back those behind it that would no longer be found. */
static void leave(struct folds *f, uint64_t key)
{
	size_t hole = look(f, key);
	for (size_t i = after(f, hole); f->index[i]; i = after(f, i)) {
		size_t from_home = (i - home(f, minute_at(f, i)->key)) & (2 * f->room - 1);
		if (from_home < ((i - hole) & (2 * f->room - 1)))
			continue;
		f->index[hole] = f->index[i];
		hole = i;
	}
	f->index[hole] = 0;
}

static void resize(struct folds *f, size_t room)
{
	struct folds old = *f;
	f->room = room;
	f->queue = room ? xmalloc(room * sizeof *f->queue) : NULL;
	f->index = room ? xcalloc(2 * room, sizeof *f->index) : NULL;
	for (uint64_t n = f->first; n < f->end; n++) {
		f->queue[n & (room - 1)] = old.queue[n & (old.room - 1)];
		enter(f, n);
	}
	free(old.queue);
	free(old.index);
}

static void push(struct folds *f, uint64_t key, int64_t now_us)
{
	f->queue[f->end & (f->room - 1)] = (struct minute){key, now_us, NULL};
	enter(f, f->end++);
	f->any_count += key & 1;
}

/* The oldest one. */
static struct minute pop(struct folds *f)
{
	struct minute m = f->queue[f->first & (f->room - 1)];
	leave(f, m.key);
	f->first++;
	f->any_count -= m.key & 1;
	return m;
}

/* Gives memory back. */
static void shrink(struct folds *f)
{
	size_t count = f->end - f->first;
	if (!count)
		resize(f, 0);
	else if (f->room > ROOM_MIN && count < f->room / 8)
		resize(f, f->room / 2);
}

/* ---- counting ---- */

static bool begin(struct folds *f, uint64_t key, int64_t now_us)
{
	size_t count = f->end - f->first, any = f->any_count;
	if ((key & 1 ? any : count - any) == FOLDS_MAX)
		return false;
	if (count == f->room)
		resize(f, f->room ? 2 * f->room : ROOM_MIN);
	push(f, key, now_us);
	return true;
}

static void count(struct folds *f, struct minute *m, const struct event *event)
{
	struct counted *c = m->counted;
	size_t len = event->members.len;
	if (!c) {
		c = m->counted = xcalloc(1, sizeof *c);
		c->origin = event_key(event->origin_type, event->origin_id);
		c->code = event->code;
	}
	c->count++;
	c->time_us = event->time_us;
	if (f->bytes - c->len + len > FOLDS_BYTES_MAX)
		return;
	f->bytes += len - c->len;
	c->members = xrealloc(c->members, len + 1);
	c->len = len;
	if (len)
		memcpy(c->members, event->members.at, len);
}

/* A whole fleet may come back at once: that is news, but it has an end. */
static bool is_let_through(struct folds *f, int64_t now_us)
{
	if (now_us - f->beyond_us >= FOLD_US) {
		f->beyond_us = now_us;
		f->beyond = 0;
	}
	return f->beyond++ < FOLDS_BEYOND;
}

enum fold folds_add(struct folds *f, const struct event *event, int64_t now_us)
{
	for (int any = 0; any < 2; any++) {
		uint64_t key = key_of(f, event, any);
		struct minute *m = f->room ? minute_at(f, look(f, key)) : NULL;
		if (m) {
			count(f, m, event);
			return FOLD_DONE;
		}
		if (begin(f, key, now_us))
			return FOLD_NONE;
	}
	return is_let_through(f, now_us) ? FOLD_NONE : FOLD_FULL;
}

/* The members become the caller's. */
static void tell(struct folds *f, struct counted *c, struct folded *out)
{
	*out = (struct folded){.count = c->count, .members = c->members};
	out->event = (struct event){.code = (enum event_code)c->code,
		.origin_type = (enum origin_type)(c->origin >> 32),
		.origin_id = (uint32_t)c->origin,
		.time_us = c->time_us,
		.members = {c->members ? c->members : "", c->len}};
	c->members = NULL;
	counted_free(f, c);
}

bool folds_take(struct folds *f, int64_t now_us, struct folded *out)
{
	bool found = false;
	while (!found && f->first < f->end) {
		int64_t began_us = f->queue[f->first & (f->room - 1)].began_us;
		if (now_us != INT64_MAX && now_us - began_us < FOLD_US)
			break;
		struct minute m = pop(f);
		found = m.counted != NULL;
		if (found)
			tell(f, m.counted, out);
		if (found && now_us != INT64_MAX)
			push(f, m.key, now_us);
		shrink(f);
	}
	return found;
}
