/* The REST API as its callers see it, less the socket. */
#include "test.h"

#include "rest.h"

static int set_up(void **state)
{
	*state = rest_new();
	return 0;
}

#define DEVICE_1                                                                                   \
	"{\"id\":2,\"cid\":1,\"name\":\"Truck 1\",\"enabled\":true,\"device_type_id\":1,"          \
	"\"protocol_id\":441,\"configuration\":{\"ident\":\"130305\",\"settings_polling\":"        \
	"\"once\"},"                                                                               \
	"\"messages_ttl\":31536000,\"messages_rotate\":0,\"media_ttl\":0,\"media_rotate\":0}"

static void make_devices(struct rest *r)
{
	rest_ask(r, METHOD_POST, "/gw/devices",
		"[{\"name\":\"Truck 1\",\"configuration\":{\"ident\":\"0130305\"}},"
		"{\"name\":\"Truck 2\",\"configuration\":{\"ident\":\"130306\"}}]");
	assert_int_equal(r->status, 200);
}

/* ---- routes ---- */

/* A target of the row: every {part} becomes 1. */
static void target_of(const struct route *route, char *out)
{
	for (const char *p = route->pattern; *p; p++) {
		if (*p == '{') {
			*out++ = '1';
			p = strchr(p, '}');
		} else {
			*out++ = *p;
		}
	}
	*out = '\0';
}

static void every_route_wants_a_token(void **state)
{
	struct rest *r = *state;
	size_t guarded = 0;
	for (size_t i = 0; i < route_count; i++) {
		char target[200];
		target_of(&routes[i], target);
		rest_ask_bare(r, routes[i].method, target);
		if (routes[i].scope == SCOPE_PUBLIC) {
			bool is_missing = strchr(routes[i].pattern, '{') != NULL;
			assert_int_equal(r->status, is_missing ? 404 : 200);
			continue;
		}
		guarded++;
		assert_answer(r, 401, "{\"errors\":[{\"code\":1,\"reason\":\"unauthorized\"}]}\n");
	}
	assert_true(guarded >= 12);
}

static void unknown_places_and_methods(void **state)
{
	struct rest *r = *state;
	rest_get(r, "/gw/nothing");
	assert_answer(r, 404,
		"{\"result\":[],\"errors\":[{\"code\":2,\"reason\":\"there is nothing at "
		"/gw/nothing; see /docs for what there is\"}]}\n");
	static const char *const none[] = {"", "///", "gw/devices/all", "//gw/devices/all",
		"/gw/devices//messages", "/gw", "/gw/"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		rest_get(r, none[i]);
		assert_int_equal(r->status, 404);
	}
	rest_ask(r, METHOD_POST, "/gw/channels/all", "{}");
	assert_answer(r, 405,
		"{\"result\":[],\"errors\":[{\"code\":2,\"reason\":\"POST is not possible here, "
		"only GET, HEAD, PUT, PATCH, DELETE\"}]}\n");
	assert_string_equal(r->allow, "GET, HEAD, PUT, PATCH, DELETE");
	rest_ask(r, METHOD_PUT, "/gw/message-parameters/all", "{}");
	assert_string_equal(r->allow, "GET, HEAD");
	rest_get(r, "/gw/devices");
	assert_string_equal(r->allow, "POST");
	rest_ask(r, METHOD_POST, "/gw/devices/1", "{}");
	assert_string_equal(r->allow, "GET, HEAD, PUT, PATCH, DELETE");
	rest_get(r, "/gw/channels/1/");
	assert_int_equal(r->status, 200);
	rest_get(r, "/gw/channels/1/?fields=id");
	assert_answer(r, 200, "{\"result\":[{\"id\":1}]}\n");
	rest_get(r, "/gw/channel-protocols/441/?fields=");
	assert_int_equal(r->status, 200);
	assert_non_null(strstr(r->text.at, "{\"id\":441,"));
}

static void an_empty_body_is_named(void **state)
{
	struct rest *r = *state;
	rest_ask(r, METHOD_POST, "/gw/devices", " ");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"reason\":\"there is no JSON, an object "
		"or "
		"an array is needed\"}]}\n");
}

static void addresses_are_read_strictly(void **state)
{
	struct rest *r = *state;
	static const struct {
		const char *target, *reason;
	} rows[] = {
		{"/gw/channels/%zz", "the address has '%zz' at byte 0, % needs two hex digits"},
		{"/gw/channels/1?fields=%4",
			"the address has '%4' at byte 0, % needs two hex digits"},
		{"/gw/channels/1?feilds=id", "unknown query parameter 'feilds'"},
		{"/gw/channels/1?=id", "unknown query parameter ''"},
		{"/gw/channels/1?fields=id&fields=id", "query parameter 'fields' is given twice"},
		{"/gw/channels/some", "selector: 'some' is neither all, nor ids, nor conditions "
				      "member=mask"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char expected[400];
		snprintf(expected, sizeof expected,
			"{\"result\":[],\"errors\":[{\"code\":2,\"reason\":\"%s\"}]}\n",
			rows[i].reason);
		rest_get(r, rows[i].target);
		assert_answer(r, 400, expected);
	}
	rest_get(r, "/gw/channels/1?limit=x");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"field\":\"limit\",\"reason\":\"limit is "
		"'x', a whole number from 0 to 4294967295 is needed\"}]}\n");
	rest_get(r, "/gw/channels/1?offset=-1");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"field\":\"offset\",\"reason\":\"offset "
		"is "
		"'-1', a whole number from 0 to 4294967295 is needed\"}]}\n");
	rest_get(r, "/gw/channels/%6eame%3Dcan%2A?fields=id%2Cname");
	assert_answer(r, 200, "{\"result\":[{\"id\":1,\"name\":\"cantrack\"}]}\n");
}

/* ---- channels, protocols ---- */

static void channels_are_read(void **state)
{
	struct rest *r = *state;
	registry_set_uri(r->context.registry, 1, "127.0.0.1:5013");
	rest_get(r, "/gw/channels/all");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":1,\"cid\":1,\"name\":\"cantrack\",\"enabled\":true,"
		"\"protocol_id\":441,\"messages_ttl\":86400,\"configuration\":{\"address\":"
		"\"0.0.0.0\",\"port\":0,\"silence_s\":600,\"ack_v1\":true,\"extended\":false,"
		"\"auto_devices\":false,\"max_connections\":1000000,\"max_per_address\":0,"
		"\"max_junk_bytes\":8192,\"allowed_idents\":[],\"blocked_idents\":[],"
		"\"allowed_networks\":[],\"blocked_networks\":[]},\"uri\":\"127.0.0.1:5013\","
		"\"secondary_uri\":\"\"}]}\n");
	rest_get(r, "/gw/channels/1?fields=id,protocol_name");
	assert_answer(r, 200, "{\"result\":[{\"id\":1,\"protocol_name\":\"cantrack\"}]}\n");
}

static void unknown_ids_and_fields(void **state)
{
	struct rest *r = *state;
	rest_get(r, "/gw/channels/98765");
	assert_answer(r, 403,
		"{\"result\":[],\"errors\":[{\"code\":3,\"id\":98765,\"reason\":\"access denied or "
		"unable to process the item\"}]}\n");
	rest_get(r, "/gw/channels/1,98765?fields=id");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":1}],\"errors\":[{\"code\":3,\"id\":98765,\"reason\":\"access "
		"denied or unable to process the item\"}]}\n");
	rest_get(r, "/gw/channels/1?fields=id,title");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"field\":\"title\",\"reason\":\"field is "
		"not allowed\"}]}\n");
	rest_get(r, "/gw/channels/name=x*");
	assert_answer(r, 200, "{\"result\":[]}\n");
	rest_get(r, "/gw/channel-protocols/441?fields=title");
	assert_int_equal(r->status, 400);
}

static void protocols_are_described(void **state)
{
	struct rest *r = *state;
	rest_get(r, "/gw/channel-protocols/all?fields=name,id,features");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":441,\"name\":\"cantrack\",\"features\":{\"raw_packets\":"
		"true,\"shared_connection\":false}}]}\n");
	rest_get(r, "/gw/channel-protocols/cantrack?fields=message_parameters");
	assert_non_null(strstr(r->text.at, "{\"name\":\"battery.voltage\",\"type\":\"number\","
					   "\"unit\":\"volts\",\"info\":"));
	rest_get(r, "/gw/channel-protocols/all?fields=title");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"field\":\"title\",\"reason\":"
		"\"field is not allowed\"}]}\n");
	rest_get(r, "/gw/channel-protocols/name=cantrack/device-types/1,5");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":1,\"name\":\"generic\",\"title\":\"Cantrack, any "
		"model\",\"protocol_id\":441},{\"id\":5,\"name\":\"g06l\",\"title\":"
		"\"Cantrack G06L\",\"protocol_id\":441}]}\n");
	rest_get(r, "/gw/protocols/441/device-types/g06l?fields=id,settings");
	assert_answer(r, 200, "{\"result\":[{\"id\":5,\"settings\":[]}]}\n");
	rest_get(r, "/gw/message-parameters/battery.level");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":1,\"name\":\"battery.level\",\"type\":\"number\","
		"\"unit\":\"percentage\",\"info\":\"Internal battery level\"}]}\n");
	rest_get(r, "/gw/channel-protocols/all/device-types/1?fields=protocol_id");
	assert_answer(r, 200, "{\"result\":[{\"protocol_id\":441}]}\n");
	rest_get(r, "/gw/channel-protocols/teltonika/device-types/all");
	assert_answer(r, 200, "{\"result\":[]}\n");
	rest_get(r, "/gw/channel-protocols/7");
	assert_int_equal(r->status, 403);
}

/* ---- devices ---- */

static void devices_are_created_and_read(void **state)
{
	struct rest *r = *state;
	rest_ask(r, METHOD_POST, "/gw/devices",
		"{\"name\":\"Truck 1\",\"configuration\":{\"ident\":\"0130305\"}}");
	assert_answer(r, 200, "{\"result\":[" DEVICE_1 "]}\n");
	rest_get(r, "/gw/devices/configuration.ident=130305");
	assert_answer(r, 200, "{\"result\":[" DEVICE_1 "]}\n");
	rest_get(r, "/gw/devices/configuration.ident=1");
	assert_answer(r, 200, "{\"result\":[]}\n");
	rest_ask(r, METHOD_POST, "/gw/devices?fields=id,name",
		"[{\"configuration\":{\"ident\":\"1\"}},{\"configuration\":{\"ident\":\"130305\"}}"
		"]");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":3,\"name\":\"\"}],\"errors\":[{\"code\":2,\"id\":1,"
		"\"reason\":\"ident 130305 belongs to device 2 already\"}]}\n");
	rest_ask(r, METHOD_POST, "/gw/devices", "[{\"configuration\":{\"ident\":\"1\"}}]");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"id\":0,\"reason\":\"ident 1 belongs to "
		"device 3 already\"}]}\n");
	rest_ask(r, METHOD_POST, "/gw/devices", "[]");
	assert_answer(r, 200, "{\"result\":[]}\n");
}

static void a_bad_body_changes_nothing(void **state)
{
	struct rest *r = *state;
	rest_ask(r, METHOD_POST, "/gw/devices",
		"[{\"configuration\":{\"phone\":\"1\"}},{\"colour\":\"red\"}]");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"id\":0,\"field\":\"configuration.ident\","
		"\"reason\":\"configuration.ident is missing\"},{\"code\":2,\"id\":1,\"field\":"
		"\"colour\",\"reason\":\"unknown property colour\"}]}\n");
	rest_ask(r, METHOD_POST, "/gw/devices?fields=x", "{\"configuration\":{\"ident\":\"1\"}}");
	assert_int_equal(r->status, 400);
	static const char *const broken[] = {"", "{", "7", "\"x\"", "[7]", "[[]]", "null",
		"{\"configuration\":{\"ident\":\"1\"}} x", "\xff"};
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		rest_ask(r, METHOD_POST, "/gw/devices", broken[i]);
		assert_int_equal(r->status, 400);
	}
	rest_ask(r, METHOD_POST, "/gw/devices", "{\n\"name\" 7}");
	assert_non_null(strstr(r->text.at, "JSON, line 2 column 8: "));
	fake_store_fail_after(r->store, 0);
	rest_ask(r, METHOD_POST, "/gw/devices", "{\"configuration\":{\"ident\":\"1\"}}");
	assert_answer(r, 500,
		"{\"result\":[],\"errors\":[{\"code\":4,\"id\":0,\"reason\":\"the disk is on "
		"fire\"}]}\n");
	fake_store_fail_after(r->store, SIZE_MAX);
	rest_get(r, "/gw/devices/all");
	assert_answer(r, 200, "{\"result\":[]}\n");
}

static void devices_are_changed_and_deleted(void **state)
{
	struct rest *r = *state;
	make_devices(r);
	rest_ask(r, METHOD_PATCH, "/gw/devices/2?fields=configuration",
		"{\"configuration\":{\"phone\":\"+49\"}}");
	assert_answer(r, 200,
		"{\"result\":[{\"configuration\":{\"ident\":\"130305\",\"phone\":\"+49\","
		"\"settings_polling\":\"once\"}}]}\n");
	rest_ask(r, METHOD_PUT, "/gw/devices/2,9?fields=id,configuration",
		"{\"configuration\":{\"ident\":\"7\"}}");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":2,\"configuration\":{\"ident\":\"7\",\"settings_polling\":"
		"\"once\"}}],"
		"\"errors\":[{\"code\":3,\"id\":9,\"reason\":\"access denied or unable to process "
		"the item\"}]}\n");
	rest_ask(r, METHOD_PUT, "/gw/devices/all?fields=id",
		"{\"configuration\":{\"ident\":\"8\"}}");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":2}],\"errors\":[{\"code\":2,\"id\":3,\"reason\":\"ident 8 "
		"belongs to device 2 already\"}]}\n");
	rest_ask(r, METHOD_PUT, "/gw/devices/3", "{\"messages_ttl\":-1}");
	assert_int_equal(r->status, 400);
	rest_ask(r, METHOD_DELETE, "/gw/devices/2,3,4", NULL);
	assert_answer(r, 200,
		"{\"result\":[{\"id\":2},{\"id\":3}],\"errors\":[{\"code\":3,\"id\":4,\"reason\":"
		"\"access denied or unable to process the item\"}]}\n");
	rest_ask(r, METHOD_DELETE, "/gw/devices/2", NULL);
	assert_int_equal(r->status, 403);
}

static void lists_have_pages(void **state)
{
	struct rest *r = *state;
	make_devices(r);
	rest_get(r, "/gw/devices/all?fields=id&limit=1");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":2}],\"pagination\":{\"limit\":1,\"offset\":0,\"count\":2}}"
		"\n");
	rest_get(r, "/gw/devices/all?fields=id&limit=5&offset=1");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":3}],\"pagination\":{\"limit\":5,\"offset\":1,\"count\":2}}"
		"\n");
	rest_get(r, "/gw/devices/all?fields=id&offset=9");
	assert_answer(
		r, 200, "{\"result\":[],\"pagination\":{\"limit\":0,\"offset\":9,\"count\":2}}\n");
}

/* ---- telemetry, idents ---- */

static void telemetry_has_times_and_a_position(void **state)
{
	struct rest *r = *state;
	make_devices(r);
	fake_store_message(r->store, 1, 2, 130305, 1732262400000000, 1732262402512345);
	rest_get(r, "/gw/devices/2,3/telemetry/position,gsm.lac");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":2,\"telemetry\":{\"gsm.lac\":{\"ts\":1732262400,\"value\":"
		"9763},\"gsm.lac.1\":{\"ts\":1732262400,\"value\":9764},\"position\":{\"ts\":"
		"1732262400,\"value\":{\"latitude\":22.5,\"speed\":55.56}},\"position.latitude\":"
		"{\"ts\":1732262400,\"value\":22.5},\"position.speed\":{\"ts\":1732262400,"
		"\"value\":55.56}}},{\"id\":3,\"telemetry\":null}]}\n");
	rest_get(r, "/gw/devices/2/telemetry/position.s*,message.type");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":2,\"telemetry\":{\"message.type\":{\"ts\":1732262400,"
		"\"value\":\"V1\"},\"position.speed\":{\"ts\":1732262400,\"value\":55.56}}}]}\n");
	rest_get(r, "/gw/devices/2/telemetry/nothing");
	assert_answer(r, 200, "{\"result\":[{\"id\":2,\"telemetry\":{}}]}\n");
	rest_get(r, "/gw/devices/9/telemetry/all");
	assert_int_equal(r->status, 403);
}

static void idents_are_listed(void **state)
{
	struct rest *r = *state;
	make_devices(r);
	fake_store_message(r->store, 1, 0, 777, 1732262400000000, 1732262401000000);
	fake_store_message(r->store, 1, 2, 130305, 1732262400000000, 1732262402500000);
	fake_store_message(r->store, 1, 2, 130305, 1732262400000000, 1732262403500000);
	rest_get(r, "/gw/channels/1/idents/*");
	assert_non_null(strstr(r->text.at, "{\"result\":[{\"ident\":\"777\",\"size\":"));
	assert_non_null(strstr(r->text.at,
		",\"messages\":1,\"last\":1732262401,\"peer\":\"10.0.0.9:40112\",\"device_id\":"
		"null,\"reason\":\"no device has configuration.ident 777\"},{\"ident\":\"130305\","
		"\"size\":"));
	assert_non_null(strstr(r->text.at,
		",\"messages\":2,\"last\":1732262403.5,\"peer\":\"10.0.0.9:40112\","
		"\"device_id\":2,\"reason\":null}]}\n"));
	rest_get(r, "/gw/channels/1/idents/*303*");
	assert_null(strstr(r->text.at, "777"));
	assert_non_null(strstr(r->text.at, "\"130305\""));
	rest_get(r, "/gw/channels/1/idents/9*");
	assert_answer(r, 200, "{\"result\":[]}\n");
}

/* ---- service ---- */

static void health_follows_the_writer(void **state)
{
	struct rest *r = *state;
	char writer;
	r->context.writer = (struct writer *)&writer;
	rest_get(r, "/health");
	assert_answer(r, 200, "{\"status\":\"ok\"}\n");
	fake_writer_failing = true;
	rest_get(r, "/health");
	assert_int_equal(r->status, 503);
	rest_get(r, "/metrics");
	assert_non_null(strstr(r->text.at, "\ncantrack_writer_failing 1\n"));
	fake_writer_failing = false;
	assert_non_null(strstr(r->text.at, "\ncantrack_http_unauthorized_total "));
	assert_non_null(strstr(r->text.at, "\ncantrack_store_appended_total 0\n"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rest_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(every_route_wants_a_token),
		TEST(unknown_places_and_methods),
		TEST(an_empty_body_is_named),
		TEST(addresses_are_read_strictly),
		TEST(channels_are_read),
		TEST(unknown_ids_and_fields),
		TEST(protocols_are_described),
		TEST(devices_are_created_and_read),
		TEST(a_bad_body_changes_nothing),
		TEST(devices_are_changed_and_deleted),
		TEST(lists_have_pages),
		TEST(telemetry_has_times_and_a_position),
		TEST(idents_are_listed),
		TEST(health_follows_the_writer),
	};
	return cmocka_run_group_tests_name("rest", tests, NULL, NULL);
}
