/* map: (64-bit, 32-bit) key -> 32-bit value, never 0. Open addressing; 16 bytes a slot; keys are
 * never removed one by one. Zeroed memory is an empty map. */
#ifndef STORE_MAP_H
#define STORE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map {
	struct map_slot *slots;
	size_t room, count;
	uint64_t secret; /* idents come from outside: nobody shall be able to choose collisions */
};

/* The value; 0: the key is not in the map. */
uint32_t map_get(const struct map *m, uint64_t a, uint32_t b);

/* Where the value of the key is kept, put in when missing: the caller sets a new one, which is 0,
 * at once. Valid until the next map_at. */
uint32_t *map_at(struct map *m, uint64_t a, uint32_t b);

/* Removes all keys; keeps the memory when it was well used. */
void map_empty(struct map *m);

/* Frees the memory; the map is empty and usable again. */
void map_clear(struct map *m);

#endif
