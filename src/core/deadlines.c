#include "core/deadlines.h"

#include "base/die.h"

#include <stdlib.h>

static void put(struct deadlines *d, size_t place, struct deadline *which)
{
	d->heap[place - 1] = which;
	which->place = place;
}

static struct deadline *at(const struct deadlines *d, size_t place)
{
	return d->heap[place - 1];
}

/* To where it belongs, towards the earlier ones or away from them. */
static void settle(struct deadlines *d, struct deadline *which)
{
	size_t place = which->place;
	while (place > 1 && at(d, place / 2)->due_us > which->due_us) {
		put(d, place, at(d, place / 2));
		place /= 2;
	}
	for (;;) {
		size_t child = 2 * place;
		if (child < d->count && at(d, child + 1)->due_us < at(d, child)->due_us)
			child++;
		if (child > d->count || at(d, child)->due_us >= which->due_us)
			break;
		put(d, place, at(d, child));
		place = child;
	}
	put(d, place, which);
}

void deadline_set(struct deadlines *d, struct deadline *which, int64_t due_us)
{
	which->due_us = due_us;
	if (!which->place) {
		if (d->count == d->room) {
			d->room = d->room ? 2 * d->room : 64;
			d->heap = xrealloc(d->heap, d->room * sizeof *d->heap);
		}
		put(d, ++d->count, which);
	}
	settle(d, which);
}

void deadline_clear(struct deadlines *d, struct deadline *which)
{
	if (!which->place)
		return;
	struct deadline *last = at(d, d->count--);
	if (last != which) {
		put(d, which->place, last);
		settle(d, last);
	}
	which->place = 0;
}

struct deadline *deadline_due(struct deadlines *d, int64_t now_us)
{
	if (!d->count || at(d, 1)->due_us > now_us)
		return NULL;
	struct deadline *first = at(d, 1);
	deadline_clear(d, first);
	return first;
}

int64_t deadline_next(const struct deadlines *d)
{
	return d->count ? at(d, 1)->due_us : INT64_MAX;
}

void deadlines_clear(struct deadlines *d)
{
	free(d->heap);
	*d = (struct deadlines){0};
}
