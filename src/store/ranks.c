/* By their bytes, the lowest first; those that all have in common cost nothing. Times of a second
 * and idents of one series differ in two or three. */
#include "store/ranks.h"

#include "base/die.h"

#include <stdlib.h>

enum { BYTES = sizeof(uint64_t), VALUES = 256 };

struct rank *ranks_begin(struct ranks *r, size_t count)
{
	check(count <= UINT32_MAX);
	if (count > r->room) {
		ranks_clear(r);
		r->room = count;
		r->ranks = xmalloc(count * sizeof *r->ranks);
		r->other = xmalloc(count * sizeof *r->other);
	}
	return r->ranks;
}

static uint8_t byte_of(uint64_t value, int byte)
{
	return (uint8_t)(value >> 8 * byte);
}

/* Puts them in the order of one byte into r->other, which changes places with r->ranks. */
static void sort_by_byte(struct ranks *r, size_t count, int byte)
{
	uint32_t next[VALUES] = {0}, sum = 0;
	for (size_t i = 0; i < count; i++)
		next[byte_of(r->ranks[i].value, byte)]++;
	for (int v = 0; v < VALUES; v++) {
		uint32_t here = next[v];
		next[v] = sum;
		sum += here;
	}
	for (size_t i = 0; i < count; i++)
		r->other[next[byte_of(r->ranks[i].value, byte)]++] = r->ranks[i];
	struct rank *sorted = r->other;
	r->other = r->ranks;
	r->ranks = sorted;
}

const struct rank *ranks_sort(struct ranks *r, size_t count)
{
	uint64_t differing = 0;
	for (size_t i = 1; i < count; i++)
		differing |= r->ranks[i].value ^ r->ranks[0].value;
	for (int byte = 0; byte < BYTES; byte++)
		if (byte_of(differing, byte))
			sort_by_byte(r, count, byte);
	return r->ranks;
}

void ranks_clear(struct ranks *r)
{
	free(r->ranks);
	free(r->other);
	*r = (struct ranks){0};
}
