/* flespi/state/...: each topic of a device and of a channel, with the value that REST gives, and nothing that no
 * pattern asks for. */
#include "test.h"

#include "fake_commands.h"
#include "live/derive.h"

#define scope http_scope /* siblings know nothing of each other, also not what they call things */
#include "queues.h"
#undef scope

#include <jansson.h>

enum { TOLD_MAX = 200, DEVICE = 2, CHANNEL = 1 };

#define FIRST  INT64_C(1700000000000000)
#define SECOND INT64_C(1700000060500000)

struct told {
	char topic[120];
	char *payload;
	int64_t time_us;
};

struct fixture {
	struct gateway *gateway;
	struct live *live;
	struct connections connections;
	size_t listed; /* calls of connections.list */
	struct told told[TOLD_MAX];
	size_t count;
};

/* ---- connections ---- */

static size_t list(void *context, uint32_t channel, uint64_t ident, uint64_t after,
	struct connection *out, size_t room)
{
	struct fixture *f = context;
	static const struct connection all[] = {
		{5000, 11, 1, DEVICE, {4, {10, 0, 0, 9}, 40112}, FIRST},
		{5001, 0, 1, 0, {4, {10, 0, 0, 9}, 40113}, FIRST + 7},
		{5002, 11, 7, 0, {4, {10, 0, 0, 9}, 40114}, FIRST + 8},
		{5003, 12, 7, 3, {4, {10, 0, 0, 9}, 40115}, FIRST + 9},
	};
	size_t count = 0;
	f->listed++;
	for (size_t i = 0; i < sizeof all / sizeof *all && count < room; i++)
		if (all[i].id > after && (!channel || all[i].channel == channel) &&
			(!ident || all[i].ident == ident))
			out[count++] = all[i];
	return count;
}

static bool is_connected(void *context, uint64_t ident)
{
	(void)context;
	return ident == 11;
}

/* ---- a gateway with devices 2, 3, 4 and something to tell ---- */

static void a_speed(struct fixture *f, int64_t time_us, int64_t speed)
{
	struct message m;
	struct error e;
	struct record r;
	char body[MESSAGE_PACK_MAX];
	const struct origin origin = {.ident = 11, .channel = CHANNEL, .device = DEVICE};
	message_clear(&m);
	message_number(&m, PARAM_IDENT, 11);
	message_number(&m, PARAM_TIMESTAMP, time_us);
	message_number(&m, PARAM_SERVER_TIMESTAMP, time_us + 1500000);
	message_number(&m, PARAM_POSITION_SPEED, speed);
	record_make(&r, &m, &origin, body);
	assert_true(store_append(f->gateway->rest->store, &r, 1, &e));
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	queues_set_up(state);
	f->gateway = *state;
	struct rest *r = f->gateway->rest;
	ask(f->gateway, METHOD_PUT, "/gw/devices/2",
		"{\"name\":\"Van \\\"7\\\"\",\"metadata\":{\"color\":\"red\"}}");
	assert_int_equal(r->status, 200);
	for (int i = 0; i < 2; i++)
		ask(f->gateway, METHOD_POST, "/gw/devices/2/commands-queue", "[" INTERVAL "]");
	assert_int_equal(r->status, 200);
	fake_store_message(r->store, CHANNEL, DEVICE, 11, FIRST, FIRST + 1000000);
	fake_store_message(r->store, CHANNEL, 0, 99, FIRST, FIRST + 1000001);
	a_speed(f, SECOND, 66000);
	f->connections =
		(struct connections){.context = f, .is_connected = is_connected, .list = list};
	r->context.connections = &f->connections;
	f->live = live_new(&(struct live_options){.store = r->store,
		.registry = r->context.registry,
		.commands = f->gateway->commands});
	f->live->connections = &f->connections;
	*state = f;
	return 0;
}

static void forget(struct fixture *f)
{
	while (f->count)
		free(f->told[--f->count].payload);
	f->listed = 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	void *gateway = f->gateway;
	forget(f);
	live_free(f->live);
	free(f);
	return queues_tear_down(&gateway);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* ---- what is told ---- */

static void take(struct live *l, void *context, struct draft *draft)
{
	struct fixture *f = context;
	assert_ptr_equal(l, f->live);
	assert_true(f->count < TOLD_MAX && draft->retain && draft->qos == 1);
	struct told *t = &f->told[f->count++];
	snprintf(t->topic, sizeof t->topic, "%.*s", STR_PRINT(draft->topic));
	t->payload = strndup(draft->payload.at ? draft->payload.at : "", draft->payload.len);
	t->time_us = draft->time_us;
}

static const struct told *told(const struct fixture *f, const char *topic)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->told[i].topic, topic) == 0)
			return &f->told[i];
	return NULL;
}

static void derive(struct fixture *f, uint32_t id, const char *filter)
{
	struct pattern p;
	forget(f);
	pattern_parse(&p, str_of(filter));
	if (strstr(filter, "devices"))
		derive_device(f->live, id, &p, take, f);
	else
		derive_channel(f->live, id, &p, take, f);
}

/* The ends of the topics, behind the item. */
static const char *ends(const struct fixture *f)
{
	static char text[4096];
	size_t len = 0;
	text[0] = '\0';
	for (size_t i = 0; i < f->count; i++) {
		const char *at = f->told[i].topic;
		for (int levels = 0; at && levels < 5; levels++)
			at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL;
		len += (size_t)snprintf(
			text + len, sizeof text - len, "%s%s", i ? " " : "", at ? at : ".");
	}
	return text;
}

static json_t *parsed(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
	if (!json)
		print_error("%s\n", text);
	assert_non_null(json);
	return json;
}

static void assert_payload(const struct fixture *f, const char *topic, const json_t *expected)
{
	const struct told *t = told(f, topic);
	if (!t)
		print_error("%s\n", topic);
	assert_non_null(t);
	json_t *payload = parsed(t->payload);
	if (!json_equal(payload, expected))
		print_error("%s: %s\n", topic, t->payload);
	assert_true(json_equal(payload, expected));
	json_decref(payload);
}

/* The array that REST answers. */
static json_t *result(struct fixture *f, const char *target)
{
	struct rest *r = f->gateway->rest;
	rest_get(r, target);
	assert_int_equal(r->status, 200);
	json_t *answer = parsed(r->text.at);
	json_t *array = json_incref(json_object_get(answer, "result"));
	json_decref(answer);
	assert_true(json_is_array(array) && json_array_size(array));
	return array;
}

/* ---- the same as REST ---- */

/* The whole item, and those members that are told one by one; what is null has no topic. */
static void check_item(struct fixture *f, const char *item, const char *members)
{
	char target[400], topic[120];
	const char *name;
	json_t *value;
	snprintf(target, sizeof target, "/%s", item);
	json_t *whole = result(f, target);
	snprintf(topic, sizeof topic, "flespi/state/%s", item);
	assert_payload(f, topic, json_array_get(whole, 0));
	json_decref(whole);
	snprintf(target, sizeof target, "/%s?fields=%s", item, members);
	json_t *fields = result(f, target);
	json_object_foreach(json_array_get(fields, 0), name, value)
	{
		snprintf(topic, sizeof topic, "flespi/state/%s/%s", item, name);
		if (json_is_null(value))
			assert_null(told(f, topic));
		else
			assert_payload(f, topic, value);
	}
	json_decref(fields);
}

/* Objects that REST lists, each with its topic; returns how many there are. */
static size_t check_list(
	struct fixture *f, const char *item, const char *below, const char *query, const char *key)
{
	char target[200], topic[120];
	size_t i;
	json_t *value;
	snprintf(target, sizeof target, "/%s/%s/%s", item, below, query);
	json_t *array = result(f, target);
	json_array_foreach(array, i, value)
	{
		const json_t *id = json_object_get(value, key);
		if (json_is_string(id))
			snprintf(topic, sizeof topic, "flespi/state/%s/%s/%s", item, below,
				json_string_value(id));
		else
			snprintf(topic, sizeof topic, "flespi/state/%s/%s/%lld", item, below,
				(long long)json_integer_value(id));
		assert_payload(f, topic, value);
	}
	json_decref(array);
	return i;
}

static const char device_members[] =
	"blocked,cid,configuration,connected,device_type_id,device_type_name,enabled,id,"
	"last_active,media_rotate,media_ttl,messages_rotate,messages_size,messages_ttl,metadata,"
	"name,protocol_id,protocol_name";

static void a_device_is_told_as_rest_has_it(void **state)
{
	struct fixture *f = *state;
	const char *name;
	json_t *value;
	derive(f, DEVICE, "flespi/state/gw/devices/2/#");
	check_item(f, "gw/devices/2", device_members);
	assert_int_equal(check_list(f, "gw/devices/2", "connections", "all", "id"), 2);
	assert_int_equal(check_list(f, "gw/devices/2", "commands-queue", "all", "id"), 2);
	json_t *telemetry = result(f, "/gw/devices/2/telemetry/all");
	const json_t *values = json_object_get(json_array_get(telemetry, 0), "telemetry");
	assert_int_equal(json_object_size(values) + 1 + 18 + 2 + 2, f->count);
	json_object_foreach((json_t *)(uintptr_t)values, name, value)
	{
		char topic[120];
		snprintf(topic, sizeof topic, "flespi/state/gw/devices/2/telemetry/%s", name);
		assert_payload(f, topic, json_object_get(value, "value"));
		assert_int_equal(told(f, topic)->time_us,
			(int64_t)(json_number_value(json_object_get(value, "ts")) * 1e6 + 0.5));
	}
	json_decref(telemetry);
}

static void the_position_is_one_object(void **state)
{
	struct fixture *f = *state;
	derive(f, DEVICE, "flespi/state/gw/devices/2/telemetry/position");
	assert_int_equal(f->count, 1);
	assert_string_equal(f->told[0].payload, "{\"latitude\":22.5,\"speed\":66}");
	assert_int_equal(f->told[0].time_us, SECOND);
	derive(f, DEVICE, "flespi/state/gw/devices/2/telemetry/position.latitude");
	assert_int_equal(f->count, 1);
	assert_string_equal(f->told[0].payload, "22.5");
	assert_int_equal(f->told[0].time_us, FIRST);
}

/* What a message brings is what has its time. */
static void a_message_tells_what_is_new(void **state)
{
	struct fixture *f = *state;
	derive_telemetry(f->live, DEVICE, SECOND, NULL, take, f);
	assert_string_equal(ends(f), "telemetry/position.speed telemetry/position");
	forget(f);
	derive_telemetry(f->live, DEVICE, FIRST, NULL, take, f);
	assert_non_null(told(f, "flespi/state/gw/devices/2/telemetry/position.latitude"));
	assert_non_null(told(f, "flespi/state/gw/devices/2/telemetry/gsm.lac.1"));
	assert_non_null(told(f, "flespi/state/gw/devices/2/telemetry/position"));
	assert_null(told(f, "flespi/state/gw/devices/2/telemetry/position.speed"));
	forget(f);
	derive_telemetry(f->live, DEVICE, SECOND + 1, NULL, take, f);
	derive_telemetry(f->live, 3, INT64_MIN, NULL, take, f);
	assert_int_equal(f->count, 0);
}

static void a_channel_is_told_as_rest_has_it(void **state)
{
	struct fixture *f = *state;
	derive(f, CHANNEL, "flespi/state/gw/channels/1/#");
	check_item(f, "gw/channels/1",
		"blocked,cid,configuration,enabled,id,messages_size,messages_ttl,metadata,name,"
		"protocol_id,protocol_name,secondary_uri,uri");
	assert_int_equal(check_list(f, "gw/channels/1", "connections", "all", "id"), 2);
	/* without what lists say of an ident */
	assert_int_equal(check_list(f, "gw/channels/1", "idents",
				 "*?fields=ident,size,messages,last,peer,device_id", "ident"),
		2);
	assert_int_equal(f->count, 1 + 13 + 2 + 2);
	assert_int_equal(told(f, "flespi/state/gw/channels/1/idents/99")->time_us, FIRST + 1000001);
	assert_int_equal(
		told(f, "flespi/state/gw/channels/1/connections/5001")->time_us, FIRST + 7);
}

static void the_customer_is_told_as_rest_has_it(void **state)
{
	struct fixture *f = *state;
	derive_customer(f->live, take, f);
	assert_int_equal(f->count, 1);
	json_t *array = result(f, "/platform/customer?fields=id,name");
	assert_payload(f, "flespi/state/platform/customer", json_array_get(array, 0));
	json_decref(array);
}

/* ---- what is asked for ---- */

static void only_what_is_asked_for_is_made(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *filter, *ends;
		bool is_listed;
	} cases[] = {
		{"flespi/state/gw/devices/2", ".", false},
		{"flespi/state/gw/devices/+", ".", false},
		{"flespi/state/gw/devices/2/name", "name", false},
		{"flespi/state/gw/devices/2/id,name,deleted,configuration", "configuration id name",
			false},
		{"flespi/state/gw/devices/2/deleted", "", false},
		{"flespi/state/gw/devices/2/nothing", "", false},
		{"flespi/state/gw/devices/2/telemetry", "", false},
		{"flespi/state/gw/devices/2/telemetry/gsm.lac.1,message.type",
			"telemetry/gsm.lac.1 telemetry/message.type", false},
		{"+/+/+/+/+/+", "", false},
		{"#", "", true},
		{"flespi/state/gw/devices/2/connections/+", "connections/5000 connections/5002",
			true},
		{"flespi/state/gw/devices/2/name/#", "name", false},
		{"flespi/state/gw/devices/2/telemetry/message.type/#", "telemetry/message.type",
			false},
		{"flespi/state/gw/devices/2/telemetry/message.type/deeper", "", false},
		{"flespi/state/gw/devices/2/+/+/+", "", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pattern p;
		forget(f);
		pattern_parse(&p, str_of(cases[i].filter));
		derive_device(f->live, DEVICE, &p, take, f);
		if (*cases[i].filter == 'f')
			assert_string_equal(ends(f), cases[i].ends);
		assert_int_equal(f->listed != 0, cases[i].is_listed);
		for (size_t k = 0; k < f->count; k++)
			assert_true(
				topic_matches(str_of(cases[i].filter), str_of(f->told[k].topic)));
	}
	derive(f, CHANNEL, "flespi/state/gw/channels/1/idents/99");
	assert_non_null(told(f, "flespi/state/gw/channels/1/idents/99"));
	assert_int_equal(f->listed, 0);
	derive(f, CHANNEL, "flespi/state/gw/channels/1/+");
	assert_int_equal(f->count, 13);
}

static void what_does_not_exist_has_no_state(void **state)
{
	struct fixture *f = *state;
	derive(f, 77, "flespi/state/gw/devices/77/#");
	derive(f, 77, "flespi/state/gw/channels/77/#");
	assert_int_equal(f->count, 0);
	derive(f, 3, "flespi/state/gw/devices/3/last_active,connected,telemetry/#");
	assert_string_equal(ends(f), "connected");
	assert_string_equal(f->told[0].payload, "false");
}

/* ---- ends ---- */

static void what_is_gone_is_told_empty(void **state)
{
	struct fixture *f = *state;
	derive_gone(f->live, true, DEVICE, take, f);
	assert_string_equal(f->told[0].topic, "flespi/state/gw/devices/2/deleted");
	assert_string_equal(f->told[0].payload, "true");
	assert_string_equal(f->told[1].topic, "flespi/state/gw/devices/2");
	assert_int_equal(f->count, 2 + 18 + 6); /* its members, and the values that it has */
	assert_non_null(told(f, "flespi/state/gw/devices/2/telemetry/position"));
	for (size_t i = 1; i < f->count; i++)
		assert_string_equal(f->told[i].payload, "");
	derive(f, DEVICE, "flespi/state/gw/devices/2/#");
	assert_null(told(f, "flespi/state/gw/devices/2/deleted"));
	forget(f);
	derive_gone(f->live, false, CHANNEL, take, f);
	assert_string_equal(f->told[0].topic, "flespi/state/gw/channels/1/deleted");
	assert_int_equal(f->count, 2 + 13);
}

static void a_connection_is_told_to_both(void **state)
{
	struct fixture *f = *state;
	struct connection c = {5000, 11, 1, DEVICE, {4, {10, 0, 0, 9}, 40112}, FIRST};
	derive_connection(f->live, &c, true, take, f);
	assert_int_equal(f->count, 2);
	assert_string_equal(f->told[0].topic, "flespi/state/gw/channels/1/connections/5000");
	assert_string_equal(f->told[1].topic, "flespi/state/gw/devices/2/connections/5000");
	assert_string_equal(f->told[0].payload, f->told[1].payload);
	json_t *payload = parsed(f->told[0].payload);
	assert_int_equal(json_integer_value(json_object_get(payload, "id")), 5000);
	json_decref(payload);
	forget(f);
	c.device = 0;
	derive_connection(f->live, &c, false, take, f);
	assert_int_equal(f->count, 1);
	assert_string_equal(f->told[0].payload, "");
}

static void a_command_that_is_gone_is_told_empty(void **state)
{
	struct fixture *f = *state;
	char topic[120];
	derive_command(f->live, DEVICE, 4711, take, f);
	assert_string_equal(f->told[0].topic, "flespi/state/gw/devices/2/commands-queue/4711");
	assert_string_equal(f->told[0].payload, "");
	ask(f->gateway, METHOD_GET, "/gw/devices/2/commands-queue/all", NULL);
	uint64_t id = id_of(f->gateway, 1);
	forget(f);
	derive_command(f->live, DEVICE, id, take, f);
	snprintf(topic, sizeof topic, "flespi/state/gw/devices/2/commands-queue/%" PRIu64, id);
	assert_string_equal(f->told[0].topic, topic);
	assert_non_null(strstr(f->told[0].payload, "interval.set"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_device_is_told_as_rest_has_it),
		CASE(the_position_is_one_object),
		CASE(a_message_tells_what_is_new),
		CASE(a_channel_is_told_as_rest_has_it),
		CASE(the_customer_is_told_as_rest_has_it),
		CASE(only_what_is_asked_for_is_made),
		CASE(what_does_not_exist_has_no_state),
		CASE(what_is_gone_is_told_empty),
		CASE(a_connection_is_told_to_both),
		CASE(a_command_that_is_gone_is_told_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
