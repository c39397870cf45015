/* Messages and telemetry that are changed over REST. */
#include "test.h"

#include "core/poster.h"
#include "rest.h"

static int set_up(void **state)
{
	struct rest *r = rest_new();
	*state = r;
	rest_ask(r, METHOD_POST, "/gw/devices",
		"[{\"name\":\"Truck 1\",\"configuration\":{\"ident\":\"11\"}},"
		"{\"name\":\"Truck 2\",\"configuration\":{\"ident\":\"12\"}}]");
	return r->status != 200;
}

static void post(struct rest *r, const char *devices, const char *body)
{
	char target[200];
	snprintf(target, sizeof target, "/gw/devices/%s/messages", devices);
	rest_ask(r, METHOD_POST, target, body);
}

static void assert_messages(
	struct rest *r, const char *devices, const char *fields, const char *items)
{
	char target[200], expected[2000];
	snprintf(target, sizeof target, "/gw/devices/%s/messages?fields=%s", devices, fields);
	snprintf(expected, sizeof expected, "{\"result\":[%s]}\n", items);
	rest_ask(r, METHOD_GET, target, NULL);
	assert_answer(r, 200, expected);
}

static void posted_messages_are_read_back(void **state)
{
	struct rest *r = *state;
	post(r, "configuration.ident=11",
		"[{\"timestamp\":1732262400,\"position.latitude\":22.5,\"position.longitude\":114,"
		"\"vendor.code\":\"HQ\",\"message.type\":\"V1\",\"gsm.lac.1\":5,\"ident\":\"99\","
		"\"device.id\":7,\"channel.id\":9,\"peer\":\"x\"},{\"timestamp\":1732262300}]");
	assert_answer(r, 200, "{\"result\":[{\"id\":2,\"count\":2}]}\n");
	assert_messages(r, "2",
		"timestamp,position.*,ident,device.*,channel.*,vendor.code,gsm.*,peer",
		"{\"channel.id\":0,\"device.id\":2,\"device.name\":\"Truck "
		"1\",\"device.type.id\":1,"
		"\"ident\":\"11\",\"timestamp\":1732262300},"
		"{\"channel.id\":0,\"device.id\":2,\"device.name\":\"Truck "
		"1\",\"device.type.id\":1,"
		"\"gsm.lac.1\":5,\"ident\":\"11\",\"position.latitude\":22.5,"
		"\"position.longitude\":114,\"timestamp\":1732262400,\"vendor.code\":\"HQ\"}");
	assert_messages(r, "3", "timestamp", "");
	rest_ask(r, METHOD_GET, "/gw/devices/2/telemetry/position", NULL);
	assert_answer(r, 200,
		"{\"result\":[{\"id\":2,\"telemetry\":{\"position\":{\"ts\":1732262400,\"value\":"
		"{\"latitude\":22.5,\"longitude\":114}},\"position.latitude\":{\"ts\":1732262400,"
		"\"value\":22.5},\"position.longitude\":{\"ts\":1732262400,\"value\":114}}}]}\n");
}

static void one_object_is_enough(void **state)
{
	struct rest *r = *state;
	post(r, "2", "{\"battery.level\":5}");
	assert_answer(r, 200, "{\"result\":[{\"id\":2,\"count\":1}]}\n");
	/* without a time of its own it has the server's */
	rest_ask(r, METHOD_GET, "/gw/devices/2/messages?fields=*timestamp", NULL);
	char server[40], own[40];
	const char *at = strstr(r->text.at, "\"server.timestamp\":") + 19;
	snprintf(server, sizeof server, "%.*s", (int)strcspn(at, ","), at);
	at = strstr(r->text.at, ",\"timestamp\":") + 13;
	snprintf(own, sizeof own, "%.*s", (int)strcspn(at, "}"), at);
	assert_string_equal(server, own);
	assert_true(strtol(own, NULL, 10) > 1700000000);
}

static void each_chosen_device_gets_them(void **state)
{
	struct rest *r = *state;
	post(r, "2,3,98", "[{\"timestamp\":1},{\"timestamp\":2}]");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":2,\"count\":2},{\"id\":3,\"count\":2}],\"errors\":[{\"code\":"
		"3,\"id\":98,\"reason\":\"access denied or unable to process the item\"}]}\n");
	assert_messages(r, "2,3", "ident,timestamp",
		"{\"ident\":\"11\",\"timestamp\":1},{\"ident\":\"12\",\"timestamp\":1},"
		"{\"ident\":\"11\",\"timestamp\":2},{\"ident\":\"12\",\"timestamp\":2}");
	post(r, "name=nobody", "{\"timestamp\":3}");
	assert_answer(r, 200, "{\"result\":[]}\n");
	post(r, "98", "{\"timestamp\":3}");
	assert_int_equal(r->status, 403);
	post(r, "2", "[]");
	assert_answer(r, 200, "{\"result\":[{\"id\":2,\"count\":0}]}\n");
	assert_int_equal(store_head(r->store), 4);
}

static void a_bad_message_refuses_them_all(void **state)
{
	struct rest *r = *state;
	post(r, "2", "[{\"timestamp\":1},{\"batery.level\":2},{\"position.valid\":7}]");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"id\":1,\"field\":\"batery.level\","
		"\"reason\":\"message 1: there is no parameter "
		"batery.level\"},{\"code\":2,\"id\":2,"
		"\"field\":\"position.valid\",\"reason\":\"message 2: position.valid must be true "
		"or "
		"false\"}]}\n");
	post(r, "2", "[1]");
	assert_int_equal(r->status, 400);
	post(r, "2", "[{\"timestamp\":1},]");
	assert_int_equal(r->status, 400);
	post(r, "2", "");
	assert_int_equal(r->status, 400);
	rest_ask(r, METHOD_POST, "/gw/devices/2/messages?data=1", "{}");
	assert_int_equal(r->status, 400);
	assert_int_equal(store_head(r->store), 0);
}

static void too_many_are_refused(void **state)
{
	struct rest *r = *state;
	struct buf body;
	buf_init(&body, 1 << 20);
	for (int i = 0; i < POST_RECORDS_MAX; i++)
		assert_true(buf_printf(&body, "%c{}", i ? ',' : '['));
	assert_true(buf_add(&body, "]", 2));
	post(r, "2", body.at);
	assert_answer(r, 200, "{\"result\":[{\"id\":2,\"count\":1024}]}\n");
	post(r, "2,3", body.at);
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"reason\":\"1024 messages for 2 devices "
		"are "
		"too many at once, the limit is 1024\"}]}\n");
	body.len -= 2;
	assert_true(buf_add(&body, ",{}]", 5));
	post(r, "2", body.at);
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"reason\":\"1025 messages are too many at "
		"once, the limit is 1024\"}]}\n");
	body.len = 0;
	for (int i = 0; i < 400; i++)
		assert_true(buf_printf(&body, "%c{\"message.type\":\"%0500d\"}", i ? ',' : '[', 0));
	assert_true(buf_add(&body, "]", 2));
	post(r, "2", body.at);
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"reason\":\"the messages have more than "
		"122880 bytes when packed; send fewer\"}]}\n");
	assert_int_equal(store_head(r->store), POST_RECORDS_MAX);
	buf_clear(&body);
}

static void a_store_that_fails_is_told(void **state)
{
	struct rest *r = *state;
	fake_store_fail_after(r->store, 0);
	post(r, "2", "{}");
	assert_answer(r, 503,
		"{\"result\":[],\"errors\":[{\"code\":4,\"reason\":\"the disk is on fire\"}]}\n");
	r->context.poster = NULL;
	post(r, "2", "{}");
	assert_int_equal(r->status, 503);
}

/* ---- telemetry ---- */

static void get_telemetry_of(struct rest *r, const char *what)
{
	char target[100];
	snprintf(target, sizeof target, "/gw/devices/%s", what);
	rest_ask(r, METHOD_GET, target, NULL);
}

static void latest_values_are_forgotten(void **state)
{
	struct rest *r = *state;
	fake_store_message(r->store, 1, 2, 11, 1000000, 2000000);
	fake_store_message(r->store, 1, 3, 12, 1000000, 2000000);
	rest_ask(r, METHOD_DELETE, "/gw/devices/2,98/telemetry/position", NULL);
	assert_answer(r, 200,
		"{\"result\":[{\"id\":2}],\"errors\":[{\"code\":3,\"id\":98,\"reason\":\"access "
		"denied "
		"or unable to process the item\"}]}\n");
	get_telemetry_of(r, "2/telemetry/all");
	assert_null(strstr(r->text.at, "position"));
	assert_non_null(strstr(r->text.at, "\"gsm.lac.1\""));
	get_telemetry_of(r, "3/telemetry/position");
	assert_non_null(strstr(r->text.at, "\"position\""));
	rest_ask(r, METHOD_DELETE, "/gw/devices/all/telemetry/gsm.l*,message.type", NULL);
	assert_answer(r, 200, "{\"result\":[{\"id\":2},{\"id\":3}]}\n");
	get_telemetry_of(r, "3/telemetry/gsm,message.type");
	assert_answer(r, 200, "{\"result\":[{\"id\":3,\"telemetry\":{}}]}\n");
	fake_store_message(r->store, 1, 2, 11, 1000000, 2000000);
	get_telemetry_of(r, "2/telemetry/position.speed");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":2,\"telemetry\":{\"position.speed\":{\"ts\":1,\"value\":55."
		"56}}}"
		"]}\n");
	rest_ask(r, METHOD_DELETE, "/gw/devices/2/telemetry/all", NULL);
	get_telemetry_of(r, "2/telemetry/all");
	assert_answer(r, 200, "{\"result\":[{\"id\":2,\"telemetry\":{}}]}\n");
}

static void what_cannot_be_forgotten_is_told(void **state)
{
	struct rest *r = *state;
	rest_ask(r, METHOD_DELETE, "/gw/devices/2/telemetry/gsm.lac,spped", NULL);
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"reason\":\"there is no parameter "
		"'spped'\"}]}\n");
	rest_ask(r, METHOD_DELETE, "/gw/devices/2/telemetry/gsm.lac.1", NULL);
	assert_int_equal(r->status, 400);
	rest_ask(r, METHOD_DELETE, "/gw/devices/98/telemetry/all", NULL);
	assert_int_equal(r->status, 403);
	fake_store_fail_after(r->store, 0);
	rest_ask(r, METHOD_DELETE, "/gw/devices/2/telemetry/all", NULL);
	assert_answer(r, 500,
		"{\"result\":[],\"errors\":[{\"code\":4,\"id\":2,\"reason\":\"the disk is on "
		"fire\"}]}\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rest_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(posted_messages_are_read_back),
		TEST(one_object_is_enough),
		TEST(each_chosen_device_gets_them),
		TEST(a_bad_message_refuses_them_all),
		TEST(too_many_are_refused),
		TEST(a_store_that_fails_is_told),
		TEST(latest_values_are_forgotten),
		TEST(what_cannot_be_forgotten_is_told),
	};
	return cmocka_run_group_tests_name("post", tests, NULL, NULL);
}
