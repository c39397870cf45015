/* Any split of the same bytes into reads gives the same frames. And of any bytes at all: the framer
 * makes progress, takes each byte once, and never wants to keep more than FRAME_MAX of them. */
#include "property.h"

/* Frames with neighbouring junk joined: from its first byte to its last. */
struct found {
	enum frame_kind kind;
	size_t begin, end;
};
enum { FOUND_MAX = 1 << 16 };
struct list {
	struct found at[FOUND_MAX];
	size_t count;
};

static void list_add(struct list *l, enum frame_kind kind, size_t begin, size_t end)
{
	struct found *last = l->count ? &l->at[l->count - 1] : NULL;
	if (kind == FRAME_JUNK && last && last->kind == FRAME_JUNK) {
		last->end = end;
		return;
	}
	HOLDS(l->count < FOUND_MAX);
	l->at[l->count++] = (struct found){kind, begin, end};
}

/* Takes all frames that the bytes up to `came` have; returns the bytes that are done with. */
static size_t take(
	struct framer *f, struct str stream, size_t done, size_t came, bool final, struct list *l)
{
	for (;;) {
		struct frame frame;
		struct str input = str_from(str_upto(stream, came), done);
		size_t used = framer_next(f, input, final, &frame);
		HOLDS(used <= input.len && frame.bytes.len <= used);
		HOLDS(frame.bytes.len <= FRAME_MAX || frame.kind == FRAME_JUNK);
		done += used;
		if (!frame.bytes.len) {
			HOLDS(came - done <= FRAME_MAX && (!final || done == came));
			return done;
		}
		HOLDS(frame.bytes.at + frame.bytes.len == stream.at + done);
		list_add(l, frame.kind, done - frame.bytes.len, done);
	}
}

static void frames(struct str stream, size_t (*next_cut)(void), bool late, struct list *l)
{
	struct framer f = {0};
	size_t done = 0;
	l->count = 0;
	for (size_t came = 0; came < stream.len;) {
		size_t cut = next_cut();
		came = stream.len - came < cut ? stream.len : came + cut;
		done = take(&f, stream, done, came, !late && came == stream.len, l);
	}
	if (late)
		done = take(&f, stream, done, stream.len, true, l);
	HOLDS(done == stream.len);
}

static size_t whole(void)
{
	return SIZE_MAX;
}

static size_t single(void)
{
	return 1;
}

static size_t by_chance(void)
{
	return 1 + chance_below(1 + chance_below(chance_below(4) ? 20 : 3000));
}

static void holds_equal(const struct list *a, const struct list *b)
{
	HOLDS(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		HOLDS(a->at[i].kind == b->at[i].kind);
		HOLDS(a->at[i].begin == b->at[i].begin);
		HOLDS(a->at[i].end == b->at[i].end);
	}
}

static void round_of_splits(void)
{
	static struct list expected, split;
	struct str stream = chance_stream();
	frames(stream, whole, false, &expected);
	frames(stream, whole, true, &split);
	holds_equal(&expected, &split);
	frames(stream, single, true, &split);
	holds_equal(&expected, &split);
	for (int i = 0; i < 3; i++) {
		frames(stream, by_chance, chance() & 1, &split);
		holds_equal(&expected, &split);
	}
}

int main(int argc, char **argv)
{
	return property_main(argc, argv, round_of_splits);
}
