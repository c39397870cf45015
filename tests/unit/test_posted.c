/* Messages that come as JSON objects. */
#include "test.h"

#include "model/posted.h"

#include <jansson.h>

struct parsed {
	json_t *json;
	struct message message;
	struct refusal refusal;
	bool done;
};

static struct parsed *parse(const char *text)
{
	static struct parsed p;
	struct error e;
	json_decref(p.json);
	p.json = resource_json(str_of(text), &e);
	assert_non_null(p.json);
	p.done = posted_parse(p.json, &p.message, &p.refusal);
	return &p;
}

static void what_was_printed_is_read(void **state)
{
	(void)state;
	static const char text[] =
		"{\"battery.level\":87,\"battery.voltage\":3.912,\"engine.ignition.status\":true,"
		"\"gsm.cellid\":4022,\"gsm.cellid.1\":4023,\"gsm.cellid.10\":4032,\"gsm.cellid.2\":"
		"4024,\"gsm.lac.1\":9764,\"gsm.signal.dbm\":-88,\"gsm.sim.iccid\":"
		"\"89860042191130272549\",\"message.type\":\"V1\",\"position.direction\":180.25,"
		"\"position.latitude\":-22.6758636,\"position.longitude\":113.9720648,"
		"\"position.speed\":18.52,\"position.valid\":false,\"timestamp\":1732262400.512345,"
		"\"vehicle.state\":\"FFFFFBFF\",\"vehicle.state.bitmask\":4294966271,"
		"\"vendor.code\":\"HQ\",\"wifi.mac.address\":\"F0:9F:C2:AA:BB:01\","
		"\"wifi.mac.address.1\":\"00:00:00:00:00:0A\",\"wifi.signal.strength\":-40}";
	struct buf out;
	buf_init(&out, 4096);
	struct parsed *p = parse(text);
	assert_true(p->done);
	assert_true(message_json(&p->message, NULL, &out));
	assert_buf(out, text);
	buf_clear(&out);
}

static void further_values_are_put_in_order(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 4096);
	struct parsed *p = parse("{\"gsm.lac.2\":2,\"wifi.signal.strength.1\":-1,\"gsm.lac.99\":99,"
				 "\"gsm.lac.10\":10,\"gsm.cellid.7\":7,\"gsm.lac.1\":1}");
	assert_true(p->done);
	assert_true(message_json(&p->message, NULL, &out));
	assert_buf(out, "{\"gsm.cellid.7\":7,\"gsm.lac.1\":1,\"gsm.lac.10\":10,\"gsm.lac.2\":2,"
			"\"gsm.lac.99\":99,\"wifi.signal.strength.1\":-1}");
	buf_clear(&out);
}

static void what_the_gateway_says_is_passed_over(void **state)
{
	(void)state;
	struct parsed *p = parse("{\"ident\":\"x\",\"device.id\":null,\"device.name\":1,"
				 "\"device.type.id\":{},\"device.plugin\":1,\"channel.id\":\"\","
				 "\"server.timestamp\":[],\"peer\":4,\"protocol.id\":true}");
	assert_true(p->done);
	assert_true(p->message.present == 0 && p->message.more_count == 0);
	assert_true(parse("{}")->done);
}

static void numbers_are_exact_or_rounded(void **state)
{
	(void)state;
	static const struct {
		const char *name, *text, *stored;
	} rows[] = {
		{"position.latitude", "22.5", "22.5"},
		{"position.latitude", "0.12345675", "0.1234568"},
		{"position.latitude", "-0.12345675", "-0.1234568"},
		{"position.latitude", "0.12345674999999", "0.1234567"},
		{"position.latitude", "-0.00000004", "0"},
		{"position.speed", "1.0005", "1.001"}, /* less in binary: 1.00049999999999994 */
		{"position.speed", "9.9995", "10"},
		{"position.speed", "2.6755", "2.676"},
		{"position.speed", "0.0005", "0.001"},
		{"position.speed", "1e2", "100"},
		{"battery.level", "49.5", "50"},
		{"battery.level", "-49.5", "-50"},
		{"battery.level", "49.499999999", "49"},
		{"battery.level", "0.5", "1"},
		{"timestamp", "1732262402.512345", "1732262402.512345"},
		{"timestamp", "1732262402.5123456", "1732262402.512346"},
		{"timestamp", "4102444800.123457", "4102444800.123457"},
		{"vehicle.state.bitmask", "4503599627370495", "4503599627370495"},
		{"gsm.signal.dbm", "-4503599627370495", "-4503599627370495"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[100], expected[100];
		struct buf out;
		buf_init(&out, 4096);
		snprintf(text, sizeof text, "{\"%s\":%s}", rows[i].name, rows[i].text);
		snprintf(expected, sizeof expected, "{\"%s\":%s}", rows[i].name, rows[i].stored);
		struct parsed *p = parse(text);
		assert_true(p->done);
		assert_true(message_json(&p->message, NULL, &out));
		assert_buf(out, expected);
		buf_clear(&out);
	}
}

/* Every number that a message can print is read back as it was. */
static void printed_numbers_come_back(void **state)
{
	(void)state;
	srandom(3);
	for (int i = 0; i < 20000; i++) {
		char text[100];
		int64_t number = ((int64_t)random() << 21 ^ random()) >> random() % 50;
		snprintf(text, sizeof text, "{\"timestamp\":%jd.%06jd}",
			(intmax_t)(number / 1000000), (intmax_t)(number % 1000000));
		struct parsed *p = parse(text);
		assert_true(p->done);
		assert_true(p->message.value[PARAM_TIMESTAMP].number == number);
		number %= 1800000000;
		snprintf(text, sizeof text, "{\"position.longitude\":-%jd.%07jd}",
			(intmax_t)(number / 10000000), (intmax_t)(number % 10000000));
		p = parse(text);
		assert_true(p->done);
		assert_true(p->message.value[PARAM_POSITION_LONGITUDE].number == -number);
	}
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *member, *why;
	} rows[] = {
		{"{\"position.latitud\":1}", "position.latitud",
			"there is no parameter position.latitud"},
		{"{\"\":1}", "", "there is no parameter "},
		{"{\"battery.level.1\":1}", "battery.level.1",
			"there is no parameter battery.level.1"},
		{"{\"gsm.lac.0\":1}", "gsm.lac.0", "there is no parameter gsm.lac.0"},
		{"{\"gsm.lac.01\":1}", "gsm.lac.01", "there is no parameter gsm.lac.01"},
		{"{\"gsm.lac.100\":1}", "gsm.lac.100", "there is no parameter gsm.lac.100"},
		{"{\"gsm.lac.\":1}", "gsm.lac.", "there is no parameter gsm.lac."},
		{"{\"ident.1\":1}", "ident.1", "there is no parameter ident.1"},
		{"{\"1\":1}", "1", "there is no parameter 1"},
		{"{\".1\":1}", ".1", "there is no parameter .1"},
		{"{\"battery.level\":\"1\"}", "battery.level", "battery.level must be a number"},
		{"{\"battery.level\":null}", "battery.level", "battery.level must be a number"},
		{"{\"position.valid\":1}", "position.valid",
			"position.valid must be true or false"},
		{"{\"message.type\":1}", "message.type", "message.type must be a string"},
		{"{\"vendor.code\":\"HQX\"}", "vendor.code", "vendor.code must have 2 bytes"},
		{"{\"timestamp\":-1}", "timestamp", "timestamp is -1: before 1970"},
		{"{\"position.latitude\":-90.5}", "position.latitude",
			"position.latitude is -90.5, the limits are -90 and 90"},
		{"{\"position.longitude\":181}", "position.longitude",
			"position.longitude is 181, the limits are -180 and 180"},
		{"{\"timestamp\":4503599627.370496}", "timestamp",
			"timestamp is 4503599627.3704958, which is beyond 4503599627.3704958"},
		{"{\"gsm.lac.99\":4503599627370495.5}", "gsm.lac.99", /* rounded, it is the limit */
			"gsm.lac.99 is 4503599627370495.5, which is beyond 4503599627370496"},
		{"{\"battery.level\":1e300}", "battery.level",
			"battery.level is 1.0000000000000001e+300, which is beyond "
			"4503599627370496"},
		{"{\"wifi.mac.address\":\"F0:9F:C2:AA:BB:0\"}", "wifi.mac.address",
			"wifi.mac.address must be a string like 0A:1B:2C:3D:4E:5F"},
		{"{\"wifi.mac.address.1\":\"F0:9F:C2:AA:BB-01\"}", "wifi.mac.address.1",
			"wifi.mac.address.1 must be a string like 0A:1B:2C:3D:4E:5F"},
		{"{\"wifi.mac.address\":\"F09:F:C2:AA:BB:01\"}", "wifi.mac.address",
			"wifi.mac.address must be a string like 0A:1B:2C:3D:4E:5F"},
		{"[]", "", "a message must be an object"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct parsed *p = parse(rows[i].text);
		assert_false(p->done);
		assert_string_equal(p->refusal.why.text, rows[i].why);
		assert_string_equal(p->refusal.member, rows[i].member);
	}
}

static void limits_hold(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 100000);
	assert_true(
		buf_printf(&text, "{\"message.type\":\"%0513d\"}", 0) && buf_add_char(&text, '\0'));
	assert_string_equal(
		parse(text.at)->refusal.why.text, "message.type has 513 bytes, the limit is 512");
	text.len = 0;
	static const char *const names[] = {
		"gsm.lac", "gsm.cellid", "gsm.signal.dbm", "wifi.signal.strength"};
	for (int i = 0; i < 4; i++)
		for (int k = 1; k < 100; k++)
			assert_true(buf_printf(
				&text, "%c\"%s.%d\":1", i || k > 1 ? ',' : '{', names[i], k));
	assert_true(buf_add(&text, "}", 2));
	assert_string_equal(
		parse(text.at)->refusal.why.text, "a message has at most 300 further values");
	buf_clear(&text);
	json_decref(parse("{}")->json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_printed_is_read),
		cmocka_unit_test(further_values_are_put_in_order),
		cmocka_unit_test(what_the_gateway_says_is_passed_over),
		cmocka_unit_test(numbers_are_exact_or_rounded),
		cmocka_unit_test(printed_numbers_come_back),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(limits_hold),
	};
	return cmocka_run_group_tests_name("posted", tests, NULL, NULL);
}
