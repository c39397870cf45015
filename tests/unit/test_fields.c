#include "test.h"

#include "cantrack/fields.h"
#include "guard.h"

/* What a read that failed leaves in its result. */
enum { UNTOUCHED = -77 };

static int64_t fixed(const char *text, int decimals)
{
	int64_t value = UNTOUCHED;
	bool done = fixed_point(guarded(str_of(text)), decimals, &value);
	assert_int_equal(done, value != UNTOUCHED);
	return value;
}

static void fixed_points(void **state)
{
	(void)state;
	assert_int_equal(fixed("0", 3), 0);
	assert_int_equal(fixed("12", 0), 12);
	assert_int_equal(fixed("12", 3), 12000);
	assert_int_equal(fixed("0.286", 3), 286);
	assert_int_equal(fixed("3.", 2), 300);
	assert_int_equal(fixed(".5", 1), 5);
	assert_int_equal(fixed("018.11", 2), 1811);
	assert_int_equal(fixed("1.2345", 3), 1235); /* half up */
	assert_int_equal(fixed("1.2344", 3), 1234);
	assert_int_equal(fixed("0.9999999999999", 2), 100);
	assert_int_equal(fixed("999999999.999999999", 9), INT64_C(999999999999999999));
}

static void no_fixed_points(void **state)
{
	(void)state;
	static const char *const none[] = {"", ".", "-1", "+1", "1e3", "1,5", " 1", "1 ", "NORTH",
		"1..2", "1.2.3", "1.x", "x.1", "1234567890", "0x10", "nan", "1.-2"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(fixed(none[i], 3), UNTOUCHED);
}

static int64_t degrees(const char *text, const char *letter)
{
	int64_t value = UNTOUCHED;
	bool north = strchr("NSns", letter[0]) != NULL;
	bool done = coordinate(guarded(str_of(text)), str_of(letter), north ? 'N' : 'E',
		north ? 'S' : 'W', north ? 90 : 180, &value);
	assert_int_equal(done, value != UNTOUCHED);
	return value;
}

/* Degrees by hand: DD + MM.MMMMM / 60, to 7 decimals. */
static void coordinates(void **state)
{
	(void)state;
	assert_int_equal(degrees("2240.55841", "N"), 226759735);
	assert_int_equal(degrees("11358.33462", "E"), 1139722437);
	assert_int_equal(degrees("0502.30446", "N"), 50384077);
	assert_int_equal(degrees("07527.53997", "W"), -754589995);
	assert_int_equal(degrees("809.0010", "S"), -81500167);
	assert_int_equal(degrees("954.9490", "E"), 99158167);
	assert_int_equal(degrees("9733.2842", "W"), -975547367);
	assert_int_equal(degrees("38.6508", "W"), -6441800); /* minutes only */
	assert_int_equal(degrees("002.1540", "E"), 359000);
	assert_int_equal(degrees("5.5", "N"), 916667);
	assert_int_equal(degrees("-23-29.0095", "S"), -234834917);
	assert_int_equal(degrees("-46-51.5852", "W"), -468597533);
	assert_int_equal(degrees("-48-2.8926", "W"), -480482100);
	assert_int_equal(degrees("37573392", "N"), 379556533); /* no point: 37 57.3392 */
	assert_int_equal(degrees("014505932", "E"), 148432200);
	assert_int_equal(degrees("6000", "N"), 600000000);
	assert_int_equal(degrees("0.0000", "N"), 0);
	assert_int_equal(degrees("0000.0000", "S"), 0);
	assert_int_equal(degrees("6000.0000", "s"), -600000000);
	assert_int_equal(degrees("9000.0000", "N"), 900000000);
	assert_int_equal(degrees("18000.0000", "W"), -1800000000);
	assert_int_equal(degrees("00000.00002", "E"), 3);  /* 3.33e-7 */
	assert_int_equal(degrees("00000.000003", "E"), 1); /* 0.5e-7, half up */
	assert_int_equal(degrees("00000.000002", "E"), 0);
}

static void no_coordinates(void **state)
{
	(void)state;
	static const struct {
		const char *text, *letter;
	} none[] = {{"", "N"}, {"BADLAT", "N"}, {"2260.0000", "N"}, {"9999.9999", "N"},
		{"9000.0001", "N"}, {"18000.0001", "E"}, {"99999.9999", "E"}, {"22 40.5", "N"},
		{"-3.745123", "N"}, {"-23.545450", "S"}, {"--23-29.1", "S"}, {"-23--29.1", "S"},
		{"23-29-1", "S"}, {"-", "N"}, {"--", "N"}, {".", "N"}, {"-.", "N"}, {"-.-.", "N"},
		{"2240.5.1", "N"}, {"2240.5x", "N"}, {"22x0.5", "N"}, {"+2240.5", "N"},
		{"1002240.5", "N"}, {"2240.5", "n1"}, {"2240.5", "E1"}};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(degrees(none[i].text, none[i].letter), UNTOUCHED);
	static const char *const letters[] = {"", "0", "E", "W", "A", "NS", "\x0e", "."};
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
		int64_t value;
		assert_false(
			coordinate(str_of("2240.5"), str_of(letters[i]), 'N', 'S', 90, &value));
	}
}

/* 2026-09-21 14:13:20 */
static const int64_t now_us = INT64_C(1790000000000000);

static int64_t clock_of(const char *time, const char *date)
{
	int64_t us = UNTOUCHED;
	bool done = device_time(guarded(str_of(time)), str_of(date), now_us, &us);
	assert_int_equal(done, us != UNTOUCHED);
	return us;
}

static void device_times(void **state)
{
	(void)state;
	assert_int_equal(clock_of("150421", "100815"), INT64_C(1439219061000000));
	assert_int_equal(clock_of("000000", "010110"), INT64_C(1262304000000000)); /* the first */
	assert_int_equal(clock_of("141320", "210926"), now_us);
	assert_int_equal(
		clock_of("141320", "220926"), now_us + INT64_C(86400000000)); /* the last */
	assert_int_equal(clock_of("120000", "290224"), INT64_C(1709208000000000));
}

static void no_device_times(void **state)
{
	(void)state;
	static const struct {
		const char *time, *date;
	} none[] = {{"235959", "311209"}, {"235955", "050180"}, {"004835", "060180"},
		{"000115", "010104"}, {"141321", "220926"}, {"120000", "010199"},
		{"120000", "010179"}, {"120000", "000000"}, {"000000", "000000"}, {"120000", ""},
		{"", "100815"}, {"", ""}, {"120000", "290223"}, {"120000", "311115"},
		{"240000", "100815"}, {"126000", "100815"}, {"120060", "100815"},
		{"160169", "180813"}, {"120000", "101315"}, {"120000", "100015"},
		{"BADTIM", "100815"}, {"120000", "1008 5"}, {"12000", "100815"},
		{"120000", "10082015"}, {"1200000", "100815"}, {"-20000", "100815"}};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(clock_of(none[i].time, none[i].date), UNTOUCHED);
}

static void splits_at_commas(void **state)
{
	(void)state;
	static struct fields f;
	struct frame_context context = {.terminated = true};
	assert_true(fields_split(guarded(str_of("*HQ, 12\t,,V1 ,\r\n a b \n#")), &context, &f));
	assert_int_equal(f.count, 5);
	assert_str(f.at[0], "HQ");
	assert_str(f.at[1], "12");
	assert_str(f.at[2], "");
	assert_str(f.at[3], "V1");
	assert_str(f.at[4], "a b");
	assert_ptr_equal(f.context, &context);
	assert_true(fields_split(guarded(str_of("*HQ,1,")), &context, &f));
	assert_int_equal(f.count, 3);
	assert_str(f.at[2], "");
	assert_true(fields_split(guarded(str_of("*HQ,")), &context, &f));
	assert_int_equal(f.count, 2);
	assert_false(fields_split(guarded(str_of("*HQ")), &context, &f));
	assert_false(fields_split(guarded(str_of("HQ,1,V1#")), &context, &f));
	assert_false(fields_split(guarded(str_of("")), &context, &f));
}

/* Commas and blanks at every place: a scan in strides finds each of them once. */
static void splits_at_every_place(void **state)
{
	(void)state;
	static struct fields f;
	struct frame_context context = {.terminated = true};
	for (size_t first = 4; first < 60; first++) {
		for (size_t second = first + 1; second < 60; second++) {
			char text[62];
			memset(text, 'a', sizeof text);
			memcpy(text, "*HQ,", 4);
			text[first] = text[second] = ',';
			text[60] = '#';
			assert_true(fields_split(guarded((struct str){text, 61}), &context, &f));
			assert_int_equal(f.count, 4);
			assert_int_equal(f.at[1].len, first - 4);
			assert_int_equal(f.at[2].len, second - first - 1);
			assert_int_equal(f.at[3].len, 59 - second);
		}
	}
}

static void splits_no_more_than_the_maximum(void **state)
{
	(void)state;
	static struct fields f;
	static char text[FIELDS_MAX + 64];
	struct frame_context context = {.terminated = true};
	memcpy(text, "*HQ", 3);
	memset(text + 3, ',', sizeof text - 3);
	for (size_t len = FIELDS_MAX - 2; len < sizeof text; len++) {
		size_t commas = len - 3;
		assert_true(fields_split(guarded((struct str){text, len}), &context, &f));
		assert_int_equal(f.count, commas + 1 < FIELDS_MAX ? commas + 1 : FIELDS_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_points),
		cmocka_unit_test(no_fixed_points),
		cmocka_unit_test(coordinates),
		cmocka_unit_test(no_coordinates),
		cmocka_unit_test(device_times),
		cmocka_unit_test(no_device_times),
		cmocka_unit_test(splits_at_commas),
		cmocka_unit_test(splits_at_every_place),
		cmocka_unit_test(splits_no_more_than_the_maximum),
	};
	return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
