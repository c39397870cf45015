/* Text frames and junk. */
#include "framed.h"

static void text_frames(void **state)
{
	(void)state;
	check_stream(BYTES(""), "");
	check_stream(BYTES(" \r\n\t\0"), "");
	check_stream(BYTES("*HQ,1,V0#"), "text 0-9");
	check_stream(BYTES("*HQ,1,V0#*HQ,1,V0#"), "text 0-9, text 9-18");
	check_stream(BYTES("\0\0*hq,1,V0# \r\n\t*xY,1,V0#\n"), "text 2-11, text 15-24");
	check_stream(BYTES("*HQ,#"), "text 0-5");
	check_stream(BYTES("*HQ,1,SMS,a\nID:1\r\n\tb#"), "text 0-21");
	check_stream(BYTES("*HQ,1,A*B,*C,* ,*DE#,#"), "text 0-20, junk 20-22");
}

static void text_without_an_end(void **state)
{
	(void)state;
	check_stream(BYTES("*HQ,1,V1,2"), "text-noend 0-10");
	check_stream(BYTES("*HQ,1,V1,2\r\n"), "text-noend 0-10");
	check_stream(BYTES("*HQ,1,V1,2*HQ,1,V0#"), "text-noend 0-10, text 10-19");
	check_stream(BYTES("*HQ,1,V1,2 \n*HQ,1,V0#"), "text-noend 0-10, text 12-21");
	check_stream(BYTES("*HQ,1,V1,2**HQ,1,V0#"), "text-noend 0-11, text 11-20");
	check_stream(BYTES("*HQ,*HQ,1,V0#"), "text-noend 0-4, text 4-13");
}

static void header_cut_at_the_end(void **state)
{
	(void)state;
	check_stream(BYTES("*"), "junk 0-1");
	check_stream(BYTES("*H"), "junk 0-2");
	check_stream(BYTES("*HQ"), "junk 0-3");
	check_stream(BYTES("*HQ,"), "text-noend 0-4");
	check_stream(BYTES("*HQ,1,V1*H"), "text-noend 0-10");
	check_stream(BYTES("*HQ,1,V1*HQ,"), "text-noend 0-8, text-noend 8-12");
	check_stream(BYTES("*HQ1,V0#"), "junk 0-8");
	check_stream(BYTES("*H1,V0#*HQ,1,V0#"), "junk 0-7, text 7-16");
}

static void bytes_that_break_a_frame(void **state)
{
	(void)state;
	check_stream(BYTES("*HQ,1,V\0001#*HQ,1,V0#"), "broken 0-7, junk 8-10, text 10-19");
	check_stream(BYTES("*HQ,1,V\x7f#"), "broken 0-7, junk 7-9");
	check_stream(BYTES("*HQ,1,V\xc3\xa9#"), "broken 0-7, junk 7-10");
	check_stream(BYTES("*HQ,1,V\x1f"), "broken 0-7, junk 7-8");
	/* the byte that breaks one frame may begin another: 78 78 05 12 00 99 AB EC 0D 0A */
	check_stream(BYTES("*HQ,1,V\x7f*HQ,1,V0#"), "broken 0-7, junk 7-8, text 8-17");
}

static void every_byte_in_a_text_frame(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char stream[] = "*HQ,1,a?b#";
		stream[7] = (char)c;
		bool stands = (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n';
		const char *list = frames((struct str){stream, 10}, SIZE_MAX, true);
		if (c == '#')
			assert_string_equal(list, "text 0-8, junk 8-10");
		else if (stands)
			assert_string_equal(list, "text 0-10");
		else
			assert_memory_equal(list, "broken 0-7, junk ", 17);
	}
}

/* A '#' at every place behind runs of every length: no stride of the scan may miss it. */
static void hash_at_every_place(void **state)
{
	(void)state;
	for (size_t run = 0; run < 100; run++) {
		struct stream s = {.len = 0};
		add(&s, BYTES("*HQ,"));
		add_run(&s, 'a', run);
		add(&s, BYTES("#*HQ,1,V0#"));
		char expected[64];
		snprintf(expected, sizeof expected, "text 0-%zu, text %zu-%zu", run + 5, run + 5,
			run + 14);
		check_made(&s, expected);
	}
}

static void text_limits(void **state)
{
	(void)state;
	struct stream longest = {.len = 0};
	add(&longest, BYTES("*HQ,1,"));
	add_run(&longest, 'a', FRAME_MAX - 7);
	add(&longest, BYTES("#*HQ,1,V0#"));
	check_made(&longest, "text 0-2048, text 2048-2057");

	struct stream longer = {.len = 0};
	add(&longer, BYTES("*HQ,1,"));
	add_run(&longer, 'a', FRAME_MAX - 6);
	add(&longer, BYTES("#*HQ,1,V0#"));
	check_made(&longer, "overlong 0-1, junk 1-2049, text 2049-2058");

	struct stream flood = {.len = 0};
	add(&flood, BYTES("*HQ,1,"));
	add_run(&flood, 'a', 5000);
	add(&flood, BYTES("*HQ,1,V0#"));
	check_made(&flood, "overlong 0-1, junk 1-5006, text 5006-5015");
}

/* The next frame's header may come up to the last bytes that are looked at, whole or cut off. */
static void next_header_at_the_limit(void **state)
{
	(void)state;
	for (size_t at = FRAME_MAX - 6; at < FRAME_MAX + 3; at++) {
		struct stream s = {.len = 0};
		add(&s, BYTES("*HQ,1,"));
		add_run(&s, 'a', at - 6);
		add(&s, BYTES("*HQ,1,V0#"));
		char expected[96];
		if (at + 4 <= FRAME_MAX)
			snprintf(expected, sizeof expected, "text-noend 0-%zu, text %zu-%zu", at,
				at, at + 9);
		else
			snprintf(expected, sizeof expected,
				"overlong 0-1, junk 1-%zu, text %zu-%zu", at, at, at + 9);
		check_made(&s, expected);
	}
}

static void junk(void **state)
{
	(void)state;
	check_stream(BYTES("GET / HTTP/1.1\r\n\r\n"), "junk 0-14");
	check_stream(BYTES("stop engine succeed\r\n*HQ,1,V0#"), "junk 0-19, text 21-30");
	check_stream(BYTES("#stopoil#OK#*HQ,1,V0#"), "junk 0-12, text 12-21");
	check_stream(
		BYTES("*HQ,1,V0##**HQ,1,V0#xyz"), "text 0-9, junk 9-11, text 11-20, junk 20-23");
	check_stream(BYTES("\xff\xfe\x01*HQ,1,V0#$$~~xx"), "junk 0-3, text 3-12, junk 12-18");
	struct stream s = {.len = 0};
	add_run(&s, '\xee', 9000);
	add(&s, BYTES("*HQ,1,V0#"));
	check_made(&s, "junk 0-9000, text 9000-9009");
}

static void kinds_have_names(void **state)
{
	(void)state;
	for (int kind = 0; kind < FRAME_KINDS; kind++)
		assert_true(frame_kind_name((enum frame_kind)kind)[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_frames),
		cmocka_unit_test(text_without_an_end),
		cmocka_unit_test(header_cut_at_the_end),
		cmocka_unit_test(bytes_that_break_a_frame),
		cmocka_unit_test(every_byte_in_a_text_frame),
		cmocka_unit_test(hash_at_every_place),
		cmocka_unit_test(text_limits),
		cmocka_unit_test(next_header_at_the_limit),
		cmocka_unit_test(junk),
		cmocka_unit_test(kinds_have_names),
	};
	return cmocka_run_group_tests_name("framer", tests, NULL, NULL);
}
