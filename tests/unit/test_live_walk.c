/* What is retained comes to a new subscription before its SUBACK, a little at a time. */
#include "porch.h"

#include "live/walk.h"

enum { DEVICES = 5000 };

static void put_devices(struct porch *p, size_t count)
{
	struct device d;
	struct error e;
	for (size_t i = 1; i <= count; i++) {
		device_init(&d);
		d.ident = 1000 + i;
		snprintf(d.name, sizeof d.name, "car %zu", i);
		assert_true(registry_put_device(p->registry, &d, &e));
	}
}

static void put_channel(struct porch *p)
{
	struct channel c;
	struct error e;
	channel_init(&c);
	snprintf(c.name, sizeof c.name, "road");
	assert_true(registry_put_channel(p->registry, &c, &e));
}

/* All messages until the SUBACK with this id, "topic=payload ..."; nothing comes behind it. */
static const char *walked(struct porch *p, struct caller *c, uint16_t id)
{
	static char text[16384];
	size_t len = 0;
	text[0] = '\0';
	while (porch_next(p, c) && c->type == MQTT_PUBLISH) {
		assert_true(c->publish.retain);
		if (c->publish.qos)
			caller_acknowledge(c, c->publish.id);
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s=%.*s",
			len ? " " : "", STR_PRINT(c->publish.topic), STR_PRINT(c->publish.payload));
	}
	assert_int_equal(c->type, MQTT_SUBACK);
	assert_int_equal(c->suback.id, id);
	assert_false(porch_next(p, c));
	return text;
}

static const char *subscribed(struct porch *p, struct caller *c, const char *filter)
{
	return walked(p, c, caller_subscribe(c, filter, 1));
}

/* ---- what comes ---- */

static void the_state_comes_before_the_suback(void **state)
{
	struct porch *p = *state;
	struct caller c;
	put_channel(p);
	put_devices(p, 3);
	porch_enter(p, &c, MQTT_5, "c");
	assert_string_equal(subscribed(p, &c, "flespi/state/gw/devices/+/name"),
		"flespi/state/gw/devices/2/name=\"car 1\" flespi/state/gw/devices/3/name=\"car 2\" "
		"flespi/state/gw/devices/4/name=\"car 3\"");
	assert_string_equal(subscribed(p, &c, "flespi/state/gw/devices/4,2,9,x,0,4/id,deleted"),
		"flespi/state/gw/devices/4/id=4 flespi/state/gw/devices/2/id=2");
	assert_string_equal(subscribed(p, &c, "flespi/state/gw/+/+/name"),
		"flespi/state/gw/channels/1/name=\"road\" flespi/state/gw/devices/2/name=\"car 1\" "
		"flespi/state/gw/devices/3/name=\"car 2\" flespi/state/gw/devices/4/name=\"car "
		"3\"");
	assert_string_equal(subscribed(p, &c, "flespi/state/gw/channels/1/id"),
		"flespi/state/gw/channels/1/id=1");
	assert_string_equal(subscribed(p, &c, "flespi/state/gw/devices/+/deleted"), "");
	assert_string_equal(subscribed(p, &c, "flespi/state/gw/calcs/+/devices/2/calc_id"), "");
	assert_string_equal(subscribed(p, &c, "flespi/message/gw/devices/2"), "");
	assert_string_equal(subscribed(p, &c, "flespi/state/platform/#"),
		"flespi/state/platform/customer={\"id\":1,\"name\":\"cantrack\"}");
	assert_string_equal(
		subscribed(p, &c, "$filter/payload=speed>1/flespi/state/platform/#"), "");
	assert_string_equal(subscribed(p, &c, "$share/s/flespi/state/gw/devices/+/name"), "");
	caller_clear(&c);
}

static void nothing_deleted_is_among_all(void **state)
{
	struct porch *p = *state;
	struct caller c;
	put_channel(p);
	put_devices(p, 2);
	porch_enter(p, &c, MQTT_5, "c");
	const char *all = subscribed(p, &c, "#");
	assert_non_null(strstr(all, "flespi/state/gw/devices/2={"));
	assert_non_null(strstr(all, "flespi/state/gw/devices/3/name="));
	assert_non_null(strstr(all, "flespi/state/gw/channels/1/configuration={"));
	assert_null(strstr(all, "/deleted="));
	caller_clear(&c);
}

static void what_clients_retain_comes_too(void **state)
{
	struct porch *p = *state;
	struct caller c;
	porch_enter(p, &c, MQTT_5, "c");
	caller_publish(&c, "a/b", str_of("kept"), 1, true);
	porch_expect(p, &c, MQTT_PUBACK);
	assert_string_equal(subscribed(p, &c, "a/+"), "a/b=kept");
	assert_string_equal(subscribed(p, &c, "$filter/cid=2/a/+"), "");
	assert_string_equal(subscribed(p, &c, "$filter/modified_since>1/a/+"), "a/b=kept");
	assert_string_equal(subscribed(p, &c, "#"),
		"a/b=kept flespi/state/platform/customer={\"id\":1,\"name\":\"cantrack\"}");
	caller_clear(&c);
}

static void subscribe_with(struct caller *c, uint16_t id, const char *filter, uint8_t handling)
{
	const struct mqtt_topic topic = {
		.filter = str_of(filter), .qos = 1, .retain_handling = handling};
	assert_true(mqtt_subscribe_write(&c->out, c->version, id, &topic, 1, str_of("")));
}

static void who_wants_no_retained_messages_gets_none(void **state)
{
	struct porch *p = *state;
	struct caller c;
	static const char name[] = "flespi/state/gw/devices/1/id",
			  got[] = "flespi/state/gw/devices/1/id=1";
	put_devices(p, 1);
	porch_enter(p, &c, MQTT_5, "c");
	subscribe_with(&c, 1, name, 2);
	assert_string_equal(walked(p, &c, 1), "");
	subscribe_with(&c, 2, name, 1); /* there is one already */
	assert_string_equal(walked(p, &c, 2), "");
	subscribe_with(&c, 3, name, 0);
	assert_string_equal(walked(p, &c, 3), got);
	caller_unsubscribe(&c, name);
	porch_expect(p, &c, MQTT_UNSUBACK);
	subscribe_with(&c, 4, name, 1);
	assert_string_equal(walked(p, &c, 4), got);
	caller_clear(&c);
}

/* ---- a little at a time ---- */

struct slow {
	struct porch *porch;
	struct caller caller;
	struct client *client;
	size_t most_out, most_waiting; /* bytes */
};

static void come_slowly(struct slow *s, struct porch *p, int version, uint16_t window)
{
	*s = (struct slow){.porch = p};
	s->client = porch_call(p, &s->caller, version, 4096);
	caller_greet(&s->caller,
		&(struct greeting){.key = PORCH_KEY, .client_id = "slow", .window = window});
	porch_expect(p, &s->caller, MQTT_CONNACK);
}

/* Takes what lies between the two and turns once. */
static bool take_a_little(struct slow *s)
{
	if (caller_take(&s->caller))
		return true;
	(void)!caller_send(&s->caller);
	porch_turn(s->porch);
	const struct live *l = s->porch->live;
	size_t waiting = l->entry_bytes + l->publication_bytes;
	if (s->most_out < s->client->out.len)
		s->most_out = s->client->out.len;
	if (s->most_waiting < waiting)
		s->most_waiting = waiting;
	assert_true(caller_fill(&s->caller));
	return caller_take(&s->caller);
}

/* One message for each device, in order, then the SUBACK; returns how many turns came to nothing. */
static void all_names_come(struct slow *s, uint16_t id, uint8_t qos)
{
	uint32_t device = 0;
	for (int idle = 0; idle < 100; idle++) {
		if (!take_a_little(s))
			continue;
		idle = 0;
		if (s->caller.type != MQTT_PUBLISH)
			break;
		char topic[64];
		snprintf(topic, sizeof topic, "flespi/state/gw/devices/%u/name", ++device);
		assert_str(s->caller.publish.topic, topic);
		assert_int_equal(s->caller.publish.qos, qos);
		if (qos)
			caller_acknowledge(&s->caller, s->caller.publish.id);
	}
	assert_int_equal(s->caller.type, MQTT_SUBACK);
	assert_int_equal(s->caller.suback.id, id);
	assert_int_equal(device, DEVICES);
}

static void many_devices_cost_no_memory(void **state)
{
	struct porch *p = *state;
	struct slow s;
	static const char filter[] = "flespi/state/gw/devices/+/name";
	put_devices(p, DEVICES);
	come_slowly(&s, p, MQTT_5, 0);
	all_names_come(&s, caller_subscribe(&s.caller, filter, 0), 0);
	assert_in_range(s.most_out, 1, OUT_HIGH + 200);
	assert_in_range(s.most_waiting, 0, 1000);
	/* and with a window */
	caller_clear(&s.caller);
	porch_turn(p);
	come_slowly(&s, p, MQTT_5, 7);
	all_names_come(&s, caller_subscribe(&s.caller, filter, 1), 1);
	assert_in_range(s.most_out, 0, 3000);
	assert_in_range(s.most_waiting, 1000, 5000);
	caller_clear(&s.caller);
}

/* Who reads nothing gets no more than fits, and keeps nobody up. */
static void who_takes_nothing_gets_no_more(void **state)
{
	struct porch *p = *state;
	struct slow s;
	struct caller other;
	put_devices(p, 800);
	come_slowly(&s, p, MQTT_5, 0);
	for (int i = 0; i < 100; i++) {
		char filter[80];
		snprintf(filter, sizeof filter,
			"$filter/modified_since>%d/flespi/state/gw/devices/#", i);
		caller_subscribe(&s.caller, filter, 1);
	}
	(void)!caller_send(&s.caller);
	while (s.client->session->chore_count < 100 || s.client->out.len < OUT_HIGH)
		porch_turn(p);
	for (int i = 0; i < 50; i++)
		porch_turn(p);
	assert_int_equal(s.client->session->chore_count, 100);
	assert_in_range(s.client->out.len, OUT_HIGH, 2 * OUT_HIGH);
	assert_in_range(p->live->publication_bytes, 0, 300000); /* a window of them */
	porch_enter(p, &other, MQTT_5, "other");
	assert_string_equal(subscribed(p, &other, "flespi/state/gw/devices/800/id"),
		"flespi/state/gw/devices/800/id=800");
	caller_clear(&other);
	caller_clear(&s.caller); /* what was owed is forgotten */
	for (int i = 0; i < 4; i++)
		porch_turn(p);
	assert_int_equal(p->live->session_count, 0);
}

/* ---- while it goes on ---- */

static void begin_a_walk(struct slow *s, struct porch *p)
{
	put_devices(p, 2000);
	come_slowly(s, p, MQTT_5, 0);
	caller_subscribe(&s->caller, "flespi/state/gw/devices/+/name", 0);
	while (!take_a_little(s))
		;
	assert_int_equal(s->caller.type, MQTT_PUBLISH);
	assert_int_equal(s->client->session->chore_count, 1);
}

static size_t messages_until(struct slow *s, enum mqtt_type type)
{
	size_t count = 0;
	for (int idle = 0; idle < 100; idle++) {
		if (!take_a_little(s))
			continue;
		idle = 0;
		if (s->caller.type == type)
			return count;
		assert_int_equal(s->caller.type, MQTT_PUBLISH);
		count++;
	}
	assert_true(false);
	return 0;
}

static void who_unsubscribes_gets_no_more_of_it(void **state)
{
	struct porch *p = *state;
	struct slow s;
	begin_a_walk(&s, p);
	caller_unsubscribe(&s.caller, "flespi/state/gw/devices/+/name");
	messages_until(&s, MQTT_UNSUBACK);
	size_t more = messages_until(&s, MQTT_SUBACK);
	assert_in_range(more, 0, 1200);
	assert_int_equal(s.client->session->chore_count, 0);
	caller_clear(&s.caller);
}

static void another_subscription_begins_anew(void **state)
{
	struct porch *p = *state;
	struct slow s;
	begin_a_walk(&s, p);
	caller_subscribe(&s.caller, "flespi/state/gw/devices/+/name", 0);
	size_t first = messages_until(&s, MQTT_SUBACK), second = messages_until(&s, MQTT_SUBACK);
	assert_in_range(first, 0, 1500);
	assert_int_equal(second, 2000);
	caller_clear(&s.caller);
}

static void who_comes_again_subscribes_again(void **state)
{
	struct porch *p = *state;
	struct slow s;
	put_devices(p, 2000);
	for (int i = 0; i < 2; i++) {
		s = (struct slow){.porch = p};
		s.client = porch_call(p, &s.caller, MQTT_5, 4096);
		caller_greet(&s.caller, &(struct greeting){.key = PORCH_KEY,
						.client_id = "again",
						.goes_on = true,
						.expiry_s = 100});
		porch_expect(p, &s.caller, MQTT_CONNACK);
		assert_int_equal(s.caller.connack.session_present, i);
		if (i)
			break;
		caller_subscribe(&s.caller, "flespi/state/gw/devices/+/name", 0);
		while (!take_a_little(&s))
			;
		caller_clear(&s.caller);
		porch_turn(p);
	}
	assert_null(s.client->session->chores);
	assert_int_equal(s.client->session->subscription_count, 1);
	for (int i = 0; i < 10 && !take_a_little(&s); i++)
		;
	assert_int_equal(s.caller.type, MQTT_CONNACK); /* still */
	caller_clear(&s.caller);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_THE_PORCH(the_state_comes_before_the_suback),
		ON_THE_PORCH(nothing_deleted_is_among_all),
		ON_THE_PORCH(what_clients_retain_comes_too),
		ON_THE_PORCH(who_wants_no_retained_messages_gets_none),
		ON_THE_PORCH(many_devices_cost_no_memory),
		ON_THE_PORCH(who_takes_nothing_gets_no_more),
		ON_THE_PORCH(who_unsubscribes_gets_no_more_of_it),
		ON_THE_PORCH(another_subscription_begins_anew),
		ON_THE_PORCH(who_comes_again_subscribes_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
