/* What every back-end of store/commands.h must do with commands. Uses the interface alone. */
#include "fixture.h"
#include "results.h"

#include <pthread.h>
#include <stdatomic.h>

struct scene {
	struct fixture *fixture;
	struct known_commands known;
};

static int begin_scene(void **state)
{
	struct scene *c = calloc(1, sizeof *c);
	void *fixture;
	begin(&fixture);
	c->fixture = fixture;
	*state = c;
	return 0;
}

/* What is written is always looked at once more behind a restart. */
static int end_scene(void **state)
{
	struct scene *c = *state;
	void *fixture = c->fixture;
	reopen(c->fixture);
	assert_commands(c->fixture->store, &c->known);
	free(c);
	return end(&fixture);
}

#define TEST_SCENE(name) cmocka_unit_test_setup_teardown(name, begin_scene, end_scene)

/* ---- the life of a command ---- */

static void it_waits_is_sent_and_ends(void **state)
{
	struct scene *c = *state;
	struct fixture *f = c->fixture;
	assert_commands(f->store, &c->known);
	CHANGE(f->store, &c->known, command_put(10, 1, "{\"a\":1}"), command_put(11, 2, "{}"),
		command_put(12, 1, ""));
	assert_commands(f->store, &c->known);
	reopen(f);
	assert_commands(f->store, &c->known);
	CHANGE(f->store, &c->known, command_mark(10, 1, 5000000, 235959));
	CHANGE(f->store, &c->known, command_mark(12, UINT32_MAX, INT64_MAX, 0));
	assert_commands(f->store, &c->known);
	reopen(f);
	assert_commands(f->store, &c->known);
	CHANGE(f->store, &c->known, command_end(10, 1, 6000000, "{\"a\":2}"));
	assert_commands(f->store, &c->known);
	assert_int_equal(assert_results(f->store, &c->known, &everything), 1);
	reopen(f);
	assert_commands(f->store, &c->known);
	CHANGE(f->store, &c->known, command_end(12, 1, -1, "x"), command_end(11, 2, 0, "y"));
	assert_int_equal(assert_results(f->store, &c->known, &everything), 3);
}

static void several_steps_in_one_change(void **state)
{
	struct scene *c = *state;
	struct store *s = c->fixture->store;
	struct error e;
	assert_true(try_commands(s, NULL, 0, &e));
	CHANGE(s, &c->known, command_put(1, 1, "a"), command_mark(1, 1, 100, 1),
		command_end(1, 1, 200, "b"), command_amend(1, "c"), command_put(2, 1, "d"),
		command_put(3, 2, "e"), command_forget(2), command_put(4, 2, "f"));
	assert_commands(s, &c->known);
	assert_int_equal(c->known.at[0].condition, ENDED);
	assert_string_equal(c->known.at[0].json, "c");
}

/* Instant commands do not wait in the file, and a repeated change is no harm. */
static void it_is_in_one_place(void **state)
{
	struct scene *c = *state;
	struct store *s = c->fixture->store;
	CHANGE(s, &c->known, command_end(5, 1, 100, "never waited"));
	assert_commands(s, &c->known);
	CHANGE(s, &c->known, command_end(5, 2, 300, "ended again"));
	assert_commands(s, &c->known);
	CHANGE(s, &c->known, command_put(6, 1, "a"), command_put(6, 2, "b"));
	assert_commands(s, &c->known);
	CHANGE(s, &c->known, command_put(5, 3, "waits again"));
	assert_commands(s, &c->known);
	assert_int_equal(assert_results(s, &c->known, &everything), 0);
	CHANGE(s, &c->known, command_end(5, 3, 400, "and ends"), command_end(6, 2, 400, "c"));
	assert_int_equal(assert_results(s, &c->known, &everything), 2);
}

static void what_is_not_there_does_not_change(void **state)
{
	struct scene *c = *state;
	struct store *s = c->fixture->store;
	CHANGE(s, &c->known, command_put(1, 1, "a"), command_end(2, 1, 100, "b"));
	CHANGE(s, &c->known, command_mark(2, 3, 4, 5), command_mark(3, 3, 4, 5));
	CHANGE(s, &c->known, command_amend(1, "not yet"), command_amend(3, "never"));
	CHANGE(s, &c->known, command_forget(9));
	assert_commands(s, &c->known);
	CHANGE(s, &c->known, command_amend(2, "borne out"));
	assert_commands(s, &c->known);
	assert_string_equal(c->known.at[1].json, "borne out");
}

static void a_device_is_forgotten(void **state)
{
	struct scene *c = *state;
	struct store *s = c->fixture->store;
	for (uint64_t id = 1; id <= 60; id += 2)
		CHANGE(s, &c->known, command_put(id, 1 + (uint32_t)id % 3, "a"),
			command_end(id + 1, 1 + (uint32_t)id % 3, 100, "b"));
	CHANGE(s, &c->known, command_forget(2));
	assert_commands(s, &c->known);
	assert_int_equal(assert_results(s, &c->known, &everything), 20);
	CHANGE(s, &c->known, command_put(100, 2, "a new one"), command_forget(1));
	assert_commands(s, &c->known);
	CHANGE(s, &c->known, command_forget(2), command_forget(3));
	assert_commands(s, &c->known);
	CHANGE(s, &c->known, command_end(100, 2, 5, "it was there"));
}

static bool take_last(void *context, const struct waiting_command *c)
{
	*(uint64_t *)context = c->id;
	return c->id < 3;
}

static void the_reader_of_the_queue_may_stop(void **state)
{
	struct scene *c = *state;
	struct store *s = c->fixture->store;
	uint64_t last = 0;
	struct error e = {""};
	CHANGE(s, &c->known, command_put(4, 1, ""), command_put(3, 1, ""), command_put(1, 1, ""));
	assert_done(store_each_waiting_command(s, take_last, &last, &e), &e);
	assert_int_equal(last, 3);
	assert_commands(s, &c->known);
}

struct text {
	const char *at;
	size_t len, times;
};

static bool same_result(void *context, const struct command_result *r)
{
	struct text *text = context;
	text->times += r->json.len == text->len && !memcmp(r->json.at, text->at, text->len);
	return true;
}

static bool same_waiting(void *context, const struct waiting_command *c)
{
	return same_result(context, &(struct command_result){.json = c->json});
}

static void a_large_text_and_any_bytes(void **state)
{
	enum { LARGE = 3 << 20 };
	struct scene *c = *state;
	struct store *s = c->fixture->store;
	struct error e = {""};
	char *large = calloc(1, LARGE);
	struct text text = {large, LARGE, 0};
	for (size_t i = 0; i < LARGE; i++)
		large[i] = (char)random_below(256);
	struct command_change change = command_put(7, 1, "");
	change.json = (struct str){large, LARGE};
	assert_done(try_commands(s, &change, 1, &e), &e);
	assert_done(store_each_waiting_command(s, same_waiting, &text, &e), &e);
	change.kind = COMMAND_END;
	assert_done(try_commands(s, &change, 1, &e), &e);
	assert_done(store_read_result(s, 7, same_result, &text, &e), &e);
	assert_done(store_read_results(s, &everything, same_result, &text, &e), &e);
	assert_int_equal(text.times, 3);
	free(large);
	CHANGE(s, &c->known, command_end(7, 1, 0, "small again"));
}

static void the_last_id_is_that_of_either(void **state)
{
	struct scene *c = *state;
	struct store *s = c->fixture->store;
	static const uint64_t large = (UINT64_C(1) << 63) - 1;
	CHANGE(s, &c->known, command_put(5, 1, ""));
	assert_commands(s, &c->known);
	CHANGE(s, &c->known, command_end(9, 1, 1, ""));
	assert_commands(s, &c->known);
	CHANGE(s, &c->known, command_put(12, 1, ""));
	assert_commands(s, &c->known);
	CHANGE(s, &c->known, command_end(large, 1, 1, "the highest"));
	assert_commands(s, &c->known);
	CHANGE(s, &c->known, command_put(large, 1, "the highest"));
	assert_commands(s, &c->known);
}

/* ---- results ---- */

/* Some hundred, of 8 devices, whose ends often are at the same time. */
static void add_results(struct scene *c, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[24];
		uint64_t id = 1 + random_below(1000);
		snprintf(text, sizeof text, "%zu", i);
		CHANGE(c->fixture->store, &c->known,
			command_end(id, 1 + (uint32_t)random_below(8),
				(int64_t)random_below(20) - 10, text));
	}
}

static const uint32_t sets[][4] = {{3}, {1, 2}, {2, 5, 8}, {9}, {1, 3, 4, 9}};
static const size_t set_sizes[] = {1, 2, 3, 1, 4};
enum { SETS = sizeof set_sizes / sizeof *set_sizes };

static struct result_query query_of(size_t set, bool reverse)
{
	struct result_query q = everything;
	q.devices = set < SETS ? sets[set] : NULL;
	q.device_count = set < SETS ? set_sizes[set] : 0;
	q.reverse = reverse;
	return q;
}

static void bounds_are_inclusive(void **state)
{
	struct scene *c = *state;
	add_results(c, 200);
	for (size_t set = 0; set <= SETS; set++)
		for (int64_t from = -11; from <= 11; from++)
			for (int64_t to = from - 1; to <= 11; to++) {
				struct result_query q = query_of(set, (from + to) % 2);
				q.from_us = from;
				q.to_us = to;
				assert_results(c->fixture->store, &c->known, &q);
			}
	uint32_t none = 1;
	struct result_query q = {&none, 0, INT64_MIN, INT64_MAX, .reverse = true};
	assert_int_equal(assert_results(c->fixture->store, &c->known, &q), 0);
}

static bool note_place(void *context, const struct command_result *r)
{
	struct result_query *q = context;
	q->after = true;
	q->after_us = r->ended_us;
	q->after_id = r->id;
	return true;
}

static void pages_follow_each_other(void **state)
{
	struct scene *c = *state;
	struct store *s = c->fixture->store;
	add_results(c, 150);
	for (size_t set = 0; set <= SETS; set++)
		for (size_t count = 1; count < 40; count += 3)
			for (int reverse = 0; reverse < 2; reverse++) {
				struct result_query q = query_of(set, reverse);
				size_t all = assert_results(s, &c->known, &q), seen = 0, n;
				q.count = count;
				while ((n = assert_results(s, &c->known, &q)) > 0) {
					struct error e;
					struct result_query page = q;
					assert_true(
						store_read_results(s, &page, note_place, &q, &e));
					seen += n;
				}
				assert_int_equal(seen, all);
			}
}

/* A place need not be that of a result. */
static void continues_from_any_place(void **state)
{
	struct scene *c = *state;
	static const uint64_t ids[] = {
		0, 1, 500, 999, INT64_MAX - 1, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
	static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, -11, -3, 0, 7, 11, INT64_MAX};
	add_results(c, 100);
	CHANGE(c->fixture->store, &c->known, command_end(INT64_MAX, 1, 0, "the highest id"),
		command_end(0, 2, 7, "the lowest id"), command_end(1001, 1, INT64_MIN, "long ago"),
		command_end(1002, 2, INT64_MAX, "in the far future"));
	for (size_t i = 0; i < 8 * 8 * 2 * (SETS + 1); i++) {
		struct result_query q = query_of(i / 128, i % 2);
		q.after = true;
		q.after_us = times[i / 16 % 8];
		q.after_id = ids[i / 2 % 8];
		assert_results(c->fixture->store, &c->known, &q);
		q.from_us = -5;
		q.to_us = 5;
		q.count = 7;
		assert_results(c->fixture->store, &c->known, &q);
	}
}

/* So many that they are not followed one by one. */
static void many_devices_are_read_alike(void **state)
{
	enum { MANY = 1000 };
	struct scene *c = *state;
	uint32_t devices[MANY];
	for (uint32_t i = 0; i < 300; i++)
		CHANGE(c->fixture->store, &c->known, command_end(i, 2 + i * 3, 50 - i / 10, "a"));
	for (size_t count = 1; count <= MANY; count = count * 3 / 2 + 1)
		for (int reverse = 0; reverse < 2; reverse++) {
			for (uint32_t i = 0; i < count; i++)
				devices[i] = 1 + i * (uint32_t)(1 + count % 3);
			struct result_query q = everything;
			q.devices = devices;
			q.device_count = count;
			q.reverse = reverse;
			assert_results(c->fixture->store, &c->known, &q);
			q.count = 40;
			assert_results(c->fixture->store, &c->known, &q);
		}
}

static bool stop_at_third(void *context, const struct command_result *r)
{
	(void)r;
	return ++*(int *)context < 3;
}

static void the_reader_of_results_may_stop(void **state)
{
	struct scene *c = *state;
	struct error e = {""};
	for (uint32_t i = 0; i < 20; i++)
		CHANGE(c->fixture->store, &c->known, command_end(i, 1 + i % 2, i, ""));
	for (size_t set = 0; set <= SETS; set++) {
		struct result_query q = query_of(set, set % 2);
		int seen = 0;
		size_t there = assert_results(c->fixture->store, &c->known, &q);
		assert_done(
			store_read_results(c->fixture->store, &q, stop_at_third, &seen, &e), &e);
		assert_int_equal(seen, there < 3 ? there : 3);
	}
}

/* ---- trimming ---- */

static void known_trim(struct known_commands *k, int64_t before_us, size_t most)
{
	size_t left = 0;
	for (size_t i = 0; i < k->count; i++) {
		struct known *known = &k->at[i];
		if (known->condition == ENDED && known->ended_us < before_us)
			known->condition = ABSENT;
		left += known->condition == ENDED;
	}
	for (; most && left > most; left--) {
		struct known *oldest = NULL;
		for (size_t i = 0; i < k->count; i++)
			if (k->at[i].condition == ENDED &&
				(!oldest || k->at[i].ended_us < oldest->ended_us))
				oldest = &k->at[i];
		oldest->condition = ABSENT;
	}
}

static void trim(struct scene *c, int64_t before_us, size_t most)
{
	bool more = true;
	struct error e = {""};
	for (int steps = 0; more; steps++) {
		assert_true(steps < 100);
		assert_done(store_trim_results(c->fixture->store, before_us, most, &more, &e), &e);
	}
	known_trim(&c->known, before_us, most);
	assert_commands(c->fixture->store, &c->known);
}

static void results_are_trimmed_by_age_and_number(void **state)
{
	struct scene *c = *state;
	trim(c, INT64_MAX, 1);
	add_results(c, 300);
	CHANGE(c->fixture->store, &c->known, command_put(2000, 1, "waits"),
		command_put(2001, 2, "as well"));
	trim(c, INT64_MIN, 0);
	trim(c, -10, 0);
	trim(c, -7, 0);
	size_t left = assert_results(c->fixture->store, &c->known, &everything);
	assert_in_range(left, 50, 299);
	trim(c, INT64_MIN, left);
	assert_int_equal(assert_results(c->fixture->store, &c->known, &everything), left);
	trim(c, INT64_MIN, left - 7);
	trim(c, -5, left - 9);
	reopen(c->fixture);
	trim(c, -3, 33);
	assert_in_range(assert_results(c->fixture->store, &c->known, &everything), 1, 33);
	add_results(c, 50);
	CHANGE(c->fixture->store, &c->known, command_forget(1), command_forget(2));
	trim(c, INT64_MIN, 12);
	assert_int_equal(assert_results(c->fixture->store, &c->known, &everything), 12);
	trim(c, INT64_MAX, 0);
	assert_int_equal(assert_results(c->fixture->store, &c->known, &everything), 0);
}

/* Steps: each takes some, the caller asks again. */
static void many_are_trimmed_in_steps(void **state)
{
	enum { MANY = 3900 };
	struct scene *c = *state;
	struct command_change changes[MANY];
	for (uint32_t i = 0; i < MANY; i++)
		changes[i] = command_end(i, 1 + i % 5, i / 2, "a");
	change_commands(c->fixture->store, &c->known, changes, MANY);
	trim(c, 950, 500);
	assert_int_equal(assert_results(c->fixture->store, &c->known, &everything), 500);
}

/* ---- at random ---- */

static void any_changes_equal_the_model(void **state)
{
	struct scene *c = *state;
	for (int round = 0; round < 120; round++) {
		struct command_change changes[20];
		size_t count = 1 + random_below(20);
		for (size_t i = 0; i < count; i++) {
			static const char *const texts[] = {"", "a", "{\"b\":1}"};
			changes[i] = command_end(random_below(60), 1 + (uint32_t)random_below(4),
				(int64_t)random_below(9), texts[random_below(3)]);
			changes[i].kind = (enum command_change_kind)random_below(4);
			changes[i].progress = (struct command_progress){
				(uint32_t)random_below(9), (int64_t)random_below(99), 7};
			if (random_below(60) == 0)
				changes[i].kind = COMMAND_FORGET;
		}
		change_commands(c->fixture->store, &c->known, changes, count);
		assert_commands(c->fixture->store, &c->known);
		if (round % 10 == 9)
			trim(c, (int64_t)random_below(4), 1 + random_below(30));
		if (round % 30 == 29)
			reopen(c->fixture);
	}
}

/* ---- threads ---- */

enum { MOVED = 3000, GROUP = 50 };

struct crowd {
	struct store *store;
	atomic_uint_fast64_t put; /* so many are in the queue or have ended */
	atomic_bool is_over;
	atomic_uint errors;
};

struct places {
	unsigned char seen[MOVED + 1];
	size_t count;
};

static bool mark_waiting(void *context, const struct waiting_command *c)
{
	if (c->device == 1)
		((struct places *)context)->seen[c->id] = 1;
	return true;
}

static bool mark_result(void *context, const struct command_result *r)
{
	if (r->device == 1)
		((struct places *)context)->seen[r->id] = 1;
	return true;
}

/* Two commands that always end at the same time, in one change. */
static const uint32_t twins[] = {3, 4};

struct twins {
	int64_t ended_us[2];
	size_t count;
};

static bool note_twin(void *context, const struct command_result *r)
{
	struct twins *seen = context;
	seen->ended_us[seen->count++ % 2] = r->ended_us;
	return true;
}

static void look_at_twins(struct crowd *c)
{
	struct result_query q = everything;
	struct twins seen = {.count = 0};
	struct error e;
	q.devices = twins;
	q.device_count = 2;
	bool done = store_read_results(c->store, &q, note_twin, &seen, &e);
	c->errors += !done || seen.count % 2 || seen.ended_us[0] != seen.ended_us[1];
}

/* The queue first: a command that ends between the two readings is in both, never in none. */
static void *look_often(void *context)
{
	struct crowd *c = context;
	static const uint32_t devices[] = {1, 2};
	for (unsigned i = 0; !c->is_over; i++) {
		struct places places = {.count = c->put};
		struct result_query q = everything;
		struct error e;
		q.devices = i % 2 ? devices : NULL;
		q.device_count = i % 2 ? 2 : 0;
		if (!store_each_waiting_command(c->store, mark_waiting, &places, &e) ||
			!store_read_results(c->store, &q, mark_result, &places, &e))
			c->errors++;
		for (size_t id = 1; id <= places.count; id++)
			c->errors += !places.seen[id];
		look_at_twins(c);
	}
	return NULL;
}

/* Another device's come, are trimmed and forgotten. */
static void *disturb_often(void *context)
{
	struct crowd *c = context;
	for (uint64_t i = 0; !c->is_over; i++) {
		const struct command_change changes[] = {command_put(MOVED + 1 + i, 2, "a"),
			command_end(MOVED + 1 + i, 2, -1000 + (int64_t)i % 9, "b"),
			command_end(MOVED * 9, 3, (int64_t)i, "c"),
			command_end(MOVED * 9 + 1, 4, (int64_t)i, "d"), command_forget(2)};
		bool more;
		struct error e;
		if (!store_change_commands(c->store, changes, 4 + i % 3 / 2, &e) ||
			!store_trim_results(c->store, -995, 0, &more, &e))
			c->errors++;
	}
	return NULL;
}

static void nobody_sees_a_command_nowhere(void **state)
{
	struct scene *scene = *state;
	struct crowd c = {.store = scene->fixture->store};
	pthread_t threads[3];
	assert_int_equal(pthread_create(&threads[0], NULL, look_often, &c), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, look_often, &c), 0);
	assert_int_equal(pthread_create(&threads[2], NULL, disturb_often, &c), 0);
	for (uint64_t first = 1; first <= MOVED; first += GROUP) {
		struct command_change changes[GROUP];
		for (uint64_t i = 0; i < GROUP; i++)
			changes[i] = command_put(first + i, 1, "a");
		change_commands(c.store, &scene->known, changes, GROUP);
		c.put = first + GROUP - 1;
		for (uint64_t i = 0; i < GROUP; i++)
			changes[i] = command_end(first + i, 1, (int64_t)(first + i), "b");
		change_commands(c.store, &scene->known, changes, GROUP);
	}
	c.is_over = true;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(c.errors, 0);
	CHANGE(c.store, &scene->known, command_forget(2), command_forget(3), command_forget(4));
}

int main(void)
{
	random_start();
	const struct CMUnitTest tests[] = {
		TEST_SCENE(it_waits_is_sent_and_ends),
		TEST_SCENE(several_steps_in_one_change),
		TEST_SCENE(it_is_in_one_place),
		TEST_SCENE(what_is_not_there_does_not_change),
		TEST_SCENE(a_device_is_forgotten),
		TEST_SCENE(the_reader_of_the_queue_may_stop),
		TEST_SCENE(a_large_text_and_any_bytes),
		TEST_SCENE(the_last_id_is_that_of_either),
		TEST_SCENE(bounds_are_inclusive),
		TEST_SCENE(pages_follow_each_other),
		TEST_SCENE(continues_from_any_place),
		TEST_SCENE(many_devices_are_read_alike),
		TEST_SCENE(the_reader_of_results_may_stop),
		TEST_SCENE(results_are_trimmed_by_age_and_number),
		TEST_SCENE(many_are_trimmed_in_steps),
		TEST_SCENE(any_changes_equal_the_model),
		TEST_SCENE(nobody_sees_a_command_nowhere),
	};
	return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
