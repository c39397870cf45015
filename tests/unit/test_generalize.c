/* Many messages become one: intervals, methods, order, and both directions of reading alike. */
#include "test.h"

#include "http/generalize.h"

static const int64_t second = 1000000;

/* A message at `time_s`; negative values are left out. */
static void make(struct message *m, int64_t time_s, int level, int speed, const char *type)
{
	message_clear(m);
	message_number(m, PARAM_TIMESTAMP, time_s * second);
	message_number(m, PARAM_SERVER_TIMESTAMP, time_s * second + 5);
	message_number(m, PARAM_DEVICE_ID, 7);
	if (level >= 0)
		message_number(m, PARAM_BATTERY_LEVEL, level);
	if (speed >= 0) {
		message_number(m, PARAM_POSITION_SPEED, speed * 1000);
		message_number(m, PARAM_POSITION_DIRECTION, speed * 100);
		message_number(m, PARAM_ENGINE_IGNITION_STATUS, speed > 0);
		message_number(m, PARAM_GSM_LAC, 100 + speed);
		message_more(m, PARAM_GSM_LAC, 1, 200 + speed);
		if (speed > 20)
			message_more(m, PARAM_GSM_LAC, 10, 10);
		message_more(m, PARAM_GSM_LAC, 2, 300 + speed);
	}
	message_text(m, PARAM_MESSAGE_TYPE, str_of(type));
}

static void expect(struct generalizer *g, size_t source, const char *json)
{
	struct message *m = malloc(sizeof *m);
	size_t from;
	struct buf out;
	buf_init(&out, 10000);
	assert_true(generalizer_take(g, &from, m));
	assert_int_equal(from, source);
	assert_true(message_json(m, NULL, &out));
	assert_buf(out, json);
	buf_clear(&out);
	free(m);
}

static void expect_end(struct generalizer *g)
{
	struct message *m = malloc(sizeof *m);
	size_t from;
	assert_false(generalizer_take(g, &from, m));
	free(m);
}

/* The interval 60..119 of one device, read in either direction. */
static struct generalizer *filled(enum generalize_method method, bool reverse)
{
	struct message m[4];
	make(&m[0], 60, 50, -1, "HTBT");
	make(&m[1], 70, -1, 10, "V1");
	make(&m[2], 80, 53, 0, "V2");
	make(&m[3], 119, -1, 35, "V3");
	struct generalizer *g = generalizer_new(60 * second, method, reverse, 1);
	for (int i = 0; i < 4; i++) {
		struct message *one = &m[reverse ? 3 - i : i];
		assert_true(generalizer_fits(g, one->value[PARAM_TIMESTAMP].number));
		generalizer_add(g, 0, one);
	}
	assert_false(generalizer_fits(g, 120 * second));
	assert_false(generalizer_fits(g, 59 * second + 999999));
	return g;
}

static void methods_and_directions(void **state)
{
	(void)state;
	static const char *const expected[] = {"{\"battery.level\":52,\"device.id\":7,"
					       "\"engine.ignition.status\":true,\"gsm.lac\":110,"
					       "\"gsm.lac.1\":210,\"gsm.lac.10\":10,"
					       "\"gsm.lac.2\":310,\"message.type\":\"HTBT\","
					       "\"position.direction\":10,\"position.speed\":15,"
					       "\"server.timestamp\":60.000005,\"timestamp\":60}",
		"{\"battery.level\":50,\"device.id\":7,\"engine.ignition.status\":true,"
		"\"gsm.lac\":110,\"gsm.lac.1\":210,\"gsm.lac.10\":10,\"gsm.lac.2\":310,"
		"\"message.type\":\"HTBT\",\"position.direction\":10,\"position.speed\":0,"
		"\"server.timestamp\":60.000005,\"timestamp\":60}",
		"{\"battery.level\":53,\"device.id\":7,\"engine.ignition.status\":true,"
		"\"gsm.lac\":110,\"gsm.lac.1\":210,\"gsm.lac.10\":10,\"gsm.lac.2\":310,"
		"\"message.type\":\"HTBT\",\"position.direction\":10,\"position.speed\":35,"
		"\"server.timestamp\":60.000005,\"timestamp\":60}"};
	for (int method = GENERALIZE_AVERAGE; method <= GENERALIZE_MAXIMUM; method++)
		for (int reverse = 0; reverse < 2; reverse++) {
			struct generalizer *g =
				filled((enum generalize_method)method, reverse != 0);
			expect(g, 0, expected[method]);
			expect_end(g);
			assert_true(generalizer_fits(g, 0));
			generalizer_free(g);
		}
}

static void devices_come_in_the_order_of_time(void **state)
{
	(void)state;
	for (int reverse = 0; reverse < 2; reverse++) {
		struct generalizer *g =
			generalizer_new(10 * second, GENERALIZE_AVERAGE, reverse != 0, 3);
		struct message m[4];
		make(&m[0], 1, -1, -1, "a");
		make(&m[1], 2, -1, -1, "b");
		make(&m[2], 3, -1, -1, "a");
		make(&m[3], 4, -1, -1, "c");
		static const size_t sources[] = {2, 0, 2, 1};
		static const char *const texts[] = {"2a", "0b", "1c"};
		for (int round = 0; round < 2; round++) {
			for (int i = 0; i < 4; i++) {
				int n = reverse ? 3 - i : i;
				generalizer_add(g, sources[n], &m[n]);
			}
			for (int i = 0; i < 3; i++) {
				const char *text = texts[reverse ? 2 - i : i];
				size_t source;
				struct message *out = malloc(sizeof *out);
				assert_true(generalizer_take(g, &source, out));
				assert_int_equal(source, text[0] - '0');
				assert_str(out->value[PARAM_MESSAGE_TYPE].text, text + 1);
				free(out);
			}
			expect_end(g);
		}
		generalizer_free(g);
	}
}

static void averages_round_and_do_not_overflow(void **state)
{
	(void)state;
	static const struct {
		int64_t a, b, average;
	} rows[] = {{1, 2, 2}, {-1, -2, -2}, {-1, 1, 0}, {-1, 2, 1},
		{INT64_MAX, INT64_MAX - 1, INT64_MAX}, {INT64_MIN, INT64_MIN, INT64_MIN}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct generalizer *g = generalizer_new(second, GENERALIZE_AVERAGE, false, 1);
		struct message m;
		size_t source;
		make(&m, 0, -1, -1, "");
		message_number(&m, PARAM_POSITION_LATITUDE, rows[i].a);
		generalizer_add(g, 0, &m);
		message_number(&m, PARAM_POSITION_LATITUDE, rows[i].b);
		generalizer_add(g, 0, &m);
		assert_true(generalizer_take(g, &source, &m));
		assert_true(m.value[PARAM_POSITION_LATITUDE].number == rows[i].average);
		generalizer_free(g);
	}
}

static void names_of_methods(void **state)
{
	(void)state;
	enum generalize_method method;
	assert_true(generalize_method_parse("maximum", &method));
	assert_int_equal(method, GENERALIZE_MAXIMUM);
	assert_false(generalize_method_parse("max", &method));
	assert_false(generalize_method_parse("", &method));
	generalizer_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods_and_directions),
		cmocka_unit_test(devices_come_in_the_order_of_time),
		cmocka_unit_test(averages_round_and_do_not_overflow),
		cmocka_unit_test(names_of_methods),
	};
	return cmocka_run_group_tests_name("generalize", tests, NULL, NULL);
}
