#include "test.h"

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

static void cuts_every_part(void **state)
{
	(void)state;
	struct str rest = STR("a,,b,");
	const char *expected[] = {"a", "", "b", ""};
	size_t n = 0;
	while (rest.at)
		assert_str(str_cut(&rest, ','), expected[n++]);
	assert_int_equal(n, 4);
}

static void trims_and_compares(void **state)
{
	(void)state;
	assert_str(str_trim(str_of("  a b\r\n")), "a b");
	assert_str(str_trim(str_of(" \t ")), "");
	assert_true(str_cmp(str_of("ab"), str_of("abc")) < 0);
	assert_true(str_cmp(str_of("b"), str_of("abc")) > 0);
	assert_int_equal(str_cmp(str_of("x"), str_of("x")), 0);
}

static void reads_numbers_strictly(void **state)
{
	(void)state;
	uint64_t n = 7;
	assert_true(str_to_u64(str_of("0012"), &n));
	assert_int_equal(n, 12);
	assert_false(str_to_u64(str_of(""), &n));
	assert_false(str_to_u64(str_of("+1"), &n));
	assert_false(str_to_u64(str_of("1 "), &n));
	assert_false(str_to_u64(str_of("12345678901234567890"), &n));
	assert_int_equal(n, 12);
	assert_true(str_to_hex(str_of("fFfF9FfB"), &n));
	assert_int_equal(n, 0xffff9ffbu);
	assert_false(str_to_hex(str_of("0x1"), &n));
}

static void matches_masks(void **state)
{
	(void)state;
	assert_true(str_matches(str_of("position.speed"), str_of("position.*")));
	assert_true(str_matches(str_of("abcabd"), str_of("*abd")));
	assert_true(str_matches(str_of(""), str_of("**")));
	assert_false(str_matches(str_of("position"), str_of("position.*")));
	assert_false(str_matches(str_of("abc"), str_of("a*b")));
}

static void prints_the_shortest_decimals(void **state)
{
	(void)state;
	static const struct {
		int64_t value;
		int decimals;
		const char *text;
	} rows[] = {
		{0, 0, "0"},
		{0, 7, "0"},
		{1852, 2, "18.52"},
		{-500, 2, "-5"},
		{1, 7, "0.0000001"},
		{-1, 7, "-0.0000001"},
		{100, 2, "1"},
		{105, 2, "1.05"},
		{4294966271, 0, "4294966271"},
		{INT64_MIN, 0, "-9223372036854775808"},
		{INT64_MAX, 6, "9223372036854.775807"},
		{1601, 3, "1.601"},
		{1732262402512345, 6, "1732262402.512345"},
		{99, 1, "9.9"},
		{7, 18, "0.000000000000000007"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf b;
		buf_init(&b, 64);
		assert_true(json_decimal(&b, rows[i].value, rows[i].decimals));
		assert_buf(b, rows[i].text);
		buf_clear(&b);
	}
}

static void escapes_strings(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 256);
	struct str text = STR("a\"\\\n\x01\x7f\xc3\xa9\xff\xed\xa0\x80");
	assert_true(json_string(&b, text));
	assert_buf(b, "\"a\\\"\\\\\\n\\u0001\\u007f\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef"
		      "\xbf\xbd\"");
	buf_clear(&b);
}

static void buffer_stops_at_its_maximum(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 5);
	assert_true(buf_add(&b, "abc", 3));
	assert_false(buf_add(&b, "def", 3));
	assert_buf(b, "abc");
	assert_true(buf_add(&b, "de", 2));
	buf_drop(&b, 2);
	assert_buf(b, "cde");
	buf_clear(&b);
}

static void escapes_bytes_for_people(void **state)
{
	(void)state;
	char out[24];
	struct str bytes = {"*HQ\r\n\\\0\xff", 8};
	assert_string_equal(escape_bytes(bytes, out, sizeof out), "*HQ\\r\\n\\\\\\x00\\xff");
	struct str many = STR("0123456789012345678901234567890123456789");
	assert_string_equal(escape_bytes(many, out, sizeof out), "01234567890123456789...");
}

static void fails_with_a_sentence(void **state)
{
	(void)state;
	struct error e;
	assert_false(fail(&e, "port '%s' is not 1..65535", "x"));
	assert_string_equal(e.text, "port 'x' is not 1..65535");
	assert_false(fail(NULL, "nobody listens"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_every_part),
		cmocka_unit_test(trims_and_compares),
		cmocka_unit_test(reads_numbers_strictly),
		cmocka_unit_test(matches_masks),
		cmocka_unit_test(prints_the_shortest_decimals),
		cmocka_unit_test(escapes_strings),
		cmocka_unit_test(buffer_stops_at_its_maximum),
		cmocka_unit_test(escapes_bytes_for_people),
		cmocka_unit_test(fails_with_a_sentence),
	};
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
