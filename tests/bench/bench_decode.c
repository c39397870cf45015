/* Decode speed by frame type on one core: bytes -> framer -> message, the same with JSON text, the
 * same with the packed form. Prints `name value unit` lines. The path may not allocate: malloc and
 * its kin are replaced by counting ones, and a single call fails the run.
 *
 * Seconds are seconds of CPU, and a figure is the best of seven slices.
 *
 * usage: bench_decode [MILLISECONDS per figure, default 300] */
#include "base/json.h"
#include "cantrack/frame.h"
#include "cantrack/framer.h"
#include "counted.h"
#include "simulate/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SLICES = 7, VARIANTS = 512, BEGIN_S = 1753160000, STREAM_MAX = VARIANTS * REPORT_FRAME_MAX };

/* ---- the frames ---- */

struct stream {
	const char *name;
	unsigned frames;
	size_t len;
	char bytes[STREAM_MAX];
};

static struct stream stream;
static struct track trackers[VARIANTS];

static void add(const char *frame, size_t len)
{
	memcpy(stream.bytes + stream.len, frame, len);
	stream.len += len;
	stream.frames++;
}

/* A frame of the simulator. `count`: cells, 0: as they come. */
static void add_report(struct track *t, enum say say, uint8_t count)
{
	struct report r;
	char frame[REPORT_FRAME_MAX];
	report_make(t, say, 0, &r);
	while (count && r.count < count)
		report_make(t, say, 0, &r);
	if (count)
		r.count = count;
	add(frame, report_write(&r, frame));
}

/* The position behind the time, as V1 has it; V4 and the V5 of cousins carry it too. */
static void add_with_position(struct track *t, const char *words)
{
	char frame[REPORT_FRAME_MAX];
	struct fix fix;
	track_fix(t, &fix);
	char *at = frame + report_head(t->ident, frame);
	memcpy(at, words, strlen(words));
	at = report_clock(fix.time_s, at + strlen(words));
	at = report_position(&fix, 0, at);
	*at++ = '#';
	add(frame, (size_t)(at - frame));
}

struct kind {
	const char *name;
	enum say say;
	uint8_t count;
	const char *words; /* not NULL: these before time and position */
};

static void make_stream(const struct kind *kind)
{
	stream.name = kind->name;
	stream.len = stream.frames = 0;
	for (unsigned i = 0; i < VARIANTS; i++) {
		track_advance(&trackers[i], 61);
		trackers[i].battery = (uint8_t)(i % 101);
		if (kind->words)
			add_with_position(&trackers[i], kind->words);
		else
			add_report(&trackers[i], kind->say, kind->count);
	}
}

/* ---- the measurement ---- */

enum form { FORM_MESSAGE, FORM_JSON, FORM_PACK };

static struct message message;
static struct buf json;
static char packed[MESSAGE_PACK_MAX];
static uint64_t produced; /* keeps the work alive */

/* The whole stream once; returns the number of frames that became messages. */
static unsigned pass(enum form form, int64_t now_us)
{
	struct framer framer = {0};
	struct str input = {stream.bytes, stream.len};
	const struct frame_context context = {.now_us = now_us, .terminated = true};
	unsigned messages = 0;
	while (input.len) {
		struct frame frame;
		struct frame_head head;
		struct error e;
		input = str_from(input, framer_next(&framer, input, true, &frame));
		enum frame_result result = frame_decode(frame.bytes, &context, &message, &head, &e);
		messages += result == RESULT_MESSAGE;
		json.len = 0;
		if (form == FORM_JSON)
			produced += message_json(&message, NULL, &json) ? json.len : 0;
		else if (form == FORM_PACK)
			produced += message_pack(&message, 0, packed);
		else
			produced += message.present;
	}
	return messages;
}

/* Microseconds of this thread on a core, so that what other programs take does not count. */
static int64_t cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The best of some slices: what the code does when the neighbours disturb it least. */
static double frames_per_second(enum form form, int64_t now_us, int64_t budget_us)
{
	double best = 0;
	for (int i = 0; i < SLICES; i++) {
		uint64_t frames = 0;
		int64_t start = cpu_us(), spent;
		do {
			frames += pass(form, now_us);
			spent = cpu_us() - start;
		} while (spent < budget_us / SLICES);
		double rate = (double)frames * 1e6 / (double)spent;
		best = rate > best ? rate : best;
	}
	return best;
}

static bool measure(enum form form, int64_t budget_us)
{
	static const char *const names[] = {"message", "json", "pack"};
	int64_t now_us = (BEGIN_S + INT64_C(86400)) * 1000000;
	bool whole = pass(form, now_us) == stream.frames; /* warms up as well */
	unsigned long before = allocations;
	double rate = frames_per_second(form, now_us, budget_us);
	unsigned long allocated = allocations - before;
	printf("decode.%s.%s %.0f frames/s\n", stream.name, names[form], rate);
	if (!whole)
		fprintf(stderr, "bench_decode: not every %s frame became a message\n", stream.name);
	if (allocated)
		fprintf(stderr, "bench_decode: %lu allocations while decoding %s\n", allocated,
			stream.name);
	return whole && !allocated;
}

int main(int argc, char **argv)
{
	static const struct kind kinds[] = {
		{"v0", SAY_V0, 0, NULL},
		{"htbt", SAY_HTBT, 0, NULL},
		{"v1", SAY_V1, 0, NULL},
		{"v2", SAY_V2, 0, NULL},
		{"v3_1_cell", SAY_V3, 1, NULL},
		{"v3_4_cells", SAY_V3, 4, NULL},
		{"v3_7_cells", SAY_V3, 7, NULL},
		{"v4", SAY_V1, 0, "V4,D1,002148,"},
		{"v5_wifi", SAY_V5, 4, NULL},
		{"v5_position", SAY_V1, 0, "V5,"},
		{"iccid", SAY_ICCID, 0, NULL},
		{"xt", SAY_XT, 0, NULL},
	};
	uint64_t ms = 300;
	if (argc > 2 || (argc == 2 && !str_to_u64(str_of(argv[1]), &ms))) {
		fputs("usage: bench_decode [MILLISECONDS]\n", stderr);
		return 2;
	}
	for (unsigned i = 0; i < VARIANTS; i++)
		track_init(&trackers[i], 1, 865205000000001 + i, BEGIN_S);
	buf_init(&json, 65536);
	bool reserved = buf_reserve(&json, 60000), good = reserved;
	unsigned long probe = allocations;
	free(malloc(1));
	if (allocations == probe) {
		fputs("bench_decode: the allocation counter does not count\n", stderr);
		good = false;
	}
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		make_stream(&kinds[i]);
		for (enum form form = FORM_MESSAGE; form <= FORM_PACK; form++)
			good = measure(form, (int64_t)ms * 1000) && good;
		printf("decode.%s.bytes %zu bytes/frame\n", stream.name,
			stream.len / stream.frames);
	}
	buf_clear(&json);
	return good && produced ? 0 : 1;
}
