/* Whatever bytes come, and however they are cut into reads: the frames are the same, they cover the
 * stream from its first byte to its last, and the decoder keeps its promises on each of them. */
#include "test.h"

#include "cantrack/frame.h"
#include "cantrack/framer.h"
#include "random.h"

enum { STREAM_MAX = 8192, FRAMES_ROOM = STREAM_MAX + 1, ROUNDS = 20000, CUTS_MAX = 12 };

static const char *const texts[] = {
	"*HQ,865205030330012,V0#",
	"*HQ,135790246811220,HTBT,100#",
	"*HQ,865205030330012,V1,145452,A,2240.55181,N,11358.32389,E,10.00,180,100815,FFFFFFFF#",
	"*HQ,865205030330012,V3,000201,46000,07,009350,004022,132,-88,0256,0,X,010915,FFFFFBFF#",
	"*HQ,865205030330012,V4,S2,150950,151007,A,2240.55503,N,11358.35174,E,0.85,0,100815,FF#",
	"*HQ,135790246811220,V5,145725,2,11223344556677,112233445566B3,0256,010815,FFFFFBFF#",
	"*HQ,,XT,V,0,0#",
	"*hq,1,NOSUCH,1,2,3#",
	"\r\n",
	" \r\n",
	"stop engine succeed",
	"#",
	"*",
	"*HQ",
	"*HQ,",
	"$",
	"\x7e",
	"xx",
	"yy",
};

static void add(struct buf *out, const void *bytes, size_t len)
{
	if (out->len + len <= STREAM_MAX)
		assert_true(buf_add(out, bytes, len));
}

static void add_record(struct buf *out)
{
	static const uint8_t lengths[] = {32, 42, 45, 46, 47, 48, 51};
	uint8_t record[51] = {'$'};
	size_t len = lengths[random_below(sizeof lengths)];
	for (size_t i = 1; i < len; i++)
		record[i] = (uint8_t)(i <= 11 ? random_below(10) << 4 | random_below(10)
					      : random_below(256));
	add(out, record, len);
}

static void add_gt06(struct buf *out)
{
	uint8_t frame[2 + 1 + 255 + 2] = {0x78, 0x78, (uint8_t)(5 + random_below(40))};
	size_t len = 3u + frame[2];
	for (size_t i = 3; i < len; i++)
		frame[i] = (uint8_t)random_below(256);
	frame[len] = 0x0d;
	frame[len + 1] = 0x0a;
	add(out, frame, len + 2);
}

static void add_piece(struct buf *out)
{
	char noise[2200];
	size_t len = random_below(random_below(50) ? 20 : sizeof noise);
	switch (random_below(8)) {
	case 0: add_record(out); break;
	case 1: add_gt06(out); break;
	case 2: /* noise that looks like text, or like nothing */
		for (size_t i = 0; i < len; i++)
			noise[i] =
				(char)(random_below(4) ? 32 + random_below(95) : random_below(256));
		add(out, noise, len);
		break;
	case 3: /* what is skipped between frames */
		for (size_t i = 0; i < len % 16; i++)
			add(out, &"\r\n \t\0"[random_below(5)], 1);
		break;
	default: {
		const char *text = texts[random_below(sizeof texts / sizeof *texts)];
		size_t whole = strlen(text);
		add(out, text, random_below(8) ? whole : random_below((unsigned)whole));
	}
	}
}

/* The frames of a stream; neighbouring junk is one. */
struct frames {
	size_t count;
	struct {
		enum frame_kind kind;
		size_t begin, end;
	} at[FRAMES_ROOM];
};

static void note(struct frames *f, enum frame_kind kind, size_t begin, size_t end)
{
	if (kind == FRAME_JUNK && f->count && f->at[f->count - 1].kind == FRAME_JUNK) {
		f->at[f->count - 1].end = end;
		return;
	}
	f->at[f->count].kind = kind;
	f->at[f->count].begin = begin;
	f->at[f->count++].end = end;
}

/* Reads stream[done..upto) as far as it goes; returns the new `done`. */
static size_t take(
	struct framer *framer, struct str stream, size_t done, size_t upto, struct frames *out)
{
	bool final = upto == stream.len;
	for (;;) {
		struct frame frame;
		struct str rest = str_from(str_upto(stream, upto), done);
		size_t used = framer_next(framer, rest, final, &frame);
		assert_true(used <= rest.len);
		done += used;
		if (!frame.bytes.len)
			break;
		assert_ptr_equal(frame.bytes.at + frame.bytes.len, stream.at + done);
		assert_true(frame.bytes.len <= FRAME_MAX);
		note(out, frame.kind, done - frame.bytes.len, done);
	}
	if (final)
		assert_int_equal(done, stream.len);
	else
		assert_true(upto - done <= FRAME_MAX);
	return done;
}

static void any_split_gives_the_same_frames(void **state)
{
	(void)state;
	static struct frames whole, pieces;
	struct buf stream;
	buf_init(&stream, STREAM_MAX);
	size_t frames = 0;
	for (int round = 0; round < ROUNDS; round++) {
		stream.len = 0;
		for (unsigned n = 1 + random_below(12); n; n--)
			add_piece(&stream);
		struct str bytes = buf_str(&stream);
		struct framer one = {0}, two = {0};
		whole.count = pieces.count = 0;
		take(&one, bytes, 0, bytes.len, &whole);
		size_t done = 0, upto = 0;
		for (unsigned cuts = random_below(CUTS_MAX); cuts && upto < bytes.len; cuts--) {
			upto += random_below((unsigned)(bytes.len - upto) + 1);
			done = take(&two, bytes, done, upto, &pieces);
		}
		take(&two, bytes, done, bytes.len, &pieces);
		assert_int_equal(whole.count, pieces.count);
		assert_memory_equal(whole.at, pieces.at, whole.count * sizeof *whole.at);
		frames += whole.count;
	}
	buf_clear(&stream);
	assert_true(frames > ROUNDS); /* the generator has not gone silent */
}

/* A frame with fields taken from other frames, dropped, doubled or garbled. */
static struct str garbled(char *room)
{
	size_t len = 0;
	const char *text = texts[random_below(8)];
	for (const char *c = text; *c && len < FRAME_MAX - 64; c++) {
		switch (random_below(60)) {
		case 0: break;
		case 1: room[len++] = *c; /* fall through */
		case 2: room[len++] = (char)(32 + random_below(95)); break;
		case 3: room[len++] = ','; /* fall through */
		default: room[len++] = *c;
		}
	}
	return (struct str){room, len};
}

static void the_decoder_keeps_its_promises(void **state)
{
	(void)state;
	static struct message m;
	size_t decoded = 0;
	for (int round = 0; round < 10 * ROUNDS; round++) {
		char room[2 * FRAME_MAX];
		struct frame_context context = {.now_us = INT64_C(1790000000000000),
			.ident = random_below(2),
			.extended = random_below(2),
			.terminated = random_below(4)};
		struct frame_head head;
		struct error e = {""};
		enum frame_result result = frame_decode(garbled(room), &context, &m, &head, &e);
		if (result != RESULT_MESSAGE && result != RESULT_UNKNOWN) {
			assert_int_equal(m.present, 0);
			assert_true(result == RESULT_IGNORED || e.text[0]);
			continue;
		}
		decoded++;
		assert_true(head.ident != 0);
		assert_true(message_has(&m, PARAM_IDENT) && message_has(&m, PARAM_TIMESTAMP));
		assert_int_equal(message_has(&m, PARAM_POSITION_LATITUDE),
			message_has(&m, PARAM_POSITION_LONGITUDE));
		if (!context.extended)
			assert_false(message_has(&m, PARAM_VIBRATION_ALARM));
		if (message_has(&m, PARAM_POSITION_LATITUDE))
			assert_in_range(
				m.value[PARAM_POSITION_LATITUDE].number + 900000000, 0, 1800000000);
		if (message_has(&m, PARAM_POSITION_DIRECTION))
			assert_in_range(m.value[PARAM_POSITION_DIRECTION].number, 0, 35999);
		if (message_has(&m, PARAM_BATTERY_LEVEL))
			assert_in_range(m.value[PARAM_BATTERY_LEVEL].number, 0, 100);
	}
	assert_true(decoded > ROUNDS);
}

int main(void)
{
	random_seed();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_split_gives_the_same_frames),
		cmocka_unit_test(the_decoder_keeps_its_promises),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
