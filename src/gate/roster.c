#include "gate/roster.h"

#include "base/die.h"

#include <stdlib.h>

enum { SMALL = 64 };

static void close_holes(struct roster *r)
{
	size_t kept = 0;
	for (size_t i = 0; i < r->count; i++)
		if (r->entries[i].slot != ROSTER_NONE)
			r->entries[kept++] = r->entries[i];
	r->count = kept;
	r->holes = 0;
}

size_t roster_after(const struct roster *r, uint64_t id)
{
	size_t low = 0, high = r->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (r->entries[middle].id <= id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* NULL: none. */
static struct roster_entry *find(const struct roster *r, uint64_t id)
{
	size_t behind = roster_after(r, id);
	return behind && r->entries[behind - 1].id == id ? &r->entries[behind - 1] : NULL;
}

void roster_add(struct roster *r, uint64_t id, uint32_t slot)
{
	check(!r->count || r->entries[r->count - 1].id < id);
	if (r->count == r->room && r->holes > r->count / 4)
		close_holes(r);
	if (r->count == r->room) {
		r->room = r->room ? r->room + r->room / 4 : SMALL;
		r->entries = xrealloc(r->entries, r->room * sizeof *r->entries);
	}
	r->entries[r->count++] = (struct roster_entry){id, slot};
}

void roster_remove(struct roster *r, uint64_t id)
{
	struct roster_entry *entry = find(r, id);
	if (!entry || entry->slot == ROSTER_NONE)
		return;
	entry->slot = ROSTER_NONE;
	if (++r->holes > r->count / 2 && r->count > SMALL)
		close_holes(r);
}

uint32_t roster_find(const struct roster *r, uint64_t id)
{
	const struct roster_entry *entry = find(r, id);
	return entry ? entry->slot : ROSTER_NONE;
}

void roster_clear(struct roster *r)
{
	free(r->entries);
	*r = (struct roster){0};
}
