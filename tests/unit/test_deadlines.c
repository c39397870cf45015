/* The heap against a plain array: the same moments, in the same order. */
#include "test.h"

#include "core/deadlines.h"

enum { OWNERS = 300, STEPS = 200000 };

struct model {
	struct deadline at[OWNERS];
	bool is_in[OWNERS];
	uint64_t seed;
};

static uint32_t draw(struct model *m, uint32_t below)
{
	m->seed = m->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)((m->seed >> 33) % below);
}

static int64_t model_next(const struct model *m)
{
	int64_t next_us = INT64_MAX;
	for (int i = 0; i < OWNERS; i++)
		if (m->is_in[i] && m->at[i].due_us < next_us)
			next_us = m->at[i].due_us;
	return next_us;
}

static size_t model_count(const struct model *m)
{
	size_t count = 0;
	for (int i = 0; i < OWNERS; i++)
		count += m->is_in[i];
	return count;
}

/* Each knows its place, and none is before the one above it. */
static void assert_heap(const struct deadlines *d, const struct model *m)
{
	assert_int_equal(d->count, model_count(m));
	for (size_t place = 1; place <= d->count; place++) {
		const struct deadline *one = d->heap[place - 1];
		assert_int_equal(one->place, place);
		assert_true(m->is_in[one - m->at]);
		if (place > 1)
			assert_true(d->heap[place / 2 - 1]->due_us <= one->due_us);
	}
}

static void take_due(struct deadlines *d, struct model *m, int64_t now_us)
{
	int64_t next_us = model_next(m);
	struct deadline *due = deadline_due(d, now_us);
	if (next_us > now_us) {
		assert_null(due);
		return;
	}
	assert_non_null(due);
	assert_int_equal(due->due_us, next_us);
	assert_int_equal(due->place, 0);
	assert_true(m->is_in[due - m->at]);
	m->is_in[due - m->at] = false;
}

static void heap_does_as_a_model(void **state)
{
	(void)state;
	struct model *m = calloc(1, sizeof *m);
	struct deadlines d = {0};
	m->seed = 20260211;
	for (int step = 0; step < STEPS; step++) {
		uint32_t i = draw(m, OWNERS), what = draw(m, 10);
		int64_t moment_us = draw(m, 1000); /* so that many are the same */
		if (what < 5) {
			deadline_set(&d, &m->at[i], moment_us);
			m->is_in[i] = true;
		} else if (what < 7) {
			deadline_clear(&d, &m->at[i]);
			m->is_in[i] = false;
		} else {
			take_due(&d, m, moment_us / (1 + draw(m, 20)));
		}
		assert_int_equal(deadline_next(&d), model_next(m));
		if (step % 100 == 0)
			assert_heap(&d, m);
	}
	while (d.count)
		take_due(&d, m, INT64_MAX);
	assert_int_equal(model_count(m), 0);
	deadlines_clear(&d);
	free(m);
}

static void empty_heap_has_no_moment(void **state)
{
	(void)state;
	struct deadlines d = {0};
	struct deadline one = {0};
	assert_int_equal(deadline_next(&d), INT64_MAX);
	assert_null(deadline_due(&d, INT64_MAX));
	deadline_clear(&d, &one); /* it is not in */
	deadline_set(&d, &one, 7);
	assert_null(deadline_due(&d, 6));
	assert_ptr_equal(deadline_due(&d, 7), &one);
	assert_null(deadline_due(&d, 7));
	deadlines_clear(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heap_does_as_a_model),
		cmocka_unit_test(empty_heap_has_no_moment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
