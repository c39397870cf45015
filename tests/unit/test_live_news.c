/* What is committed, logged and connected becomes messages: under which topics, with what in them. */
#include "porch.h"

#include "core/metrics.h"
#include "live/inbox.h"
#include "live/live.h"

enum { CHANNEL = 1, DEVICE = 2, IDENT = 11, TOLD_MAX = 100 };

#define TIME     INT64_C(1700000000000000)
#define RECEIVED INT64_C(1700000003250000)

/* Channel 1, device 2 of ident 11 named "van". */
static void put_items(struct porch *p, const char *name)
{
	struct channel c;
	struct device d;
	struct error e;
	channel_init(&c);
	assert_true(registry_put_channel(p->registry, &c, &e));
	device_init(&d);
	d.ident = IDENT;
	snprintf(d.name, sizeof d.name, "%s", name);
	assert_true(registry_put_device(p->registry, &d, &e));
	assert_int_equal(d.id, DEVICE);
}

static void rename_device(struct porch *p, const char *name)
{
	struct device d;
	struct error e;
	assert_true(registry_device(p->registry, DEVICE, &d));
	snprintf(d.name, sizeof d.name, "%s", name);
	assert_true(registry_put_device(p->registry, &d, &e));
}

static void listen_to(struct porch *p, struct caller *c, const char *filter)
{
	caller_subscribe(c, filter, 1);
	while (porch_next(p, c) && c->type == MQTT_PUBLISH)
		;
	assert_int_equal(c->type, MQTT_SUBACK);
}

/* All that came, "topic=payload" a line; what goes on behind `most` bytes of a payload is cut. */
static const char *told(struct porch *p, struct caller *c, int most)
{
	static char text[65536];
	size_t len = 0;
	text[0] = '\0';
	while (porch_next(p, c)) {
		struct str payload = c->publish.payload;
		assert_int_equal(c->type, MQTT_PUBLISH);
		assert_false(c->publish.retain); /* it is no new subscription */
		caller_acknowledge(c, c->publish.id);
		int shown = payload.len < (size_t)most ? (int)payload.len : most;
		len += (size_t)snprintf(text + len, sizeof text - len, "%.*s=%.*s\n",
			STR_PRINT(c->publish.topic), shown, payload.at);
	}
	return text;
}

static const char *property(const struct caller *c, const char *name)
{
	static char text[100];
	struct str rest = c->publish.properties.raw, key, value;
	while (mqtt_user_next(&rest, &key, &value))
		if (str_is(key, name)) {
			snprintf(text, sizeof text, "%.*s", STR_PRINT(value));
			return text;
		}
	return "";
}

/* ---- records ---- */

static void commit_of(struct porch *p, uint32_t channel, uint32_t device, bool is_damaged)
{
	struct message m;
	struct record r;
	struct error e;
	char body[MESSAGE_PACK_MAX];
	const struct origin origin = {.ident = IDENT,
		.channel = channel,
		.device = device,
		.peer = {4, {10, 0, 0, 9}, 40112},
		.vendor = {'H', 'Q'}};
	message_clear(&m);
	message_number(&m, PARAM_IDENT, IDENT);
	message_number(&m, PARAM_TIMESTAMP, TIME);
	message_number(&m, PARAM_SERVER_TIMESTAMP, RECEIVED);
	message_number(&m, PARAM_POSITION_SPEED, 70000);
	record_make(&r, &m, &origin, body);
	assert_true(store_append(p->store, &r, 1, &e));
	if (is_damaged)
		r.body.len = 1;
	live_committed(p->live, &r, 1);
}

static void commit(struct porch *p)
{
	commit_of(p, CHANNEL, DEVICE, false);
}

#define BEGIN "{\"ident\":\"11\""

static void a_record_is_a_message_of_both(void **state)
{
	struct porch *p = *state;
	struct caller c;
	put_items(p, "van");
	porch_enter(p, &c, MQTT_5, "c");
	listen_to(p, &c, "flespi/message/#");
	commit(p);
	porch_expect(p, &c, MQTT_PUBLISH);
	assert_str(c.publish.topic, "flespi/message/gw/channels/1/11");
	assert_string_equal(property(&c, "timestamp"), "1700000003.25");
	assert_string_equal(property(&c, "cid"), "1");
	assert_str(c.publish.payload,
		"{\"channel.id\":1,\"ident\":\"11\",\"peer\":\"10.0.0.9:40112\",\"position.speed\":"
		"70,"
		"\"protocol.id\":441,\"server.timestamp\":1700000003.25,\"timestamp\":1700000000,"
		"\"vendor.code\":\"HQ\"}");
	porch_expect(p, &c, MQTT_PUBLISH);
	assert_str(c.publish.topic, "flespi/message/gw/devices/2");
	assert_str(c.publish.payload,
		"{\"channel.id\":1,\"device.id\":2,\"device.name\":\"van\",\"device.type.id\":1,"
		"\"ident\":\"11\",\"peer\":\"10.0.0.9:40112\",\"position.speed\":70,"
		"\"protocol.id\":441,\"server.timestamp\":1700000003.25,\"timestamp\":1700000000,"
		"\"vendor.code\":\"HQ\"}");
	assert_false(porch_next(p, &c));
	caller_clear(&c);
}

static void what_has_no_place_is_told_to_none(void **state)
{
	struct porch *p = *state;
	struct caller c;
	struct error e;
	uint64_t damaged = metric_get(records_damaged);
	put_items(p, "van");
	porch_enter(p, &c, MQTT_5, "c");
	listen_to(p, &c, "flespi/message/#");
	commit_of(p, 0, DEVICE, false); /* over REST */
	assert_string_equal(told(p, &c, 0), "flespi/message/gw/devices/2=\n");
	commit_of(p, CHANNEL, 0, false); /* of nobody */
	assert_string_equal(told(p, &c, 0), "flespi/message/gw/channels/1/11=\n");
	commit_of(p, CHANNEL, 77, false); /* of one that is gone */
	assert_string_equal(told(p, &c, 0), "flespi/message/gw/channels/1/11=\n");
	commit_of(p, CHANNEL, DEVICE, true);
	assert_string_equal(told(p, &c, 0), "");
	assert_int_equal(metric_get(records_damaged) - damaged, 2);
	assert_true(registry_delete_device(p->registry, DEVICE, &e));
	commit(p);
	assert_string_equal(told(p, &c, 0), "flespi/message/gw/channels/1/11=\n");
	caller_clear(&c);
}

static void names_are_those_of_now(void **state)
{
	struct porch *p = *state;
	struct caller c;
	put_items(p, "van");
	porch_enter(p, &c, MQTT_5, "c");
	listen_to(p, &c, "flespi/message/gw/devices/2");
	for (int i = 0; i < 3; i++) {
		char name[20], member[60];
		snprintf(name, sizeof name, "van %d", i);
		snprintf(member, sizeof member, "\"device.name\":\"%s\"", name);
		rename_device(p, name);
		for (int k = 0; k < 2; k++) {
			commit(p);
			assert_non_null(strstr(told(p, &c, 1000), member));
		}
	}
	caller_clear(&c);
}

static void records_change_the_state(void **state)
{
	struct porch *p = *state;
	struct caller c;
	put_items(p, "van");
	porch_enter(p, &c, MQTT_5, "c");
	commit(p); /* nobody wants it */
	listen_to(p, &c, "flespi/state/gw/devices/+/last_active");
	commit(p);
	assert_string_equal(
		told(p, &c, 100), "flespi/state/gw/devices/2/last_active=1700000003.25\n");
	listen_to(p, &c, "flespi/state/gw/devices/2/telemetry/+");
	commit(p);
	assert_string_equal(told(p, &c, 100),
		"flespi/state/gw/devices/2/telemetry/position.speed=70\n"
		"flespi/state/gw/devices/2/telemetry/position={\"speed\":70}\n"
		"flespi/state/gw/devices/2/last_active=1700000003.25\n");
	caller_unsubscribe(&c, "flespi/state/gw/devices/2/telemetry/+");
	porch_expect(p, &c, MQTT_UNSUBACK);
	listen_to(p, &c, "flespi/state/gw/channels/1/idents/11");
	commit(p);
	assert_string_equal(told(p, &c, 21),
		"flespi/state/gw/devices/2/last_active=1700000003.25\n"
		"flespi/state/gw/channels/1/idents/11={\"ident\":\"11\",\"size\":\n");
	caller_clear(&c);
}

/* ---- events ---- */

static void log_event(struct porch *p, enum event_code code, enum origin_type type, uint32_t id,
	uint64_t subject, const char *text)
{
	const struct event event = {.code = code,
		.origin_type = type,
		.origin_id = id,
		.time_us = TIME,
		.subject = subject,
		.subject_text = str_of(text)};
	inbox_event(p->live, &event, str_of("{\"event\":1}"));
}

static void events_have_topics(void **state)
{
	struct porch *p = *state;
	struct caller c;
	static const struct {
		enum event_code code;
		enum origin_type type;
		uint32_t id;
		uint64_t subject;
		const char *text, *topic;
	} cases[] = {
		{EVENT_CREATED, ORIGIN_CHANNEL, 1, 0, "", "gw/channels/1/created"},
		{EVENT_CHANGED, ORIGIN_DEVICE, 2, 0, "name", "gw/devices/2/updated"},
		{EVENT_DELETED, ORIGIN_STREAM, 3, 0, "", "gw/streams/3/deleted"},
		{EVENT_ACCEPTED, ORIGIN_CHANNEL, 1, 1700000000000001, "",
			"gw/channels/1/connections/1700000000000001/accepted"},
		{EVENT_IDENTIFIED, ORIGIN_CHANNEL, 1, 5, "",
			"gw/channels/1/connections/5/identified"},
		{EVENT_CLOSED, ORIGIN_CHANNEL, 1, 5, "", "gw/channels/1/connections/5/closed"},
		{EVENT_CONNECTED, ORIGIN_DEVICE, 2, 5, "", "gw/devices/2/connected"},
		{EVENT_DISCONNECTED, ORIGIN_DEVICE, 2, 5, "", "gw/devices/2/disconnected"},
		{EVENT_CHANNEL_DATA, ORIGIN_CHANNEL, 1, 0, "", "gw/channels/1/error"},
		{EVENT_DEVICE_DATA_PART, ORIGIN_DEVICE, 2, 0, "", "gw/devices/2/warning"},
		{EVENT_COMMAND_QUEUED, ORIGIN_DEVICE, 2, 9, "engine.stop",
			"gw/devices/2/commands-queue/engine.stop/queued"},
		{EVENT_COMMAND_REMOVED, ORIGIN_DEVICE, 2, 9, "a/b+c#",
			"gw/devices/2/commands-queue/a_b_c_/canceled"},
		{EVENT_COMMAND_EXPIRED, ORIGIN_DEVICE, 2, 9, "x",
			"gw/devices/2/commands-queue/x/expired"},
		{EVENT_MQTT_ACCEPTED, ORIGIN_MQTT, 0, 7, "", "mqtt/sessions/7/connected"},
		{EVENT_MQTT_SUBSCRIBED, ORIGIN_MQTT, 0, 7, "", "mqtt/sessions/7/subscribed"},
		{EVENT_TOKEN_EXPIRED, ORIGIN_TOKEN, 4, 0, "", "platform/tokens/4/expired"},
		{EVENT_CHANGED, ORIGIN_PLATFORM, 0, 0, "", "platform/customer/0/updated"},
	};
	put_items(p, "van");
	porch_enter(p, &c, MQTT_5, "c");
	log_event(p, EVENT_CREATED, ORIGIN_CHANNEL, 1, 0, ""); /* nobody wants it */
	listen_to(p, &c, "flespi/log/#");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char expected[200];
		log_event(p, cases[i].code, cases[i].type, cases[i].id, cases[i].subject,
			cases[i].text);
		snprintf(
			expected, sizeof expected, "flespi/log/%s={\"event\":1}\n", cases[i].topic);
		assert_string_equal(told(p, &c, 100), expected);
	}
	caller_clear(&c);
}

static size_t lines(const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void changes_are_told_by_what_changed(void **state)
{
	struct porch *p = *state;
	struct caller c;
	put_items(p, "van");
	porch_enter(p, &c, MQTT_5, "c");
	listen_to(p, &c, "flespi/state/gw/+/+/#");
	rename_device(p, "bus");
	log_event(p, EVENT_CHANGED, ORIGIN_DEVICE, DEVICE, 0, "name,enabled");
	assert_string_equal(told(p, &c, 6), "flespi/state/gw/devices/2={\"id\":\n"
					    "flespi/state/gw/devices/2/enabled=true\n"
					    "flespi/state/gw/devices/2/name=\"bus\"\n");
	log_event(p, EVENT_CHANGED, ORIGIN_DEVICE, DEVICE, 0, "");
	log_event(p, EVENT_CONNECTED, ORIGIN_DEVICE, DEVICE, 0, "");
	log_event(p, EVENT_CHANGED, ORIGIN_DEVICE, 77, 0, "name");
	assert_string_equal(told(p, &c, 6), "");
	log_event(p, EVENT_CREATED, ORIGIN_CHANNEL, CHANNEL, 0, "");
	const char *all = told(p, &c, 6);
	assert_int_equal(lines(all), 1 + 13);
	assert_non_null(strstr(all, "channels/1/messages_size=0\n"));
	log_event(p, EVENT_CREATED, ORIGIN_DEVICE, DEVICE, 0, "");
	assert_int_equal(lines(told(p, &c, 6)), 1 + 17); /* it has sent nothing yet */
	log_event(p, EVENT_DELETED, ORIGIN_DEVICE, DEVICE, 0, "");
	all = told(p, &c, 6);
	assert_int_equal(lines(all), 2 + 18);
	assert_true(str_starts(str_of(all), "flespi/state/gw/devices/2/deleted=true\n"
					    "flespi/state/gw/devices/2=\n"));
	log_event(p, EVENT_COMMAND_PROCESSED, ORIGIN_DEVICE, DEVICE, 9, "x");
	assert_string_equal(told(p, &c, 6), "flespi/state/gw/devices/2/commands-queue/9=\n");
	caller_clear(&c);
}

/* ---- connections ---- */

static bool is_connected(void *context, uint64_t ident)
{
	return *(bool *)context && ident == IDENT;
}

static size_t list_none(void *context, uint32_t channel, uint64_t ident, uint64_t after,
	struct connection *out, size_t room)
{
	(void)context, (void)channel, (void)ident, (void)after, (void)out, (void)room;
	return 0;
}

static void connections_come_and_go(void **state)
{
	struct porch *p = *state;
	struct caller c;
	bool is_on = true;
	const struct connections connections = {
		.context = &is_on, .is_connected = is_connected, .list = list_none};
	const struct presence *presence = live_presence(p->live);
	struct connection one = {5, 0, CHANNEL, 0, {4, {10, 0, 0, 9}, 1}, TIME};
	put_items(p, "van");
	p->live->connections = &connections;
	porch_enter(p, &c, MQTT_5, "c");
	presence->changed(presence->context, &one, true); /* nobody wants it */
	listen_to(p, &c, "flespi/state/gw/+/+/connections/+");
	listen_to(p, &c, "flespi/state/gw/devices/2/connected");
	presence->changed(presence->context, &one, true);
	assert_string_equal(told(p, &c, 20),
		"flespi/state/gw/channels/1/connections/5={\"id\":5,\"ident\":null\n");
	one.ident = IDENT;
	one.device = DEVICE;
	presence->changed(presence->context, &one, true);
	assert_string_equal(told(p, &c, 20),
		"flespi/state/gw/channels/1/connections/5={\"id\":5,\"ident\":\"11\"\n"
		"flespi/state/gw/devices/2/connections/5={\"id\":5,\"ident\":\"11\"\n"
		"flespi/state/gw/devices/2/connected=true\n");
	is_on = false;
	presence->changed(presence->context, &one, false);
	assert_string_equal(told(p, &c, 20), "flespi/state/gw/channels/1/connections/5=\n"
					     "flespi/state/gw/devices/2/connections/5=\n"
					     "flespi/state/gw/devices/2/connected=false\n");
	caller_clear(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_THE_PORCH(a_record_is_a_message_of_both),
		ON_THE_PORCH(what_has_no_place_is_told_to_none),
		ON_THE_PORCH(names_are_those_of_now),
		ON_THE_PORCH(records_change_the_state),
		ON_THE_PORCH(events_have_topics),
		ON_THE_PORCH(changes_are_told_by_what_changed),
		ON_THE_PORCH(connections_come_and_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
