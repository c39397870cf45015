/* Threads that add, one that flushes and readers at the same time. Worth the most under the thread
 * sanitizer. */
#include "traffic.h"

#include "store/journal.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ADDERS = 3, ENTRIES = 4000, READERS = 2 };

struct scene {
	struct journal *journal;
	atomic_bool is_over;
	atomic_uint errors;
	atomic_int_fast64_t now_us;
};

/* Assertions of cmocka work on the main thread only; elsewhere errors are counted. */
static void expect(struct scene *c, bool condition)
{
	if (!condition)
		atomic_fetch_add(&c->errors, 1);
}

struct adder {
	struct scene *scene;
	uint64_t key;
};

static void *add_often(void *context)
{
	struct adder *a = context;
	for (uint64_t i = 1; i <= ENTRIES; i++) {
		int64_t time_us = atomic_fetch_add(&a->scene->now_us, 1);
		expect(a->scene, journal_add(a->scene->journal, time_us, a->key,
					 (struct str){(const char *)&i, sizeof i}));
	}
	return NULL;
}

static void *flush_often(void *context)
{
	struct scene *c = context;
	struct error e;
	while (!c->is_over) {
		struct journal_figures figures;
		expect(c, journal_flush(c->journal, &e));
		journal_figures(c->journal, &figures);
		expect(c, figures.dropped == 0 && figures.disk_bytes > 0);
	}
	return NULL;
}

struct seen {
	struct scene *scene;
	bool reverse;
	uint64_t count, last_no, last_serial;
	int64_t last_us;
};

/* Of one adder all are seen, none twice: its times rise, so its entries keep their order, but for
 * those that another thread's reading has cut from the ones before. */
static bool note(void *context, const struct journal_entry *entry)
{
	struct seen *seen = context;
	if (seen->count) {
		expect(seen->scene,
			seen->reverse ? entry->no < seen->last_no : entry->no > seen->last_no);
		expect(seen->scene, seen->reverse ? entry->time_us <= seen->last_us
						  : entry->time_us >= seen->last_us);
	}
	memcpy(&seen->last_serial, entry->body.at, sizeof seen->last_serial);
	seen->last_no = entry->no;
	seen->last_us = entry->time_us;
	seen->count++;
	return true;
}

static void *read_often(void *context)
{
	struct scene *c = context;
	uint64_t before[ADDERS] = {0};
	for (uint64_t i = 0; !c->is_over; i++) {
		uint64_t key = i % ADDERS;
		struct seen seen = {.scene = c, .reverse = i / ADDERS % 2};
		struct journal_query q = {.key = key,
			.from_us = INT64_MIN,
			.to_us = INT64_MAX,
			.reverse = seen.reverse};
		struct error e;
		expect(c, journal_read(c->journal, &q, note, &seen, &e));
		expect(c, seen.count >= before[key] && seen.count <= ENTRIES);
		if (!seen.reverse && seen.count)
			expect(c, seen.last_serial == seen.count);
		before[key] = seen.count;
	}
	return NULL;
}

static void views_are_consistent(void **state)
{
	(void)state;
	char *directory = directory_make();
	struct error e;
	struct journal_options options = {.directory = directory, .file = "test.db", .flush_ms = 5};
	struct scene c = {.now_us = 1};
	c.journal = journal_open(&options, &e);
	assert_done(c.journal != NULL, &e);
	pthread_t adders[ADDERS], readers[READERS], flusher;
	struct adder who[ADDERS];
	for (size_t i = 0; i < READERS; i++)
		pthread_create(&readers[i], NULL, read_often, &c);
	pthread_create(&flusher, NULL, flush_often, &c);
	for (size_t i = 0; i < ADDERS; i++) {
		who[i] = (struct adder){&c, i};
		pthread_create(&adders[i], NULL, add_often, &who[i]);
	}
	for (size_t i = 0; i < ADDERS; i++)
		pthread_join(adders[i], NULL);
	c.is_over = true;
	for (size_t i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	pthread_join(flusher, NULL);
	assert_int_equal(c.errors, 0);
	uint64_t all[ADDERS] = {0, 1, 2};
	struct journal_query q = {
		.keys = all, .key_count = ADDERS, .from_us = INT64_MIN, .to_us = INT64_MAX};
	struct seen seen = {.scene = &c};
	assert_done(journal_read(c.journal, &q, note, &seen, &e), &e);
	assert_int_equal(seen.count, ADDERS * ENTRIES);
	assert_int_equal(c.errors, 0);
	journal_close(c.journal);
	directory_remove(directory);
	free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(views_are_consistent)};
	return cmocka_run_group_tests_name("journal_threads", tests, NULL, NULL);
}
