/* Logs, packets and what their numbers mean, over REST. */
#include "test.h"

#include "base/base64.h"
#include "http/entries.h"
#include "http/members.h"
#include "journals.h"
#include "rest.h"

#include <jansson.h>

static char directories[2][40];
static struct journal *packet_journal;

/* Devices 2 and 3 with idents 11 and 12. */
static int set_up(void **state)
{
	struct rest *r = rest_new();
	*state = r;
	for (int i = 0; i < 2; i++)
		snprintf(directories[i], sizeof directories[i], "/tmp/cantrack-logs-XXXXXX");
	r->context.event_journal = journal_make(directories[0]);
	r->context.events = events_new(r->context.event_journal);
	packet_journal = journal_make(directories[1]);
	r->context.packets = packets_new(packet_journal);
	struct events *events = r->context.events;
	r->context.events = NULL; /* these are not what is looked at */
	rest_ask(r, METHOD_POST, "/gw/devices",
		"[{\"name\":\"Truck 1\",\"configuration\":{\"ident\":\"11\"}},"
		"{\"name\":\"Truck 2\",\"configuration\":{\"ident\":\"12\"}}]");
	r->context.events = events;
	return r->status != 200;
}

static int tear_down(void **state)
{
	struct rest *r = *state;
	events_free(r->context.events);
	packets_free(r->context.packets);
	journal_remove(r->context.event_journal, directories[0]);
	journal_remove(packet_journal, directories[1]);
	rest_free(r);
	return 0;
}

/* The values of a member in the answer, one after the other. */
static const char *values_of(struct rest *r, const char *name)
{
	static char out[4000];
	struct error e;
	json_t *json = resource_json(buf_str(&r->text), &e), *item;
	size_t n, len = 0;
	assert_non_null(json);
	assert_int_equal(r->status, 200);
	out[0] = '\0';
	json_array_foreach(json_object_get(json, "result"), n, item)
	{
		char *text = json_dumps(
			json_object_get(item, name), JSON_ENCODE_ANY | JSON_REAL_PRECISION(10));
		len += (size_t)snprintf(out + len, sizeof out - len, "%s ", text ? text : "-");
		free(text);
	}
	json_decref(json);
	return out;
}

static void post(struct rest *r, enum event_code code, enum origin_type type, uint32_t id,
	int64_t time_s, const char *members)
{
	struct event event = {.code = code,
		.origin_type = type,
		.origin_id = id,
		.time_us = time_s * 1000000,
		.members = str_of(members)};
	events_post(r->context.events, &event);
}

static void fill_logs(struct rest *r)
{
	post(r, EVENT_ACCEPTED, ORIGIN_CHANNEL, 1, 1, "\"source\":\"10.0.0.9:40112\"");
	post(r, EVENT_CONNECTED, ORIGIN_DEVICE, 2, 2, "\"ident\":\"11\"");
	post(r, EVENT_CONNECTED, ORIGIN_DEVICE, 3, 3, "\"ident\":\"12\"");
	post(r, EVENT_DISCONNECTED, ORIGIN_DEVICE, 2, 4, "\"close_code\":2,\"ident\":\"11\"");
	post(r, EVENT_DISCONNECTED, ORIGIN_DEVICE, 3, 5, "\"close_code\":17,\"ident\":\"12\"");
	post(r, EVENT_CHANGED, ORIGIN_DEVICE, 2, 6,
		"\"new\":{\"name\":\"b\"},\"old\":{\"name\":\"a,\\\"}\"}");
}

static void logs_are_read(void **state)
{
	struct rest *r = *state;
	rest_get(r, "/gw/devices/2,3/logs");
	assert_answer(r, 200, "{\"result\":[]}\n");
	fill_logs(r);
	rest_get(r, "/gw/channels/1/logs");
	assert_answer(r, 200,
		"{\"result\":[{\"event_code\":100,\"event_origin\":\"gw/channels/1\","
		"\"event_text\":\"connection accepted\",\"source\":\"10.0.0.9:40112\","
		"\"origin_id\":1,\"origin_type\":9,\"timestamp\":1}]}\n");
	post(r, EVENT_MQTT_ACCEPTED, ORIGIN_MQTT, 0, 7, "\"client_id\":\"panel\"");
	rest_get(r, "/mqtt/logs");
	assert_answer(r, 200,
		"{\"result\":[{\"event_code\":500,\"event_origin\":\"mqtt/sessions/0\","
		"\"event_text\":\"MQTT session accepted\",\"client_id\":\"panel\","
		"\"origin_id\":0,\"origin_type\":14,\"timestamp\":7}]}\n");
	static const struct {
		const char *target, *body, *times;
	} rows[] = {
		{"/mqtt/logs", "{\"filter\":\"client_id~\\\"p*\\\"\"}", "7 "},
		{"/mqtt/logs?to=6", NULL, ""},
		{"/gw/devices/2/logs", NULL, "2 4 6 "},
		{"/gw/devices/all/logs", NULL, "2 3 4 5 6 "},
		{"/gw/devices/all/logs?reverse=true&count=2", NULL, "6 5 "},
		{"/gw/devices/3,2/logs", "{\"from\":3,\"to\":5}", "3 4 5 "},
		{"/gw/devices/all/logs?data=%7B%22count%22%3A1%7D", NULL, "2 "},
		{"/gw/devices/name=*2/logs", NULL, "3 5 "},
		{"/gw/devices/name=x/logs", NULL, ""},
		{"/gw/channels/all/logs", NULL, "1 "},
		{"/gw/devices/all/logs", "{\"filter\":\"event_code==301&&close_code==17\"}", "5 "},
		{"/gw/devices/all/logs", "{\"filter\":\"event_code=301\",\"count\":1}", "4 "},
		{"/gw/devices/all/logs", "{\"filter\":\"ident~\\\"1*\\\"\",\"reverse\":true}",
			"5 4 3 2 "},
		{"/gw/devices/all/logs", "{\"filter\":\"new.name==\\\"b\\\"\"}", "6 "},
		{"/gw/devices/all/logs", "{\"filter\":\"event_code==7\"}", ""},
		{"/gw/devices/all/logs", "{\"fields\":\"timestamp,old\"}", "2 3 4 5 6 "},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		rest_ask(r, METHOD_GET, rows[i].target, rows[i].body);
		assert_string_equal(values_of(r, "timestamp"), rows[i].times);
	}
	/* a record that has none of the fields is left out */
	rest_get(r, "/gw/devices/all/logs?fields=ol*,close_code");
	assert_answer(r, 200,
		"{\"result\":[{\"close_code\":2},{\"close_code\":17},"
		"{\"old\":{\"name\":\"a,\\\"}\"}}]}\n");
	rest_get(r, "/gw/devices/2,9/logs?fields=timestamp&count=1");
	assert_answer(r, 200,
		"{\"result\":[{\"timestamp\":2}],\"errors\":[{\"code\":3,\"id\":9,\"reason\":"
		"\"access denied or unable to process the item\"}]}\n");
	rest_get(r, "/gw/devices/9/logs");
	assert_int_equal(r->status, 403);
}

static void bad_data_is_refused(void **state)
{
	struct rest *r = *state;
	static const struct {
		const char *body, *field, *reason;
	} rows[] = {
		{"{\"generalize\":60}", "generalize", "unknown property generalize"},
		{"{\"count\":-1}", "count", NULL},
		{"{\"filter\":\"event_code==\"}", "filter", NULL},
		{"{\"filter\":7}", "filter", NULL},
		{"[]", "data", "data must be an object"},
	};
	static const char *const targets[] = {"/gw/devices/all/logs", "/gw/channels/all/logs",
		"/gw/devices/all/packets", "/gw/channels/1/idents/11/packets"};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
			char field[80];
			rest_ask(r, METHOD_GET, targets[t], rows[i].body);
			assert_int_equal(r->status, 400);
			snprintf(
				field, sizeof field, "\"code\":2,\"field\":\"%s\",", rows[i].field);
			assert_non_null(strstr(r->text.at, field));
			if (rows[i].reason)
				assert_non_null(strstr(r->text.at, rows[i].reason));
		}
	}
}

/* Also of those that are gone; and no key is told to anybody but its owner. */
static void tokens_have_logs(void **state)
{
	struct rest *r = *state;
	rest_ask(r, METHOD_POST, "/platform/tokens", "[{\"ttl\":60,\"info\":\"a\"}]");
	assert_int_equal(r->status, 200);
	char key[TOKEN_CHARS + 1];
	memcpy(key, strstr(r->text.at, "\"key\":\"") + 7, TOKEN_CHARS);
	key[TOKEN_CHARS] = '\0';
	rest_ask(r, METHOD_PATCH, "/platform/tokens/all", "{\"info\":\"b\"}");
	rest_ask(r, METHOD_PATCH, "/platform/tokens/all", "{\"ttl\":0}");
	assert_int_equal(r->status, 400); /* not told */
	rest_ask(r, METHOD_DELETE, "/platform/tokens/all", NULL);
	assert_int_equal(r->status, 200);
	rest_get(r, "/platform/customer/logs");
	assert_string_equal(values_of(r, "event_code"), "1 2 3 ");
	assert_null(strstr(r->text.at, key));
	assert_null(strstr(r->text.at, "\"key\""));
	rest_get(r, "/platform/customer/"
		    "logs?data={%22filter%22:%22event_code==2%22,%22fields%22:%22old,new%22}");
	assert_int_equal(r->status, 200);
	assert_non_null(strstr(r->text.at, "\"info\":\"a\""));
	assert_non_null(strstr(r->text.at, "\"info\":\"b\""));
}

static void long_logs_are_read_in_pages(void **state)
{
	struct rest *r = *state;
	enum { LINES = 3 * ENTRIES_PAGE + 7 };
	static char members[2000];
	for (int i = 0; i < LINES; i++) {
		snprintf(members, sizeof members, "\"n\":%d,\"x\":\"%01000d\"", i, i);
		post(r, EVENT_DEVICE_DATA, ORIGIN_DEVICE, 2 + (uint32_t)i % 2, 7 + i / 100,
			members);
	}
	static const char *const bodies[] = {"{}", "{\"reverse\":true}"};
	for (int i = 0; i < 2; i++) {
		struct error e;
		size_t n;
		json_t *item;
		rest_ask(r, METHOD_GET, "/gw/devices/all/logs", bodies[i]);
		json_t *json = resource_json(buf_str(&r->text), &e);
		assert_int_equal(json_array_size(json_object_get(json, "result")), LINES);
		json_array_foreach(json_object_get(json, "result"), n, item)
			assert_int_equal(json_integer_value(json_object_get(item, "n")),
				i ? LINES - 1 - (int)n : (int)n);
		json_decref(json);
	}
	rest_get(r, "/gw/devices/all/logs?fields=n&count=2&filter=n%3E1500");
	/* pages in which nothing passes leave blanks */
	assert_non_null(strstr(r->text.at, "\n{\"n\":1501},{\"n\":1502}]}\n"));
}

static void without_journals_there_is_nothing(void **state)
{
	struct rest *r = *state;
	struct context whole = r->context;
	r->context.event_journal = NULL;
	r->context.packets = NULL;
	static const char *const targets[] = {"/gw/devices/all/logs", "/gw/channels/all/logs",
		"/gw/devices/all/packets", "/gw/channels/1/idents/11/packets"};
	for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
		rest_get(r, targets[t]);
		assert_answer(r, 200, "{\"result\":[]}\n");
	}
	r->context = whole;
}

/* ---- packets ---- */

static void add(struct packets_lane *lane, int64_t time_s, uint64_t ident, uint32_t channel,
	enum packet_type type, struct str bytes)
{
	struct packet packet = {
		time_s * 1000000 + 100000, ident, channel, 3492206331502027, type, bytes};
	packets_add(lane, &packet);
}

static void fill_packets(struct rest *r)
{
	struct packets_lane *lane = packets_lane_open(r->context.packets);
	add(lane, 1, 11, 1, PACKET_CONNECT, str_of(""));
	add(lane, 2, 11, 1, PACKET_RECEIVED, str_of("*HQ,130305,V1...#"));
	add(lane, 3, 11, 1, PACKET_SENT, str_of("*HQ,130305,R12,#"));
	add(lane, 4, 12, 1, PACKET_RECEIVED, (struct str){"\xff\x00", 2});
	add(lane, 5, 77, 1, PACKET_RECEIVED, str_of("?"));
	add(lane, 6, 11, 5, PACKET_DISCONNECT, str_of(""));
	packets_lane_close(lane);
}

static void packets_are_read(void **state)
{
	struct rest *r = *state;
	fill_packets(r);
	rest_get(r, "/gw/devices/2/packets");
	assert_answer(r, 200,
		"{\"result\":[{\"conn\":3492206331502027,\"timestamp\":1.1,\"type\":0},"
		"{\"conn\":3492206331502027,\"data\":\"KkhRLDEzMDMwNSxWMS4uLiM=\","
		"\"timestamp\":2.1,\"type\":2},"
		"{\"conn\":3492206331502027,\"data\":\"KkhRLDEzMDMwNSxSMTIsIw==\","
		"\"timestamp\":3.1,\"type\":3},"
		"{\"conn\":3492206331502027,\"timestamp\":6.1,\"type\":1}]}\n");
	static const struct {
		const char *target, *body, *times;
	} rows[] = {
		{"/gw/devices/all/packets", NULL, "1.1 2.1 3.1 4.1 6.1 "},
		{"/gw/devices/2/packets?count=1&reverse=true", NULL, "6.1 "},
		{"/gw/devices/2/packets", "{\"filter\":\"type=2\"}", "2.1 "},
		{"/gw/devices/all/packets", "{\"from\":3,\"to\":4.1}", "3.1 4.1 "},
		{"/gw/channels/1/idents/11/packets", NULL, "1.1 2.1 3.1 "}, /* not of channel 5 */
		{"/gw/channels/1/idents/11/packets?count=1&reverse=true", NULL, "3.1 "},
		{"/gw/channels/all/idents/77,011/packets", NULL, "1.1 2.1 3.1 5.1 "},
		{"/gw/channels/name=x/idents/77,11/packets", NULL, ""},
		{"/gw/channels/1/idents/78/packets", NULL, ""},
		{"/gw/channels/1/idents/*/packets", NULL, ""}, /* none has sent a message */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		rest_ask(r, METHOD_GET, rows[i].target, rows[i].body);
		assert_string_equal(values_of(r, "timestamp"), rows[i].times);
	}
	fake_store_message(r->store, 1, 0, 77, 1000000, 1000000);
	fake_store_message(r->store, 1, 2, 11, 1000000, 1000000);
	rest_get(r, "/gw/channels/1/idents/7*/packets");
	assert_string_equal(values_of(r, "timestamp"), "5.1 ");
	rest_get(r, "/gw/channels/1/idents/all/packets");
	assert_string_equal(values_of(r, "timestamp"), "1.1 2.1 3.1 5.1 ");
	rest_get(r, "/gw/channels/9/idents/11/packets");
	assert_int_equal(r->status, 403);
}

static void bytes_become_base64(void **state)
{
	(void)state;
	static const char *const rows[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
		{"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"}, {"\xff\xfe\xfb\xf0", "//778A=="}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf out;
		buf_init(&out, 8);
		assert_true(base64_add(&out, str_of(rows[i][0])));
		assert_buf(out, rows[i][1]);
		buf_clear(&out);
	}
	struct buf small;
	buf_init(&small, 3);
	assert_false(base64_add(&small, str_of("f")));
	buf_clear(&small);
}

/* ---- members ---- */

static void members_are_cut(void **state)
{
	(void)state;
	static const struct {
		const char *object, *masks, *selected;
	} rows[] = {
		{"{}", "*", "{}"},
		{"{\"a\":1,\"b.c\":[1,{\"a\":\"]}\"}],\"d\":\"\\\\\"}", "*",
			"{\"a\":1,\"b.c\":[1,{\"a\":\"]}\"}],\"d\":\"\\\\\"}"},
		{"{\"a\":1,\"b.c\":[1,{\"a\":\"]}\"}],\"d\":\"\\\\\"}", "b.*, d",
			"{\"b.c\":[1,{\"a\":\"]}\"}],\"d\":\"\\\\\"}"},
		{" { \"a\" : { \"x\" : 1 } , \"b\" : 2 } ", "a,b", "{\"a\":{ \"x\" : 1 },\"b\":2}"},
		{"{\"\":1}", "", "{\"\":1}"},
		{"{\"a", "*", "{\"\":}"}, /* broken, but inside */
		{"{\"a\\", "*", "{\"a\":}"},
		{"{\"a\":", "*", "{\"a\":}"},
		{"{\"a\":\"\\", "*", "{\"a\":\"\\}"},
		{"[", "*", "{}"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf out;
		buf_init(&out, 200);
		size_t len = strlen(rows[i].object);
		char *copy = malloc(len + 1); /* no more than the text itself */
		memcpy(copy, rows[i].object, len);
		assert_true(members_select((struct str){copy, len}, str_of(rows[i].masks), &out));
		assert_buf(out, rows[i].selected);
		free(copy);
		buf_clear(&out);
	}
}

/* ---- /const/values ---- */

static void codes_are_told(void **state)
{
	struct rest *r = *state;
	struct error e;
	rest_ask_bare(r, METHOD_GET, "/const/values?names=toolbox%2Fcodes");
	assert_int_equal(r->status, 200);
	json_t *json = resource_json(buf_str(&r->text), &e);
	assert_non_null(json);
	json_t *item = json_array_get(json_object_get(json, "result"), 0),
	       *whole = json_object_get(item, "toolbox/codes"),
	       *codes = json_object_get(whole, "codes"),
	       *entities = json_object_get(whole, "entities"), *code, *list;
	const char *name;
	size_t count = 0, listed = 0;
	json_object_foreach(codes, name, code)
	{
		char number[20];
		snprintf(number, sizeof number, "%lld",
			(long long)json_integer_value(json_object_get(code, "code")));
		assert_string_equal(name, number);
		assert_true(json_string_length(json_object_get(code, "description")) > 5);
		assert_non_null(strstr("alert notice warning info",
			json_string_value(json_object_get(code, "severity"))));
		assert_non_null(json_object_get(
			entities, json_string_value(json_object_get(code, "entity"))));
		count++;
	}
	json_object_foreach(entities, name, list) listed += json_array_size(list);
	assert_true(count >= 30);
	assert_int_equal(listed, count);
	static const char *const closing[] = {"102", "301", "503"};
	for (size_t i = 0; i < 3; i++) {
		code = json_object_get(codes, closing[i]);
		assert_string_equal(
			json_string_value(json_object_get(code, "extra_name")), "close_code");
		code = json_object_get(json_object_get(code, "extra_codes"), "17");
		assert_int_equal(json_integer_value(json_object_get(code, "code")), 17);
	}
	json_decref(json);
}

static void unknown_values_are_left_out(void **state)
{
	struct rest *r = *state;
	static const char *const targets[] = {
		"/const/values", "/const/values?names=", "/const/values?names=x,toolbox/colours"};
	for (size_t i = 0; i < 3; i++) {
		rest_ask_bare(r, METHOD_GET, targets[i]);
		assert_answer(r, 200, "{\"result\":[]}\n");
	}
	rest_ask_bare(r, METHOD_GET, "/const/values?names=x,%20toolbox/codes");
	assert_non_null(strstr(r->text.at, "{\"result\":[{\"toolbox/codes\":{\"codes\":{\"1\":"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(logs_are_read),
		TEST(bad_data_is_refused),
		TEST(tokens_have_logs),
		TEST(long_logs_are_read_in_pages),
		TEST(without_journals_there_is_nothing),
		TEST(packets_are_read),
		cmocka_unit_test(bytes_become_base64),
		cmocka_unit_test(members_are_cut),
		TEST(codes_are_told),
		TEST(unknown_values_are_left_out),
	};
	return cmocka_run_group_tests_name("logs", tests, NULL, NULL);
}
