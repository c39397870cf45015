/* Clients of a running live door that misbehave: they end, alone, and leave nothing behind. */
#include "town.h"

#include "core/metrics.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TALKERS = 3 };

/* Each ends in another stage, with a reset or without; then the door is as it was. */
static void many_go_without_a_word(void **state)
{
	enum { MANY = 160 };
	struct town *t = *state;
	struct caller c, last;
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};
	town_opens(t);
	for (unsigned i = 0; i < MANY; i++) {
		caller_init(&c, i % 2 ? MQTT_5 : MQTT_311);
		assert_true(caller_call(&c, t->port));
		caller_greet(&c,
			&(struct greeting){.key = TOWN_KEY, .client_id = "c", .will = "city/w"});
		if (i % 5 == 0)
			c.out.len /= 2;
		if (i % 5 > 1)
			caller_subscribe(&c, "#", 1);
		if (i % 5 > 2)
			caller_publish(&c, "city/x", str_of("x"), 1, true);
		assert_true(caller_send(&c));
		if (i % 5 == 4 && i % 3)
			(void)!caller_read(&c);
		if (i % 3)
			setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
		caller_clear(&c);
	}
	caller_init(&last, MQTT_5);
	assert_true(caller_enter(
		&last, t->port, &(struct greeting){.key = TOWN_KEY, .client_id = "last"}));
	for (int tries = 0; metric_get(live_clients) > 1; tries++) {
		assert_in_range(tries, 0, 5000);
		usleep(1000);
	}
	struct live_session all[2];
	assert_int_equal(t->view->sessions(t->view->context, 0, all, 2), 1);
	caller_leave(&last);
	assert_true(caller_send(&last));
	assert_false(caller_read(&last));
	caller_clear(&last);
}

/* Bytes by chance, with a greeting before or without. */
static void *talk_nonsense(void *context)
{
	struct town *t = context;
	uint32_t dice = 1 + (uint32_t)atomic_fetch_add(&t->passed, 1);
	for (int i = 0; i < 40; i++) {
		struct caller c;
		char bytes[300];
		caller_init(&c, MQTT_5);
		for (size_t k = 0; k < sizeof bytes; k++) {
			dice = dice * 1664525 + 1013904223;
			bytes[k] = (char)(dice >> 24 & (k % 3 ? 0x13 : 0xff));
		}
		assert_true(caller_call(&c, t->port));
		if (i % 4)
			caller_greet(&c, &(struct greeting){.key = TOWN_KEY, .client_id = ""});
		if (i % 4 > 1)
			caller_subscribe(&c, "#", 1);
		assert_true(buf_add(&c.out, bytes, sizeof bytes - (size_t)i));
		if (caller_send(&c))
			shutdown(c.fd, SHUT_WR);
		while (caller_read(&c))
			;
		caller_clear(&c);
	}
	return NULL;
}

static void nonsense_ends_who_says_it(void **state)
{
	struct town *t = *state;
	pthread_t threads[TALKERS];
	struct caller c;
	town_opens(t);
	caller_init(&c, MQTT_311);
	assert_true(caller_enter(
		&c, t->port, &(struct greeting){.key = TOWN_KEY, .client_id = "sober"}));
	for (size_t i = 0; i < TALKERS; i++)
		pthread_create(&threads[i], NULL, talk_nonsense, t);
	for (size_t i = 0; i < TALKERS; i++)
		pthread_join(threads[i], NULL);
	caller_ping(&c);
	assert_true(caller_send(&c));
	caller_expect(&c, MQTT_PINGRESP);
	caller_clear(&c);
}

/* It is ended, whatever waits for it is bounded, and who reads gets all. */
static void who_never_reads_ends_alone(void **state)
{
	enum { MANY = 900, BYTES = 20000 };
	struct town *t = *state;
	static char payload[BYTES];
	struct caller deaf, keen;
	struct error e;
	uint64_t before = metric_get(live_overflows);
	memset(payload, 'x', sizeof payload);
	town_opens(t);
	caller_init(&deaf, MQTT_311);
	caller_init(&keen, MQTT_5);
	assert_true(caller_enter(
		&deaf, t->port, &(struct greeting){.key = TOWN_KEY, .client_id = "deaf"}));
	assert_true(caller_enter(
		&keen, t->port, &(struct greeting){.key = TOWN_KEY, .client_id = "keen"}));
	caller_subscribe(&deaf, "city/#", 1);
	assert_true(caller_send(&deaf));
	caller_expect(&deaf, MQTT_SUBACK);
	caller_subscribe(&keen, "city/#", 0);
	assert_true(caller_send(&keen));
	caller_expect(&keen, MQTT_SUBACK);
	for (int i = 0; i < MANY; i++) {
		assert_true(t->view->publish(t->view->context, str_of("city/x"),
			(struct str){payload, sizeof payload}, false, &e));
		caller_expect(&keen, MQTT_PUBLISH);
	}
	assert_int_equal(metric_get(live_overflows) - before, 1);
	struct live_session all[2];
	assert_int_equal(t->view->sessions(t->view->context, 0, all, 2), 1);
	assert_string_equal(all[0].client_id, "keen");
	caller_clear(&deaf);
	caller_clear(&keen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(many_go_without_a_word),
		TEST(nonsense_ends_who_says_it),
		TEST(who_never_reads_ends_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
