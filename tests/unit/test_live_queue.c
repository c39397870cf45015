/* What waits for a session: in which order it is written, under which identifiers, and what is sent again. */
#include "line.h"

#include "live/publish.h"

/* ---- order, window, identifiers ---- */

static void messages_come_in_order(void **state)
{
	struct line *q = *state;
	give(q, 0, "a");
	give(q, 1, "b");
	give(q, 0, "c");
	give(q, 1, "d");
	assert_string_equal(taken(q), "0=a 1=b 0=c 2=d");
	assert_true(acknowledge(q, 1));
	assert_true(acknowledge(q, 2));
	assert_int_equal(q->session->queue.count, 0);
	assert_null(q->session->queue.entries);
}

static void a_message_has_its_properties(void **state)
{
	struct line *q = *state;
	const uint32_t ids[] = {7, 300};
	struct draft draft = {.topic = str_of("a/b"),
		.payload = str_of("x"),
		.time_us = INT64_C(1700000000250000),
		.qos = 1};
	struct publication *p = publication_new(q->live, &draft);
	q->visitor->client.window = 1;
	for (size_t i = 0; i < 3; i++) /* the last two wait */
		session_deliver(q->live, q->session, p, 1, i == 1, ids, i);
	assert_int_equal(p->references, 4);
	publication_release(q->live, p);
	static const char users[] = "\x26\0\x09timestamp\0\x0d"
				    "1700000000.25\x26\0\x03"
				    "cid\0\x01"
				    "1\x0b\x07\x0b\xac\x02";
	static const size_t lengths[] = {sizeof users - 6, sizeof users - 4, sizeof users - 1};
	for (size_t i = 0; i < 3; i++) {
		const struct mqtt_publish *got = &q->visitor->caller.publish;
		assert_true(next(q));
		assert_str(got->topic, "a/b");
		assert_int_equal(got->retain, i == 1);
		assert_int_equal(got->properties.raw.len, lengths[i]);
		assert_memory_equal(got->properties.raw.at, users, lengths[i]);
		assert_true(acknowledge(q, got->id));
	}
}

static void the_window_is_kept(void **state)
{
	struct line *q = *state;
	q->visitor->client.window = 2;
	give(q, 1, "a");
	give(q, 0, "b");
	give(q, 1, "c");
	give(q, 0, "d"); /* nothing waits before it */
	give(q, 1, "e");
	give(q, 0, "f"); /* waits behind e */
	give(q, 1, "g");
	assert_string_equal(taken(q), "1=a 0=b 2=c 0=d");
	assert_int_equal(queue_waiting(&q->session->queue), 3);
	assert_true(acknowledge(q, 2));
	assert_string_equal(taken(q), "3=e 0=f");
	assert_true(acknowledge(q, 3));
	assert_string_equal(taken(q), "5=g");
	assert_true(acknowledge(q, 1));
	assert_true(acknowledge(q, 5));
	assert_int_equal(q->session->queue.count, 0);
}

static void acknowledgements_come_in_any_order(void **state)
{
	struct line *q = *state;
	for (unsigned i = 1; i <= 5; i++)
		give_number(q, 1, i);
	assert_string_equal(taken(q), "1=1 2=2 3=3 4=4 5=5");
	size_t one = q->live->entry_bytes / 5;
	assert_true(acknowledge(q, 3));
	assert_true(acknowledge(q, 4));
	assert_int_equal(q->session->queue.count, 5);
	assert_int_equal(q->session->queue.unacknowledged, 3);
	assert_true(acknowledge(q, 1));
	assert_int_equal(q->live->entry_bytes, 4 * one);
	assert_true(acknowledge(q, 2)); /* and the hole behind it */
	assert_int_equal(q->live->entry_bytes, one);
	give(q, 1, "6");
	assert_string_equal(taken(q), "6=6");
	assert_true(acknowledge(q, 6));
	assert_true(acknowledge(q, 5));
}

static void what_is_not_under_way_is_not_acknowledged(void **state)
{
	struct line *q = *state;
	q->visitor->client.window = 2;
	give(q, 1, "a");
	give(q, 1, "b");
	give(q, 0, "c");
	give(q, 1, "d");
	assert_string_equal(taken(q), "1=a 2=b 0=c");
	assert_false(acknowledge(q, 0));
	assert_false(acknowledge(q, 3)); /* is written, but not so */
	assert_false(acknowledge(q, 4)); /* waits */
	assert_false(acknowledge(q, IDS));
	assert_true(acknowledge(q, 2));
	assert_false(acknowledge(q, 2));
	assert_string_equal(taken(q), "3=d");
	assert_true(acknowledge(q, 3));
	assert_true(acknowledge(q, 1));
	assert_false(acknowledge(q, 1));
	assert_int_equal(q->session->queue.unacknowledged, 0);
}

static void identifiers_begin_again(void **state)
{
	enum { LOT = 700, LOTS = 20, FIRST = IDS - 7300 };
	struct line *q = *state;
	uint16_t expected = FIRST + 1;
	q->session->queue.first_id = FIRST;
	for (unsigned lot = 0, number = 0; lot < LOTS; lot++) {
		for (unsigned i = 0; i < LOT; i++)
			give_number(q, 1, number + i);
		for (unsigned i = 0; i < LOT; i++, number++) {
			assert_true(next(q));
			assert_int_equal(q->visitor->caller.publish.id, expected);
			assert_int_equal(number_of(q->visitor), number);
			expected = expected == IDS ? 1 : (uint16_t)(expected + 1);
		}
		for (unsigned i = LOT; i > 0; i--) { /* backwards, over the end as well */
			unsigned id = (expected + (IDS - 1u) - i) % IDS + 1;
			assert_true(acknowledge(q, (uint16_t)id));
		}
		assert_int_equal(q->session->queue.count, 0);
	}
}

/* One message is not acknowledged, for so long that others would get its identifier. */
static void no_identifier_is_given_twice(void **state)
{
	enum { MANY = 68000 };
	struct line *q = *state;
	bool is_used[IDS + 1] = {false};
	unsigned got = 0;
	give(q, 1, "0");
	q->visitor->client.is_ending = true; /* as if it took nothing: all of them wait */
	for (unsigned i = 1; i <= MANY; i++)
		give_number(q, i % 2, i);
	q->visitor->client.is_ending = false;
	while (next(q) || next(q)) { /* the second: its buffer was full */
		const struct mqtt_publish *p = &q->visitor->caller.publish;
		assert_int_equal(number_of(q->visitor), got);
		if (p->qos) {
			assert_false(is_used[p->id]);
			is_used[p->id] = true;
		}
		if (got && p->qos) {
			assert_true(acknowledge(q, p->id));
			is_used[p->id] = false;
		}
		got++;
	}
	assert_in_range(got, 50000, IDS);
	assert_true(acknowledge(q, 1));
	is_used[1] = false;
	for (; got <= MANY; got++) {
		assert_true(next(q) || next(q));
		assert_int_equal(number_of(q->visitor), got);
		if (q->visitor->caller.publish.qos)
			assert_true(acknowledge(q, q->visitor->caller.publish.id));
	}
	assert_int_equal(q->session->queue.count, 0);
}

/* ---- coming back ---- */

static void what_was_not_acknowledged_is_sent_again(void **state)
{
	struct line *q = *state;
	q->visitor->client.window = 4;
	for (unsigned i = 1; i <= 6; i++)
		give_number(q, 1, i);
	give(q, 0, "7");
	assert_string_equal(taken(q), "1=1 2=2 3=3 4=4");
	assert_true(acknowledge(q, 2));
	assert_string_equal(taken(q), "5=5");
	away(q);
	give(q, 0, "8"); /* for nobody */
	give(q, 1, "9");
	back(q, MQTT_311, 2);
	assert_false(acknowledge(q, 4)); /* not again yet */
	assert_string_equal(taken(q), "1+=1 3+=3");
	assert_true(acknowledge(q, 3));
	assert_string_equal(taken(q), "4+=4");
	away(q); /* and once more */
	back(q, MQTT_5, WINDOW_MAX);
	assert_string_equal(taken(q), "1+=1 4+=4 5+=5 6=6 0=7 8=9");
	static const uint16_t left[] = {8, 5, 1, 6, 4};
	for (size_t i = 0; i < 5; i++)
		assert_true(acknowledge(q, left[i]));
	give(q, 1, "10");
	assert_string_equal(taken(q), "9=10");
}

/* What was written into the buffer of a client that never read it is the same to us as what was lost. */
static void identifiers_go_on_over_the_end(void **state)
{
	struct line *q = *state;
	q->session->queue.first_id = IDS - 3; /* where the first three were left */
	for (unsigned i = 1; i <= 5; i++)
		give_number(q, 1, i);
	assert_string_equal(taken(q), "65533=1 65534=2 65535=3 1=4 2=5");
	assert_true(acknowledge(q, IDS));
	assert_true(acknowledge(q, 1));
	away(q);
	back(q, MQTT_5, WINDOW_MAX);
	assert_string_equal(taken(q), "65533+=1 65534+=2 2+=5");
	assert_true(acknowledge(q, 65533));
	assert_true(acknowledge(q, 65534));
	assert_int_equal(q->session->queue.count, 1);
	give(q, 1, "6");
	assert_string_equal(taken(q), "3=6");
}

static void who_is_away_gets_no_qos_0(void **state)
{
	struct line *q = *state;
	away(q);
	give(q, 0, "a");
	give(q, 1, "b");
	assert_int_equal(q->session->queue.count, 1);
	back(q, MQTT_5, 1);
	assert_string_equal(taken(q), "1=b");
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

static void take_new(struct line *q, struct flight *flight)
{
	while (next(q)) {
		const struct mqtt_publish *p = &q->visitor->caller.publish;
		assert_false(p->duplicate);
		assert_int_equal(number_of(q->visitor), flight->expected);
		flight->expected++;
		if (!p->qos)
			continue;
		for (size_t i = 0; i < flight->count; i++)
			assert_int_not_equal(flight->at[i].id, p->id);
		assert_true(flight->count < q->visitor->client.window);
		flight->at[flight->count].id = p->id;
		flight->at[flight->count++].number = number_of(q->visitor);
	}
}

/* The client gets the same as before, as far as its window goes, and acknowledges all of it. */
static void come_back(struct line *q, struct flight *flight, uint16_t window)
{
	away(q);
	back(q, window % 2 ? MQTT_5 : MQTT_311, window);
	while (flight->count) {
		assert_true(next(q));
		assert_true(q->visitor->caller.publish.duplicate);
		assert_int_equal(q->visitor->caller.publish.id, flight->at[0].id);
		assert_int_equal(number_of(q->visitor), flight->at[0].number);
		assert_true(acknowledge(q, flight->at[0].id));
		land(flight, 0);
	}
}

static void whatever_happens_each_message_comes(void **state)
{
	enum { STEPS = 10000 };
	struct line *q = *state;
	static struct flight flight;
	unsigned given = 0;
	uint32_t dice = 12345;
	q->visitor->client.window = 20;
	for (int step = 0; step < STEPS; step++) {
		dice = dice * 1664525 + 1013904223;
		unsigned what = dice >> 24, which = dice >> 8 & 0xffff;
		if (what < 120) {
			give_number(q, what % 3 != 0, given++);
		} else if (what < 200) {
			take_new(q, &flight);
		} else if (what < 254 && flight.count) {
			assert_true(acknowledge(q, flight.at[which % flight.count].id));
			land(&flight, which % flight.count);
		} else if (what == 255) {
			take_new(q, &flight);
			come_back(q, &flight, (uint16_t)(1 + which % FLIGHT_MAX));
		}
	}
	take_new(q, &flight);
	while (flight.expected < given) {
		come_back(q, &flight, FLIGHT_MAX);
		take_new(q, &flight);
	}
	come_back(q, &flight, FLIGHT_MAX);
	assert_int_equal(q->session->queue.count, 0);
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
		TEST(whatever_happens_each_message_comes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
