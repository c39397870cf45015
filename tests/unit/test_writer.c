/* The writer against a store that fails, stalls and records what it was given. */
#include "test.h"

#include "base/clock.h"
#include "base/die.h"
#include "core/metrics.h"
#include "core/writer.h"

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

/* ---- a store of the test's own ---- */

struct store {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool broken, held; /* held: store_append waits */
	size_t tries, appends, count;
	uint64_t times[100000]; /* time_us of each record, in the order of the log */
	int64_t began_us[256];
};

static struct store *store_new(void)
{
	struct store *s = xcalloc(1, sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	return s;
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
	if (s->tries < 256)
		s->began_us[s->tries] = clock_monotonic_us();
	s->tries++;
	pthread_cond_broadcast(&s->changed);
	while (s->held)
		pthread_cond_wait(&s->changed, &s->lock);
	bool done = !s->broken;
	for (size_t i = 0; i < count && done; i++) {
		records[i].seq = s->count + 1;
		s->times[s->count++] = (uint64_t)records[i].time_us;
	}
	s->appends += done;
	pthread_mutex_unlock(&s->lock);
	return done || fail(e, "no space left on device");
}

/* ---- a worker of the test's own ---- */

struct door {
	struct lane *lane;
	sem_t returned;
};

static void ring(void *context)
{
	sem_post(&((struct door *)context)->returned);
}

static void door_open(struct door *d, struct writer *w)
{
	sem_init(&d->returned, 0, 0);
	d->lane = lane_open(w, ring, d);
}

static void add(struct batch *b, int64_t time_us)
{
	assert_false(batch_is_full(b));
	struct record *r = &b->records[b->count++];
	*r = (struct record){.time_us = time_us, .body = {b->bodies + b->bytes, 1}};
	b->bytes++;
}

static void send_one(struct door *d, int64_t time_us)
{
	struct batch *b = lane_borrow(d->lane);
	add(b, time_us);
	lane_submit(d->lane, b);
}

/* Takes back batches until `count` records came; checks that they come from time `first` upwards.
 */
static void take_back(struct door *d, int64_t first, size_t count)
{
	size_t came = 0;
	while (came < count) {
		sem_wait(&d->returned);
		struct batch *b = lane_returned(d->lane);
		while (b) {
			struct batch *next = b->next;
			for (size_t i = 0; i < b->count; i++)
				assert_int_equal(b->records[i].time_us, first + (int64_t)came++);
			lane_recycle(d->lane, b);
			b = next;
		}
	}
	assert_int_equal(came, count);
}

static void stop_clean(struct writer *w, struct store *s)
{
	size_t left = 99;
	struct error e;
	assert_true(writer_stop(w, 1000, &left, &e));
	assert_int_equal(left, 0);
	writer_free(w);
	free(s);
}

/* ---- tests ---- */

static void a_lone_message_is_committed_and_comes_back(void **state)
{
	(void)state;
	struct store *s = store_new();
	struct writer *w = writer_start(s, 1000);
	struct door d;
	door_open(&d, w);
	send_one(&d, 7);
	take_back(&d, 7, 1);
	assert_int_equal(s->count, 1);
	assert_int_equal(s->times[0], 7);
	stop_clean(w, s);
}

static void what_comes_during_a_commit_is_one_group_in_order(void **state)
{
	(void)state;
	struct store *s = store_new();
	struct writer *w = writer_start(s, 0);
	struct door d;
	door_open(&d, w);
	store_set(s, &s->held, true);
	send_one(&d, 0);
	store_wait_tries(s, 1);
	for (int64_t i = 1; i <= 5000; i++)
		send_one(&d, i);
	assert_false(lane_is_congested(d.lane));
	store_set(s, &s->held, false);
	take_back(&d, 0, 5001);
	assert_int_equal(s->appends, 2);
	for (size_t i = 0; i <= 5000; i++)
		assert_int_equal(s->times[i], i);
	stop_clean(w, s);
}

static void a_batch_not_taken_yet_is_lent_again(void **state)
{
	(void)state;
	struct store *s = store_new();
	struct writer *w = writer_start(s, 0);
	struct door d;
	door_open(&d, w);
	store_set(s, &s->held, true);
	send_one(&d, 0);
	store_wait_tries(s, 1);
	send_one(&d, 1);
	struct batch *b = lane_borrow(d.lane);
	assert_int_equal(b->count, 1);
	assert_int_equal(b->records[0].time_us, 1);
	while (b->count < BATCH_RECORDS)
		add(b, (int64_t)b->count + 1);
	lane_submit(d.lane, b);
	assert_true(batch_is_full(b));
	struct batch *fresh = lane_borrow(d.lane);
	assert_ptr_not_equal(fresh, b);
	assert_int_equal(fresh->count, 0);
	lane_submit(d.lane, fresh);
	store_set(s, &s->held, false);
	take_back(&d, 0, 1 + BATCH_RECORDS);
	stop_clean(w, s);
}

static void a_failed_group_is_kept_and_tried_again(void **state)
{
	(void)state;
	struct store *s = store_new();
	s->broken = true;
	uint64_t failures = metric_get(commit_failures);
	struct writer *w = writer_start(s, 0);
	struct door d;
	door_open(&d, w);
	send_one(&d, 0);
	store_wait_tries(s, 1);
	send_one(&d, 1);
	store_wait_tries(s, 2);
	assert_true(writer_is_failing(w));
	assert_null(lane_returned(d.lane));
	assert_true(s->began_us[1] - s->began_us[0] >= 1000000);
	store_set(s, &s->broken, false);
	take_back(&d, 0, 2);
	assert_int_equal(s->count, 2);
	assert_false(writer_is_failing(w));
	assert_true(metric_get(commit_failures) - failures >= 2);
	stop_clean(w, s);
}

static void a_lane_is_congested_while_nothing_is_committed(void **state)
{
	(void)state;
	struct store *s = store_new();
	struct writer *w = writer_start(s, 0);
	struct door d;
	door_open(&d, w);
	store_set(s, &s->held, true);
	size_t sent = 0;
	while (!lane_is_congested(d.lane))
		send_one(&d, (int64_t)sent++);
	/* the writer may have taken some of the batches early, with one record in them */
	assert_true(sent > (BATCHES_UNDER_WAY - 3) * BATCH_RECORDS);
	store_set(s, &s->held, false);
	take_back(&d, 0, sent);
	assert_false(lane_is_congested(d.lane));
	stop_clean(w, s);
}

/* Marks what it sees, and counts its calls. */
static void complete(void *context, struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++)
		records[i].time_us += 100;
	++*(size_t *)context;
}

static void each_try_is_completed_before_it_is_stored(void **state)
{
	(void)state;
	struct store *s = store_new();
	struct writer *w = writer_start(s, 0);
	size_t calls = 0;
	writer_before(w, complete, &calls);
	struct door d;
	door_open(&d, w);
	store_set(s, &s->broken, true);
	send_one(&d, 1);
	store_wait_tries(s, 1);
	store_set(s, &s->broken, false);
	take_back(&d, 1, 1);
	assert_true(calls >= 2 && calls == s->tries);
	assert_int_equal(s->times[0], 1 + 100 * calls);
	stop_clean(w, s);
}

static void stop_commits_what_was_submitted(void **state)
{
	(void)state;
	struct store *s = store_new();
	struct writer *w = writer_start(s, 60 * 1000 * 1000);
	struct door d;
	door_open(&d, w);
	send_one(&d, 0);
	take_back(&d, 0, 1);
	send_one(&d, 1); /* its turn would come in a minute */
	size_t left;
	struct error e;
	assert_true(writer_stop(w, 1000, &left, &e));
	assert_int_equal(s->count, 2);
	take_back(&d, 1, 1);
	writer_free(w);
	free(s);
}

static void stop_while_failing_says_what_is_left(void **state)
{
	(void)state;
	struct store *s = store_new();
	s->broken = true;
	struct writer *w = writer_start(s, 0);
	struct door d;
	door_open(&d, w);
	send_one(&d, 0);
	store_wait_tries(s, 1);
	send_one(&d, 1);
	send_one(&d, 2);
	size_t left;
	struct error e = {""};
	assert_false(writer_stop(w, 200, &left, &e));
	assert_int_equal(left, 3);
	assert_non_null(strstr(e.text, "3 messages could not be stored"));
	assert_null(lane_returned(d.lane));
	writer_free(w);
	free(s);
}

static void stop_while_failing_stores_when_the_store_recovers(void **state)
{
	(void)state;
	struct store *s = store_new();
	s->broken = true;
	struct writer *w = writer_start(s, 0);
	struct door d;
	door_open(&d, w);
	send_one(&d, 0);
	store_wait_tries(s, 1);
	store_set(s, &s->broken, false);
	size_t left;
	struct error e;
	assert_true(writer_stop(w, 5000, &left, &e));
	assert_int_equal(s->count, 1);
	writer_free(w);
	free(s);
}

static void follow(void *context, const struct record *records, size_t count)
{
	uint64_t *last = context;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(records[i].seq, ++*last);
}

static void *work(void *context)
{
	struct door *d = context;
	for (int64_t i = 0; i < 20000; i += 100) {
		struct batch *b = lane_borrow(d->lane);
		for (int64_t k = 0; k < 100; k++) {
			if (batch_is_full(b)) {
				lane_submit(d->lane, b);
				b = lane_borrow(d->lane);
			}
			add(b, i + k);
		}
		lane_submit(d->lane, b);
		if (i % 1000 == 900)
			take_back(d, i - 900, 1000);
	}
	return NULL;
}

static void lanes_do_not_disturb_each_other(void **state)
{
	(void)state;
	struct store *s = store_new();
	struct writer *w = writer_start(s, 100);
	uint64_t last = 0;
	writer_follow(w, follow, &last);
	struct door d[3];
	pthread_t threads[3];
	for (int i = 0; i < 3; i++)
		door_open(&d[i], w);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &d[i]), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(s->count, 60000);
	assert_int_equal(last, 60000);
	stop_clean(w, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lone_message_is_committed_and_comes_back),
		cmocka_unit_test(what_comes_during_a_commit_is_one_group_in_order),
		cmocka_unit_test(a_batch_not_taken_yet_is_lent_again),
		cmocka_unit_test(a_failed_group_is_kept_and_tried_again),
		cmocka_unit_test(a_lane_is_congested_while_nothing_is_committed),
		cmocka_unit_test(each_try_is_completed_before_it_is_stored),
		cmocka_unit_test(stop_commits_what_was_submitted),
		cmocka_unit_test(stop_while_failing_says_what_is_left),
		cmocka_unit_test(stop_while_failing_stores_when_the_store_recovers),
		cmocka_unit_test(lanes_do_not_disturb_each_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
