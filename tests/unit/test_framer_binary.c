/* The binary frames that are skipped whole: $ records, JT/T 808, GT06. */
#include "framed.h"

static void add_record(struct stream *s, size_t len)
{
	size_t end = s->len + len;
	add(s, BYTES("$\x91\x71\x70\x10\x65\x12\x33\x50\x06\x10\x26")); /* id, time, date */
	/* '#', '*' and '$' occur inside; none of them may end the record */
	for (size_t i = 0; s->len < end; i++)
		add_run(s, "\x04\x13*H#$\xff"[i % 7], 1);
	s->at[end - 1] = '\xfb';
}

static const size_t record_lengths[] = {32, 42, 45, 46, 47, 48, 51};

static bool is_record_length(size_t len)
{
	for (size_t i = 0; i < sizeof record_lengths / sizeof *record_lengths; i++)
		if (record_lengths[i] == len)
			return true;
	return false;
}

static void record_and_what_follows(void **state)
{
	(void)state;
	static const struct {
		struct str separators;
		const char *follows;
	} cases[] = {
		{STR(""), "text"},
		{STR("\r\n"), "text"},
		{STR(" \r\n \n"), "text"},
		{STR(""), "record"},
		{STR("\r\n"), "record"},
		{STR(""), NULL},
		{STR("\r\n"), NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t len = 32; len <= 51; len++) {
			if (!is_record_length(len))
				continue;
			struct stream s = {.len = 0};
			add_record(&s, len);
			add(&s, cases[i].separators);
			size_t next = s.len;
			char expected[96];
			int wrote = snprintf(expected, sizeof expected, "record 0-%zu", len);
			if (cases[i].follows) {
				if (!strcmp(cases[i].follows, "text"))
					add(&s, BYTES("*HQ,1,V0#"));
				else
					add_record(&s, len);
				snprintf(expected + wrote, sizeof expected - (size_t)wrote,
					", %s %zu-%zu", cases[i].follows, next, s.len);
			}
			check_made(&s, expected);
		}
	}
}

/* No other length is a record; the frame behind it is found all the same. */
static void record_of_no_known_length(void **state)
{
	(void)state;
	for (size_t len = 32; len <= 53; len++) {
		if (is_record_length(len))
			continue;
		struct stream s = {.len = 0};
		add(&s, BYTES("$\x91\x71\x70\x10\x65\x12\x33\x50\x06\x10\x26"));
		add_run(&s, '\x04', len - 12);
		add(&s, BYTES("*HQ,1,SMS,longer than any record is#"));
		char expected[96];
		snprintf(expected, sizeof expected, "junk 0-%zu, text %zu-%zu", len, len, len + 36);
		check_made(&s, expected);
	}
}

static void record_lengths_are_remembered(void **state)
{
	(void)state;
	struct stream s = {.len = 0};
	add_record(&s, 45);
	add_record(&s, 45);
	add_record(&s, 45);
	add(&s, BYTES("noise"));
	check_made(&s, "record 0-45, record 45-90, record 90-135, junk 135-140");
}

/* A last byte of 24 hex looks like the next '$': the first record is measured one too short. The
 * junk that comes of it tells, and the next ones are measured anew. */
static void record_length_is_forgotten(void **state)
{
	(void)state;
	struct stream s = {.len = 0};
	for (int i = 0; i < 4; i++)
		add_record(&s, 46);
	s.at[45] = '$';
	check_made(&s, "record 0-45, record 45-90, junk 90-92, record 92-138, record 138-184");
}

static void record_that_is_none(void **state)
{
	(void)state;
	check_stream(BYTES("$"), "junk 0-1");
	check_stream(BYTES("$GPRMC,1*HQ,1,V0#"), "junk 0-8, text 8-17");
	check_stream(BYTES("$\x91\x71\x70"), "junk 0-4");
	check_stream(BYTES("$\x91\x71\x70\x10\x65\x12\x33\x50\x06\x10\x2a*HQ,1,V0#"),
		"junk 0-12, text 12-21");
	check_stream(BYTES("$\x91\x71\x70\x10\x65\x12\x33\x50\x06\x10\x26"), "junk 0-12");
	struct stream s = {.len = 0}; /* '$' is a BCD byte itself */
	add_run(&s, '$', 96);
	check_made(&s, "record 0-32, record 32-64, record 64-96");
}

/* Separators behind a record of unknown length are waited out, but not for ever. */
static void record_before_endless_separators(void **state)
{
	(void)state;
	static const size_t runs[] = {1, 100, FRAME_MAX - 33, FRAME_MAX - 32, FRAME_MAX, 9000};
	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
		struct stream s = {.len = 0};
		add_record(&s, 32);
		add_run(&s, ' ', runs[i]);
		check_made(&s, "record 0-32");
		size_t next = s.len;
		add(&s, BYTES("*HQ,1,V0#"));
		char expected[64];
		snprintf(expected, sizeof expected, "record 0-32, text %zu-%zu", next, next + 9);
		check_made(&s, expected);
	}
	struct stream zeros = {.len = 0}; /* NUL is data in a record, not what follows it */
	add_record(&zeros, 32);
	add_run(&zeros, '\0', 9000);
	check_made(&zeros, "junk 0-32");
}

/* ---- JT/T 808 ---- */

static void add_jt808(struct stream *s, unsigned attributes, size_t header, size_t body)
{
	add(s, BYTES("~\x02"));
	add_run(s, '\0', 1);
	add_run(s, (char)(attributes >> 8), 1);
	add_run(s, (char)attributes, 1);
	add_run(s, '\x11', header - 4 + body + 1);
	add(s, BYTES("~"));
}

static void jt808_lengths(void **state)
{
	(void)state;
	static const struct {
		unsigned bits;
		size_t header;
	} forms[] = {{0, 12}, {0x2000, 16}, {0x4000, 17}, {0x6000, 21}};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		for (size_t body = 0; body < 0x400; body += body < 3 ? 1 : 255) {
			struct stream s = {.len = 0};
			add_jt808(&s, forms[i].bits | (unsigned)body, forms[i].header, body);
			size_t len = s.len;
			add(&s, BYTES("*HQ,1,V0#"));
			char expected[64];
			snprintf(expected, sizeof expected, "jt808 0-%zu, text %zu-%zu", len, len,
				len + 9);
			check_made(&s, expected);
		}
	}
}

static void jt808_escapes(void **state)
{
	(void)state;
	/* 12 bytes of header, 2 of body, 1 of check; 7D 01 and 7D 02 count once */
	check_stream(BYTES("~\x02\0\0\x02\x01\x23\x45\x67\x89\x01\0\x01\x7d\x01\x7d\x02\x55~"),
		"jt808 0-19");
	/* in the header, and as the check byte at the end of the frame */
	check_stream(BYTES("~\x02\0\0\0\x01\x23\x45\x7d\x02\x89\x01\0\x01\x7d\x01~"), "jt808 0-17");
	/* 7D that nobody escaped: the plain length fits */
	check_stream(
		BYTES("~\x02\0\0\x02\x01\x23\x45\x67\x89\x01\0\x01\x7d\x05\x55~"), "jt808 0-17");
	check_stream(
		BYTES("~\x02\0\0\x02\x01\x23\x45\x67\x89\x01\0\x01\x7d\x01\x55~"), "jt808 0-17");
	/* two frames in one read, and a lone end mark before one */
	check_stream(BYTES("~\x02\0\0\0\x01\x23\x45\x67\x89\x01\0\x01\x55~"
			   "~\x02\0\0\0\x01\x23\x45\x67\x89\x01\0\x02\x56~"),
		"jt808 0-15, jt808 15-30");
	check_stream(
		BYTES("~~\x02\0\0\0\x01\x23\x45\x67\x89\x01\0\x01\x55~"), "junk 0-1, jt808 1-16");
}

static void jt808_that_is_none(void **state)
{
	(void)state;
	check_stream(BYTES("~"), "junk 0-1");
	check_stream(BYTES("~*HQ,1,V0#"), "junk 0-1, text 1-10");
	/* one byte short, one too long, cut at the end of the stream */
	check_stream(BYTES("~\x02\x01\x01\x01\x01\x23\x45\x67\x89\x01\x01\x01\x55~*HQ,1,V0#"),
		"junk 0-15, text 15-24");
	check_stream(
		BYTES("~\x02\x01\x10\x01\x01\x23\x45\x67\x89\x01\x01\x01\x55\x55\x55~*HQ,1,V0#"),
		"junk 0-17, text 17-26");
	check_stream(
		BYTES("~\x02\x01\x10\x01\x01\x23\x45\x67\x89\x01\x01\x01\x55\x7d"), "junk 0-15");
}

/* ---- GT06 ---- */

static void add_gt06(struct stream *s, const char *start, size_t len)
{
	add(s, str_of(start));
	if (start[0] == 'y')
		add_run(s, (char)(len >> 8), 1);
	add_run(s, (char)len, 1);
	add_run(s, '*', len); /* never looked into */
	add(s, BYTES("\r\n"));
}

static void gt06_lengths(void **state)
{
	(void)state;
	static const size_t lengths[] = {5, 13, 255, 5, 32, 256, FRAME_MAX - 6};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct stream s = {.len = 0};
		add_gt06(&s, i < 3 ? "xx" : "yy", lengths[i]);
		size_t len = s.len;
		add(&s, BYTES("*HQ,1,V0#"));
		char expected[64];
		snprintf(expected, sizeof expected, "gt06 0-%zu, text %zu-%zu", len, len, len + 9);
		check_made(&s, expected);
	}
}

static void gt06_that_is_none(void **state)
{
	(void)state;
	check_stream(BYTES("x"), "junk 0-1");
	check_stream(BYTES("xx"), "junk 0-2");
	check_stream(BYTES("yy\1"), "junk 0-3");
	check_stream(BYTES("xy\5*HQ,1,V0#"), "junk 0-3, text 3-12");
	check_stream(BYTES("xx\4abcd\r\n*HQ,1,V0#"), "junk 0-7, text 9-18");
	check_stream(BYTES("xx\5abcde\r\r*HQ,1,V0#"), "junk 0-8, text 10-19");
	check_stream(BYTES("xx\5abcde\r"), "junk 0-8");
	check_stream(BYTES("yy\7\xfb*HQ,1,V0#"), "junk 0-4, text 4-13"); /* 2043: over FRAME_MAX */
}

static void all_kinds_on_one_connection(void **state)
{
	(void)state;
	struct stream s = {.len = 0};
	add(&s, BYTES("*HQ,1,V0#\r\n"));
	add_record(&s, 32);
	add(&s, BYTES("*HQ,1,V1,2\n*HQ,1,V0#"));
	add_jt808(&s, 0, 12, 0);
	add_gt06(&s, "xx", 5);
	add(&s, BYTES("noise\n"));
	add_record(&s, 32);
	add_gt06(&s, "yy", 6);
	add(&s, BYTES("*HQ,1,V\1"));
	check_made(&s, "text 0-9, record 11-43, text-noend 43-53, text 54-63, jt808 63-78, "
		       "gt06 78-88, junk 88-93, record 94-126, gt06 126-138, broken 138-145, "
		       "junk 145-146");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_and_what_follows),
		cmocka_unit_test(record_of_no_known_length),
		cmocka_unit_test(record_lengths_are_remembered),
		cmocka_unit_test(record_length_is_forgotten),
		cmocka_unit_test(record_that_is_none),
		cmocka_unit_test(record_before_endless_separators),
		cmocka_unit_test(jt808_lengths),
		cmocka_unit_test(jt808_escapes),
		cmocka_unit_test(jt808_that_is_none),
		cmocka_unit_test(gt06_lengths),
		cmocka_unit_test(gt06_that_is_none),
		cmocka_unit_test(all_kinds_on_one_connection),
	};
	return cmocka_run_group_tests_name("framer_binary", tests, NULL, NULL);
}
