#include "store/map.h"

#include "base/die.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct map_slot {
	uint64_t a;
	uint32_t b, value; /* value 0: free */
};

static size_t slot_of(const struct map *m, uint64_t a, uint32_t b)
{
	uint64_t h = (a ^ m->secret) + (uint64_t)b * UINT64_C(0xD6E8FEB86659FD93);
	h = (h ^ h >> 32) * UINT64_C(0xD6E8FEB86659FD93);
	h = (h ^ h >> 32) * UINT64_C(0xD6E8FEB86659FD93);
	return (size_t)(h ^ h >> 32);
}

/* The slot that holds the key or where it belongs. There is always a free one. */
static struct map_slot *find(const struct map *m, uint64_t a, uint32_t b)
{
	size_t i = slot_of(m, a, b);
	for (;; i++) {
		struct map_slot *slot = &m->slots[i & (m->room - 1)];
		if (!slot->value || (slot->a == a && slot->b == b))
			return slot;
	}
}

uint32_t map_get(const struct map *m, uint64_t a, uint32_t b)
{
	return m->room ? find(m, a, b)->value : 0;
}

static void grow(struct map *m)
{
	struct map old = *m;
	if (!m->secret && getrandom(&m->secret, sizeof m->secret, GRND_NONBLOCK) < 0)
		m->secret = (uintptr_t)m;
	m->room = old.room ? old.room * 2 : 64;
	m->slots = xcalloc(m->room, sizeof *m->slots);
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i].value)
			*find(m, old.slots[i].a, old.slots[i].b) = old.slots[i];
	free(old.slots);
}

uint32_t *map_at(struct map *m, uint64_t a, uint32_t b)
{
	if (m->count >= m->room - m->room / 4)
		grow(m);
	struct map_slot *slot = find(m, a, b);
	if (!slot->value) {
		slot->a = a;
		slot->b = b;
		m->count++;
	}
	return &slot->value;
}

void map_empty(struct map *m)
{
	if (m->room > 4096 && m->count < m->room / 16)
		map_clear(m);
	else if (m->count)
		memset(m->slots, 0, m->room * sizeof *m->slots);
	m->count = 0;
}

void map_clear(struct map *m)
{
	free(m->slots);
	*m = (struct map){.secret = m->secret};
}
