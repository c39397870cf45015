/* histogram: latencies in log buckets: every power of two is cut into 64, so a percentile is at
 * most 1.6 % above the truth and a value costs one increment. */
#ifndef SIMULATE_HISTOGRAM_H
#define SIMULATE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_SUB = 64, HISTOGRAM_BUCKETS = HISTOGRAM_SUB * 28 };

/* Start with all zero. */
struct histogram {
	uint64_t count, max_us;
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

/* Values of 2^33 us (2.4 hours) and more fall into the last bucket; max_us stays exact. */
void histogram_add(struct histogram *h, uint64_t us);
void histogram_merge(struct histogram *to, const struct histogram *from);

/* The smallest bucket bound that `per_mille` of the values do not exceed; 0: no values. */
uint64_t histogram_at(const struct histogram *h, unsigned per_mille);

#endif
