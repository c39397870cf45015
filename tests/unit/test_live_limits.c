/* What does not get through the queue of a session: what its client has no room for now, what is too large or
 * too old, and too much of all. */
#include "line.h"

#include "core/metrics.h"
#include "live/publish.h"
#include "live/session.h"

/* ---- full buffers ---- */

static void what_does_not_fit_into_the_buffer_waits(void **state)
{
	enum { MANY = 1000, BYTES = 1000 };
	struct line *q = *state;
	char payload[BYTES];
	size_t got = 0, most = 0;
	for (size_t i = 0; i < MANY; i++) {
		snprintf(payload, sizeof payload, "%0*zu", BYTES - 1, i);
		give(q, 0, payload);
		if (most < q->visitor->client.out.len)
			most = q->visitor->client.out.len;
	}
	assert_in_range(most, OUT_HIGH, OUT_HIGH + BYTES + 100);
	assert_true(queue_waiting(&q->session->queue) > MANY / 2);
	for (; got < MANY; got++) {
		assert_true(next(q) || next(q));
		assert_int_equal(number_of(q->visitor), got);
		assert_true(q->visitor->client.out.len <= OUT_HIGH + BYTES + 100);
	}
	visitor_gets_no_more(q->visitor);
}

static void who_is_ending_gets_nothing_more(void **state)
{
	struct line *q = *state;
	q->visitor->client.is_ending = true;
	give(q, 0, "a");
	give(q, 1, "b");
	assert_string_equal(taken(q), "");
	assert_int_equal(queue_waiting(&q->session->queue), 2);
}

static void what_is_too_large_is_left_out(void **state)
{
	struct line *q = *state;
	char large[200];
	uint64_t before = metric_get(live_too_large);
	memset(large, 'x', sizeof large);
	large[sizeof large - 1] = '\0';
	q->visitor->client.packet_max = 120;
	q->visitor->client.window = 1;
	give(q, 0, large);
	give(q, 1, large);
	give(q, 1, large);
	give(q, 1, "a"); /* the window is still open */
	give(q, 1, large);
	give(q, 0, "b");
	assert_string_equal(taken(q), "3=a");
	assert_true(acknowledge(q, 3));
	assert_string_equal(taken(q), "0=b");
	assert_int_equal(metric_get(live_too_large) - before, 4);
	assert_int_equal(q->session->queue.count, 0);
}

static void a_packet_may_be_as_large_as_the_client_takes(void **state)
{
	struct line *q = *state;
	give(q, 1, "12345");
	assert_int_not_equal(q->visitor->client.out.len, 0);
	q->visitor->client.packet_max = (uint32_t)q->visitor->client.out.len;
	give(q, 1, "67890");
	q->visitor->client.packet_max--;
	give(q, 1, "abcde"); /* without the two properties that are ours it fits */
	q->visitor->client.packet_max = 13;
	give(q, 1, "fghij");
	q->visitor->client.packet_max--;
	give(q, 1, "klmno");
	assert_string_equal(taken(q), "1=12345 2=67890 3=abcde 4=fghij");
}

/* ---- expiry ---- */

static uint32_t left_of(const struct visitor *v)
{
	const struct mqtt_properties *p = &v->caller.publish.properties;
	return mqtt_has(p, MQTT_PROPERTY_MESSAGE_EXPIRY) ? p->number[MQTT_PROPERTY_MESSAGE_EXPIRY]
							 : 0;
}

static void what_expires_is_not_sent(void **state)
{
	struct line *q = *state;
	int64_t start_us = now_us;
	q->visitor->client.window = 1;
	give_until(q, "a", 1, start_us + 5000000);
	assert_true(next(q));
	assert_int_equal(left_of(q->visitor), 5);
	give_until(q, "b", 1, start_us + 2000000);
	give_until(q, "c", 0, start_us + 2000000);
	give_until(q, "d", 1, start_us + 9000000);
	give_until(q, "e", 0, start_us + 2000001);
	now_us = start_us + 2000000;
	assert_true(acknowledge(q, 1));
	visitor_gets(q->visitor, "d"); /* b took an identifier, but no place in the window */
	assert_int_equal(q->visitor->caller.publish.id, 4);
	assert_int_equal(left_of(q->visitor), 7);
	visitor_gets(q->visitor, "e");
	assert_int_equal(left_of(q->visitor), 1);
	visitor_gets_no_more(q->visitor);
	give_until(q, "f", 0, now_us);
	assert_string_equal(taken(q), "");
	away(q);
	now_us += 6000000;
	give_until(q, "g", 1, now_us + 1);
	back(q, MQTT_311, 1);
	assert_string_equal(taken(q), "4+=d");
	away(q);
	now_us += 1000000;
	back(q, MQTT_5, 1);
	assert_string_equal(taken(q), "");
	assert_int_equal(q->session->queue.count, 0);
}

/* ---- too much ---- */

static size_t fill(struct line *q, size_t bytes)
{
	char payload[1000];
	size_t count = 0;
	memset(payload, 'x', sizeof payload);
	payload[sizeof payload - 1] = '\0';
	while (!q->session->is_lost && q->session->queue.bytes < bytes) {
		give(q, 1, payload);
		count++;
	}
	return count;
}

static void a_session_that_is_full_is_lost(void **state)
{
	struct line *q = *state;
	uint64_t before = metric_get(live_overflows);
	q->live->options.queue_bytes = 100000;
	q->session->expiry_s = 0;
	away(q);
	q->session = visitor_session(q->live, &(struct token){.id = 5}, "d");
	size_t count = fill(q, SIZE_MAX);
	assert_in_range(count, 80, 100);
	assert_true(q->session->is_lost);
	assert_int_equal(q->session->queue.count, 0);
	assert_int_equal(q->session->queue.bytes, 0);
	assert_int_equal(q->live->entry_bytes, 0);
	assert_int_equal(q->live->publication_bytes, 0);
	give(q, 1, "more");
	assert_int_equal(q->session->queue.count, 0);
	assert_int_equal(metric_get(live_overflows) - before, 1);
	sessions_end_lost(q->live);
	assert_int_equal(q->live->session_count, 0);
	q->session = NULL;
}

/* Its client is told so, and its session is gone whether it would have outlived it or not. */
static void the_client_of_a_lost_session_is_told(void **state)
{
	struct line *q = *state;
	q->live->options.queue_bytes = 50000;
	for (uint32_t expiry_s = 0; expiry_s < 2; expiry_s++) {
		q->session->expiry_s = expiry_s;
		q->visitor->client.window = 1;
		fill(q, SIZE_MAX);
		assert_true(q->session->is_lost);
		sessions_end_lost(q->live);
		assert_null(q->visitor->client.session);
		assert_int_equal(q->live->session_count, 0);
		assert_true(visitor_next(q->visitor));
		assert_int_equal(q->visitor->caller.type, MQTT_PUBLISH);
		assert_true(visitor_next(q->visitor));
		assert_int_equal(q->visitor->caller.type, MQTT_DISCONNECT);
		assert_int_equal(q->visitor->caller.ack.reason, MQTT_QUOTA);
		assert_true(q->visitor->client.is_ending);
		away(q);
		q->session = visitor_session(q->live, &(struct token){.id = 5}, "d");
		back(q, MQTT_5, WINDOW_MAX);
	}
}

/* Of all, the one that wants more is lost, however little waits for it. */
static void all_queues_together_have_a_limit(void **state)
{
	struct line *q = *state;
	struct session *first = q->session;
	q->live->options.queues_bytes = 200000;
	away(q);
	fill(q, 50000);
	q->session = visitor_session(q->live, &(struct token){.id = 5}, "d");
	size_t count = fill(q, SIZE_MAX);
	assert_in_range(count, 120, 150);
	assert_true(q->session->is_lost); /* who has most waiting pays */
	assert_false(first->is_lost);
	sessions_end_lost(q->live);
	q->session = first;
	assert_true(q->live->entry_bytes + q->live->publication_bytes < 60000);
	give(q, 1, "there is room again");
	assert_false(first->is_lost);
}

static void bytes_are_counted_as_they_come_and_go(void **state)
{
	struct line *q = *state;
	const uint32_t ids[] = {1, 2, 3};
	struct draft draft = {.topic = str_of("t"), .payload = str_of("p"), .qos = 1};
	q->visitor->client.window = 1;
	for (size_t i = 0; i < 40; i++) {
		struct publication *p = publication_new(q->live, &draft);
		session_deliver(q->live, q->session, p, 1, false, ids, i % 4);
		publication_release(q->live, p);
	}
	assert_true(q->session->queue.bytes > q->live->entry_bytes + q->live->publication_bytes);
	for (uint16_t i = 1; i <= 40; i++)
		assert_true(next(q) && acknowledge(q, i));
	assert_int_equal(q->session->queue.bytes, 0);
	assert_int_equal(q->live->entry_bytes, 0);
	assert_int_equal(q->live->publication_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_does_not_fit_into_the_buffer_waits),
		TEST(who_is_ending_gets_nothing_more),
		TEST(what_is_too_large_is_left_out),
		TEST(a_packet_may_be_as_large_as_the_client_takes),
		TEST(what_expires_is_not_sent),
		TEST(a_session_that_is_full_is_lost),
		TEST(the_client_of_a_lost_session_is_told),
		TEST(all_queues_together_have_a_limit),
		TEST(bytes_are_counted_as_they_come_and_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
