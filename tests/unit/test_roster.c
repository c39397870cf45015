/* The roster against a plain array that does the same slowly. */
#include "test.h"

#include "gate/roster.h"

enum { IDS = 3000, STEPS = 200000 };

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* The first living id behind this one; 0: none. */
static uint64_t first_behind(const struct roster *r, uint64_t id)
{
	size_t at = roster_after(r, id);
	while (at < r->count && r->entries[at].slot == ROSTER_NONE)
		at++;
	return at < r->count ? r->entries[at].id : 0;
}

static void any_order_of_going_is_kept(void **state)
{
	(void)state;
	static uint64_t ids[IDS]; /* by slot; 0: free */
	struct roster r = {0};
	uint32_t seed = 3;
	uint64_t last = 0;
	for (int step = 0; step < STEPS; step++) {
		uint32_t slot = next(&seed) % IDS;
		bool grows = step % 40000 < 25000; /* and then it shrinks */
		if (ids[slot]) {
			assert_int_equal(roster_find(&r, ids[slot]), slot);
			roster_remove(&r, ids[slot]);
			assert_int_equal(roster_find(&r, ids[slot]), ROSTER_NONE);
			ids[slot] = 0;
		} else if (grows || next(&seed) % 4 == 0) {
			last += 1 + next(&seed) % 3;
			ids[slot] = last;
			roster_add(&r, last, slot);
		}
	}
	for (uint64_t id = 0; id <= last; id = id < last - 50 ? id + last / 50 : id + 1) {
		uint64_t expected = 0;
		for (int i = 0; i < IDS; i++)
			if (ids[i] > id && (!expected || ids[i] < expected))
				expected = ids[i];
		assert_int_equal(first_behind(&r, id), expected);
	}
	assert_in_range(r.count, 0, 2 * IDS); /* holes do not pile up */
	roster_clear(&r);
}

static void what_is_not_there_is_not_found(void **state)
{
	(void)state;
	struct roster r = {0};
	assert_int_equal(roster_find(&r, 1), ROSTER_NONE);
	roster_remove(&r, 1);
	roster_add(&r, 10, 0);
	assert_int_equal(roster_find(&r, 9), ROSTER_NONE);
	assert_int_equal(roster_find(&r, 11), ROSTER_NONE);
	assert_int_equal(first_behind(&r, 9), 10);
	assert_int_equal(first_behind(&r, 10), 0);
	roster_clear(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_of_going_is_kept),
		cmocka_unit_test(what_is_not_there_is_not_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
