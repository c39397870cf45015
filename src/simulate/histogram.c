#include "simulate/histogram.h"

#include <stdbool.h>

/* Values below 128 have a bucket each; above, the 7 leading bits choose it. */
static unsigned bucket_of(uint64_t us)
{
	if (us < 2 * HISTOGRAM_SUB)
		return (unsigned)us;
	unsigned shift = 63 - (unsigned)__builtin_clzll(us) - 6;
	unsigned index = shift * HISTOGRAM_SUB + (unsigned)(us >> shift);
	return index < HISTOGRAM_BUCKETS ? index : HISTOGRAM_BUCKETS - 1;
}

/* The largest value of a bucket. */
static uint64_t bucket_bound(unsigned index)
{
	if (index < 2 * HISTOGRAM_SUB)
		return index;
	unsigned shift = index / HISTOGRAM_SUB - 1;
	return ((uint64_t)(index % HISTOGRAM_SUB + HISTOGRAM_SUB + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t us)
{
	h->count++;
	h->bucket[bucket_of(us)]++;
	if (us > h->max_us)
		h->max_us = us;
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	to->count += from->count;
	if (from->max_us > to->max_us)
		to->max_us = from->max_us;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
}

uint64_t histogram_at(const struct histogram *h, unsigned per_mille)
{
	if (h->count == 0)
		return 0;
	uint64_t wanted = (h->count * per_mille + 999) / 1000, seen = 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->bucket[i];
		bool is_last = i == HISTOGRAM_BUCKETS - 1; /* has no bound */
		if (seen >= wanted && seen && !is_last)
			return bucket_bound(i) < h->max_us ? bucket_bound(i) : h->max_us;
	}
	return h->max_us;
}
