/* The bytes of one connection, in any pieces: framer, decoder, reply, JSON and packing. The first
 * byte of the input says how: its upper bits the size of the reads, its last bit whether the end is
 * told with the last of them or after it. The pieces must give the frames that the whole gives. */
#include "fuzz.h"

#include "cantrack/framer.h"
#include "cantrack/reply.h"

static const int64_t now_us = INT64_C(1790000000123456);

/* A fingerprint of the frames, to compare two ways of reading. Junk may come in several pieces. */
struct trace {
	uint64_t hash;
	uint64_t ident;
	char id[ID_MAX];
	size_t id_len;
};

static void mix(struct trace *t, enum frame_kind kind, struct str bytes)
{
	if (kind != FRAME_JUNK)
		t->hash = (t->hash ^ (unsigned)kind ^ bytes.len << 8) * UINT64_C(1099511628211);
	for (size_t i = 0; i < bytes.len; i++)
		t->hash = (t->hash ^ (uint8_t)bytes.at[i]) * UINT64_C(1099511628211);
}

/* What a message must survive: printing, and packing there and back. */
static void check_message(const struct message *m)
{
	static char packed[MESSAGE_PACK_MAX];
	static struct message again;
	struct buf first, second;
	buf_init(&first, 1 << 20);
	buf_init(&second, 1 << 20);
	CHECK(message_json(m, NULL, &first));
	message_clear(&again);
	CHECK(message_unpack((struct str){packed, message_pack(m, 0, packed)}, &again));
	CHECK(message_json(&again, NULL, &second));
	CHECK(first.len == second.len || first.len > 1024); /* long texts are cut */
	CHECK(first.len > 1024 || memcmp(first.at, second.at, first.len) == 0);
	buf_clear(&first);
	buf_clear(&second);
}

static void take_text(struct trace *t, const struct frame *frame)
{
	static struct message m;
	struct frame_head head;
	struct error e = {0};
	struct frame_context context = {.now_us = now_us,
		.ident = t->ident,
		.extended = true,
		.terminated = frame->kind == FRAME_TEXT};
	enum frame_result result = frame_decode(frame->bytes, &context, &m, &head, &e);
	if (result != RESULT_MESSAGE && result != RESULT_UNKNOWN) {
		CHECK(result == RESULT_IGNORED || e.text[0]);
		CHECK(!m.present && !m.more_count);
		return;
	}
	CHECK(head.ident);
	CHECK(lies_in(head.raw_id, frame->bytes) && lies_in(head.type, frame->bytes));
	for (enum param p = 0; p < PARAM_COUNT; p++)
		if (message_has(&m, p) && params[p].kind == KIND_TEXT)
			CHECK(lies_in(m.value[p].text, frame->bytes));
	check_message(&m);
	t->ident = head.ident;
	if (head.raw_id.len && head.raw_id.len <= ID_MAX) {
		memcpy(t->id, head.raw_id.at, head.raw_id.len);
		t->id_len = head.raw_id.len;
	}
	if (frame->kind != FRAME_TEXT)
		return; /* never answered */
	char reply[REPLY_MAX];
	struct str id = {t->id, t->id_len};
	size_t len = reply_make(frame->bytes, &head, id, true, now_us, reply);
	CHECK(len <= REPLY_MAX && (!len || reply[len - 1] == '#'));
}

/* Takes what there is; returns how many bytes are done with. */
static size_t take(struct framer *f, struct str input, bool final, struct trace *t)
{
	size_t done = 0;
	for (;;) {
		struct frame frame;
		size_t used = framer_next(f, str_from(input, done), final, &frame);
		CHECK(used <= input.len - done);
		done += used;
		if (!frame.bytes.len)
			break;
		mix(t, frame.kind, frame.bytes);
		if (frame.kind == FRAME_TEXT || frame.kind == FRAME_NOEND)
			take_text(t, &frame);
	}
	CHECK(final ? done == input.len : input.len - done <= FRAME_MAX);
	return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	struct str stream = {(const char *)data + 1, size - 1};
	struct trace whole = {0}, pieces = {0};
	struct framer one = {0}, two = {0};
	take(&one, stream, true, &whole);
	size_t read = 1 + (data[0] >> 1), done = 0;
	bool late = data[0] & 1;
	for (size_t came = 0; came < stream.len;) {
		came = stream.len - came < read ? stream.len : came + read;
		struct str rest = str_from(str_upto(stream, came), done);
		done += take(&two, rest, !late && came == stream.len, &pieces);
	}
	if (late)
		take(&two, str_from(stream, done), true, &pieces);
	CHECK(whole.hash == pieces.hash && whole.ident == pieces.ident);
	return 0;
}
