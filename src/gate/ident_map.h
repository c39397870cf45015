/* ident_map: which session holds which ident of a channel, over all workers. Sharded, each shard
 * under a lock of its own; 24 bytes an entry and 27 to 41 with the free room of the tables. */
#ifndef GATE_IDENT_MAP_H
#define GATE_IDENT_MAP_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct ident_map;

/* Where a session lives. A slot is used again with the next generation. */
struct place {
	uint16_t worker;
	uint32_t slot, generation;
};

struct ident_map *ident_map_new(void);
void ident_map_free(struct ident_map *m);

/* Gives the ident (not 0) to `place`. True: another place had it, which is now in *old. */
MUST_USE bool ident_map_put(struct ident_map *m, uint32_t channel, uint64_t ident,
	struct place place, struct place *old);

/* Takes the ident away again, unless it went to another place meanwhile. */
void ident_map_remove(struct ident_map *m, uint32_t channel, uint64_t ident, struct place place);

/* False: nobody holds it. */
MUST_USE bool ident_map_find(
	struct ident_map *m, uint32_t channel, uint64_t ident, struct place *out);

/* The places of the ident in all channels, at most `room` of them. Returns the number. */
size_t ident_map_find_all(struct ident_map *m, uint64_t ident, struct place *out, size_t room);

size_t ident_map_count(struct ident_map *m);

#endif
