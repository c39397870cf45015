/* What waits for a session: in which order it is written, under which identifiers, and what becomes of it. */
#include "visitor.h"

#include "core/metrics.h"
#include "live/client.h"
#include "live/publish.h"
#include "live/queue.h"
#include "live/session.h"

enum { IDS = 65535, QUEUE_BYTES = 40000000 };

/* This file stands in for base/clock.c. */
static int64_t now_us;

int64_t clock_now_us(void)
{
	return now_us;
}

int64_t clock_monotonic_us(void)
{
	return now_us;
}

struct fixture {
	struct live *live;
	struct session *session;
	struct visitor *visitor;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct token token;
	now_us = INT64_C(1700000000000000);
	token_init(&token);
	f->live = live_new(&(struct live_options){.queue_bytes = QUEUE_BYTES});
	f->session = visitor_session(f->live, &token, "c");
	f->visitor = visitor_come(f->live, f->session, MQTT_5);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	if (f->visitor)
		visitor_go(f->visitor);
	if (f->session)
		session_end(f->live, f->session);
	assert_int_equal(f->live->entry_bytes, 0);
	assert_int_equal(f->live->publication_bytes, 0);
	assert_int_equal(f->live->session_count, 0);
	assert_null(f->live->holders);
	live_free(f->live);
	free(f);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* ---- giving and taking ---- */

static void give_until(struct fixture *f, const char *payload, uint8_t qos, int64_t expires_us)
{
	struct draft draft = {.topic = str_of("t"),
		.payload = str_of(payload),
		.time_us = now_us,
		.qos = qos,
		.expires_us = expires_us};
	struct publication *p = publication_new(f->live, &draft);
	session_deliver(f->live, f->session, p, qos, false, NULL, 0);
	publication_release(f->live, p);
}

static void give(struct fixture *f, uint8_t qos, const char *payload)
{
	give_until(f, payload, qos, 0);
}

static void give_number(struct fixture *f, uint8_t qos, unsigned number)
{
	char text[16];
	snprintf(text, sizeof text, "%u", number);
	give(f, qos, text);
}

static bool acknowledge(struct fixture *f, uint16_t id)
{
	bool was_there = session_acknowledge(f->live, f->session, id);
	session_pump(f->live, f->session);
	return was_there;
}

/* The client took what it got: there is room in its buffer. */
static bool next(struct fixture *f)
{
	bool found = visitor_next(f->visitor);
	session_pump(f->live, f->session);
	return found;
}

static unsigned number_of(const struct visitor *v)
{
	uint64_t number;
	struct str text = v->caller.publish.payload;
	assert_true(str_to_u64(str_from(text, text.len > 9 ? text.len - 9 : 0), &number));
	return (unsigned)number;
}

/* All that is written now, as "1=a 2=b": identifier and payload, with + what is duplicate; QoS 0 is 0. */
static const char *taken(struct fixture *f)
{
	static char text[4096];
	size_t len = 0;
	text[0] = '\0';
	while (next(f)) {
		const struct mqtt_publish *p = &f->visitor->caller.publish;
		assert_int_equal(f->visitor->caller.type, MQTT_PUBLISH);
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%u%s=%.*s",
			len ? " " : "", p->id, p->duplicate ? "+" : "", STR_PRINT(p->payload));
	}
	return text;
}

static void away(struct fixture *f)
{
	visitor_go(f->visitor);
	f->visitor = NULL;
}

static void back(struct fixture *f, int version, uint16_t window)
{
	f->visitor = visitor_come(f->live, f->session, version);
	f->visitor->client.window = window;
	session_pump(f->live, f->session);
}

/* ---- order, window, identifiers ---- */

static void messages_come_in_order(void **state)
{
	struct fixture *f = *state;
	give(f, 0, "a");
	give(f, 1, "b");
	give(f, 0, "c");
	give(f, 1, "d");
	assert_string_equal(taken(f), "0=a 1=b 0=c 2=d");
	assert_true(acknowledge(f, 1));
	assert_true(acknowledge(f, 2));
	assert_int_equal(f->session->queue.count, 0);
	assert_null(f->session->queue.entries);
}

static void a_message_has_its_properties(void **state)
{
	struct fixture *f = *state;
	const uint32_t ids[] = {7, 300};
	struct draft draft = {.topic = str_of("a/b"),
		.payload = str_of("x"),
		.time_us = INT64_C(1700000000250000),
		.qos = 1};
	struct publication *p = publication_new(f->live, &draft);
	f->visitor->client.window = 1;
	for (size_t i = 0; i < 3; i++) /* the last two wait */
		session_deliver(f->live, f->session, p, 1, i == 1, ids, i);
	assert_int_equal(p->references, 4);
	publication_release(f->live, p);
	static const char users[] = "\x26\0\x09timestamp\0\x0d"
				    "1700000000.25\x26\0\x03"
				    "cid\0\x01"
				    "1\x0b\x07\x0b\xac\x02";
	static const size_t lengths[] = {sizeof users - 6, sizeof users - 4, sizeof users - 1};
	for (size_t i = 0; i < 3; i++) {
		const struct mqtt_publish *got = &f->visitor->caller.publish;
		assert_true(next(f));
		assert_str(got->topic, "a/b");
		assert_int_equal(got->retain, i == 1);
		assert_int_equal(got->properties.raw.len, lengths[i]);
		assert_memory_equal(got->properties.raw.at, users, lengths[i]);
		assert_true(acknowledge(f, got->id));
	}
}

static void the_window_is_kept(void **state)
{
	struct fixture *f = *state;
	f->visitor->client.window = 2;
	give(f, 1, "a");
	give(f, 0, "b");
	give(f, 1, "c");
	give(f, 0, "d"); /* nothing waits before it */
	give(f, 1, "e");
	give(f, 0, "f"); /* waits behind e */
	give(f, 1, "g");
	assert_string_equal(taken(f), "1=a 0=b 2=c 0=d");
	assert_int_equal(queue_waiting(&f->session->queue), 3);
	assert_true(acknowledge(f, 2));
	assert_string_equal(taken(f), "3=e 0=f");
	assert_true(acknowledge(f, 3));
	assert_string_equal(taken(f), "5=g");
	assert_true(acknowledge(f, 1));
	assert_true(acknowledge(f, 5));
	assert_int_equal(f->session->queue.count, 0);
}

static void acknowledgements_come_in_any_order(void **state)
{
	struct fixture *f = *state;
	for (unsigned i = 1; i <= 5; i++)
		give_number(f, 1, i);
	assert_string_equal(taken(f), "1=1 2=2 3=3 4=4 5=5");
	size_t one = f->live->entry_bytes / 5;
	assert_true(acknowledge(f, 3));
	assert_true(acknowledge(f, 4));
	assert_int_equal(f->session->queue.count, 5);
	assert_int_equal(f->session->queue.unacknowledged, 3);
	assert_true(acknowledge(f, 1));
	assert_int_equal(f->live->entry_bytes, 4 * one);
	assert_true(acknowledge(f, 2)); /* and the hole behind it */
	assert_int_equal(f->live->entry_bytes, one);
	give(f, 1, "6");
	assert_string_equal(taken(f), "6=6");
	assert_true(acknowledge(f, 6));
	assert_true(acknowledge(f, 5));
}

static void what_is_not_under_way_is_not_acknowledged(void **state)
{
	struct fixture *f = *state;
	f->visitor->client.window = 2;
	give(f, 1, "a");
	give(f, 1, "b");
	give(f, 0, "c");
	give(f, 1, "d");
	assert_string_equal(taken(f), "1=a 2=b 0=c");
	assert_false(acknowledge(f, 0));
	assert_false(acknowledge(f, 3)); /* is written, but not so */
	assert_false(acknowledge(f, 4)); /* waits */
	assert_false(acknowledge(f, IDS));
	assert_true(acknowledge(f, 2));
	assert_false(acknowledge(f, 2));
	assert_string_equal(taken(f), "3=d");
	assert_true(acknowledge(f, 3));
	assert_true(acknowledge(f, 1));
	assert_false(acknowledge(f, 1));
	assert_int_equal(f->session->queue.unacknowledged, 0);
}

static void identifiers_begin_again(void **state)
{
	enum { LOT = 700, LOTS = 20, FIRST = IDS - 7300 };
	struct fixture *f = *state;
	uint16_t expected = FIRST + 1;
	f->session->queue.first_id = FIRST;
	for (unsigned lot = 0, number = 0; lot < LOTS; lot++) {
		for (unsigned i = 0; i < LOT; i++)
			give_number(f, 1, number + i);
		for (unsigned i = 0; i < LOT; i++, number++) {
			assert_true(next(f));
			assert_int_equal(f->visitor->caller.publish.id, expected);
			assert_int_equal(number_of(f->visitor), number);
			expected = expected == IDS ? 1 : (uint16_t)(expected + 1);
		}
		for (unsigned i = LOT; i > 0; i--) { /* backwards, over the end as well */
			unsigned id = (expected + (IDS - 1u) - i) % IDS + 1;
			assert_true(acknowledge(f, (uint16_t)id));
		}
		assert_int_equal(f->session->queue.count, 0);
	}
}

/* One message is not acknowledged, for so long that others would get its identifier. */
static void no_identifier_is_given_twice(void **state)
{
	enum { MANY = 68000 };
	struct fixture *f = *state;
	bool is_used[IDS + 1] = {false};
	unsigned got = 0;
	give(f, 1, "0");
	f->visitor->client.is_ending = true; /* as if it took nothing: all of them wait */
	for (unsigned i = 1; i <= MANY; i++)
		give_number(f, i % 2, i);
	f->visitor->client.is_ending = false;
	while (next(f) || next(f)) { /* the second: its buffer was full */
		const struct mqtt_publish *p = &f->visitor->caller.publish;
		assert_int_equal(number_of(f->visitor), got);
		if (p->qos) {
			assert_false(is_used[p->id]);
			is_used[p->id] = true;
		}
		if (got && p->qos) {
			assert_true(acknowledge(f, p->id));
			is_used[p->id] = false;
		}
		got++;
	}
	assert_in_range(got, 50000, IDS);
	assert_true(acknowledge(f, 1));
	is_used[1] = false;
	for (; got <= MANY; got++) {
		assert_true(next(f) || next(f));
		assert_int_equal(number_of(f->visitor), got);
		if (f->visitor->caller.publish.qos)
			assert_true(acknowledge(f, f->visitor->caller.publish.id));
	}
	assert_int_equal(f->session->queue.count, 0);
}

/* ---- coming back ---- */

static void what_was_not_acknowledged_is_sent_again(void **state)
{
	struct fixture *f = *state;
	f->visitor->client.window = 4;
	for (unsigned i = 1; i <= 6; i++)
		give_number(f, 1, i);
	give(f, 0, "7");
	assert_string_equal(taken(f), "1=1 2=2 3=3 4=4");
	assert_true(acknowledge(f, 2));
	assert_string_equal(taken(f), "5=5");
	away(f);
	give(f, 0, "8"); /* for nobody */
	give(f, 1, "9");
	back(f, MQTT_311, 2);
	assert_false(acknowledge(f, 4)); /* not again yet */
	assert_string_equal(taken(f), "1+=1 3+=3");
	assert_true(acknowledge(f, 3));
	assert_string_equal(taken(f), "4+=4");
	away(f); /* and once more */
	back(f, MQTT_5, WINDOW_MAX);
	assert_string_equal(taken(f), "1+=1 4+=4 5+=5 6=6 0=7 8=9");
	static const uint16_t left[] = {8, 5, 1, 6, 4};
	for (size_t i = 0; i < 5; i++)
		assert_true(acknowledge(f, left[i]));
	give(f, 1, "10");
	assert_string_equal(taken(f), "9=10");
}

/* What was written into the buffer of a client that never read it is the same to us as what was lost. */
static void identifiers_go_on_over_the_end(void **state)
{
	struct fixture *f = *state;
	f->session->queue.first_id = IDS - 3; /* where the first three were left */
	for (unsigned i = 1; i <= 5; i++)
		give_number(f, 1, i);
	assert_string_equal(taken(f), "65533=1 65534=2 65535=3 1=4 2=5");
	assert_true(acknowledge(f, IDS));
	assert_true(acknowledge(f, 1));
	away(f);
	back(f, MQTT_5, WINDOW_MAX);
	assert_string_equal(taken(f), "65533+=1 65534+=2 2+=5");
	assert_true(acknowledge(f, 65533));
	assert_true(acknowledge(f, 65534));
	assert_int_equal(f->session->queue.count, 1);
	give(f, 1, "6");
	assert_string_equal(taken(f), "3=6");
}

static void who_is_away_gets_no_qos_0(void **state)
{
	struct fixture *f = *state;
	away(f);
	give(f, 0, "a");
	give(f, 1, "b");
	assert_int_equal(f->session->queue.count, 1);
	back(f, MQTT_5, 1);
	assert_string_equal(taken(f), "1=b");
}

/* ---- full buffers ---- */

static void what_does_not_fit_into_the_buffer_waits(void **state)
{
	enum { MANY = 1000, BYTES = 1000 };
	struct fixture *f = *state;
	char payload[BYTES];
	size_t got = 0, most = 0;
	for (size_t i = 0; i < MANY; i++) {
		snprintf(payload, sizeof payload, "%0*zu", BYTES - 1, i);
		give(f, 0, payload);
		if (most < f->visitor->client.out.len)
			most = f->visitor->client.out.len;
	}
	assert_in_range(most, OUT_HIGH, OUT_HIGH + BYTES + 100);
	assert_true(queue_waiting(&f->session->queue) > MANY / 2);
	for (; got < MANY; got++) {
		assert_true(next(f) || next(f));
		assert_int_equal(number_of(f->visitor), got);
		assert_true(f->visitor->client.out.len <= OUT_HIGH + BYTES + 100);
	}
	visitor_gets_no_more(f->visitor);
}

static void who_is_ending_gets_nothing_more(void **state)
{
	struct fixture *f = *state;
	f->visitor->client.is_ending = true;
	give(f, 0, "a");
	give(f, 1, "b");
	assert_string_equal(taken(f), "");
	assert_int_equal(queue_waiting(&f->session->queue), 2);
}

static void what_is_too_large_is_left_out(void **state)
{
	struct fixture *f = *state;
	char large[200];
	uint64_t before = metric_get(live_too_large);
	memset(large, 'x', sizeof large);
	large[sizeof large - 1] = '\0';
	f->visitor->client.packet_max = 120;
	f->visitor->client.window = 1;
	give(f, 0, large);
	give(f, 1, large);
	give(f, 1, large);
	give(f, 1, "a"); /* the window is still open */
	give(f, 1, large);
	give(f, 0, "b");
	assert_string_equal(taken(f), "3=a");
	assert_true(acknowledge(f, 3));
	assert_string_equal(taken(f), "0=b");
	assert_int_equal(metric_get(live_too_large) - before, 4);
	assert_int_equal(f->session->queue.count, 0);
}

static void a_packet_may_be_as_large_as_the_client_takes(void **state)
{
	struct fixture *f = *state;
	give(f, 1, "12345");
	assert_int_not_equal(f->visitor->client.out.len, 0);
	f->visitor->client.packet_max = (uint32_t)f->visitor->client.out.len;
	give(f, 1, "67890");
	f->visitor->client.packet_max--;
	give(f, 1, "abcde");
	assert_string_equal(taken(f), "1=12345 2=67890");
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
	struct fixture *f = *state;
	int64_t start_us = now_us;
	f->visitor->client.window = 1;
	give_until(f, "a", 1, start_us + 5000000);
	assert_true(next(f));
	assert_int_equal(left_of(f->visitor), 5);
	give_until(f, "b", 1, start_us + 2000000);
	give_until(f, "c", 0, start_us + 2000000);
	give_until(f, "d", 1, start_us + 9000000);
	give_until(f, "e", 0, start_us + 2000001);
	now_us = start_us + 2000000;
	assert_true(acknowledge(f, 1));
	visitor_gets(f->visitor, "d"); /* b took an identifier, but no place in the window */
	assert_int_equal(f->visitor->caller.publish.id, 4);
	assert_int_equal(left_of(f->visitor), 7);
	visitor_gets(f->visitor, "e");
	assert_int_equal(left_of(f->visitor), 1);
	visitor_gets_no_more(f->visitor);
	give_until(f, "f", 0, now_us);
	assert_string_equal(taken(f), "");
	away(f);
	now_us += 6000000;
	give_until(f, "g", 1, now_us + 1);
	back(f, MQTT_311, 1);
	assert_string_equal(taken(f), "4+=d");
	away(f);
	now_us += 1000000;
	back(f, MQTT_5, 1);
	assert_string_equal(taken(f), "");
	assert_int_equal(f->session->queue.count, 0);
}

/* ---- too much ---- */

static size_t fill(struct fixture *f, size_t bytes)
{
	char payload[1000];
	size_t count = 0;
	memset(payload, 'x', sizeof payload);
	payload[sizeof payload - 1] = '\0';
	while (!f->session->is_lost && f->session->queue.bytes < bytes) {
		give(f, 1, payload);
		count++;
	}
	return count;
}

static void a_session_that_is_full_is_lost(void **state)
{
	struct fixture *f = *state;
	uint64_t before = metric_get(live_overflows);
	f->live->options.queue_bytes = 100000;
	f->session->expiry_s = 0;
	away(f);
	f->session = visitor_session(f->live, &(struct token){.id = 5}, "d");
	size_t count = fill(f, SIZE_MAX);
	assert_in_range(count, 80, 100);
	assert_true(f->session->is_lost);
	assert_int_equal(f->session->queue.count, 0);
	assert_int_equal(f->session->queue.bytes, 0);
	assert_int_equal(f->live->entry_bytes, 0);
	assert_int_equal(f->live->publication_bytes, 0);
	give(f, 1, "more");
	assert_int_equal(f->session->queue.count, 0);
	assert_int_equal(metric_get(live_overflows) - before, 1);
	sessions_end_lost(f->live);
	assert_int_equal(f->live->session_count, 0);
	f->session = NULL;
}

/* Its client is told so, and its session is gone whether it would have outlived it or not. */
static void the_client_of_a_lost_session_is_told(void **state)
{
	struct fixture *f = *state;
	f->live->options.queue_bytes = 50000;
	for (uint32_t expiry_s = 0; expiry_s < 2; expiry_s++) {
		f->session->expiry_s = expiry_s;
		f->visitor->client.window = 1;
		fill(f, SIZE_MAX);
		assert_true(f->session->is_lost);
		sessions_end_lost(f->live);
		assert_null(f->visitor->client.session);
		assert_int_equal(f->live->session_count, 0);
		assert_true(visitor_next(f->visitor));
		assert_int_equal(f->visitor->caller.type, MQTT_PUBLISH);
		assert_true(visitor_next(f->visitor));
		assert_int_equal(f->visitor->caller.type, MQTT_DISCONNECT);
		assert_int_equal(f->visitor->caller.ack.reason, MQTT_QUOTA);
		assert_true(f->visitor->client.is_ending);
		away(f);
		f->session = visitor_session(f->live, &(struct token){.id = 5}, "d");
		back(f, MQTT_5, WINDOW_MAX);
	}
}

/* The first counts nothing twice, though both hold the same publications. */
static void all_queues_together_have_a_limit(void **state)
{
	struct fixture *f = *state;
	struct session *first = f->session;
	f->live->options.queues_bytes = 200000;
	away(f);
	fill(f, 100000);
	f->session = visitor_session(f->live, &(struct token){.id = 5}, "d");
	size_t count = fill(f, SIZE_MAX);
	assert_in_range(count, 80, 100);
	assert_true(f->session->is_lost);
	assert_false(first->is_lost);
	sessions_end_lost(f->live);
	f->session = first;
	assert_true(f->live->entry_bytes + f->live->publication_bytes < 110000);
	give(f, 1, "there is room again");
	assert_false(first->is_lost);
}

static void bytes_are_counted_as_they_come_and_go(void **state)
{
	struct fixture *f = *state;
	const uint32_t ids[] = {1, 2, 3};
	struct draft draft = {.topic = str_of("t"), .payload = str_of("p"), .qos = 1};
	f->visitor->client.window = 1;
	for (size_t i = 0; i < 40; i++) {
		struct publication *p = publication_new(f->live, &draft);
		session_deliver(f->live, f->session, p, 1, false, ids, i % 4);
		publication_release(f->live, p);
	}
	assert_true(f->session->queue.bytes > f->live->entry_bytes + f->live->publication_bytes);
	for (uint16_t i = 1; i <= 40; i++)
		assert_true(next(f) && acknowledge(f, i));
	assert_int_equal(f->session->queue.bytes, 0);
	assert_int_equal(f->live->entry_bytes, 0);
	assert_int_equal(f->live->publication_bytes, 0);
}

/* ---- all of it together ---- */

enum { FLIGHT_MAX = 64 };

/* What the client has got and not acknowledged, in the order of the first time. */
struct flight {
	struct {
		uint16_t id;
		unsigned number;
	} at[FLIGHT_MAX];
	size_t count;
	unsigned expected; /* the number that is new next */
};

static void land(struct flight *flight, size_t i)
{
	flight->count--;
	memmove(&flight->at[i], &flight->at[i + 1], (flight->count - i) * sizeof flight->at[0]);
}

static void take_new(struct fixture *f, struct flight *flight)
{
	while (next(f)) {
		const struct mqtt_publish *p = &f->visitor->caller.publish;
		assert_false(p->duplicate);
		assert_int_equal(number_of(f->visitor), flight->expected);
		flight->expected++;
		if (!p->qos)
			continue;
		for (size_t i = 0; i < flight->count; i++)
			assert_int_not_equal(flight->at[i].id, p->id);
		assert_true(flight->count < f->visitor->client.window);
		flight->at[flight->count].id = p->id;
		flight->at[flight->count++].number = number_of(f->visitor);
	}
}

/* The client gets the same as before, as far as its window goes, and acknowledges all of it. */
static void come_back(struct fixture *f, struct flight *flight, uint16_t window)
{
	away(f);
	back(f, window % 2 ? MQTT_5 : MQTT_311, window);
	while (flight->count) {
		assert_true(next(f));
		assert_true(f->visitor->caller.publish.duplicate);
		assert_int_equal(f->visitor->caller.publish.id, flight->at[0].id);
		assert_int_equal(number_of(f->visitor), flight->at[0].number);
		assert_true(acknowledge(f, flight->at[0].id));
		land(flight, 0);
	}
}

static void whatever_happens_each_message_comes(void **state)
{
	enum { STEPS = 10000 };
	struct fixture *f = *state;
	static struct flight flight;
	unsigned given = 0;
	uint32_t dice = 12345;
	f->visitor->client.window = 20;
	for (int step = 0; step < STEPS; step++) {
		dice = dice * 1664525 + 1013904223;
		unsigned what = dice >> 24, which = dice >> 8 & 0xffff;
		if (what < 120) {
			give_number(f, what % 3 != 0, given++);
		} else if (what < 200) {
			take_new(f, &flight);
		} else if (what < 254 && flight.count) {
			assert_true(acknowledge(f, flight.at[which % flight.count].id));
			land(&flight, which % flight.count);
		} else if (what == 255) {
			take_new(f, &flight);
			come_back(f, &flight, (uint16_t)(1 + which % FLIGHT_MAX));
		}
	}
	take_new(f, &flight);
	while (flight.expected < given) {
		come_back(f, &flight, FLIGHT_MAX);
		take_new(f, &flight);
	}
	come_back(f, &flight, FLIGHT_MAX);
	assert_int_equal(f->session->queue.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(messages_come_in_order),
		TEST(a_message_has_its_properties),
		TEST(the_window_is_kept),
		TEST(acknowledgements_come_in_any_order),
		TEST(what_is_not_under_way_is_not_acknowledged),
		TEST(identifiers_begin_again),
		TEST(no_identifier_is_given_twice),
		TEST(what_was_not_acknowledged_is_sent_again),
		TEST(identifiers_go_on_over_the_end),
		TEST(who_is_away_gets_no_qos_0),
		TEST(what_does_not_fit_into_the_buffer_waits),
		TEST(who_is_ending_gets_nothing_more),
		TEST(what_is_too_large_is_left_out),
		TEST(a_packet_may_be_as_large_as_the_client_takes),
		TEST(what_expires_is_not_sent),
		TEST(a_session_that_is_full_is_lost),
		TEST(the_client_of_a_lost_session_is_told),
		TEST(all_queues_together_have_a_limit),
		TEST(bytes_are_counted_as_they_come_and_go),
		TEST(whatever_happens_each_message_comes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
