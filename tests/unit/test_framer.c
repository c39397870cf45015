/* Each example is a stream and the frames in it, written "text 0-10, junk 12-15" (kind, first byte,
 * byte behind the last). Every example is fed whole, byte by byte and in sevens: the answer must
 * not depend on the reads. What the framer has not taken lies before a guard page at every call. */
#include "test.h"

#include "cantrack/framer.h"
#include "guard.h"

#define BYTES(literal) ((struct str)STR(literal))

enum { STREAM_MAX = 16384, LIST_MAX = 4096 };

struct list {
	char text[LIST_MAX];
	size_t len;
	size_t junk_begin, junk_end;
};

static void list_add(struct list *l, const char *kind, size_t begin, size_t end)
{
	int wrote = snprintf(l->text + l->len, sizeof l->text - l->len, "%s%s %zu-%zu",
		l->len ? ", " : "", kind, begin, end);
	assert_true(wrote > 0 && (size_t)wrote < sizeof l->text - l->len);
	l->len += (size_t)wrote;
}

static void list_junk(struct list *l)
{
	if (l->junk_end > l->junk_begin)
		list_add(l, "junk", l->junk_begin, l->junk_end);
	l->junk_begin = l->junk_end = 0;
}

static void list_frame(struct list *l, const struct frame *frame, size_t begin)
{
	size_t end = begin + frame->bytes.len;
	if (frame->kind != FRAME_JUNK) {
		list_junk(l);
		list_add(l, frame_kind_name(frame->kind), begin, end);
		return;
	}
	if (l->junk_end == l->junk_begin)
		l->junk_begin = begin;
	l->junk_end = end;
}

/* The frames of a stream that comes in reads of `cut` bytes; the end of the stream comes with the
 * last read or, `late`, after it. */
static const char *frames(struct str stream, size_t cut, bool late)
{
	static struct list l;
	l = (struct list){.len = 0};
	struct framer framer = {0};
	size_t done = 0, came = 0;
	for (bool final = false; !final;) {
		final = came == stream.len;
		came = stream.len - came < cut ? stream.len : came + cut;
		final = final || (!late && came == stream.len);
		struct frame frame;
		do {
			struct str input = guarded(str_from(str_upto(stream, came), done));
			size_t used = framer_next(&framer, input, final, &frame);
			assert_true(used <= input.len);
			if (!frame.bytes.len) {
				assert_true(input.len - used <= FRAME_MAX);
			} else {
				assert_ptr_equal(frame.bytes.at + frame.bytes.len, input.at + used);
				list_frame(&l, &frame, done + used - frame.bytes.len);
			}
			done += used;
		} while (frame.bytes.len);
	}
	assert_int_equal(done, stream.len);
	list_junk(&l);
	return l.text;
}

static void check_stream(struct str stream, const char *expected)
{
	assert_string_equal(frames(stream, SIZE_MAX, false), expected);
	assert_string_equal(frames(stream, SIZE_MAX, true), expected);
	assert_string_equal(frames(stream, 7, true), expected);
	assert_string_equal(frames(stream, 1, true), expected);
}

/* A stream put together piece by piece. */
struct stream {
	char at[STREAM_MAX];
	size_t len;
};

static void add(struct stream *s, struct str bytes)
{
	assert_true(bytes.len <= sizeof s->at - s->len);
	memcpy(s->at + s->len, bytes.at, bytes.len);
	s->len += bytes.len;
}

static void add_run(struct stream *s, char c, size_t count)
{
	assert_true(count <= sizeof s->at - s->len);
	memset(s->at + s->len, c, count);
	s->len += count;
}

static void check_made(const struct stream *s, const char *expected)
{
	check_stream((struct str){s->at, s->len}, expected);
}

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

/* ---- $ records ---- */

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
		cmocka_unit_test(kinds_have_names),
	};
	return cmocka_run_group_tests_name("framer", tests, NULL, NULL);
}
