/* The map of sessions against a plain array that does the same slowly. */
#include "test.h"

#include "gate/address_counts.h"
#include "gate/ident_map.h"

#include <pthread.h>

static struct place place(uint32_t n)
{
	return (struct place){(uint16_t)(n % 7), n, n ^ 5};
}

static void assert_place(struct place a, struct place b)
{
	assert_int_equal(a.worker, b.worker);
	assert_int_equal(a.slot, b.slot);
	assert_int_equal(a.generation, b.generation);
}

static void the_newer_place_wins_and_tells_the_older(void **state)
{
	(void)state;
	struct ident_map *m = ident_map_new();
	struct place old, found;
	assert_false(ident_map_find(m, 1, 77, &found));
	ident_map_remove(m, 1, 77, place(1));
	assert_false(ident_map_put(m, 1, 77, place(1), &old));
	assert_false(ident_map_put(m, 2, 77, place(2), &old)); /* another channel */
	assert_true(ident_map_put(m, 1, 77, place(3), &old));
	assert_place(old, place(1));
	ident_map_remove(m, 1, 77, place(1)); /* came late: no longer its own */
	assert_true(ident_map_find(m, 1, 77, &found));
	assert_place(found, place(3));
	ident_map_remove(m, 1, 77, place(3));
	assert_false(ident_map_find(m, 1, 77, &found));
	assert_true(ident_map_find(m, 2, 77, &found));
	assert_place(found, place(2));
	assert_int_equal(ident_map_count(m), 1);
	ident_map_free(m);
}

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

enum { IDENTS = 4000, STEPS = 400000 };

static void any_order_of_puts_and_removes_is_kept(void **state)
{
	(void)state;
	static struct place model[IDENTS];
	static bool held[IDENTS];
	uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
	struct ident_map *m = ident_map_new();
	size_t count = 0;
	for (uint32_t step = 0; step < STEPS; step++) {
		uint32_t i = (uint32_t)(next(&seed) % IDENTS);
		uint64_t ident = UINT64_C(865205000000001) + i;
		struct place other;
		if (next(&seed) % 2) {
			assert_int_equal(ident_map_put(m, 1, ident, place(step), &other), held[i]);
			if (held[i])
				assert_place(other, model[i]);
			count += !held[i];
			held[i] = true;
			model[i] = place(step);
		} else {
			ident_map_remove(m, 1, ident, held[i] ? model[i] : place(step));
			count -= held[i];
			held[i] = false;
		}
		assert_int_equal(ident_map_find(m, 1, ident, &other), held[i]);
	}
	assert_int_equal(ident_map_count(m), count);
	for (uint32_t i = 0; i < IDENTS; i++) {
		struct place found;
		assert_int_equal(
			ident_map_find(m, 1, UINT64_C(865205000000001) + i, &found), held[i]);
		if (held[i])
			assert_place(found, model[i]);
	}
	ident_map_free(m);
}

static void an_ident_is_found_in_all_channels(void **state)
{
	(void)state;
	struct ident_map *m = ident_map_new();
	struct place old, found[64];
	for (uint32_t channel = 1; channel <= 20; channel++)
		for (uint64_t ident = 1; ident <= 500; ident++)
			assert_false(ident_map_put(
				m, channel, ident, place((uint32_t)ident * 100 + channel), &old));
	for (uint64_t ident = 1; ident <= 500; ident++) {
		bool seen[21] = {false};
		assert_int_equal(ident_map_find_all(m, ident, found, 64), 20);
		for (int i = 0; i < 20; i++) {
			assert_int_equal(found[i].slot / 100, ident);
			seen[found[i].slot % 100] = true;
		}
		for (int channel = 1; channel <= 20; channel++)
			assert_true(seen[channel]);
	}
	assert_int_equal(ident_map_find_all(m, 1, found, 7), 7);
	assert_int_equal(ident_map_find_all(m, 501, found, 64), 0);
	for (uint32_t channel = 1; channel <= 20; channel++)
		ident_map_remove(m, channel, 77, place(7700 + channel));
	assert_int_equal(ident_map_find_all(m, 77, found, 64), 0);
	assert_int_equal(ident_map_find_all(m, 78, found, 64), 20);
	ident_map_free(m);
}

struct crowd {
	struct ident_map *map;
	uint16_t worker;
};

static void *come_and_go(void *context)
{
	const struct crowd *c = context;
	for (uint32_t i = 0; i < 100000; i++) {
		struct place here = {c->worker, i, 0}, old;
		(void)!ident_map_put(c->map, 1, 1 + i % 100, here, &old);
		ident_map_remove(c->map, 1, 1 + i % 100, here);
	}
	return NULL;
}

static void nothing_stays_when_all_threads_left(void **state)
{
	(void)state;
	struct crowd crowds[3];
	pthread_t threads[3];
	struct ident_map *m = ident_map_new();
	for (uint16_t i = 0; i < 3; i++) {
		crowds[i] = (struct crowd){m, i};
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &crowds[i]), 0);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(ident_map_count(m), 0);
	ident_map_free(m);
}

static void an_address_has_its_limit(void **state)
{
	(void)state;
	struct address_counts a;
	address_counts_init(&a);
	struct peer one = {4, {127, 0, 0, 1}, 1}, same = {4, {127, 0, 0, 1}, 2};
	struct peer other = {4, {127, 0, 0, 2}, 1};
	assert_true(address_enter(&a, &one, 2));
	assert_true(address_enter(&a, &same, 2));
	assert_false(address_enter(&a, &one, 2));
	assert_true(address_enter(&a, &other, 2));
	address_leave(&a, &one);
	assert_true(address_enter(&a, &same, 2));
	assert_false(address_enter(&a, &same, 2));
	address_counts_clear(&a);
}

static void an_ipv6_address_counts_with_its_network(void **state)
{
	(void)state;
	struct address_counts a;
	address_counts_init(&a);
	struct peer one = {6, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}, 1};
	struct peer neighbour = one, stranger = one;
	neighbour.addr[15] = 2;
	stranger.addr[7] = 2;
	assert_true(address_enter(&a, &one, 1));
	assert_false(address_enter(&a, &neighbour, 1));
	assert_true(address_enter(&a, &stranger, 1));
	address_leave(&a, &one);
	assert_true(address_enter(&a, &neighbour, 1));
	address_counts_clear(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newer_place_wins_and_tells_the_older),
		cmocka_unit_test(any_order_of_puts_and_removes_is_kept),
		cmocka_unit_test(an_ident_is_found_in_all_channels),
		cmocka_unit_test(nothing_stays_when_all_threads_left),
		cmocka_unit_test(an_address_has_its_limit),
		cmocka_unit_test(an_ipv6_address_counts_with_its_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
