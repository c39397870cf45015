/* One appender, a settler and readers at the same time: each reader sees one consistent view. Worth
 * the most under the thread sanitizer. */
#include "traffic.h"

#include <pthread.h>
#include <stdatomic.h>

enum { GROUPS = 150, GROUP = 40, DEVICES = 5, READERS = 2 };

struct scene {
	struct store *store;
	atomic_bool is_over;
	atomic_uint errors;
};

/* Assertions of cmocka work on the main thread only; elsewhere errors are counted. */
static void expect(struct scene *c, bool condition)
{
	if (!condition)
		atomic_fetch_add(&c->errors, 1);
}

static void *settle_often(void *context)
{
	struct scene *c = context;
	struct error e;
	for (uint32_t i = 0; !c->is_over; i++) {
		expect(c, store_settle(c->store, &e));
		expect(c, store_forget_telemetry(c->store, 1 + i % DEVICES,
				  UINT64_C(1) << PARAM_POSITION_SPEED, &e));
	}
	return NULL;
}

struct seen {
	struct scene *scene;
	const struct query *q;
	uint64_t count, last_seq;
	int64_t last_us;
};

static bool note(void *context, const struct record *r)
{
	struct seen *seen = context;
	bool by_device = seen->q->by == QUERY_DEVICE;
	bool is_next = by_device ? r->time_us > seen->last_us ||
					   (r->time_us == seen->last_us && r->seq > seen->last_seq)
				 : r->seq == seen->last_seq + 1; /* no gap, no double */
	expect(seen->scene, is_next);
	seen->count++;
	seen->last_seq = r->seq;
	seen->last_us = r->time_us;
	return true;
}

static void count_value(void *context, const struct telemetry_item *item)
{
	(void)item;
	++*(unsigned *)context;
}

static void *read_often(void *context)
{
	struct scene *c = context;
	uint64_t before[DEVICES + 1] = {0};
	for (uint32_t i = 0; !c->is_over; i++) {
		uint32_t device = i % (DEVICES + 1);
		struct query q =
			query_all(device ? QUERY_DEVICE : QUERY_CHANNEL, device ? device : 1);
		struct seen seen = {.scene = c, .q = &q, .last_us = INT64_MIN};
		struct error e;
		uint64_t head = store_head(c->store);
		expect(c, store_read(c->store, &q, note, &seen, &e));
		expect(c, seen.count >= before[device] && (device || seen.count >= head));
		before[device] = seen.count;
		unsigned values = 0;
		bool found = device && store_telemetry(c->store, device, count_value, &values);
		expect(c, found == (values > 0));
	}
	return NULL;
}

static void views_are_consistent(void **state)
{
	(void)state;
	char *directory = directory_make();
	struct scene c = {.store = open_store(directory)};
	struct model m = {0};
	pthread_t settler, readers[READERS];
	assert_int_equal(pthread_create(&settler, NULL, settle_often, &c), 0);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_often, &c), 0);
	for (int i = 0; i < GROUPS; i++) {
		struct record records[GROUP];
		for (int k = 0; k < GROUP; k++)
			records[k] = record_plain(1, 1 + (uint32_t)random_below(DEVICES),
				(int64_t)random_below(1000) * 1000000, k);
		append(c.store, &m, records, GROUP);
		for (int k = 0; k < GROUP; k++)
			record_drop(&records[k]);
	}
	c.is_over = true;
	pthread_join(settler, NULL);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(c.errors, 0);
	assert_all(c.store, &m);
	store_close(c.store);
	model_clear(&m);
	directory_remove(directory);
	free(directory);
}

/* The store's own settler, woken by a small tail. */
static void settles_by_itself(void **state)
{
	(void)state;
	char *directory = directory_make();
	struct error e;
	struct store_options options = {directory, 20000, -1};
	struct store *s = store_open(&options, &e);
	struct model m = {0};
	struct store_figures figures = {0};
	assert_done(s != NULL, &e);
	while (figures.settled < 20 * GROUP) {
		struct record records[GROUP];
		for (int k = 0; k < GROUP; k++)
			records[k] = record_random();
		append(s, &m, records, GROUP);
		for (int k = 0; k < GROUP; k++)
			record_drop(&records[k]);
		store_figures(s, &figures);
	}
	assert_all(s, &m);
	store_close(s);
	s = open_store(directory);
	assert_all(s, &m);
	store_close(s);
	model_clear(&m);
	directory_remove(directory);
	free(directory);
}

int main(void)
{
	random_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_are_consistent),
		cmocka_unit_test(settles_by_itself),
	};
	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
