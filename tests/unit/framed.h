/* framed: a stream and the frames in it, written "text 0-10, junk 12-15" (kind, first byte, byte
 * behind the last). Every example is fed whole, byte by byte and in sevens: the answer must not
 * depend on the reads. What the framer has not taken lies before a guard page at every call. */
#ifndef TESTS_UNIT_FRAMED_H
#define TESTS_UNIT_FRAMED_H

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

static inline void list_add(struct list *l, const char *kind, size_t begin, size_t end)
{
	int wrote = snprintf(l->text + l->len, sizeof l->text - l->len, "%s%s %zu-%zu",
		l->len ? ", " : "", kind, begin, end);
	assert_true(wrote > 0 && (size_t)wrote < sizeof l->text - l->len);
	l->len += (size_t)wrote;
}

static inline void list_junk(struct list *l)
{
	if (l->junk_end > l->junk_begin)
		list_add(l, "junk", l->junk_begin, l->junk_end);
	l->junk_begin = l->junk_end = 0;
}

static inline void list_frame(struct list *l, const struct frame *frame, size_t begin)
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
static inline const char *frames(struct str stream, size_t cut, bool late)
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

static inline void check_stream(struct str stream, const char *expected)
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

static inline void add(struct stream *s, struct str bytes)
{
	assert_true(bytes.len <= sizeof s->at - s->len);
	memcpy(s->at + s->len, bytes.at, bytes.len);
	s->len += bytes.len;
}

static inline void add_run(struct stream *s, char c, size_t count)
{
	assert_true(count <= sizeof s->at - s->len);
	memset(s->at + s->len, c, count);
	s->len += count;
}

static inline void check_made(const struct stream *s, const char *expected)
{
	check_stream((struct str){s->at, s->len}, expected);
}

#endif
