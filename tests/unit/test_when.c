#include "test.h"

#include "cantrack/when.h"

#include <time.h>

static int64_t seconds_of(int year, int month, int day, int hour, int minute, int second)
{
	struct when w = {year, month, day, hour, minute, second};
	assert_true(when_is_legal(&w));
	return when_to_seconds(&w);
}

/* From `date -u -d ... +%s`. */
static void known_dates(void **state)
{
	(void)state;
	assert_int_equal(seconds_of(1970, 1, 1, 0, 0, 0), 0);
	assert_int_equal(seconds_of(1969, 12, 31, 23, 59, 59), -1);
	assert_int_equal(seconds_of(2000, 2, 29, 12, 0, 0), 951825600);
	assert_int_equal(seconds_of(2015, 8, 10, 15, 4, 21), 1439219061);
	assert_int_equal(seconds_of(2026, 9, 21, 14, 13, 20), 1790000000);
	assert_int_equal(seconds_of(2038, 1, 19, 3, 14, 8), INT64_C(2147483648));
	assert_int_equal(seconds_of(1, 1, 1, 0, 0, 0), INT64_C(-62135596800));
	assert_int_equal(seconds_of(9999, 12, 31, 23, 59, 59), INT64_C(253402300799));
}

/* Every day of 0001..9999 follows the day before it, and comes back from its seconds. */
static void every_day_round_trips(void **state)
{
	(void)state;
	int64_t expected = INT64_C(-62135596800);
	for (int year = 1; year <= 9999; year++) {
		for (int month = 1; month <= 12; month++) {
			for (int day = 1; day <= 31; day++) {
				struct when w = {year, month, day, 23, 59, 58};
				if (!when_is_legal(&w))
					continue;
				int64_t seconds = when_to_seconds(&w);
				struct when back = when_of_seconds(seconds);
				assert_int_equal(seconds, expected + 86398);
				assert_memory_equal(&back, &w, sizeof w);
				expected += 86400;
			}
		}
	}
	assert_int_equal(expected, INT64_C(253402300800));
}

/* The C library is the judge of what a number of seconds means. */
static void agrees_with_the_c_library(void **state)
{
	(void)state;
	for (int64_t seconds = -5000000000; seconds < 10000000000; seconds += 86399 * 7 + 1) {
		time_t t = (time_t)seconds;
		struct tm tm;
		gmtime_r(&t, &tm);
		struct when w = when_of_seconds(seconds);
		struct when expected = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
			tm.tm_min, tm.tm_sec};
		assert_memory_equal(&w, &expected, sizeof w);
	}
}

static bool is_legal(int year, int month, int day, int hour, int minute, int second)
{
	struct when w = {year, month, day, hour, minute, second};
	return when_is_legal(&w);
}

static void leap_years(void **state)
{
	(void)state;
	assert_true(is_legal(2024, 2, 29, 0, 0, 0));
	assert_true(is_legal(2000, 2, 29, 0, 0, 0));
	assert_false(is_legal(2023, 2, 29, 0, 0, 0));
	assert_false(is_legal(1900, 2, 29, 0, 0, 0));
	assert_false(is_legal(2100, 2, 29, 0, 0, 0));
	assert_false(is_legal(2024, 2, 30, 0, 0, 0));
}

static void illegal_dates_and_times(void **state)
{
	(void)state;
	static const int longest[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	for (int month = 1; month <= 12; month++) {
		assert_true(is_legal(2024, month, longest[month - 1], 0, 0, 0));
		assert_false(is_legal(2024, month, longest[month - 1] + 1, 0, 0, 0));
		assert_false(is_legal(2024, month, 0, 0, 0, 0));
	}
	assert_false(is_legal(2024, 0, 1, 0, 0, 0));
	assert_false(is_legal(2024, 13, 1, 0, 0, 0));
	assert_false(is_legal(0, 1, 1, 0, 0, 0));
	assert_false(is_legal(10000, 1, 1, 0, 0, 0));
	assert_true(is_legal(2024, 1, 1, 23, 59, 59));
	assert_false(is_legal(2024, 1, 1, 24, 0, 0));
	assert_false(is_legal(2024, 1, 1, 0, 60, 0));
	assert_false(is_legal(2024, 1, 1, 0, 0, 60));
	assert_false(is_legal(2024, 1, 1, -1, 0, 0));
	assert_false(is_legal(2024, 1, 1, 0, -1, 0));
	assert_false(is_legal(2024, 1, 1, 0, 0, -1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_dates),
		cmocka_unit_test(every_day_round_trips),
		cmocka_unit_test(agrees_with_the_c_library),
		cmocka_unit_test(leap_years),
		cmocka_unit_test(illegal_dates_and_times),
	};
	return cmocka_run_group_tests_name("when", tests, NULL, NULL);
}
