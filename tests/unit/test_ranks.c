/* Numbers come in rising order, equal ones as they were given. */
#include "test.h"

#include "store/ranks.h"

#include <stdlib.h>

static uint64_t next_number(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 20;
}

/* `mask`: which bits of the numbers differ. */
static void assert_sorted(struct ranks *r, size_t count, uint64_t mask)
{
	uint64_t seed = count, *values = calloc(count + 1, sizeof *values);
	bool *seen = calloc(count + 1, sizeof *seen);
	struct rank *ranks = ranks_begin(r, count);
	for (size_t i = 0; i < count; i++) {
		values[i] = (next_number(&seed) & mask) | (UINT64_C(1) << 60 & ~mask);
		ranks[i] = (struct rank){values[i], (uint32_t)i};
	}
	const struct rank *sorted = ranks_sort(r, count);
	for (size_t i = 0; i < count; i++) {
		assert_true(sorted[i].place < count && !seen[sorted[i].place]);
		seen[sorted[i].place] = true;
		assert_true(sorted[i].value == values[sorted[i].place]);
		if (i)
			assert_true(sorted[i - 1].value < sorted[i].value ||
				    (sorted[i - 1].value == sorted[i].value &&
					    sorted[i - 1].place < sorted[i].place));
	}
	free(values);
	free(seen);
}

static void numbers_are_sorted(void **state)
{
	struct ranks r = {0};
	(void)state;
	const uint64_t masks[] = {0, 1, 0xff, 0xff00, 0xfff00f, UINT64_MAX};
	for (size_t m = 0; m < sizeof masks / sizeof *masks; m++)
		for (size_t count = 0; count < 5000; count = count * 3 + 1)
			assert_sorted(&r, count, masks[m]);
	ranks_clear(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_sorted)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
