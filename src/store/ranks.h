/* ranks: many numbers in rising order, each with the place that it came from. Equal ones stay in
 * the order in which they were given. */
#ifndef STORE_RANKS_H
#define STORE_RANKS_H

#include <stddef.h>
#include <stdint.h>

struct rank {
	uint64_t value;
	uint32_t place;
};

/* Zeroed memory is usable. */
struct ranks {
	struct rank *ranks, *other;
	size_t room;
};

/* Room for so many, whose value and place the caller sets. */
struct rank *ranks_begin(struct ranks *r, size_t count);

/* The first `count` of them in order; valid until ranks_begin. */
const struct rank *ranks_sort(struct ranks *r, size_t count);

void ranks_clear(struct ranks *r);

#endif
