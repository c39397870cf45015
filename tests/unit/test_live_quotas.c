/* What one may have of everything, and that who is at a limit keeps what he has. */
#include "porch.h"
#include "visitor.h"

#include "base/clock.h"
#include "core/metrics.h"
#include "live/inbox.h"
#include "live/live.h"
#include "live/session.h"

#include <sys/socket.h>
#include <unistd.h>

static enum mqtt_reason come(struct porch *p, struct caller *c, const char *client_id)
{
	porch_call(p, c, MQTT_5, 0);
	caller_greet(c, &(struct greeting){.key = PORCH_KEY,
				.client_id = client_id,
				.goes_on = true,
				.expiry_s = 100});
	porch_expect(p, c, MQTT_CONNACK);
	return c->connack.code;
}

static void go(struct porch *p, struct caller *c)
{
	caller_clear(c);
	for (int i = 0; i < 4; i++)
		porch_turn(p);
}

/* Whose session is there comes back to it, also when there are as many as there may be. */
static void a_token_has_so_many_sessions(void **state)
{
	struct porch *p = *state;
	struct caller c;
	struct token token, other;
	struct error e;
	token_init(&token);
	token.access = ACCESS_MASTER;
	for (int i = 0; i < SESSIONS_OF_TOKEN_MAX; i++) {
		char id[20];
		snprintf(id, sizeof id, "c%d", i);
		visitor_session(p->live, &token, id);
	}
	assert_int_equal(come(p, &c, "new"), MQTT_QUOTA);
	go(p, &c);
	assert_int_equal(come(p, &c, ""), MQTT_QUOTA);
	go(p, &c);
	assert_int_equal(come(p, &c, "c7"), MQTT_SUCCESS);
	assert_true(c.connack.session_present);
	go(p, &c);
	/* and others are not concerned */
	token_init(&other);
	other.ttl = 100;
	assert_true(tokens_add(p->tokens, &other, 1, clock_now_us(), &e));
	porch_call(p, &c, MQTT_311, 0);
	caller_greet(&c, &(struct greeting){.key = other.key, .client_id = "new"});
	porch_expect(p, &c, MQTT_CONNACK);
	assert_int_equal(c.connack.code, 0);
	go(p, &c);
	session_end(p->live, session_find(p->live, 0, str_of("c8")));
	assert_int_equal(come(p, &c, "new"), MQTT_SUCCESS);
	go(p, &c);
}

/* ---- subscriptions ---- */

static uint8_t subscribed(struct porch *p, struct caller *c, const char *filter)
{
	caller_subscribe(c, filter, 1);
	while (porch_next(p, c) && c->type == MQTT_PUBLISH)
		;
	assert_int_equal(c->type, MQTT_SUBACK);
	return (uint8_t)c->suback.codes.at[0];
}

/* "a,a,a/b,b,b/c,c,c" with so many names in each of three levels. */
static const char *lists(int count, char seed)
{
	static char text[1000];
	size_t len = 0;
	for (int level = 0; level < 3; level++)
		for (int i = 0; i < count; i++)
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%c%d",
				i       ? ","
				: level ? "/"
					: "",
				seed, i);
	return text;
}

static void lists_count_for_what_they_stand_for(void **state)
{
	struct porch *p = *state;
	struct caller c;
	int taken = 0;
	assert_int_equal(come(p, &c, "c"), MQTT_SUCCESS);
	for (char seed = 'a'; subscribed(p, &c, lists(8, seed)) == 1; seed++)
		taken++;
	assert_in_range(taken, 5, 20); /* of some 2000 each */
	assert_int_equal((uint8_t)c.suback.codes.at[0], MQTT_QUOTA);
	assert_int_equal(subscribed(p, &c, lists(8, 'a')), 1); /* is there already */
	assert_int_equal(subscribed(p, &c, "one/more"), 1);
	caller_unsubscribe(&c, lists(8, 'a'));
	porch_expect(p, &c, MQTT_UNSUBACK);
	assert_int_equal(subscribed(p, &c, lists(8, 'z')), 1);
	go(p, &c);
}

static void a_packet_asks_for_so_much(void **state)
{
	struct porch *p = *state;
	struct caller c;
	static struct mqtt_topic topics[SUBSCRIPTIONS_MAX + 1];
	for (int i = 0; i <= SUBSCRIPTIONS_MAX; i++)
		topics[i].filter = str_of("t");
	assert_int_equal(come(p, &c, "c"), MQTT_SUCCESS);
	assert_true(mqtt_subscribe_write(&c.out, MQTT_5, 1, topics, SUBSCRIPTIONS_MAX, str_of("")));
	porch_expect(p, &c, MQTT_SUBACK);
	assert_int_equal(c.suback.codes.len, SUBSCRIPTIONS_MAX);
	assert_true(
		mqtt_subscribe_write(&c.out, MQTT_5, 1, topics, SUBSCRIPTIONS_MAX + 1, str_of("")));
	porch_expect(p, &c, MQTT_DISCONNECT);
	assert_int_equal(c.ack.reason, MQTT_QUOTA);
	go(p, &c);
}

/* Filters whose retained messages are not sent yet: a client that reads nothing piles them up. */
static void so_many_walks_wait(void **state)
{
	struct porch *p = *state;
	struct caller c;
	struct device d;
	struct error e;
	size_t refused = 0, granted = 0;
	for (uint64_t i = 1; i <= 400; i++) {
		device_init(&d);
		d.ident = i;
		assert_true(registry_put_device(p->registry, &d, &e));
	}
	struct client *client = porch_call(p, &c, MQTT_311, 4096);
	caller_greet(&c, &(struct greeting){.key = PORCH_KEY, .client_id = "c"});
	porch_expect(p, &c, MQTT_CONNACK);
	caller_subscribe(&c, "flespi/state/gw/devices/#", 0);
	assert_true(caller_send(&c));
	while (client->out.len < OUT_HIGH)
		porch_turn(p); /* it is stuck */
	for (int i = 0; i < 5; i++) {
		struct mqtt_topic topics[1000];
		for (int k = 0; k < 1000; k++)
			topics[k] = (struct mqtt_topic){.filter = str_of("t")};
		assert_true(mqtt_subscribe_write(
			&c.out, MQTT_311, (uint16_t)(2 + i), topics, 1000, str_of("")));
	}
	assert_true(caller_send(&c));
	for (int i = 0; i < 200; i++)
		porch_turn(p);
	assert_int_equal(client->session->errand_count, ERRANDS_MAX);
	while (porch_next(p, &c))
		for (size_t i = 0; c.type == MQTT_SUBACK && i < c.suback.codes.len; i++) {
			refused += (uint8_t)c.suback.codes.at[i] == 0x80;
			granted += c.suback.codes.at[i] == 0;
		}
	assert_int_equal(granted, ERRANDS_MAX);
	assert_int_equal(refused, 5001 - ERRANDS_MAX);
	assert_int_equal(client->session->errand_count, 0);
	go(p, &c);
}

/* ---- retained messages ---- */

static enum mqtt_reason retain(
	struct porch *p, struct caller *c, const char *topic, const char *payload, size_t len)
{
	caller_publish(c, topic, (struct str){payload, len}, 1, true);
	porch_expect(p, c, MQTT_PUBACK);
	return c->ack.reason;
}

static void so_much_is_retained(void **state)
{
	enum { LARGE = 200000 };
	struct porch *p = *state;
	static char large[LARGE];
	struct caller c;
	char topic[20];
	int taken = 0;
	assert_int_equal(come(p, &c, "c"), MQTT_SUCCESS);
	do
		snprintf(topic, sizeof topic, "t/%d", taken++);
	while (retain(p, &c, topic, large, LARGE) == MQTT_NO_SUBSCRIBERS);
	assert_int_equal(c.ack.reason, MQTT_QUOTA);
	assert_in_range(taken, RETAINED_BYTES / LARGE - 2, RETAINED_BYTES / LARGE + 2);
	assert_int_equal(
		retain(p, &c, "t/1", large, LARGE), MQTT_NO_SUBSCRIBERS); /* in its place */
	assert_int_equal(retain(p, &c, "t/1", "", 0), MQTT_NO_SUBSCRIBERS);
	assert_int_equal(retain(p, &c, topic, large, LARGE), MQTT_NO_SUBSCRIBERS);
	for (int i = 0; i < taken; i++) {
		snprintf(topic, sizeof topic, "t/%d", i);
		retain(p, &c, topic, "", 0);
	}
	assert_int_equal(p->live->retained_count, 0);
	assert_int_equal(p->live->retained_bytes, 0);
	go(p, &c);
}

static void so_many_are_retained(void **state)
{
	struct porch *p = *state;
	struct caller c;
	char topic[20];
	assert_int_equal(come(p, &c, "c"), MQTT_SUCCESS);
	for (int i = 0; i <= RETAINED_MAX; i++) {
		snprintf(topic, sizeof topic, "t/%d", i);
		caller_publish(&c, topic, str_of("x"), i >= RETAINED_MAX - 1, true);
	}
	porch_expect(p, &c, MQTT_PUBACK);
	assert_int_equal(c.ack.reason, MQTT_NO_SUBSCRIBERS);
	porch_expect(p, &c, MQTT_PUBACK);
	assert_int_equal(c.ack.reason, MQTT_QUOTA);
	assert_int_equal(p->live->retained_count, RETAINED_MAX);
	/* all of them are more than a queue holds at once: they come a little at a time */
	size_t got = 0;
	caller_subscribe(&c, "t/+", 0);
	while (porch_next(p, &c) && c.type == MQTT_PUBLISH)
		got++;
	assert_int_equal(c.type, MQTT_SUBACK);
	assert_int_equal(got, RETAINED_MAX);
	go(p, &c);
}

/* ---- connections ---- */

static void release(void *handle)
{
	++*(int *)handle;
}

static void so_many_clients_come(void **state)
{
	struct porch *p = *state;
	struct caller c[2];
	int released = 0, pair[2];
	p->live->options.max_clients = 2;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(come(p, &c[i], i ? "a" : "b"), MQTT_SUCCESS);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	const struct upgraded u = {.fd = pair[0], .release = release, .handle = &released};
	const struct live_view *v = live_view(p->live);
	uint64_t refused = metric_get(live_refused);
	assert_true(v->take(v->context, &u));
	porch_turn(p);
	assert_int_equal(released, 1);
	assert_int_equal(metric_get(live_refused) - refused, 1);
	go(p, &c[0]);
	assert_true(v->take(v->context, &u));
	porch_turn(p);
	assert_int_equal(released, 1);
	assert_int_equal(p->live->client_count, 2);
	close(pair[1]);
	go(p, &c[1]);
	assert_int_equal(released, 2);
	close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_THE_PORCH(a_token_has_so_many_sessions),
		ON_THE_PORCH(lists_count_for_what_they_stand_for),
		ON_THE_PORCH(a_packet_asks_for_so_much),
		ON_THE_PORCH(so_many_walks_wait),
		ON_THE_PORCH(so_much_is_retained),
		ON_THE_PORCH(so_many_are_retained),
		ON_THE_PORCH(so_many_clients_come),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
