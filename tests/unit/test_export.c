/* Messages as files: CSV, GeoJSON and GPX, through the API and for values that need care. */
#include "test.h"

#include "http/form.h"
#include "rest.h"

#include <jansson.h>

static int set_up(void **state)
{
	struct rest *r = rest_new();
	*state = r;
	rest_ask(r, METHOD_POST, "/gw/devices",
		"[{\"name\":\"Truck <1> & \\\"Co\\\", "
		"\\u00fc\",\"configuration\":{\"ident\":\"11\"}},"
		"{\"name\":\"\",\"configuration\":{\"ident\":\"12\"}}]");
	return r->status != 200;
}

enum position { NOWHERE, INVALID, VALID };

/* A message of device 2 or 3; its place follows from the time. */
static void append(struct rest *r, uint32_t device, int64_t time_us, enum position position)
{
	static struct message m;
	struct origin origin = {.ident = 9 + device,
		.channel = 1,
		.device = device,
		.peer = {.family = 4, .addr = {10, 0, 0, 9}, .port = 7},
		.vendor = {'H', 'Q'}};
	struct record record;
	char body[MESSAGE_PACK_MAX];
	struct error e;
	message_clear(&m);
	message_number(&m, PARAM_TIMESTAMP, time_us);
	message_number(&m, PARAM_SERVER_TIMESTAMP, time_us + 500000);
	message_text(&m, PARAM_MESSAGE_TYPE, str_of(position == NOWHERE ? "HTBT" : "V1"));
	message_number(&m, PARAM_GSM_LAC, 9763);
	message_more(&m, PARAM_GSM_LAC, 1, 9764);
	if (position != NOWHERE) {
		message_number(&m, PARAM_POSITION_LATITUDE, -225000000 + time_us / 100000);
		message_number(&m, PARAM_POSITION_LONGITUDE, 1139720650);
		message_number(&m, PARAM_POSITION_SPEED, 36000);
		message_number(&m, PARAM_POSITION_DIRECTION, 18050);
		message_number(&m, PARAM_POSITION_VALID, position == VALID);
		message_number(&m, PARAM_WIFI_MAC_ADDRESS, 0xF09FC2AABB01);
	}
	record_make(&record, &m, &origin, body);
	assert_true(store_append(r->store, &record, 1, &e));
}

/* Device 2 at 1 (valid), 3 (nowhere), 4 (invalid), 5.25; device 3 at 2. */
static void fill(struct rest *r)
{
	append(r, 2, 1000000, VALID);
	append(r, 3, 2000000, VALID);
	append(r, 2, 3000000, NOWHERE);
	append(r, 2, 4000000, INVALID);
	append(r, 2, 5250000, VALID);
}

static void csv_has_the_columns_that_are_asked_for(void **state)
{
	struct rest *r = *state;
	fill(r);
	rest_get(r, "/gw/devices/all/messages?format=csv&fields=timestamp,ident,position.speed,"
		    "gsm.lac.1,no.such%22,wifi*,position.valid,ident");
	assert_answer(r, 200,
		"timestamp,ident,position.speed,gsm.lac.1,\"no.such\"\"\",wifi.mac.address,"
		"wifi.signal.strength,position.valid\r\n"
		"1,11,36,9764,,F0:9F:C2:AA:BB:01,,true\r\n"
		"2,12,36,9764,,F0:9F:C2:AA:BB:01,,true\r\n"
		"3,11,,9764,,,,\r\n"
		"4,11,36,9764,,F0:9F:C2:AA:BB:01,,false\r\n"
		"5.25,11,36,9764,,F0:9F:C2:AA:BB:01,,true\r\n");
	rest_get(r,
		"/gw/devices/all/messages?format=csv&fields=device.name,server.timestamp&count=2");
	assert_answer(r, 200,
		"device.name,server.timestamp\r\n"
		"\"Truck <1> & \"\"Co\"\", \xc3\xbc\",1.5\r\n\"\",2.5\r\n");
	/* rows without any value are left out, as in JSON */
	rest_get(r, "/gw/devices/2/messages?format=csv&fields=position.speed&reverse=true");
	assert_answer(r, 200, "position.speed\r\n36\r\n36\r\n36\r\n");
	rest_get(r, "/gw/devices/2/messages?format=csv&fields=,");
	assert_answer(r, 200, "\r\n");
}

static void csv_has_no_formulas(void **state)
{
	static const char *const texts[][2] = {
		{"=1+1", "\"'=1+1\""},
		{"+49", "\"'+49\""},
		{"-2", "\"'-2\""},
		{"@a", "\"'@a\""},
		{"\t=1", "\"'\t=1\""},
		{"a=1", "a=1"},
		{"'=1", "'=1"},
		{" =1", "\" =1\""},
	};
	static struct message m;
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char name[8], row[32];
		snprintf(name, sizeof name, "%s", texts[i][0]);
		snprintf(row, sizeof row, "%s,-1.5\r\n", texts[i][1]);
		const struct record_device d = {.id = 5, .name = name};
		struct read read = {&m, &d};
		struct buf out;
		buf_init(&out, 100);
		message_clear(&m);
		message_text(&m, PARAM_DEVICE_NAME, str_of(name));
		message_number(&m, PARAM_POSITION_LATITUDE, -15000000);
		void *csv = csv_form.open(str_of("device.name,position.latitude"));
		assert_true(csv_form.put(csv, &read, &out));
		assert_buf(out, row);
		free(csv);
		buf_clear(&out);
	}
}

static void csv_has_all_parameters(void **state)
{
	struct rest *r = *state;
	struct buf header;
	fill(r);
	buf_init(&header, 10000);
	for (unsigned p = 0; p < PARAM_COUNT; p++)
		assert_true(buf_printf(&header, "%s%.*s", p ? "," : "", STR_PRINT(params[p].name)));
	assert_true(buf_add_str(&header, str_of("\r\n")));
	rest_get(r, "/gw/devices/2/messages?format=csv");
	assert_true(str_starts(buf_str(&r->text), "battery.level,"));
	assert_memory_equal(r->text.at, header.at, header.len);
	size_t lines = 0, commas = 0;
	for (const char *c = r->text.at; *c; c++) {
		lines += *c == '\n';
		commas += *c == ',';
	}
	assert_int_equal(lines, 5);
	assert_int_equal(commas, 5 * (PARAM_COUNT - 1) + 4); /* one in each name */
	buf_clear(&header);
	rest_get(r, "/gw/devices/name=x/messages?format=csv&fields=ident");
	assert_answer(r, 200, "ident\r\n");
}

static void geojson_has_points_with_properties(void **state)
{
	struct rest *r = *state;
	fill(r);
	rest_get(r, "/gw/devices/all/messages?format=geojson&fields=timestamp,ident");
	assert_answer(r, 200,
		"{\"type\":\"FeatureCollection\",\"features\":["
		"{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":["
		"113.972065,-22.499999]},\"properties\":{\"ident\":\"11\",\"timestamp\":1}},"
		"{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":["
		"113.972065,-22.499998]},\"properties\":{\"ident\":\"12\",\"timestamp\":2}},"
		"{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":["
		"113.972065,-22.499996]},\"properties\":{\"ident\":\"11\",\"timestamp\":4}},"
		"{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":["
		"113.972065,-22.4999948]},\"properties\":{\"ident\":\"11\",\"timestamp\":5.25}}"
		"]}\n");
	rest_get(r, "/gw/devices/2/messages?format=geojson");
	struct error e;
	json_t *json = resource_json(buf_str(&r->text), &e);
	assert_non_null(json);
	assert_int_equal(json_array_size(json_object_get(json, "features")), 3);
	json_decref(json);
	rest_get(r, "/gw/devices/2/messages?format=geojson&fields=battery.*");
	assert_answer(r, 200, "{\"type\":\"FeatureCollection\",\"features\":[]}\n");
}

#define GPX_HEAD                                                                                   \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"cantrack "     \
	"0.1.0\" xmlns=\"http://www.topografix.com/GPX/1/1\" "                                     \
	"xmlns:tpx=\"http://www.garmin.com/xmlschemas/TrackPointExtension/v2\">\n"
#define EXTENSIONS                                                                                 \
	"<extensions><tpx:TrackPointExtension><tpx:speed>10</tpx:speed><tpx:course>180.5"          \
	"</tpx:course></tpx:TrackPointExtension></extensions></trkpt>\n"

static void gpx_has_a_track_a_device(void **state)
{
	struct rest *r = *state;
	fill(r);
	rest_get(r, "/gw/devices/all/messages?format=gpx&fields=ident");
	assert_answer(r, 200,
		GPX_HEAD
		"<trk><name>Truck &lt;1&gt; &amp; \"Co\", \xc3\xbc</name><trkseg>\n"
		"<trkpt lat=\"-22.499999\" "
		"lon=\"113.972065\"><time>1970-01-01T00:00:01Z</time>" EXTENSIONS
		"<trkpt lat=\"-22.4999948\" lon=\"113.972065\"><time>1970-01-01T00:00:05.25Z"
		"</time>" EXTENSIONS "</trkseg></trk>\n<trk><name>Device 3</name><trkseg>\n"
		"<trkpt lat=\"-22.499998\" "
		"lon=\"113.972065\"><time>1970-01-01T00:00:02Z</time>" EXTENSIONS
		"</trkseg></trk>\n</gpx>\n");
	rest_get(r, "/gw/devices/all/messages?format=gpx&from=9");
	assert_answer(r, 200, GPX_HEAD "</gpx>\n");
	rest_get(r, "/gw/devices/name=x/messages?format=gpx");
	assert_answer(r, 200, GPX_HEAD "</gpx>\n");
	/* an interval of both devices: still one track after the other */
	rest_get(r, "/gw/devices/all/messages?format=gpx&generalize=60");
	const char *first = strstr(r->text.at, "Truck"), *second = strstr(r->text.at, "Device 3");
	assert_true(first && second && first < second);
	assert_null(strstr(second, "Truck"));
}

static void texts_that_need_care(void **state)
{
	(void)state;
	static struct message m;
	static char name[] = "a\x01\xff<\xef\xbf\xbf>\t";
	const struct record_device d = {.id = 5, .name = name};
	struct read read = {&m, &d};
	struct buf out;
	buf_init(&out, 10000);
	message_clear(&m);
	message_number(&m, PARAM_TIMESTAMP, -1);
	message_text(&m, PARAM_MESSAGE_TYPE, str_of("=1\r\n\xff\""));
	message_text(&m, PARAM_VENDOR_CODE, str_of("\xc3\xa4"));
	message_number(&m, PARAM_POSITION_LATITUDE, 0);
	message_number(&m, PARAM_POSITION_LONGITUDE, -1800000000);
	void *csv = csv_form.open(str_of("message.type,vendor.code")), *gpx;
	assert_true(csv_form.put(csv, &read, &out));
	assert_buf(out, "\"'=1\r\n\xef\xbf\xbd\"\"\",\"\xc3\xa4\"\r\n");
	out.len = 0;
	gpx = gpx_form.open(str_of(""));
	assert_true(gpx_form.put(gpx, &read, &out));
	assert_true(gpx_form.end(gpx, &out));
	assert_buf(out, "<trk><name>a\xef\xbf\xbd\xef\xbf\xbd&lt;\xef\xbf\xbd&gt;\t</name>"
			"<trkseg>\n<trkpt lat=\"0\" lon=\"-180\"><time>1969-12-31T23:59:59.999999Z"
			"</time></trkpt>\n</trkseg></trk>\n</gpx>\n");
	free(csv);
	free(gpx);
	/* a buffer that is full at any place is told */
	const struct form *const forms[] = {&json_form, &csv_form, &geojson_form, &gpx_form};
	for (size_t i = 0; i < 4; i++) {
		void *form = forms[i]->open(str_of(""));
		buf_clear(&out);
		assert_true(forms[i]->put(form, &read, &out));
		size_t len = out.len;
		free(form);
		for (size_t room = 0; room < len; room++) {
			struct buf small;
			buf_init(&small, room);
			form = forms[i]->open(str_of(""));
			assert_false(forms[i]->put(form, &read, &small));
			free(form);
			buf_clear(&small);
		}
	}
	buf_clear(&out);
}

static void refusals_are_json(void **state)
{
	struct rest *r = *state;
	rest_get(r, "/gw/devices/all/messages?format=xml");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"field\":\"format\",\"reason\":"
		"\"format must be json, csv, geojson or gpx\"}]}\n");
	rest_get(r, "/gw/devices/all/messages?format=");
	assert_int_equal(r->status, 400);
	rest_get(r, "/gw/channels/1/messages?format=csv");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"reason\":\"unknown query parameter "
		"'format'\"}]}\n");
	/* half of what was asked for would look like all of it */
	rest_get(r, "/gw/devices/2,98/messages?format=csv");
	assert_answer(r, 403,
		"{\"result\":[],\"errors\":[{\"code\":3,\"id\":98,\"reason\":\"access denied or "
		"unable to process the item\"}]}\n");
	rest_get(r, "/gw/devices/2/messages?format=json");
	assert_answer(r, 200, "{\"result\":[]}\n");
}

static void a_failure_leaves_no_end(void **state)
{
	struct rest *r = *state;
	for (int i = 0; i < 1500; i++)
		append(r, 2, i * 1000000, VALID);
	static const char *const names[] = {"csv", "geojson", "gpx"};
	for (size_t i = 0; i < 3; i++) {
		char target[100];
		snprintf(target, sizeof target, "/gw/devices/2/messages?format=%s", names[i]);
		fake_store_fail_after(r->store, 1);
		rest_get(r, target);
		const char *failure = strstr(r->text.at, "FAILED the disk is on fire");
		assert_non_null(failure);
		assert_null(strstr(r->text.at, "]}\n"));
		assert_null(strstr(r->text.at, "</trkseg>"));
		fake_store_fail_after(r->store, SIZE_MAX);
	}
	/* nothing fits for long: CSV has no place for blanks */
	rest_get(r, "/gw/devices/2/messages?format=csv&fields=ident&filter=battery.level");
	assert_answer(r, 200, "ident\r\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rest_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(csv_has_the_columns_that_are_asked_for),
		TEST(csv_has_no_formulas),
		TEST(csv_has_all_parameters),
		TEST(geojson_has_points_with_properties),
		TEST(gpx_has_a_track_a_device),
		cmocka_unit_test(texts_that_need_care),
		TEST(refusals_are_json),
		TEST(a_failure_leaves_no_end),
	};
	return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
