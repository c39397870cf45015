/* clock: the one place that asks the system for the time. Logic takes `now` as a parameter. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* UTC, microseconds since 1970. */
int64_t clock_now_us(void);

/* Never jumps; microseconds since an arbitrary start, at least 1. */
int64_t clock_monotonic_us(void);

#endif
