/* Reading messages over REST: the data object, order, paging, and what happens when the store fails
 * in the middle. */
#include "test.h"

#include "http/merge.h"
#include "http/range.h"
#include "rest.h"

#include <jansson.h>

static int set_up(void **state)
{
	struct rest *r = rest_new();
	*state = r;
	rest_ask(r, METHOD_POST, "/gw/devices",
		"[{\"name\":\"Truck 1\",\"configuration\":{\"ident\":\"11\"}},"
		"{\"name\":\"Truck 2\",\"configuration\":{\"ident\":\"12\"}}]");
	return r->status != 200;
}

/* Devices 2 and 3, seconds 1..6 of which the fourth came late; and one of no device. */
static void fill(struct rest *r)
{
	static const struct {
		uint32_t device;
		int64_t time_s;
	} rows[] = {{2, 1}, {3, 2}, {2, 3}, {3, 5}, {2, 4}, {0, 9}, {3, 6}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		fake_store_message(r->store, 1, rows[i].device, 9 + rows[i].device,
			rows[i].time_s * 1000000, 100000000 + (int64_t)i * 1000001);
}

static void a_message_is_whole(void **state)
{
	struct rest *r = *state;
	fake_store_message(r->store, 1, 2, 11, 1732262400000000, 1732262402512345);
	rest_get(r, "/gw/devices/2/messages");
	assert_answer(r, 200,
		"{\"result\":[{\"channel.id\":1,\"device.id\":2,\"device.name\":\"Truck 1\","
		"\"device.type.id\":1,\"gsm.lac\":9763,\"gsm.lac.1\":9764,\"ident\":\"11\","
		"\"message.type\":\"V1\",\"peer\":\"10.0.0.9:40112\",\"position.latitude\":22.5,"
		"\"position.speed\":55.56,\"protocol.id\":441,\"server.timestamp\":"
		"1732262402.512345,\"timestamp\":1732262400,\"vendor.code\":\"HQ\"}]}\n");
	rest_get(r, "/gw/channels/1/messages?fields=device.*,ident");
	assert_answer(r, 200, "{\"result\":[{\"ident\":\"11\"}],\"next_key\":2}\n");
	rest_ask(r, METHOD_PATCH, "/gw/devices/2", "{\"name\":\"Bus\"}");
	rest_get(r, "/gw/devices/2/messages?fields=device.name");
	assert_answer(r, 200, "{\"result\":[{\"device.name\":\"Bus\"}]}\n");
}

static void ranges_choose_and_order(void **state)
{
	struct rest *r = *state;
	fill(r);
	static const struct {
		const char *target, *body, *times;
	} rows[] = {
		{"/gw/devices/2/messages?", NULL, "1 3 4 "},
		{"/gw/devices/3/messages?", NULL, "2 5 6 "},
		{"/gw/devices/all/messages?", NULL, "1 2 3 4 5 6 "},
		{"/gw/devices/2,3/messages?reverse=true&", NULL, "6 5 4 3 2 1 "},
		{"/gw/devices/all/messages?count=2&", NULL, "1 2 "},
		{"/gw/devices/all/messages?count=2&reverse=true&", NULL, "6 5 "},
		{"/gw/devices/all/messages?from=2&to=5&", NULL, "2 3 4 5 "},
		{"/gw/devices/all/messages?from=2.000001&to=4.999999&", NULL, "3 4 "},
		{"/gw/devices/all/messages?", "{\"from\":3,\"to\":4}", "3 4 "},
		{"/gw/devices/all/messages?", "{\"from\":0,\"to\":0,\"count\":0}", "1 2 3 4 5 6 "},
		{"/gw/devices/all/messages?data=%7B%22from%22%3A5%7D&", NULL, "5 6 "},
		{"/gw/devices/name=*1/messages?", NULL, "1 3 4 "},
		{"/gw/devices/name=x/messages?", NULL, ""},
		{"/gw/devices/%7Bname==%22Truck%201%22%7D/messages?", NULL, "1 3 4 "},
		{"/gw/devices/{id==3||id==99}/messages?", NULL, "2 5 6 "},
		{"/gw/devices/{id==99}/messages?", NULL, ""},
		{"/gw/devices/all/messages?filter=timestamp%3E3%26%26device.id==3&", NULL, "5 6 "},
		{"/gw/devices/all/messages?", "{\"filter\":\"device.name~\\\"*1\\\"\"}", "1 3 4 "},
		{"/gw/devices/all/messages?", "{\"filter\":\"gsm.lac.1=9764,timestamp>5\"}", "6 "},
		{"/gw/devices/all/messages?", "{\"filter\":\"battery.level<5\"}", ""},
		{"/gw/devices/all/messages?", "{\"filter\":\"\",\"count\":1}", "1 "},
		{"/gw/devices/all/messages?filter=device.id==3&count=2&reverse=true&", NULL,
			"6 5 "},
		{"/gw/devices/all/messages?generalize=10&", NULL, "1 2 "},
		{"/gw/devices/all/messages?generalize=10&reverse=true&", NULL, "2 1 "},
		{"/gw/devices/all/messages?generalize=10&count=1&", NULL, "1 "},
		{"/gw/devices/all/messages?generalize=10&from=2&filter=device.id==2&", NULL, "3 "},
		{"/gw/channels/1/messages?", NULL, "1 2 3 5 4 9 6 "},
		{"/gw/channels/1/messages?reverse=true&", NULL, "6 9 4 5 3 2 1 "},
		/* channels go by the time of arrival */
		{"/gw/channels/1/messages?from=104.000004&to=105.000005&", NULL, "4 9 "},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char target[200], times[100] = "";
		snprintf(target, sizeof target, "%sfields=timestamp", rows[i].target);
		rest_ask(r, METHOD_GET, target, rows[i].body);
		struct error e;
		json_t *json = resource_json(buf_str(&r->text), &e), *item;
		assert_non_null(json);
		size_t n;
		json_array_foreach(json_object_get(json, "result"), n, item)
		{
			size_t len = strlen(times);
			snprintf(times + len, sizeof times - len, "%lld ",
				(long long)json_integer_value(json_object_get(item, "timestamp")));
		}
		json_decref(json);
		assert_string_equal(times, rows[i].times);
	}
}

/* Seconds 0, 1, ... 1199: an interval of a minute has 60, the first and the last are cut. */
static void intervals_are_multiples(void **state)
{
	struct rest *r = *state;
	for (int i = 0; i < 1200; i++)
		fake_store_message(r->store, 1, 2 + (uint32_t)i % 2, 11, i * 1000000, i);
	rest_get(r, "/gw/devices/2/messages?generalize=500&method=minimum&from=100&to=1100&fields="
		    "timestamp,position.speed,device.id");
	assert_answer(r, 200,
		"{\"result\":[{\"device.id\":2,\"position.speed\":55.56,\"timestamp\":100},"
		"{\"device.id\":2,\"position.speed\":55.56,\"timestamp\":500},"
		"{\"device.id\":2,\"position.speed\":55.56,\"timestamp\":1000}]}\n");
	rest_get(r,
		"/gw/devices/2,3/messages?generalize=1000&fields=timestamp,device.id&reverse=true");
	assert_answer(r, 200,
		"{\"result\":[{\"device.id\":3,\"timestamp\":1001},"
		"{\"device.id\":2,\"timestamp\":1000},{\"device.id\":3,\"timestamp\":1},"
		"{\"device.id\":2,\"timestamp\":0}]}\n");
	rest_get(r, "/gw/devices/2/messages?generalize=1000&fields=battery.level");
	assert_answer(r, 200, "{\"result\":[]}\n");
}

static void channels_give_the_next_key(void **state)
{
	struct rest *r = *state;
	rest_get(r, "/gw/channels/1/messages");
	assert_answer(r, 200, "{\"result\":[],\"next_key\":1}\n");
	fill(r);
	static const char *const targets[] = {"/gw/channels/1/messages?count=3&fields=channel.id",
		"/gw/channels/1/messages?count=1&reverse=true&fields=channel.id",
		"/gw/channels/1/messages?from=999&fields=channel.id"};
	static const char *const ends[] = {
		",\"next_key\":4}\n", ",\"next_key\":8}\n", "{\"result\":[],\"next_key\":8}\n"};
	for (size_t i = 0; i < 3; i++) {
		rest_get(r, targets[i]);
		assert_non_null(strstr(r->text.at, ends[i]));
	}
}

static void bad_ranges_are_refused(void **state)
{
	struct rest *r = *state;
	static const struct {
		const char *query, *body, *field, *reason;
	} rows[] = {
		{"data=%7B%22form%22%3A5%7D", NULL, "form", "unknown property form"},
		{"", "{\"curr_key\":1}", "curr_key", "unknown property curr_key"},
		{"", "{\"from\":\"1\"}", "from", "from must be a number of seconds"},
		{"", "{\"from\":null}", "from", "from must be a number of seconds"},
		{"from=x", NULL, "from", "from must be a number of seconds"},
		{"", "{\"count\":1.5}", "count", "count must be a whole number"},
		{"", "{\"reverse\":1}", "reverse", "reverse must be true or false"},
		{"", "[]", "data", "data must be an object"},
		{"data=%7B%7D", "{}", "data", "data is given twice, in the address and as a body"},
		{"from=1", "{\"from\":1}", "from", "from is given twice, also in data"},
		{"to=1732262400000", NULL, "to",
			"to is 1732262400000, the limits are 0 and 253402300799 seconds since "
			"1970"},
		{"from=-1", NULL, "from",
			"from is -1, the limits are 0 and 253402300799 seconds since 1970"},
		{"", "{\"filter\":\"a>\"}", "filter", "column 3: a value is expected, not the end"},
		{"filter=a,", NULL, "filter",
			"column 3: a list of conditions has name, name=mask or name>=5 between its "
			"commas"},
		{"", "{\"filter\":5}", "filter", "filter must be a string"},
		{"generalize=9", NULL, "generalize",
			"generalize is 9, the limits are 10 and 31536000"},
		{"generalize=31536001", NULL, "generalize",
			"generalize is 31536001, the limits are 10 and 31536000"},
		{"", "{\"generalize\":60.5}", "generalize", "generalize must be a whole number"},
		{"generalize=60&method=median", NULL, "method",
			"method must be average, minimum or maximum"},
		{"method=average", NULL, "method", "method needs generalize beside it"},
		{"fields=%ff", NULL, "fields", "fields is not UTF-8"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char target[200], expected[400];
		snprintf(target, sizeof target, "/gw/devices/all/messages?%s", rows[i].query);
		snprintf(expected, sizeof expected,
			"{\"result\":[],\"errors\":[{\"code\":2,\"field\":\"%s\",\"reason\":\"%s\"}"
			"]}\n",
			rows[i].field, rows[i].reason);
		rest_ask(r, METHOD_GET, target, rows[i].body);
		assert_answer(r, 400, expected);
	}
	rest_ask(r, METHOD_GET, "/gw/devices/all/messages", "{\"from\":\n1,}");
	assert_non_null(strstr(r->text.at, "\"reason\":\"JSON, line 2 column 3: "));
	rest_get(r, "/gw/devices/98/messages");
	assert_int_equal(r->status, 403);
}

static void times_are_exact_to_the_microsecond(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t us;
	} rows[] = {{"1795391999.999999", 1795391999999999},
		{"1732262402.512345", 1732262402512345}, {"0.000001", 1},
		{"1732262402", 1732262402000000}, {"253402300799", 253402300799000000},
		{"4102444800.123457", 4102444800123457}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char body[100];
		struct range range;
		struct refusal why;
		snprintf(body, sizeof body, "{\"from\":%s}", rows[i].text);
		struct request request = {.body = str_of(body)};
		assert_true(range_parse(&request, &range, &why));
		assert_true(range.from_us == rows[i].us);
	}
}

static void long_answers_are_read_in_pages(void **state)
{
	struct rest *r = *state;
	enum { MESSAGES = 2500 };
	for (int i = 0; i < MESSAGES; i++)
		fake_store_message(r->store, 1, 2, 11, i, i);
	rest_get(r, "/gw/devices/2/messages");
	struct error e;
	json_t *json = resource_json(buf_str(&r->text), &e);
	assert_non_null(json);
	assert_int_equal(json_array_size(json_object_get(json, "result")), MESSAGES);
	json_decref(json);
	assert_int_equal(fake_store_reads(r->store), 3);
	assert_int_equal(fake_store_largest_page(r->store), 1000);
	/* nothing fits: blanks between the brackets keep the connection alive */
	rest_get(r, "/gw/devices/2/messages?fields=battery.*");
	assert_answer(r, 200, "{\"result\":[\n]}\n");
}

static void a_store_that_fails_breaks_the_answer(void **state)
{
	struct rest *r = *state;
	for (int i = 0; i < 1500; i++)
		fake_store_message(r->store, 1, 2, 11, i, i);
	fake_store_fail_after(r->store, 1);
	rest_get(r, "/gw/devices/2/messages");
	assert_non_null(strstr(r->text.at, "FAILED the disk is on fire"));
	fake_store_fail_after(r->store, 0);
	rest_get(r, "/gw/devices/2/messages");
	assert_string_equal(r->text.at, "{\"result\":[FAILED the disk is on fire");
}

/* Whatever the sources, the pages and the direction: the merge is the sorted whole. */
static void merging_is_sorting(void **state)
{
	(void)state;
	enum { ROUNDS = 40 };
	srandom(11);
	for (int round = 0; round < ROUNDS; round++) {
		struct store *s = fake_store_new();
		uint32_t ids[40];
		size_t sources = (size_t)random() % 40 + 1, messages = (size_t)random() % 300;
		for (size_t i = 0; i < sources; i++)
			ids[i] = (uint32_t)i + 1;
		for (size_t i = 0; i < messages; i++)
			fake_store_message(s, 1, ids[(size_t)random() % sources], 1, random() % 50,
				(int64_t)i);
		struct query q = {.by = QUERY_DEVICE,
			.from_us = INT64_MIN,
			.to_us = INT64_MAX,
			.reverse = random() % 2};
		struct merge *m = merge_new(s, &q, ids, sources);
		const struct record *record;
		struct record last = {0};
		size_t source, seen = 0;
		struct error e;
		for (;;) {
			if (random() % 3 == 0)
				merge_expect(m, (size_t)random() % 9 + 1);
			assert_true(merge_next(m, &record, &source, &e));
			if (!record)
				break;
			assert_int_equal(ids[source], record->origin.device);
			bool rises = record->time_us != last.time_us
					     ? record->time_us > last.time_us
					     : record->seq > last.seq;
			assert_true(seen == 0 || rises != q.reverse);
			last = *record;
			seen++;
		}
		assert_int_equal(seen, messages);
		merge_free(m);
		fake_store_free(s);
	}
}

/* What is refused as a whole has the status of it, also when some of the ids are good. */
static void too_many_devices_are_refused(void **state)
{
	struct rest *r = *state;
	struct buf text;
	buf_init(&text, 100000);
	assert_true(buf_add_char(&text, '['));
	for (unsigned i = 0; i < 1000; i++)
		assert_true(buf_printf(
			&text, "%s{\"configuration\":{\"ident\":\"%u\"}}", i ? "," : "", 100 + i));
	assert_true(buf_add(&text, "]", 2));
	rest_ask(r, METHOD_POST, "/gw/devices?fields=id", text.at);
	assert_int_equal(r->status, 200);
	text.len = 0;
	assert_true(buf_printf(&text, "/gw/devices/2"));
	for (unsigned id = 3; id <= 1003; id++)
		assert_true(buf_printf(&text, ",%u", id == 1003 ? 9999 : id));
	assert_true(buf_printf(&text, ",1003/messages?generalize=60%c", '\0'));
	rest_get(r, text.at);
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":3,\"id\":9999,\"reason\":\"access denied or "
		"unable to process the item\"},{\"code\":2,\"reason\":\"1002 devices are "
		"selected, messages of at most 1000 can be generalized at once\"}]}\n");
	buf_clear(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rest_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_message_is_whole),
		TEST(ranges_choose_and_order),
		TEST(intervals_are_multiples),
		TEST(channels_give_the_next_key),
		TEST(bad_ranges_are_refused),
		TEST(too_many_devices_are_refused),
		cmocka_unit_test(times_are_exact_to_the_microsecond),
		TEST(long_answers_are_read_in_pages),
		TEST(a_store_that_fails_breaks_the_answer),
		cmocka_unit_test(merging_is_sorting),
	};
	return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
