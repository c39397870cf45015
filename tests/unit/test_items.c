/* Channels and devices over REST: what they show, how they change, what is told of it. */
#include "test.h"

#include "core/auto_devices.h"
#include "core/change.h"
#include "rest.h"

#include <jansson.h>

/* ---- the events that were posted, instead of a journal ---- */

static struct buf told; /* "code type id {members}\n" */

void events_post(struct events *events, const struct event *event)
{
	(void)events;
	assert_true(buf_printf(&told, "%d %d %u {%.*s}\n", (int)event->code,
		(int)event->origin_type, event->origin_id, STR_PRINT(event->members)));
}

static int setup(void **state)
{
	*state = rest_new();
	buf_init(&told, 64 * 1024 * 1024);
	return 0;
}

static int teardown(void **state)
{
	rest_free(*state);
	buf_clear(&told);
	return 0;
}

static json_t *answer_of(const struct rest *r)
{
	struct error e;
	json_t *json = resource_json(buf_str(&r->text), &e);
	assert_non_null(json);
	return json;
}

/* ---- channels ---- */

/* A gate that refuses port 1. */
static bool prepare(
	void *context, const struct channel *old, const struct channel *new, struct error *e)
{
	(void)context;
	(void)old;
	if (!new || new->port != 1)
		return true;
	snprintf(e->text, sizeof e->text, "cannot listen on 0.0.0.0:1: another program does");
	return false;
}

static void finish(void *context, uint32_t id, bool stored)
{
	char uri[40];
	snprintf(uri, sizeof uri, "127.0.0.1:%u", 40000 + id);
	if (stored)
		registry_set_uri(context, id, uri);
}

static void watch(struct rest *r)
{
	const struct registry_watch w = {r->context.registry, prepare, finish, NULL};
	registry_set_watch(r->context.registry, &w);
}

static void channels_are_made_changed_and_deleted(void **state)
{
	struct rest *r = *state;
	watch(r);
	rest_ask(r, METHOD_POST, "/gw/channels",
		"[{\"name\":\"new-channel-name\",\"protocol_name\":\"cantrack\"}]");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":2,\"cid\":1,\"name\":\"new-channel-name\",\"enabled\":true,"
		"\"protocol_id\":441,\"messages_ttl\":86400,\"configuration\":{\"address\":"
		"\"0.0.0.0\",\"port\":0,\"silence_s\":600,\"ack_v1\":true,\"extended\":false,"
		"\"auto_devices\":false,\"max_connections\":1000000,\"max_per_address\":0,"
		"\"max_junk_bytes\":8192,\"allowed_idents\":[],\"blocked_idents\":[],"
		"\"allowed_networks\":[],\"blocked_networks\":[]},\"uri\":\"127.0.0.1:40002\","
		"\"secondary_uri\":\"\"}]}\n");
	rest_ask(r, METHOD_POST, "/gw/channels?fields=id", "{\"metadata\":{\"a\":\"b\"}}");
	assert_answer(r, 200, "{\"result\":[{\"id\":3}]}\n");
	rest_get(r, "/gw/channels/3?fields=protocol_name,messages_size,blocked,metadata,deleted");
	assert_answer(r, 200,
		"{\"result\":[{\"protocol_name\":\"cantrack\",\"messages_size\":0,\"blocked\":0,"
		"\"metadata\":{\"a\":\"b\"},\"deleted\":false}]}\n");
	rest_ask(r, METHOD_PATCH, "/gw/channels/2,3?fields=id",
		"{\"configuration\":{\"silence_s\":5,\"allowed_idents\":\"1*\"}}");
	assert_answer(r, 200, "{\"result\":[{\"id\":2},{\"id\":3}]}\n");
	rest_ask(r, METHOD_PATCH,
		"/gw/channels/2?fields=configuration.silence_s,"
		"configuration.allowed_idents",
		"{\"configuration\":{\"port\":7}}");
	assert_answer(r, 200,
		"{\"result\":[{\"configuration\":{\"silence_s\":5,\"allowed_idents\":[\"1*\"]}}]}"
		"\n");
	rest_ask(r, METHOD_PUT, "/gw/channels/2?fields=configuration.port,configuration.silence_s",
		"{\"configuration\":{}}");
	assert_answer(
		r, 200, "{\"result\":[{\"configuration\":{\"port\":0,\"silence_s\":600}}]}\n");
	rest_ask(r, METHOD_DELETE, "/gw/channels/2,9", NULL);
	assert_answer(r, 200,
		"{\"result\":[{\"id\":2}],\"errors\":[{\"code\":3,\"id\":9,\"reason\":\"access "
		"denied or unable to process the item\"}]}\n");
	rest_ask(r, METHOD_DELETE, "/gw/channels/all", NULL);
	assert_answer(r, 200, "{\"result\":[{\"id\":1},{\"id\":3}]}\n");
	rest_ask(r, METHOD_DELETE, "/gw/channels/all", NULL);
	assert_answer(r, 200, "{\"result\":[]}\n");
}

static void a_port_that_is_taken_changes_nothing(void **state)
{
	struct rest *r = *state;
	watch(r);
	rest_ask(r, METHOD_POST, "/gw/channels", "{\"configuration\":{\"port\":1}}");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"id\":0,\"reason\":\"cannot listen on "
		"0.0.0.0:1: another program does\"}]}\n");
	rest_ask(r, METHOD_PATCH, "/gw/channels/1",
		"{\"name\":\"x\",\"configuration\":{\"port\":1}}");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"id\":1,\"reason\":\"cannot listen on "
		"0.0.0.0:1: another program does\"}]}\n");
	rest_ask(r, METHOD_POST, "/gw/channels?fields=id",
		"[{\"configuration\":{\"port\":1}},{\"name\":\"good\"},7]");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":2}],\"errors\":[{\"code\":2,\"id\":0,\"reason\":\"cannot "
		"listen on 0.0.0.0:1: another program does\"},{\"code\":2,\"id\":2,\"reason\":"
		"\"a channel must be an object\"}]}\n");
	rest_get(r, "/gw/channels/all?fields=id,name,configuration.port");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":1,\"name\":\"cantrack\",\"configuration\":{\"port\":0}},"
		"{\"id\":2,\"name\":\"good\",\"configuration\":{\"port\":0}}]}\n");
}

static void a_body_that_fits_nothing_is_refused_once(void **state)
{
	struct rest *r = *state;
	rest_ask(r, METHOD_POST, "/gw/devices",
		"[{\"configuration\":{\"ident\":\"1\"}},{\"configuration\":{\"ident\":\"2\"}}]");
	static const struct {
		const char *target, *body, *error;
	} rows[] = {
		{"/gw/devices/all", "{\"colour\":1}",
			"\"field\":\"colour\",\"reason\":\"unknown property colour\""},
		{"/gw/devices/all", "{\"id\":1}",
			"\"field\":\"id\",\"reason\":\"id cannot be set\""},
		{"/gw/devices/all", "{\"telemetry\":{}}",
			"\"field\":\"telemetry\",\"reason\":\"telemetry cannot be set\""},
		{"/gw/devices/all", "{\"configuration\":{}}",
			"\"field\":\"configuration.ident\",\"reason\":\"configuration.ident is "
			"missing\""},
		{"/gw/devices/all",
			"{\"configuration\":{\"ident\":\"9\",\"settings_polling\":\"hourly\"}}",
			"\"field\":\"configuration.settings_polling\",\"reason\":"
			"\"configuration.settings_polling: 'hourly' is none of never, once, "
			"daily, weekly, monthly\""},
		{"/gw/devices/all", "[]", "\"reason\":\"a device must be an object\""},
		{"/gw/channels/all", "{\"uri\":\"x\"}",
			"\"field\":\"uri\",\"reason\":\"uri cannot be set\""},
		{"/gw/channels/all", "{\"configuration\":{\"ident\":\"1\"}}",
			"\"field\":\"configuration.ident\",\"reason\":\"unknown property "
			"configuration.ident\""},
		{"/gw/channels/all", "{\"protocol_name\":\"teltonika\"}",
			"\"field\":\"protocol_name\",\"reason\":\"protocol_name can only be "
			"\\\"cantrack\\\"\""},
		{"/gw/channels/name=none", "{\"configuration\":{\"port\":65536}}",
			"\"field\":\"configuration.port\",\"reason\":\"configuration.port is "
			"65536, the limits are 0 and 65535\""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char expected[400];
		snprintf(expected, sizeof expected,
			"{\"result\":[],\"errors\":[{\"code\":2,%s}]}\n", rows[i].error);
		rest_ask(r, METHOD_PUT, rows[i].target, rows[i].body);
		assert_answer(r, 400, expected);
	}
	rest_ask(r, METHOD_PATCH, "/gw/channels/name=none", "{}");
	assert_answer(r, 200, "{\"result\":[]}\n");
	rest_ask(r, METHOD_PATCH, "/gw/channels/7", "{}");
	assert_int_equal(r->status, 403);
}

static void a_failing_store_is_an_error_of_each(void **state)
{
	struct rest *r = *state;
	rest_ask(r, METHOD_POST, "/gw/devices?fields=id", "{\"configuration\":{\"ident\":\"1\"}}");
	assert_answer(r, 200, "{\"result\":[{\"id\":2}]}\n");
	fake_store_fail_after(r->store, 0);
	static const struct {
		enum method method;
		const char *target;
		unsigned id;
	} rows[] = {
		{METHOD_PATCH, "/gw/devices/2", 2},
		{METHOD_DELETE, "/gw/devices/2", 2},
		{METHOD_PUT, "/gw/channels/1", 1},
		{METHOD_DELETE, "/gw/channels/1", 1},
		{METHOD_POST, "/gw/channels", 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char expected[200];
		snprintf(expected, sizeof expected,
			"{\"result\":[],\"errors\":[{\"code\":4,\"id\":%u,\"reason\":\"the disk is "
			"on fire\"}]}\n",
			rows[i].id);
		rest_ask(r, rows[i].method, rows[i].target, "{}");
		assert_answer(r, 500, expected);
	}
	rest_get(r, "/gw/channels/all?fields=id");
	assert_answer(r, 200, "{\"result\":[{\"id\":1}]}\n");
	rest_get(r, "/gw/devices/all?fields=id");
	assert_answer(r, 200, "{\"result\":[{\"id\":2}]}\n");
}

/* ---- devices ---- */

static bool is_connected(void *context, uint64_t ident)
{
	(void)context;
	return ident == 2;
}

/* What flespi's clients may ask for. */
static const char all_fields[] =
	"id,cid,name,enabled,device_type_id,device_type_name,protocol_id,protocol_name,"
	"configuration,commands,settings,messages_size,messages_ttl,messages_rotate,media_size,"
	"media_ttl,media_rotate,media_traffic,blocked,media_blocked,connected,last_active,"
	"telemetry,commands_queue,groups,plugins,streams,calcs,metadata,deleted";

static void assert_json(const json_t *object, const char *member, const char *expected)
{
	char *text = json_dumps(json_object_get(object, member), JSON_ENCODE_ANY | JSON_COMPACT);
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void a_device_shows_all_that_is_asked_for(void **state)
{
	struct rest *r = *state;
	static const struct connections connections = {.is_connected = is_connected};
	r->context.connections = &connections;
	rest_ask(r, METHOD_POST, "/gw/devices",
		"[{\"configuration\":{\"ident\":\"1\"}},{\"device_type_id\":5,\"configuration\":"
		"{\"ident\":\"2\",\"settings_polling\":\"never\"},\"metadata\":{\"plate\":\"B "
		"1\"}}]");
	fake_store_message(r->store, 1, 3, 2, 1732262400000000, 1732262401000000);
	char target[600];
	snprintf(target, sizeof target, "/gw/devices/all?fields=%s", all_fields);
	rest_get(r, target);
	assert_int_equal(r->status, 200);
	json_t *json = answer_of(r), *result = json_object_get(json, "result");
	json_t *silent = json_array_get(result, 0), *busy = json_array_get(result, 1);
	struct str names = str_of(all_fields);
	size_t count = 0;
	for (; names.at; count++) {
		struct str name = str_cut(&names, ',');
		assert_non_null(json_object_getn(silent, name.at, name.len));
		assert_non_null(json_object_getn(busy, name.at, name.len));
	}
	assert_int_equal(json_object_size(silent), count);
	assert_int_equal(json_object_size(busy), count);
	assert_json(silent, "connected", "false");
	assert_json(silent, "last_active", "null");
	assert_json(silent, "telemetry", "null");
	assert_json(silent, "messages_size", "0");
	assert_json(silent, "metadata", "{}");
	assert_json(silent, "configuration", "{\"ident\":\"1\",\"settings_polling\":\"once\"}");
	assert_json(busy, "connected", "true");
	assert_json(busy, "last_active", "1732262401");
	assert_json(busy, "metadata", "{\"plate\":\"B 1\"}");
	assert_json(busy, "device_type_name", "\"g06l\"");
	assert_json(busy, "configuration", "{\"ident\":\"2\",\"settings_polling\":\"never\"}");
	assert_json(json_object_get(json_object_get(busy, "telemetry"), "position.speed"), "value",
		"55.560000000000002");
	assert_true(json_integer_value(json_object_get(busy, "messages_size")) > 0);
	assert_json(json_array_get(json_object_get(busy, "commands"), 0), "name", "\"custom\"");
	json_decref(json);
	rest_get(r, "/gw/devices/connected=true?fields=id");
	assert_answer(r, 200, "{\"result\":[{\"id\":3}]}\n");
}

/* Each type has the command in the tracker's own words, with the examples of its own model, and those
 * of its papers. */
static void types_have_commands(void **state)
{
	struct rest *r = *state;
	rest_get(r, "/gw/channel-protocols/all/device-types/gf40?fields=commands");
	json_t *json = answer_of(r), *result = json_object_get(json, "result"), *type;
	json_t *commands = json_object_get(json_array_get(result, 0), "commands");
	json_t *custom = json_array_get(commands, 0);
	size_t i;
	assert_int_equal(json_array_size(commands), 7);
	assert_json(custom, "name", "\"custom\"");
	assert_json(custom, "address", "[\"connection\"]");
	assert_json(custom, "examples",
		"[{\"description\":\"Set working mode 1\",\"properties\":{\"payload\":"
		"\"MD123456 1 3 8 1\"}}]");
	assert_json(custom, "tags", "{\"custom\":1}");
	assert_json(json_array_get(commands, 1), "name", "\"mode.md\"");
	json_decref(json);
	rest_get(r,
		"/gw/channel-protocols/all/device-types/all?fields=id,name,commands,configuration");
	json = answer_of(r);
	result = json_object_get(json, "result");
	assert_int_equal(json_array_size(result), 11);
	json_array_foreach(result, i, type)
	{
		assert_int_equal(json_integer_value(json_object_get(type, "id")), i + 1);
		json_t *command = json_array_get(json_object_get(type, "commands"), 0);
		assert_true(json_array_size(json_object_get(command, "examples")) >= 1);
		assert_json(json_object_get(type, "configuration"), "required", "[\"ident\"]");
	}
	json_decref(json);
}

/* ---- many ---- */

static void thousands_are_made_changed_and_deleted(void **state)
{
	enum { COUNT = 5000 };
	struct rest *r = *state;
	struct buf body;
	buf_init(&body, HTTP_BODY_MAX);
	for (int i = 0; i < COUNT; i++) /* the last has the ident of the first */
		assert_true(buf_printf(&body, "%c{\"configuration\":{\"ident\":\"%d\"}}",
			i ? ',' : '[', i < COUNT - 1 ? 1000 + i : 1000));
	assert_true(buf_add(&body, "]", 2));
	size_t before = fake_store_transactions(r->store);
	rest_ask(r, METHOD_POST, "/gw/devices?fields=id", body.at);
	buf_clear(&body);
	assert_int_equal(r->status, 200);
	assert_int_equal(fake_store_transactions(r->store), before + 1);
	assert_non_null(strstr(r->text.at, "{\"id\":5000}],\"errors\":[{\"code\":2,\"id\":4999,"
					   "\"reason\":\"ident 1000 belongs "
					   "to device 2 already\"}]}\n"));
	rest_ask(r, METHOD_PATCH, "/gw/devices/all?fields=id", "{\"name\":\"all\"}");
	assert_int_equal(r->status, 200);
	assert_null(strstr(r->text.at, "errors"));
	rest_get(r, "/gw/devices/name=all?fields=id&limit=1");
	assert_non_null(strstr(r->text.at, "\"count\":4999"));
	rest_ask(r, METHOD_DELETE, "/gw/devices/all", NULL);
	assert_non_null(strstr(r->text.at, "{\"id\":5000}]}\n"));
	assert_true(fake_store_transactions(r->store) < before + 60);
	rest_get(r, "/gw/devices/all");
	assert_answer(r, 200, "{\"result\":[]}\n");
}

/* ---- events ---- */

#define OF ",\"token_id\":5,\"trace\":\"t-1\""

/* As somebody. */
static void ask_from(
	struct rest *r, const char *host, enum method method, const char *target, const char *body)
{
	struct peer peer = {4, {10, 0, 0, 2}, 4711};
	if (strchr(host, ':'))
		peer = (struct peer){6, {0xfd, [15] = 1}, 80};
	struct token token = r->master;
	token.id = 5;
	struct request request = {.context = &r->context,
		.method = method,
		.target = str_of(target),
		.body = str_of(body),
		.token = &token,
		.peer = peer,
		.app = STR("shop"),
		.trace = STR("t-1")};
	rest_request(r, &request);
}

static void changes_are_told(void **state)
{
	struct rest *r = *state;
	char nowhere;
	r->context.events = (struct events *)&nowhere; /* ours does not look at it */
	ask_from(r, "10.0.0.2", METHOD_POST, "/gw/devices",
		"[{\"configuration\":{\"ident\":\"1\"}},{}]");
	ask_from(r, "fd00::1", METHOD_PATCH, "/gw/devices/2,7",
		"{\"name\":\"x\",\"metadata\":{\"a\":1}}");
	ask_from(r, "10.0.0.2", METHOD_DELETE, "/gw/devices/2", "");
#define DEVICE(name)                                                                               \
	"{\"id\":2,\"cid\":1,\"name\":\"" name "\",\"enabled\":true,\"device_type_id\":1,"         \
	"\"protocol_id\":441,\"configuration\":{\"ident\":\"1\",\"settings_polling\":\"once\"},"   \
	"\"messages_ttl\":31536000,\"messages_rotate\":0,\"media_ttl\":0,\"media_rotate\":0}"
	static const char expected[] =
		"1 11 2 {\"app\":\"shop\",\"host\":\"10.0.0.2\",\"http_data\":{},"
		"\"new\":" DEVICE("") OF
		"}\n"
		"2 11 2 {\"app\":\"shop\",\"host\":\"fd00::1\",\"http_data\":{},"
		"\"new\":" DEVICE("x") ",\"old\":" DEVICE("") OF
		"}\n"
		"3 11 2 {\"app\":\"shop\",\"host\":\"10.0.0.2\",\"http_data\":{},"
		"\"old\":" DEVICE("x") OF "}\n";
	assert_buf(told, expected);
	told.len = 0;
	ask_from(r, "10.0.0.2", METHOD_POST, "/gw/channels", "{}");
	ask_from(r, "10.0.0.2", METHOD_PUT, "/gw/channels/3", "{\"name\":\"y\"}");
	ask_from(r, "10.0.0.2", METHOD_DELETE, "/gw/channels/3", "");
	ask_from(r, "10.0.0.2", METHOD_DELETE, "/gw/channels/3", "");
	struct str left = buf_str(&told);
	static const char *const begins[] = {"1 9 3 {", "2 9 3 {", "3 9 3 {", ""};
	for (size_t i = 0; i < 4; i++)
		assert_true(str_starts(str_cut(&left, '\n'), begins[i]));
	assert_null(left.at);
}

static void devices_that_registered_themselves_are_told(void **state)
{
	struct rest *r = *state;
	struct error e;
	char nowhere;
	struct auto_devices context = {r->context.registry, (struct events *)&nowhere};
	r->channel.auto_devices = true;
	assert_true(registry_put_channel(r->context.registry, &r->channel, &e));
	struct record records[] = {
		{.origin = {.channel = 1, .ident = 1}}, {.origin = {.channel = 1, .ident = 1}}};
	auto_devices(&context, records, 2);
	assert_int_equal(records[1].origin.device, 2);
	assert_true(str_starts(buf_str(&told),
		"1 11 2 {\"app\":\"auto\",\"host\":\"\",\"http_data\":{},\"new\":{\"id\":2,"));
	assert_null(memchr(told.at, '\n', told.len - 1)); /* once */
}

static bool print_much(const void *object, struct buf *out)
{
	size_t bytes = *(const size_t *)object;
	return buf_printf(out, "\"%0*d\"", (int)bytes, 0);
}

/* An event has a maximum: what is too large for it is told without the objects. */
static void large_objects_are_left_out(void **state)
{
	struct rest *r = *state;
	char nowhere;
	static const struct field much[] = {
		FIELD_OF_FUNCTION("much", FIELD_SHOWN, print_much, "string", "Much")};
	const struct resource resource = {"thing", much, 1, sizeof(size_t), NULL, false};
	const size_t small = 3, large = 70000;
	struct change change = {
		.type = ORIGIN_TOKEN, .id = 7, .resource = &resource, .old = &small, .new = &large};
	change_post((struct events *)&nowhere, &change);
	change.new = &small;
	change_post((struct events *)&nowhere, &change);
	change_post(NULL, &change);
	assert_buf(told,
		"2 33 7 {\"host\":\"\",\"http_data\":{},\"token_id\":0,"
		"\"trace\":\"\"}\n"
		"2 33 7 {\"host\":\"\",\"http_data\":{},\"new\":{\"much\":\"000\"},\"old\":"
		"{\"much\":\"000\"},\"token_id\":0,\"trace\":\"\"}\n");
	told.len = 0;
	/* lists as long as they may be fit */
	r->context.events = (struct events *)&nowhere;
	struct buf body;
	buf_init(&body, 64 * 1024);
	assert_true(buf_printf(&body, "{\"configuration\":{\"allowed_idents\":\"1"));
	for (int i = 0; i < 2047; i++)
		assert_true(buf_printf(&body, ",1"));
	assert_true(buf_printf(&body, "\",\"blocked_networks\":\"::"));
	for (int i = 0; i < 681; i++)
		assert_true(buf_printf(&body, ",::"));
	assert_true(buf_add(&body, "\"}}", 4));
	for (int i = 0; i < 2; i++)
		rest_ask(r, METHOD_PATCH, "/gw/channels/1", body.at);
	assert_int_equal(r->status, 200);
	assert_non_null(strstr(told.at, "\"old\":{"));
	buf_clear(&body);
}

/* ---- idents ---- */

static void assert_reason(struct rest *r, const char *ident, const char *expected)
{
	char target[80], text[200];
	snprintf(target, sizeof target, "/gw/channels/1/idents/%s?fields=ident,reason", ident);
	snprintf(text, sizeof text, "{\"result\":[{\"ident\":\"%s\",\"reason\":%s}]}\n", ident,
		expected);
	rest_get(r, target);
	assert_answer(r, 200, text);
}

static void idents_say_why_they_have_no_device(void **state)
{
	struct rest *r = *state;
	for (uint64_t ident = 11; ident <= 14; ident++)
		fake_store_message(r->store, 1, 0, ident, 1000000, 2000000);
	rest_ask(r, METHOD_POST, "/gw/devices",
		"[{\"configuration\":{\"ident\":\"12\"}},{\"enabled\":false,\"configuration\":"
		"{\"ident\":\"13\"}}]");
	assert_reason(r, "11", "\"no device has configuration.ident 11\"");
	assert_reason(r, "12", "null");
	assert_reason(r, "13", "\"its device is disabled\"");
	rest_ask(r, METHOD_PATCH, "/gw/channels/1",
		"{\"configuration\":{\"auto_devices\":true,\"blocked_idents\":\"9,12\"}}");
	assert_reason(r, "11", "\"the next message of ident 11 will register a device\"");
	assert_reason(r, "12", "\"channel 1 blocks ident 12\"");
	rest_ask(r, METHOD_PATCH, "/gw/channels/1",
		"{\"configuration\":{\"allowed_idents\":\"*4,13\",\"auto_devices\":false}}");
	assert_reason(r, "11", "\"channel 1 does not allow ident 11\"");
	assert_reason(r, "14", "\"no device has configuration.ident 14\"");
	rest_get(r, "/gw/channels/all/idents/1*?fields=ident,device_id&limit=2&offset=1");
	assert_answer(r, 200,
		"{\"result\":[{\"ident\":\"12\",\"device_id\":2},{\"ident\":\"13\",\"device_id\":3}"
		"],\"pagination\":{\"limit\":2,\"offset\":1,\"count\":4}}\n");
	rest_get(r, "/gw/channels/1/idents/all?fields=colour");
	assert_int_equal(r->status, 400);
}

/* ---- what there is nothing of ---- */

static void what_there_is_not_is_answered_politely(void **state)
{
	struct rest *r = *state;
	rest_ask(r, METHOD_POST, "/gw/devices", "{\"configuration\":{\"ident\":\"1\"}}");
	static const struct {
		enum method method;
		const char *target;
		unsigned status;
	} rows[] = {
		{METHOD_GET, "/gw/devices/2/settings/all", 200},
		{METHOD_GET, "/gw/devices/3/settings/all", 403},
		{METHOD_PUT, "/gw/devices/2/settings/interval", 400},
		{METHOD_DELETE, "/gw/devices/2/settings/interval", 200},
		{METHOD_GET, "/gw/devices/2/snapshots", 200},
		{METHOD_PUT, "/gw/devices/2/cid", 400},
		{METHOD_PUT, "/gw/channels/1/cid", 400},
		{METHOD_POST, "/gw/streams", 403},
		{METHOD_GET, "/gw/streams/all?fields=id,name", 200},
		{METHOD_GET, "/gw/streams/1", 403},
		{METHOD_DELETE, "/gw/streams/1", 403},
		{METHOD_GET, "/gw/streams/all/logs", 200},
		{METHOD_GET, "/gw/stream-protocols/all", 200},
		{METHOD_POST, "/gw/streams/1/devices/all", 403},
		{METHOD_GET, "/gw/geofences/name=x*", 200},
		{METHOD_GET, "/gw/calcs/all", 200},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		rest_ask(r, rows[i].method, rows[i].target, "{}");
		assert_int_equal(r->status, rows[i].status);
		json_t *json = answer_of(r);
		assert_int_equal(json_array_size(json_object_get(json, "result")), 0);
		assert_int_equal(
			json_array_size(json_object_get(json, "errors")), rows[i].status != 200);
		json_decref(json);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(channels_are_made_changed_and_deleted),
		TEST(a_port_that_is_taken_changes_nothing),
		TEST(a_body_that_fits_nothing_is_refused_once),
		TEST(a_failing_store_is_an_error_of_each),
		TEST(a_device_shows_all_that_is_asked_for),
		TEST(types_have_commands),
		TEST(thousands_are_made_changed_and_deleted),
		TEST(changes_are_told),
		TEST(devices_that_registered_themselves_are_told),
		TEST(large_objects_are_left_out),
		TEST(idents_say_why_they_have_no_device),
		TEST(what_there_is_not_is_answered_politely),
	};
	return cmocka_run_group_tests_name("items", tests, NULL, NULL);
}
