/* What an ACL of some devices does not learn of the others, nor of what lies below its own. */
#include "test.h"

#include "rest.h"

#include <jansson.h>

#define assert_answer(r, expected_status, expected)                                                \
	do {                                                                                       \
		assert_string_equal((r)->text.at, expected);                                       \
		assert_int_equal((r)->status, expected_status);                                    \
	} while (0)

/* Devices 2 (ident 11) and 3 (ident 12), each with a message on channel 1. */
static int set_up(void **state)
{
	struct rest *r = rest_new();
	rest_ask(r, METHOD_POST, "/gw/devices",
		"[{\"name\":\"a\",\"configuration\":{\"ident\":\"11\"}},"
		"{\"name\":\"b\",\"configuration\":{\"ident\":\"12\"}}]");
	fake_store_message(r->store, 1, 2, 11, 1000000, 1000000);
	fake_store_message(r->store, 1, 3, 12, 1000000, 1000000);
	*state = r;
	return r->status != 200;
}

static int tear_down(void **state)
{
	rest_free(*state);
	return 0;
}

static struct token token_of(const char *acl)
{
	struct token t;
	struct refusal why;
	json_t *list = json_loads(acl, 0, NULL);
	json_t *json = json_pack("{s:i,s:{s:i,s:o}}", "ttl", 60, "access", "type", 2, "acl", list);
	token_init(&t);
	assert_true(token_parse(json, PARSE_REPLACE, &t, &why));
	json_decref(json);
	return t;
}

/* May change device 3 and see all channels. */
static struct token restricted(void)
{
	return token_of("[{\"uri\":\"gw/devices\",\"methods\":[\"GET\",\"PUT\"],\"ids\":[3],"
			"\"submodules\":[]},{\"uri\":\"gw/channels\",\"methods\":[\"GET\"]}]");
}

static void a_clash_names_no_foreign_device(void **state)
{
	struct rest *r = *state;
	struct token t = restricted();
	static const char body[] = "{\"configuration\":{\"ident\":\"11\"}}";
	rest_ask_with(r, &t, METHOD_PATCH, "/gw/devices/3", body);
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"id\":3,\"reason\":\"another item or the "
		"system does not let it be so; the token shows no more\"}]}\n");
	rest_ask_with(r, &t, METHOD_PATCH, "/gw/devices/3", "{\"name\":7}");
	assert_non_null(strstr(r->text.at, "name must be a string"));
	rest_ask(r, METHOD_PATCH, "/gw/devices/3", body);
	assert_non_null(strstr(r->text.at, "ident 11 belongs to device 2 already"));
}

static void telemetry_lies_below_a_device(void **state)
{
	struct rest *r = *state;
	struct token t = restricted();
	rest_ask_with(r, &t, METHOD_GET, "/gw/devices/all?fields=id,telemetry", NULL);
	assert_answer(r, 200, "{\"result\":[{\"id\":3,\"telemetry\":null}]}\n");
	static const char *const selectors[] = {"/gw/devices/%7Btelemetry%7D?fields=id",
		"/gw/devices/telemetry=*position*?fields=id"};
	for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++) {
		rest_ask_with(r, &t, METHOD_GET, selectors[i], NULL);
		assert_answer(r, 200, "{\"result\":[]}\n");
		rest_ask(r, METHOD_GET, selectors[i], NULL);
		assert_answer(r, 200, "{\"result\":[{\"id\":2},{\"id\":3}]}\n");
	}
	t = token_of("[{\"uri\":\"gw/devices\",\"methods\":[\"GET\"],\"ids\":[3],\"submodules\":["
		     "{\"name\":\"telemetry\",\"methods\":[\"GET\"]}]}]");
	rest_ask_with(r, &t, METHOD_GET, "/gw/devices/3?fields=telemetry", NULL);
	assert_non_null(strstr(r->text.at, "\"position.latitude\""));
}

static void an_ident_tells_of_visible_devices(void **state)
{
	struct rest *r = *state;
	struct token t = restricted();
	rest_ask_with(
		r, &t, METHOD_GET, "/gw/channels/1/idents/all?fields=ident,device_id,reason", NULL);
	assert_answer(r, 200,
		"{\"result\":[{\"ident\":\"11\",\"device_id\":null,\"reason\":null},"
		"{\"ident\":\"12\",\"device_id\":3,\"reason\":null}]}\n");
}

static size_t list(void *context, uint32_t channel, uint64_t ident, uint64_t after,
	struct connection *out, size_t room)
{
	(void)context;
	(void)channel;
	(void)ident;
	size_t count = 0;
	for (uint64_t id = after + 1; id <= 2 && count < room; id++)
		out[count++] = (struct connection){.id = id, .ident = 10 + id, .channel = 1};
	return count;
}

static void a_connection_tells_of_visible_devices(void **state)
{
	struct rest *r = *state;
	static const struct connections connections = {NULL, NULL, list, NULL, NULL};
	struct token t = restricted();
	r->context.connections = &connections;
	rest_ask_with(
		r, &t, METHOD_GET, "/gw/channels/1/connections/all?fields=ident,device_id", NULL);
	assert_answer(r, 200,
		"{\"result\":[{\"ident\":\"11\",\"device_id\":null},"
		"{\"ident\":\"12\",\"device_id\":3}]}\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_clash_names_no_foreign_device),
		TEST(telemetry_lies_below_a_device),
		TEST(an_ident_tells_of_visible_devices),
		TEST(a_connection_tells_of_visible_devices),
	};
	return cmocka_run_group_tests_name("access_below", tests, NULL, NULL);
}
