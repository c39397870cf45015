/* Seeded randomness for the property tests: SEED in the environment, else the clock. The seed is
 * printed, so that a failure can be had again. */
#ifndef TESTS_PROPERTY_RANDOM_H
#define TESTS_PROPERTY_RANDOM_H

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t random_state;

static inline void random_seed(void)
{
	const char *given = getenv("SEED");
	uint64_t seed = (uint64_t)time(NULL);
	if (given && !str_to_u64(str_of(given), &seed))
		seed = 1;
	random_state = seed;
	printf("# SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
}

static inline uint64_t random_u64(void) /* splitmix64 */
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 .. below - 1 */
static inline unsigned random_below(unsigned below)
{
	return (unsigned)(random_u64() % below);
}

#endif
