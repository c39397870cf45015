/* Nobody keeps the others waiting: whatever one of them has the door do, it does for a slice of time. The clock
 * here goes on by a millisecond whenever somebody looks at it. */
#include "porch.h"

#include "live/client.h"
#include "live/inbox.h"
#include "live/live.h"

enum { STEP_US = 1000, A_FEW = 12, MANY = 300 };

/* This file stands in for base/clock.c. */
static int64_t now_us = INT64_C(1700000000000000);

int64_t clock_now_us(void)
{
	return now_us;
}

int64_t clock_monotonic_us(void)
{
	return now_us += STEP_US;
}

static size_t count_of(struct caller *c, enum mqtt_type type)
{
	size_t count = 0;
	assert_true(caller_fill(c));
	while (caller_take(c))
		count += c->type == type;
	return count;
}

/* Once its first turn is over, the other is answered before a few more of the greedy one's packets are. */
static void who_says_much_lets_others_speak(void **state)
{
	struct porch *p = *state;
	struct caller greedy, modest;
	size_t answers = 0;
	struct client *client = porch_enter(p, &greedy, MQTT_5, "greedy");
	porch_enter(p, &modest, MQTT_5, "modest");
	for (int i = 0; i < MANY; i++)
		caller_ping(&greedy);
	caller_ping(&modest);
	assert_true(caller_send(&greedy) && caller_send(&modest));
	for (int turns = 0; !count_of(&modest, MQTT_PINGRESP); turns++) {
		porch_turn(p);
		answers += count_of(&greedy, MQTT_PINGRESP);
		assert_in_range(turns, 0, 2);
	}
	assert_in_range(answers, 0, 2 * A_FEW);
	assert_true(client->is_eager);
	/* it stays in turn, and all is answered */
	for (int turns = 0; answers < MANY; turns++) {
		porch_turn(p);
		answers += count_of(&greedy, MQTT_PINGRESP);
		assert_in_range(turns, 0, MANY);
	}
	assert_int_equal(answers, MANY);
	porch_turn(p);
	assert_false(client->is_eager);
	caller_clear(&greedy);
	caller_clear(&modest);
}

/* One that is ended, or goes, while packets of it wait. */
static void who_goes_is_not_waited_for(void **state)
{
	struct porch *p = *state;
	for (int how = 0; how < 4; how++) {
		struct caller greedy[3];
		struct client *clients[3];
		for (size_t i = 0; i < 3; i++) {
			char id[20];
			snprintf(id, sizeof id, "greedy %zu", i);
			clients[i] = porch_enter(p, &greedy[i], MQTT_5, id);
			for (int k = 0; k < MANY; k++)
				caller_ping(&greedy[i]);
		}
		for (size_t i = 0; i < 3; i++)
			assert_true(caller_send(&greedy[i]));
		porch_turn(p);
		for (size_t i = 0; i < 3; i++)
			assert_true(clients[i]->is_eager);
		size_t who = (size_t)how % 3;
		if (how == 3)
			caller_clear(&greedy[who]);
		else if (how == 2)
			client_close(clients[who], CLOSE_BY_USER);
		else
			client_end(clients[who], MQTT_ADMINISTRATIVE, CLOSE_BY_USER);
		for (size_t i = 0; i < 3; i++) {
			size_t answers = 0;
			for (int turns = 0; i != who && answers < MANY; turns++) {
				porch_turn(p);
				answers += count_of(&greedy[i], MQTT_PINGRESP);
				assert_in_range(turns, 0, 3 * MANY);
			}
		}
		for (size_t i = 0; i < 3; i++)
			caller_clear(&greedy[i]);
		while (p->live->clients)
			porch_turn(p);
		assert_null(p->live->eager);
		assert_ptr_equal(p->live->eager_end, &p->live->eager);
	}
}

static void commit(struct porch *p, size_t count)
{
	struct record *records = calloc(count, sizeof *records);
	char(*bodies)[MESSAGE_PACK_MAX] = calloc(count, sizeof *bodies);
	struct error e;
	for (size_t i = 0; i < count; i++) {
		struct message m;
		const struct origin origin = {.ident = 11, .channel = 1};
		message_clear(&m);
		message_number(&m, PARAM_SERVER_TIMESTAMP, 1000000);
		record_make(&records[i], &m, &origin, bodies[i]);
	}
	assert_true(store_append(p->store, records, count, &e));
	live_committed(p->live, records, count);
	free(records);
	free(bodies);
}

/* Messages of trackers, and news, leave room for clients. */
static void what_comes_in_masses_leaves_room(void **state)
{
	struct porch *p = *state;
	struct caller reader, modest;
	const struct event event = {
		.code = EVENT_CONNECTED, .origin_type = ORIGIN_DEVICE, .origin_id = 2};
	porch_enter(p, &reader, MQTT_5, "reader");
	caller_subscribe(&reader, "flespi/message/#", 0);
	porch_expect(p, &reader, MQTT_SUBACK);
	caller_subscribe(&reader, "flespi/log/#", 0);
	porch_expect(p, &reader, MQTT_SUBACK);
	porch_enter(p, &modest, MQTT_5, "modest");
	for (int masses = 0; masses < 2; masses++) {
		size_t got = 0;
		if (masses)
			for (int i = 0; i < MANY; i++)
				inbox_event(p->live, &event, str_of("{}"));
		else
			commit(p, MANY);
		caller_ping(&modest);
		assert_true(caller_send(&modest));
		for (int turns = 0; !count_of(&modest, MQTT_PINGRESP); turns++) {
			porch_turn(p);
			got += count_of(&reader, MQTT_PUBLISH);
			assert_in_range(turns, 0, 2);
		}
		assert_in_range(got, 0, 3 * A_FEW);
		for (int turns = 0; got < MANY; turns++) {
			porch_turn(p);
			got += count_of(&reader, MQTT_PUBLISH);
			assert_in_range(turns, 0, MANY);
		}
		assert_int_equal(got, MANY);
	}
	caller_clear(&reader);
	caller_clear(&modest);
}

static void a_long_walk_leaves_room(void **state)
{
	struct porch *p = *state;
	struct caller walker, modest;
	struct device d;
	struct error e;
	for (uint64_t i = 1; i <= MANY; i++) {
		device_init(&d);
		d.ident = i;
		assert_true(registry_put_device(p->registry, &d, &e));
	}
	struct client *client = porch_enter(p, &walker, MQTT_5, "walker");
	porch_enter(p, &modest, MQTT_5, "modest");
	/* one that finds nothing, and so does not stop because the buffer is full */
	caller_subscribe(&walker, "flespi/state/gw/devices/+/deleted", 0);
	caller_ping(&modest);
	assert_true(caller_send(&walker) && caller_send(&modest));
	for (int turns = 0; !count_of(&modest, MQTT_PINGRESP); turns++) {
		porch_turn(p);
		assert_in_range(turns, 0, 2);
	}
	assert_int_equal(client->session->chore_count, 1);
	for (int turns = 0; !count_of(&walker, MQTT_SUBACK); turns++) {
		porch_turn(p);
		assert_in_range(turns, 0, MANY);
	}
	caller_clear(&walker);
	caller_clear(&modest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_THE_PORCH(who_says_much_lets_others_speak),
		ON_THE_PORCH(who_goes_is_not_waited_for),
		ON_THE_PORCH(what_comes_in_masses_leaves_room),
		ON_THE_PORCH(a_long_walk_leaves_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
