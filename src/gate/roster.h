/* roster: the sessions of one worker in the order of their ids, to find one and to list them in
 * pages without walking all. Ids only rise, so adding appends; what went leaves a hole until half
 * are holes. Inside gate/ only. */
#ifndef GATE_ROSTER_H
#define GATE_ROSTER_H

#include <stddef.h>
#include <stdint.h>

enum { ROSTER_NONE = UINT32_MAX };

struct roster_entry {
	uint64_t id;
	uint32_t slot; /* ROSTER_NONE: a hole */
};

struct roster {
	struct roster_entry *entries;
	size_t count, room, holes;
};

/* `id` is greater than all before. */
void roster_add(struct roster *r, uint64_t id, uint32_t slot);
void roster_remove(struct roster *r, uint64_t id);

/* ROSTER_NONE: there is no such id. */
uint32_t roster_find(const struct roster *r, uint64_t id);

/* Where the entries with greater ids than this begin. */
size_t roster_after(const struct roster *r, uint64_t id);

void roster_clear(struct roster *r);

#endif
