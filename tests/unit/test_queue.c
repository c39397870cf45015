/* Reading the messages of channels by key: order, limits, freeing, and answers that wait. */
#include "test.h"

#include "base/clock.h"
#include "http/waiting.h"
#include "rest.h"

#include <pthread.h>
#include <semaphore.h>

static int set_up(void **state)
{
	struct rest *r = rest_new();
	*state = r;
	for (uint32_t channel = 2; channel <= 3; channel++) {
		struct error e;
		struct channel another;
		channel_init(&another);
		if (!registry_put_channel(r->context.registry, &another, &e))
			return 1;
	}
	return 0;
}

static void get(struct rest *r, const char *query)
{
	char target[300];
	snprintf(target, sizeof target, "/gw/channels/%s", query);
	rest_ask(r, METHOD_GET, target, NULL);
}

/* Seqs 1..6 of channels 1 2 1 3 2 1; the time of each is its seq. */
static void fill(struct rest *r)
{
	static const uint32_t rows[] = {1, 2, 1, 3, 2, 1};
	for (size_t i = 0; i < 6; i++)
		fake_store_message(r->store, rows[i], 0, 11, (int64_t)(i + 1) * 1000000,
			(int64_t)(i + 1) * 1000000);
}

#define T(n)               "{\"timestamp\":" #n "}"
#define ANSWER(items, key) "{\"result\":[" items "],\"next_key\":" key "}\n"

static void keys_run_through_all_channels(void **state)
{
	struct rest *r = *state;
	get(r, "1/messages?curr_key=0&timeout=0");
	assert_answer(r, 200, ANSWER("", "1"));
	fill(r);
	static const struct {
		const char *query, *answer;
	} rows[] = {
		{"1/messages?curr_key=0&", ANSWER(T(1) "," T(3) "," T(6), "7")},
		{"1/messages?curr_key=1&", ANSWER(T(1) "," T(3) "," T(6), "7")},
		{"1/messages?curr_key=2&", ANSWER(T(3) "," T(6), "7")},
		{"1/messages?curr_key=3&limit_count=1&", ANSWER(T(3), "4")},
		{"1/messages?curr_key=4&limit_count=1&", ANSWER(T(6), "7")},
		{"1/messages?curr_key=7&limit_count=1&", ANSWER("", "7")},
		{"all/messages?curr_key=2&limit_count=3&", ANSWER(T(2) "," T(3) "," T(4), "5")},
		{"2,3/messages?curr_key=3&", ANSWER(T(4) "," T(5), "6")},
		{"3/messages?curr_key=5&", ANSWER("", "7")},
		{"all/messages?limit_count=2&count=4&", ANSWER(T(1) "," T(2), "3")},
		{"all/messages?limit_count=4&count=2&", ANSWER(T(1) "," T(2), "3")},
		/* {"timestamp":1} has 15 bytes */
		{"all/messages?limit_size=30&", ANSWER(T(1) "," T(2), "3")},
		{"all/messages?limit_size=44&", ANSWER(T(1) "," T(2), "3")},
		{"all/messages?limit_size=45&", ANSWER(T(1) "," T(2) "," T(3), "4")},
		{"all/messages?limit_size=1&", ANSWER(T(1), "2")},
		{"all/messages?from=3&to=4&limit_count=9&", ANSWER(T(3) "," T(4), "5")},
		{"all/messages?curr_key=2&filter=timestamp%3E%3D3%26%26timestamp<5&",
			ANSWER(T(3) "," T(4), "5")},
		{"all/messages?limit_count=1&filter=channel.id==2&", ANSWER(T(2), "3")},
		{"all/messages?filter=channel.id==9&", ANSWER("", "7")},
		/* a key of a store that is gone does not hold the reader back for ever */
		{"all/messages?curr_key=1000&", ANSWER("", "7")},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char query[200];
		snprintf(query, sizeof query, "%sfields=timestamp", rows[i].query);
		get(r, query);
		assert_answer(r, 200, rows[i].answer);
	}
}

static void keys_follow_each_other_without_gap(void **state)
{
	struct rest *r = *state;
	enum { MESSAGES = 500 };
	srandom(5);
	uint64_t key = 0, expected = 1;
	for (int i = 0; i < MESSAGES; i++) {
		fake_store_message(r->store, (uint32_t)random() % 3 + 1, 0, 11, i + 1, i + 1);
		if (random() % 3)
			continue;
		char query[100];
		snprintf(query, sizeof query,
			"all/messages?curr_key=%ju&limit_count=%ld&fields=timestamp",
			(uintmax_t)key, random() % 9 + 1);
		get(r, query);
		for (const char *at = r->text.at; (at = strstr(at, "0.0")); at++)
			expected++;
		key = strtoull(strstr(r->text.at, "next_key\":") + 10, NULL, 10);
		assert_int_equal(key, expected);
	}
	assert_true(expected > MESSAGES / 2);
}

static void the_head_at_the_beginning_is_the_end(void **state)
{
	struct rest *r = *state;
	fill(r);
	struct request request = {.context = &r->context,
		.method = METHOD_GET,
		.target = str_of("/gw/channels/1,2,3/messages?curr_key=0&fields=timestamp"),
		.token = &r->master};
	struct answer a;
	struct error e;
	answer_init(&a);
	dispatch(&request, &a);
	assert_int_equal(answer_fill(&a, 12, &e), FILL_MORE); /* the first item */
	/* what comes now may hide behind what was read of its channel already */
	fake_store_message(r->store, 1, 0, 11, 7000000, 7000000);
	fake_store_message(r->store, 2, 0, 11, 8000000, 8000000);
	assert_int_equal(answer_fill(&a, 100000, &e), FILL_DONE);
	assert_buf(a.body, ANSWER(T(1) "," T(2) "," T(3) "," T(4) "," T(5) "," T(6), "7"));
	answer_clear(&a);
	free(request.decoded);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct rest *r = *state;
	static const struct {
		const char *query, *field, *reason;
	} rows[] = {
		{"curr_key=1&from=1", "from", "from makes no sense together with curr_key"},
		{"curr_key=0&to=1", "to", "to makes no sense together with curr_key"},
		{"curr_key=1&reverse=true", "reverse",
			"reverse makes no sense together with curr_key"},
		{"timeout=1&to=5", "to", "to makes no sense together with timeout"},
		{"delete=true", "delete", "delete needs curr_key: the messages below it are freed"},
		{"timeout=31", "timeout", "timeout is 31, the limits are 0 and 30"},
		{"curr_key=-1", "curr_key",
			"curr_key is -1, the limits are 0 and 9223372036854775807"},
		{"curr_key=%221%22", "curr_key", "curr_key must be a whole number"},
		{"delete=1", "delete", "delete must be true or false"},
		{"data=%7B%22generalize%22:60%7D", "generalize", "unknown property generalize"},
	};
	fill(r);
	get(r, "1/messages?filter=(");
	assert_int_equal(r->status, 400);
	assert_non_null(strstr(r->text.at, "\"field\":\"filter\""));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char query[200], expected[300];
		snprintf(query, sizeof query, "1/messages?%s", rows[i].query);
		snprintf(expected, sizeof expected,
			"{\"result\":[],\"errors\":[{\"code\":2,\"field\":\"%s\",\"reason\":\"%s\"}"
			"]}\n",
			rows[i].field, rows[i].reason);
		get(r, query);
		assert_answer(r, 400, expected);
	}
	assert_int_equal(fake_store_trimmed(r->store, 1), 0);
}

/* ---- freeing ---- */

static void what_was_read_is_freed(void **state)
{
	struct rest *r = *state;
	fill(r);
	rest_ask(r, METHOD_GET, "/gw/channels/1,2/messages",
		"{\"curr_key\":3,\"delete\":true,\"fields\":\"timestamp\"}");
	assert_answer(r, 200, ANSWER(T(3) "," T(5) "," T(6), "7"));
	assert_int_equal(fake_store_trimmed(r->store, 1), 3);
	assert_int_equal(fake_store_trimmed(r->store, 2), 3);
	assert_int_equal(fake_store_trimmed(r->store, 3), 0);
	get(r, "all/messages?fields=timestamp");
	assert_answer(r, 200, ANSWER(T(3) "," T(4) "," T(5) "," T(6), "7"));
	rest_ask(r, METHOD_DELETE, "/gw/channels/1,2,98/messages", "{\"delete_key\":4}");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":1},{\"id\":2}],\"errors\":[{\"code\":3,\"id\":98,\"reason\":"
		"\"access denied or unable to process the item\"}]}\n");
	assert_int_equal(fake_store_trimmed(r->store, 1), 4);
	rest_ask(r, METHOD_DELETE, "/gw/channels/all/messages?delete_key=5", NULL);
	assert_int_equal(fake_store_trimmed(r->store, 3), 5);
	rest_ask(r, METHOD_DELETE, "/gw/channels/all/messages", NULL);
	assert_answer(r, 200, "{\"result\":[{\"id\":1},{\"id\":2},{\"id\":3}]}\n");
	assert_int_equal(fake_store_trimmed(r->store, 2), 7);
	get(r, "all/messages?fields=timestamp");
	assert_answer(r, 200, ANSWER("", "7"));
}

static void what_has_not_come_is_not_freed(void **state)
{
	struct rest *r = *state;
	fill(r);
	rest_ask(r, METHOD_DELETE, "/gw/channels/1/messages?delete_key=1000", NULL);
	assert_int_equal(fake_store_trimmed(r->store, 1), 7);
	get(r, "2/messages?curr_key=1000&delete=true");
	assert_int_equal(fake_store_trimmed(r->store, 2), 7);
}

static void freeing_that_fails_is_told(void **state)
{
	struct rest *r = *state;
	fill(r);
	fake_store_fail_after(r->store, 1);
	rest_ask(r, METHOD_DELETE, "/gw/channels/1,2/messages", NULL);
	assert_answer(r, 200,
		"{\"result\":[{\"id\":1}],\"errors\":[{\"code\":4,\"id\":2,\"reason\":\"the disk "
		"is on fire\"}]}\n");
	rest_ask(r, METHOD_DELETE, "/gw/channels/1,2/messages", NULL);
	assert_int_equal(r->status, 500);
	get(r, "1/messages?curr_key=2&delete=true");
	assert_int_equal(r->status, 500);
	rest_ask(r, METHOD_DELETE, "/gw/channels/1/messages?from=1", NULL);
	assert_int_equal(r->status, 400);
}

/* A token that may only read frees nothing by reading. */
static void who_may_only_read_frees_nothing(void **state)
{
	struct rest *r = *state;
	struct token t;
	struct error e;
	const char *target = "/gw/channels/1,2/messages?curr_key=3&delete=true&fields=timestamp";
	fill(r);
	assert_true(token_load(
		str_of("{\"access\":{\"type\":2,\"acl\":[{\"uri\":\"gw/channels\",\"methods\":"
		       "[\"GET\"]}]}}"),
		&t, &e));
	rest_ask_with(r, &t, METHOD_GET, target, NULL);
	assert_int_equal(r->status, 403);
	assert_int_equal(fake_store_trimmed(r->store, 1), 0);
	assert_int_equal(fake_store_trimmed(r->store, 2), 0);
	assert_true(token_load(
		str_of("{\"access\":{\"type\":2,\"acl\":[{\"uri\":\"gw/channels\",\"methods\":"
		       "[\"GET\"]},{\"uri\":\"gw/channels\",\"methods\":[\"DELETE\"],\"ids\":[2]}]"
		       "}}"),
		&t, &e));
	rest_ask_with(r, &t, METHOD_GET, target, NULL);
	assert_answer(r, 200,
		"{\"result\":[{\"timestamp\":5}],\"errors\":[{\"code\":3,\"id\":1,\"reason\":"
		"\"access denied or unable to process the item\"}],\"next_key\":6}\n");
	assert_int_equal(fake_store_trimmed(r->store, 1), 0);
	assert_int_equal(fake_store_trimmed(r->store, 2), 3);
}

/* ---- waiting ---- */

struct poll {
	struct rest *rest;
	struct request request;
	struct answer answer;
	sem_t woken;
};

static void wake(void *context)
{
	sem_post(&((struct poll *)context)->woken);
}

/* Asks; the answer that waits is asleep then. */
static enum fill poll_ask(struct poll *p, struct rest *r, const char *target)
{
	struct error e;
	*p = (struct poll){.rest = r,
		.request = {.context = &r->context,
			.method = METHOD_GET,
			.target = str_of(target),
			.token = &r->master}};
	sem_init(&p->woken, 0, 0);
	answer_init(&p->answer);
	dispatch(&p->request, &p->answer);
	enum fill fill = answer_fill(&p->answer, 100000, &e);
	if (fill == FILL_WAIT)
		p->answer.sleep(p->answer.producer, wake, p);
	return fill;
}

static void poll_begin(struct poll *p, struct rest *r, const char *target)
{
	assert_int_equal(poll_ask(p, r, target), FILL_WAIT);
}

/* False: woken in vain, it sleeps again. */
static bool poll_go_on(struct poll *p)
{
	struct error e;
	sem_wait(&p->woken);
	enum fill fill = answer_fill(&p->answer, 100000, &e);
	if (fill == FILL_WAIT)
		p->answer.sleep(p->answer.producer, wake, p);
	else
		assert_int_equal(fill, FILL_DONE);
	return fill == FILL_DONE;
}

static void poll_end(struct poll *p)
{
	answer_clear(&p->answer);
	free(p->request.decoded);
	sem_destroy(&p->woken);
}

static int set_up_waiting(void **state)
{
	if (set_up(state))
		return 1;
	struct rest *r = *state;
	r->context.waiting = waiting_new();
	return 0;
}

static int tear_down_waiting(void **state)
{
	struct rest *r = *state;
	waiting_stop(r->context.waiting, 0);
	waiting_free(r->context.waiting);
	return rest_tear_down(state);
}

/* A message is stored and told, as the writer does. */
static void commit(struct rest *r, uint32_t channel, int64_t time_us)
{
	struct record record = {.origin.channel = channel};
	fake_store_message(r->store, channel, 0, 11, time_us, time_us);
	waiting_committed(r->context.waiting, &record, 1);
}

static bool sleeps(struct poll *p)
{
	int posted;
	sem_getvalue(&p->woken, &posted);
	return posted == 0;
}

static void the_first_message_ends_the_wait(void **state)
{
	struct rest *r = *state;
	struct poll one, two, all;
	fill(r);
	poll_begin(&one, r, "/gw/channels/1/messages?curr_key=7&timeout=30&fields=timestamp");
	poll_begin(&two, r, "/gw/channels/2/messages?curr_key=7&timeout=30&fields=timestamp");
	poll_begin(&all, r, "/gw/channels/all/messages?curr_key=7&timeout=30&fields=timestamp");
	commit(r, 2, 7000000);
	assert_true(poll_go_on(&two));
	assert_buf(two.answer.body, ANSWER(T(7), "8"));
	assert_true(poll_go_on(&all));
	assert_buf(all.answer.body, ANSWER(T(7), "8"));
	assert_true(sleeps(&one));
	commit(r, 1, 8000000);
	assert_true(poll_go_on(&one));
	assert_buf(one.answer.body, ANSWER(T(8), "9"));
	poll_end(&one);
	poll_end(&two);
	poll_end(&all);
}

/* More channels than are noted one by one. */
static void a_crowd_of_channels_wakes_everybody(void **state)
{
	struct rest *r = *state;
	struct record records[100];
	struct poll p;
	for (uint32_t i = 0; i < 100; i++)
		records[i] = (struct record){.origin.channel = 100 + i};
	poll_begin(&p, r, "/gw/channels/3/messages?timeout=30&fields=timestamp");
	fake_store_message(r->store, 3, 0, 11, 1000000, 1000000);
	waiting_committed(r->context.waiting, records, 100);
	assert_true(poll_go_on(&p));
	assert_buf(p.answer.body, ANSWER(T(1), "2"));
	poll_end(&p);
}

static void what_is_there_is_answered_at_once(void **state)
{
	struct rest *r = *state;
	fill(r);
	get(r, "1/messages?curr_key=6&timeout=30&fields=timestamp");
	assert_answer(r, 200, ANSWER(T(6), "7"));
}

static void the_time_is_up(void **state)
{
	struct rest *r = *state;
	struct poll p;
	fill(r);
	commit(r, 1, 7000000);
	int64_t before_us = clock_monotonic_us();
	enum fill end = poll_ask(&p, r, "/gw/channels/3/messages?timeout=1&curr_key=5");
	assert_true(end == FILL_DONE || poll_go_on(&p)); /* done: this thread was late */
	assert_true(clock_monotonic_us() - before_us >= 1000000);
	assert_buf(p.answer.body, ANSWER("", "8"));
	poll_end(&p);
}

/* Messages without the fields are passed over: the wait goes on, and they are not read again. */
static void what_is_not_wanted_does_not_end_the_wait(void **state)
{
	struct rest *r = *state;
	struct poll p;
	fill(r);
	poll_begin(&p, r,
		"/gw/channels/1/messages?curr_key=0&timeout=30&filter=exists(battery.level)");
	for (int i = 0; i < 3; i++) {
		commit(r, 1, 7000000);
		assert_false(poll_go_on(&p));
	}
	waiting_stop(r->context.waiting, 0);
	assert_true(poll_go_on(&p));
	assert_buf(p.answer.body, ANSWER("", "10"));
	poll_end(&p);
}

static void at_the_end_nobody_waits(void **state)
{
	struct rest *r = *state;
	enum { POLLS = 100 };
	static struct poll polls[POLLS];
	for (int i = 0; i < POLLS; i++)
		poll_begin(&polls[i], r, "/gw/channels/1/messages?curr_key=0&timeout=30");
	waiting_stop(r->context.waiting, 0);
	for (int i = 0; i < POLLS; i++) {
		assert_true(poll_go_on(&polls[i]));
		assert_buf(polls[i].answer.body, ANSWER("", "1"));
		poll_end(&polls[i]);
	}
	get(r, "1/messages?curr_key=0&timeout=30");
	assert_answer(r, 200, ANSWER("", "1"));
}

static void a_store_that_fails_ends_the_wait(void **state)
{
	struct rest *r = *state;
	struct poll p;
	struct error e = {""};
	poll_begin(&p, r, "/gw/channels/1/messages?curr_key=0&timeout=30");
	commit(r, 1, 7000000);
	fake_store_fail_after(r->store, 0);
	sem_wait(&p.woken);
	assert_int_equal(answer_fill(&p.answer, 100000, &e), FILL_FAILED);
	assert_string_equal(e.text, "the disk is on fire");
	poll_end(&p);
}

/* ---- many threads ---- */

enum { PULLERS = 8, ROUNDS = 2000 };

struct puller {
	pthread_t thread;
	struct rest *rest;
	uint64_t seen;
};

/* Waits for each message in turn; a lost wake would leave it here for longer than a test may take. */
static void *pull(void *context)
{
	struct puller *p = context;
	uint64_t key = 0;
	while (key <= ROUNDS) {
		static const uint32_t channels[] = {1};
		struct waiter *w = waiter_join(
			p->rest->context.waiting, channels, 1, clock_monotonic_us() + 600000000);
		struct poll poll = {.rest = p->rest};
		sem_init(&poll.woken, 0, 0);
		bool in_time = waiter_look(w);
		if (store_head(p->rest->store) < key + 1) {
			waiter_sleep(w, wake, &poll);
			sem_wait(&poll.woken);
			in_time = waiter_look(w);
		}
		p->seen += in_time;
		key = store_head(p->rest->store);
		waiter_leave(w);
		sem_destroy(&poll.woken);
		if (key == ROUNDS)
			break;
	}
	return NULL;
}

static void no_wake_is_lost(void **state)
{
	struct rest *r = *state;
	struct puller pullers[PULLERS];
	for (int i = 0; i < PULLERS; i++) {
		pullers[i] = (struct puller){.rest = r};
		pthread_create(&pullers[i].thread, NULL, pull, &pullers[i]);
	}
	for (int i = 0; i < ROUNDS; i++)
		commit(r, 1, i);
	for (int i = 0; i < PULLERS; i++) {
		pthread_join(pullers[i].thread, NULL);
		assert_true(pullers[i].seen > 0);
	}
}

int main(void)
{
#define TEST(name)    cmocka_unit_test_setup_teardown(name, set_up, rest_tear_down)
#define WAITING(name) cmocka_unit_test_setup_teardown(name, set_up_waiting, tear_down_waiting)
	const struct CMUnitTest tests[] = {
		TEST(keys_run_through_all_channels),
		TEST(keys_follow_each_other_without_gap),
		TEST(the_head_at_the_beginning_is_the_end),
		TEST(what_makes_no_sense_is_refused),
		TEST(what_was_read_is_freed),
		TEST(what_has_not_come_is_not_freed),
		TEST(freeing_that_fails_is_told),
		TEST(who_may_only_read_frees_nothing),
		WAITING(the_first_message_ends_the_wait),
		WAITING(a_crowd_of_channels_wakes_everybody),
		WAITING(what_is_there_is_answered_at_once),
		WAITING(the_time_is_up),
		WAITING(what_is_not_wanted_does_not_end_the_wait),
		WAITING(at_the_end_nobody_waits),
		WAITING(a_store_that_fails_ends_the_wait),
		WAITING(no_wake_is_lost),
	};
	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
