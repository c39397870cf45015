/* The hub: groups come out as they went in, and what is too much is counted. */
#include "core/hub.h"

#include "test.h"

#include <stdlib.h>

static int wakes;

static void wake(void *context)
{
	(void)context;
	wakes++;
}

static struct record record_of(uint64_t seq, const char *body)
{
	return (struct record){.seq = seq, .body = str_of(body)};
}

static void nobody_wants_nothing_kept(void **state)
{
	(void)state;
	uint64_t behind, last;
	struct hub *h = hub_new(1000, wake, NULL);
	struct record r = record_of(1, "a");
	wakes = 0;
	hub_committed(h, &r, 1);
	assert_null(hub_take(h, &behind, &last));
	assert_int_equal(behind, 0);
	assert_int_equal(wakes, 0);
	hub_free(h);
}

static void groups_are_copies_in_order(void **state)
{
	(void)state;
	uint64_t behind, last;
	struct hub *h = hub_new(10000, wake, NULL);
	char body[] = "first";
	struct record records[2] = {record_of(1, body), record_of(2, "second")};
	hub_want(h, true);
	wakes = 0;
	hub_committed(h, records, 2);
	memset(body, 'x', sizeof body - 1); /* the records are valid during the call only */
	records[0] = record_of(3, "third");
	hub_committed(h, records, 1);
	assert_int_equal(wakes, 1); /* nothing was taken between the two */
	struct hub_group *g = hub_take(h, &behind, &last), *next = g->next;
	assert_int_equal(g->count, 2);
	assert_true(str_is(g->records[0].body, "first"));
	assert_true(str_is(g->records[1].body, "second"));
	assert_int_equal(g->records[1].seq, 2);
	assert_int_equal(next->count, 1);
	assert_true(str_is(next->records[0].body, "third"));
	assert_null(next->next);
	free(g);
	free(next);
	hub_committed(h, records, 1);
	assert_int_equal(wakes, 2);
	hub_free(h);
}

static void too_much_is_left_to_the_log(void **state)
{
	(void)state;
	uint64_t behind, last;
	struct record r[6];
	for (uint64_t i = 0; i < 6; i++)
		r[i] = record_of(7 + i, "0123456789");
	size_t one = sizeof(struct hub_group) + sizeof(struct record) + 10;
	struct hub *h = hub_new(one + 5, wake, NULL);
	hub_want(h, true);
	wakes = 0;
	hub_committed(h, &r[0], 1);
	hub_committed(h, &r[1], 1); /* does not fit */
	hub_committed(h, &r[2], 1); /* comes after one that did not */
	assert_int_equal(wakes, 1);
	struct hub_group *g = hub_take(h, &behind, &last);
	assert_int_equal(g->records[0].seq, 7);
	assert_null(g->next);
	assert_int_equal(behind, 0); /* first what it has */
	free(g);
	assert_null(hub_take(h, &behind, &last));
	assert_int_equal(behind, 8);
	assert_int_equal(last, 9);
	hub_committed(h, &r[3], 1); /* there would be room, but 8 and 9 come first */
	assert_null(hub_take(h, &behind, &last));
	assert_false(hub_caught_up(h, 9, &last));
	assert_int_equal(last, 10);
	assert_true(hub_caught_up(h, 10, &last));
	hub_committed(h, &r[4], 1);
	g = hub_take(h, &behind, &last);
	assert_int_equal(g->records[0].seq, 11);
	free(g);
	hub_free(h);
}

static void a_group_that_never_fits_wakes(void **state)
{
	(void)state;
	uint64_t behind, last;
	struct record r[2] = {record_of(1, "0123456789"), record_of(2, "0123456789")};
	struct hub *h = hub_new(20, wake, NULL);
	hub_want(h, true);
	wakes = 0;
	hub_committed(h, r, 2);
	assert_int_equal(wakes, 1);
	assert_null(hub_take(h, &behind, &last));
	assert_int_equal(behind, 1);
	assert_int_equal(last, 2);
	hub_want(h, false);
	hub_want(h, true);
	assert_true(hub_caught_up(h, 0, &last));
	hub_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_wants_nothing_kept),
		cmocka_unit_test(groups_are_copies_in_order),
		cmocka_unit_test(too_much_is_left_to_the_log),
		cmocka_unit_test(a_group_that_never_fits_wakes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
