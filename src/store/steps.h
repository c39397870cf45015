/* steps: trackers send fewer digits than the scaled values have room for, often in another unit.
 * Such a value is round(n * times / by) of a small n, which is what a column keeps. */
#ifndef STORE_STEPS_H
#define STORE_STEPS_H

#include <stdbool.h>
#include <stdint.h>

struct step {
	int64_t times, by;
};

/* The numbers are part of the format; the larger, the better. */
static const struct step steps[] = {
	{1, 1}, /* any number */
	{5, 3}, /* degrees * 10^7 of minutes with 5 decimals */
	{10, 1},
	{50, 3},   /* ... with 4 decimals */
	{463, 25}, /* km/h * 1000 of knots with 2 decimals */
	{100, 1},
};
enum { STEPS = sizeof steps / sizeof *steps, STEPS_ALL = (1 << STEPS) - 1 };

/* Of step 0 any number is a multiple; of the others only those below, whose products fit. */
#define STEP_VALUE_MAX (INT64_C(1) << 50)

static inline int64_t step_up(unsigned i, int64_t n)
{
	const struct step *s = &steps[i];
	if (i == 0)
		return n;
	int64_t product = n * s->times, half = s->by / 2;
	return (product < 0 ? product - half : product + half) / s->by;
}

/* The n whose step_up is nearest to the value. */
static inline int64_t step_down(unsigned i, int64_t value)
{
	const struct step *s = &steps[i];
	if (i == 0)
		return value;
	int64_t product = value * s->by, half = s->times / 2;
	return (product < 0 ? product - half : product + half) / s->times;
}

/* The steps among `possible` (bits) that the value is a multiple of. */
static inline unsigned steps_of(unsigned possible, int64_t value)
{
	if (value <= -STEP_VALUE_MAX || value >= STEP_VALUE_MAX)
		return possible & 1;
	for (unsigned i = 1; i < STEPS; i++)
		if ((possible >> i & 1) && step_up(i, step_down(i, value)) != value)
			possible &= ~(1u << i);
	return possible;
}

/* The largest of them; step 0 is always one of them. */
static inline unsigned steps_best(unsigned possible)
{
	return 31u - (unsigned)__builtin_clz(possible | 1);
}

#endif
