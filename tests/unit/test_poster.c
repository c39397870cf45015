/* Threads without a lane post to the writer of a store that fails, stalls and counts. */
#include "test.h"

#include "base/die.h"
#include "core/poster.h"

#include <pthread.h>
#include <unistd.h>

/* ---- a store of the test's own ---- */

struct store {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool broken, held; /* held: store_append waits */
	size_t tries, appends;
	uint64_t head;
	size_t stored[10000]; /* how often each time_us came */
	size_t wrong;         /* bodies that are not what the poster gave */
};

static struct store *store_new(void)
{
	struct store *s = xcalloc(1, sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	return s;
}

static void store_drop(struct store *s)
{
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	free(s);
}

static void store_set(struct store *s, bool *flag, bool value)
{
	pthread_mutex_lock(&s->lock);
	*flag = value;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void store_wait_tries(struct store *s, size_t tries)
{
	pthread_mutex_lock(&s->lock);
	while (s->tries < tries)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

bool store_append(struct store *s, struct record *records, size_t count, struct error *e)
{
	pthread_mutex_lock(&s->lock);
	s->tries++;
	pthread_cond_broadcast(&s->changed);
	while (s->held)
		pthread_cond_wait(&s->changed, &s->lock);
	bool done = !s->broken;
	for (size_t i = 0; i < count && done; i++) {
		char body[32];
		int len = snprintf(body, sizeof body, "%jd", (intmax_t)records[i].time_us);
		s->wrong += !str_eq(records[i].body, (struct str){body, (size_t)len});
		records[i].seq = ++s->head;
		s->stored[records[i].time_us]++;
	}
	s->appends += done;
	pthread_mutex_unlock(&s->lock);
	return done || fail(e, "no space left on device");
}

/* ---- posting ---- */

struct room {
	struct record records[POST_RECORDS_MAX];
	char bodies[POST_RECORDS_MAX][32];
};

/* Records with the times first, first + 1 ... */
static bool post(struct poster *p, size_t first, size_t count, struct error *e)
{
	struct room *room = xcalloc(1, sizeof *room);
	for (size_t i = 0; i < count; i++) {
		int len = snprintf(room->bodies[i], sizeof room->bodies[i], "%zu", first + i);
		room->records[i].time_us = (int64_t)(first + i);
		room->records[i].body = (struct str){room->bodies[i], (size_t)len};
	}
	bool done = poster_post(p, room->records, count, e);
	free(room);
	return done;
}

/* Again as long as it is refused because the writer was late. */
static bool post_in_the_end(struct poster *p, size_t first, size_t count, struct error *e)
{
	while (!post(p, first, count, e)) {
		if (!strstr(e->text, "the store is slow; nothing was stored"))
			return false;
		usleep(1000);
	}
	return true;
}

/* Until one is stored, which is returned: they are refused until what waits has come back. The writer may be
 * late as well: then the next one goes. */
static size_t post_until_stored(struct poster *p, size_t number)
{
	struct error e;
	while (!post(p, number, 1, &e)) {
		bool is_late = strstr(e.text, "the messages may be stored later or not");
		assert_true(is_late || strstr(e.text, "nothing was stored"));
		number += is_late;
		usleep(1000);
	}
	return number;
}

struct thread {
	pthread_t id;
	struct poster *poster;
	struct store *store;
	size_t number, unstored;
	bool done;
	struct error e;
};

enum { THREADS = 8, POSTS = 40, RECORDS = 25 };

static void *post_many(void *context)
{
	struct thread *t = context;
	struct error e;
	t->done = true;
	for (size_t i = 0; i < POSTS; i++) {
		size_t first = (t->number * POSTS + i) * RECORDS;
		t->done = post_in_the_end(t->poster, first, RECORDS, &e) && t->done;
		pthread_mutex_lock(&t->store->lock);
		for (size_t k = 0; k < RECORDS; k++)
			t->unstored += t->store->stored[first + k] == 0;
		pthread_mutex_unlock(&t->store->lock);
	}
	return NULL;
}

static void what_returns_is_stored_once(void **state)
{
	(void)state;
	struct store *s = store_new();
	struct writer *w = writer_start(s, 0);
	struct poster *p = poster_new(w, 60000);
	struct thread threads[THREADS];
	size_t left;
	struct error e;
	for (size_t i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){.poster = p, .store = s, .number = i};
		pthread_create(&threads[i].id, NULL, post_many, &threads[i]);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i].id, NULL);
		assert_true(threads[i].done);
		assert_int_equal(threads[i].unstored, 0);
	}
	poster_close(p);
	assert_true(writer_stop(w, 1000, &left, &e));
	for (size_t i = 0; i < THREADS * POSTS * RECORDS; i++)
		assert_int_equal(s->stored[i], 1);
	assert_int_equal(s->wrong, 0);
	poster_free(p);
	writer_free(w);
	store_drop(s);
}

static void *post_one(void *context)
{
	struct thread *t = context;
	t->done = post_in_the_end(t->poster, t->number, POST_RECORDS_MAX, &t->e);
	return NULL;
}

/* Batches that are full each, while the writer is busy with the first: none is split or lost. */
static void full_posts_go_one_behind_the_other(void **state)
{
	(void)state;
	struct store *s = store_new();
	struct writer *w = writer_start(s, 0);
	struct poster *p = poster_new(w, 60000);
	struct thread threads[5];
	size_t left;
	struct error e;
	s->held = true;
	for (size_t i = 0; i < 5; i++) {
		threads[i] = (struct thread){.poster = p, .number = i * POST_RECORDS_MAX};
		pthread_create(&threads[i].id, NULL, post_one, &threads[i]);
	}
	store_wait_tries(s, 1);
	store_set(s, &s->held, false);
	for (size_t i = 0; i < 5; i++) {
		pthread_join(threads[i].id, NULL);
		assert_true(threads[i].done);
	}
	poster_close(p);
	assert_true(writer_stop(w, 1000, &left, &e));
	assert_int_equal(s->head, 5 * POST_RECORDS_MAX);
	poster_free(p);
	writer_free(w);
	store_drop(s);
}

static void a_failing_store_is_told(void **state)
{
	(void)state;
	struct store *s = store_new();
	struct writer *w = writer_start(s, 0);
	struct poster *p = poster_new(w, 100);
	size_t left;
	struct error e;
	assert_true(post(p, 0, 0, &e));
	store_set(s, &s->broken, true);
	assert_false(post(p, 1, 1, &e));
	assert_string_equal(
		e.text, "the store took more than 100 ms; the messages may be stored later or not");
	store_wait_tries(s, 2); /* by then it is known to fail */
	assert_false(post(p, 2, 1, &e));
	assert_string_equal(e.text, "the store is failing; nothing was stored, try again later");
	store_set(s, &s->broken, false);
	size_t last = post_until_stored(p, 4);
	assert_int_equal(s->stored[last], 1);
	assert_int_equal(s->stored[1], 1); /* what waited was stored in the end */
	assert_int_equal(s->stored[2], 0);
	poster_close(p);
	assert_false(post(p, 5, 1, &e));
	assert_string_equal(e.text, "the gateway is stopping; nothing was stored");
	assert_true(writer_stop(w, 1000, &left, &e));
	poster_free(p);
	writer_free(w);
	store_drop(s);
}

/* While nothing moves, no more threads are kept than those that wait already. */
static void a_store_that_hangs_keeps_nobody(void **state)
{
	(void)state;
	struct store *s = store_new();
	struct writer *w = writer_start(s, 0);
	struct poster *p = poster_new(w, 100);
	size_t left, tries = 0;
	struct error e;
	s->held = true;
	do {
		assert_false(post(p, ++tries, 1, &e));
		assert_true(tries < 100);
	} while (!strstr(e.text, "the store is slow; nothing was stored"));
	store_set(s, &s->held, false);
	size_t last = post_until_stored(p, 200);
	assert_int_equal(s->stored[tries], 0);
	assert_int_equal(s->stored[tries - 1], 1);
	assert_int_equal(s->stored[last], 1);
	poster_close(p);
	assert_true(writer_stop(w, 1000, &left, &e));
	poster_free(p);
	writer_free(w);
	store_drop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_returns_is_stored_once),
		cmocka_unit_test(full_posts_go_one_behind_the_other),
		cmocka_unit_test(a_failing_store_is_told),
		cmocka_unit_test(a_store_that_hangs_keeps_nobody),
	};
	return cmocka_run_group_tests_name("poster", tests, NULL, NULL);
}
