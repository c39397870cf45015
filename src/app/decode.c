/* cantrack decode: the bytes of one connection -> a JSON line per message.
 *
 * Standard output has the messages, standard error a line for everything that was refused, with
 * its offset in the stream. With --explain standard output has the dialogue instead:
 *
 *   > *HQ,869731054158803,HTBT,87#                          what came
 *   = {"battery.level":87,"ident":"869731054158803",...}    the message
 *   < *HQ,869731054158803,HTBT,87#                          what the server answers
 *   ! too_short: V1 has 4 fields, it needs at least 9       or: why there is no message
 *   - ignored                                               or: known, carries nothing
 */
#include "app/app.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"
#include "cantrack/framer.h"
#include "cantrack/reply.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ESCAPED_MAX = 4 * FRAME_MAX + 8, INPUT_MAX = 1 << 20 };

struct decoder {
	bool extended, explain;
	int64_t now_us; /* 0: ask the clock at each read */
	int64_t read_us;
	struct framer framer;
	struct buf input; /* what the framer has not consumed */
	uint64_t offset;  /* of input's first byte in the stream */
	uint64_t ident;
	char id[ID_MAX];
	size_t id_len;
	struct buf junk; /* neighbouring junk, told as one */
	uint64_t junk_begin, junk_end;
	struct buf json;
	bool refused;
};

static const char *escaped(struct str bytes)
{
	static char text[ESCAPED_MAX];
	return escape_bytes(bytes, text, sizeof text);
}

static void refuse(struct decoder *d, uint64_t offset, struct str bytes, const char *reason)
{
	d->refused = true;
	if (d->explain)
		printf("> %s\n! %s\n\n", escaped(bytes), reason);
	else
		fprintf(stderr, "offset %llu: %s: %s\n", (unsigned long long)offset, reason,
			escaped(bytes));
}

/* Tells the junk that has gathered: from its first byte to its last, what lies between included. */
static void flush_junk(struct decoder *d)
{
	uint64_t bytes = d->junk_end - d->junk_begin;
	if (!bytes)
		return;
	char reason[64];
	snprintf(reason, sizeof reason, "junk: %llu bytes", (unsigned long long)bytes);
	struct str shown = buf_str(&d->junk);
	if (shown.len > bytes)
		shown.len = bytes;
	refuse(d, d->junk_begin, shown, reason);
	d->junk_begin = d->junk_end = 0;
	d->junk.len = 0;
}

/* Keeps what fits; who reads the line does not want more, and the count goes on. */
static void keep_junk(struct decoder *d, struct str bytes)
{
	size_t room = d->junk.max - d->junk.len;
	if (!buf_add_str(&d->junk, str_upto(bytes, bytes.len < room ? bytes.len : room)))
		die("bug: junk beyond its maximum");
}

static void gather_junk(struct decoder *d, uint64_t offset, struct str bytes)
{
	if (d->junk_begin == d->junk_end)
		d->junk_begin = offset;
	keep_junk(d, bytes);
	d->junk_end = offset + bytes.len;
}

static void print_message(struct decoder *d, struct str bytes, const struct message *m)
{
	d->json.len = 0;
	if (!message_json(m, NULL, &d->json))
		die("a message has more than %zu bytes of JSON", d->json.max);
	if (d->explain)
		printf("> %s\n= ", escaped(bytes));
	fwrite(d->json.at, 1, d->json.len, stdout);
	putchar('\n');
}

static void print_reply(
	struct decoder *d, struct str bytes, const struct frame_head *head, bool terminated)
{
	char reply[REPLY_MAX];
	struct str learned = {d->id, d->id_len};
	size_t len = terminated ? reply_make(bytes, head, learned, true, d->read_us, reply) : 0;
	if (len)
		printf("< %s\n", escaped((struct str){reply, len}));
	putchar('\n');
}

static void learn(struct decoder *d, const struct frame_head *head)
{
	if (d->ident)
		return;
	d->ident = head->ident;
	d->id_len = head->raw_id.len;
	memcpy(d->id, head->raw_id.at, d->id_len);
}

static void decode_text(struct decoder *d, uint64_t offset, const struct frame *frame)
{
	static struct message m;
	struct frame_head head;
	struct error e;
	struct frame_context context = {
		d->read_us, d->ident, d->extended, frame->kind == FRAME_TEXT};
	enum frame_result result = frame_decode(frame->bytes, &context, &m, &head, &e);
	if (result == RESULT_MESSAGE || result == RESULT_UNKNOWN) {
		learn(d, &head);
		print_message(d, frame->bytes, &m);
		if (d->explain)
			print_reply(d, frame->bytes, &head, context.terminated);
	} else if (result == RESULT_IGNORED) {
		if (d->explain)
			printf("> %s\n- ignored\n\n", escaped(frame->bytes));
	} else {
		char reason[480];
		snprintf(reason, sizeof reason, "%s: %s", frame_result_name(result), e.text);
		refuse(d, offset, frame->bytes, reason);
	}
}

static void take_frame(struct decoder *d, uint64_t offset, const struct frame *frame)
{
	if (frame->kind == FRAME_JUNK) {
		gather_junk(d, offset, frame->bytes);
		return;
	}
	flush_junk(d);
	switch (frame->kind) {
	case FRAME_TEXT:
	case FRAME_NOEND: decode_text(d, offset, frame); break;
	case FRAME_RECORD:
	case FRAME_JT808:
	case FRAME_GT06: {
		char reason[64];
		snprintf(reason, sizeof reason, "%s: binary frame of %zu bytes skipped",
			frame_kind_name(frame->kind), frame->bytes.len);
		refuse(d, offset, frame->bytes, reason);
		break;
	}
	case FRAME_BROKEN:
		refuse(d, offset, frame->bytes,
			"broken: a byte that may not stand in a frame ends it");
		break;
	case FRAME_OVERLONG:
		refuse(d, offset, frame->bytes, "overlong: no '#' within 2048 bytes of this '*'");
		break;
	default: break;
	}
}

/* Takes frames off d->input until it needs more bytes; with `final` until it is empty. */
static void run(struct decoder *d, bool final)
{
	d->read_us = d->now_us ? d->now_us : clock_now_us();
	size_t done = 0;
	for (;;) {
		struct frame frame;
		struct str rest = str_from(buf_str(&d->input), done);
		size_t used = framer_next(&d->framer, rest, final, &frame);
		done += used;
		if (d->junk_begin != d->junk_end) /* separators after junk, in case more follows */
			keep_junk(d, str_upto(rest, used - frame.bytes.len));
		if (!frame.bytes.len)
			break;
		uint64_t offset = d->offset + (uint64_t)(frame.bytes.at - d->input.at);
		take_frame(d, offset, &frame);
	}
	buf_drop(&d->input, done);
	d->offset += done;
	if (final)
		flush_junk(d);
	if (fflush(stdout) != 0)
		die("cannot write: %s", strerror(errno));
}

static void feed(struct decoder *d, struct str bytes)
{
	if (!buf_add_str(&d->input, bytes))
		die("a read of more than %d bytes", INPUT_MAX);
	run(d, false);
}

/* ---- input ---- */

/* One line of --hex: blanks are skipped, a line that begins with '#' is a comment. */
static bool feed_hex_line(struct decoder *d, struct str line, unsigned number, struct error *e)
{
	line = str_trim(line);
	if (!line.len || line.at[0] == '#')
		return true;
	struct buf bytes;
	buf_init(&bytes, INPUT_MAX);
	int high = -1;
	bool done = true;
	for (size_t i = 0; done && i < line.len; i++) {
		int digit = hex_digit(line.at[i]);
		if (digit < 0 && (line.at[i] == ' ' || line.at[i] == '\t'))
			continue;
		if (digit < 0) {
			done = fail(e, "line %u: '%c' is not a hex digit", number, line.at[i]);
		} else if (high < 0) {
			high = digit;
		} else {
			done = buf_add_char(&bytes, (char)(high << 4 | digit));
			high = -1;
		}
	}
	if (done && high >= 0)
		done = fail(e, "line %u: an odd number of hex digits", number);
	if (done)
		feed(d, buf_str(&bytes));
	buf_clear(&bytes);
	return done;
}

struct lines {
	struct buf pending; /* a line whose end has not come yet */
	unsigned number;
};

static bool feed_hex(
	struct decoder *d, struct lines *lines, struct str bytes, bool final, struct error *e)
{
	if (!buf_add_str(&lines->pending, bytes))
		return fail(e, "line %u: longer than %d bytes", lines->number + 1, 2 * INPUT_MAX);
	struct str rest = buf_str(&lines->pending);
	const char *end;
	while ((end = rest.len ? memchr(rest.at, '\n', rest.len) : NULL)) {
		struct str line = str_cut(&rest, '\n');
		if (!feed_hex_line(d, line, ++lines->number, e))
			return false;
	}
	if (final)
		return feed_hex_line(d, rest, ++lines->number, e);
	buf_drop(&lines->pending, lines->pending.len - rest.len);
	return true;
}

static bool read_all(struct decoder *d, int fd, bool hex, struct error *e)
{
	static char room[65536];
	struct lines lines = {.number = 0};
	buf_init(&lines.pending, 2 * INPUT_MAX);
	bool done = true;
	for (;;) {
		ssize_t got = read(fd, room, sizeof room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			done = fail(e, "cannot read: %s", strerror(errno));
			break;
		}
		struct str bytes = {room, (size_t)got};
		if (hex)
			done = feed_hex(d, &lines, bytes, got == 0, e);
		else if (got)
			feed(d, bytes);
		if (!done || got == 0)
			break;
	}
	run(d, true);
	buf_clear(&lines.pending);
	return done;
}

/* ---- command line ---- */

static const char help[] =
	"usage: cantrack decode [OPTION]... [FILE]\n"
	"\n"
	"Reads FILE or standard input as the bytes of one connection and prints one JSON\n"
	"object a line for each message. What is refused goes to standard error.\n"
	"\n"
	"  --hex           a line is one read, in hex; blank lines and # comments are skipped\n"
	"  --now SECONDS   server.timestamp, seconds since 1970 (default: the clock)\n"
	"  --extended      also the newer parameters (battery.low.alarm, vibration.alarm,\n"
	"                  displacement.alarm, gsm.sim.iccid)\n"
	"  --explain       print the dialogue: > frame, = message, ! reason, < reply\n"
	"  --help          this text\n"
	"\n"
	"Exit status: 0 everything was understood, 1 something was refused, 2 usage.\n";

/* "1790000000" or "1790000000.25" -> microseconds. */
static bool parse_seconds(struct str s, int64_t *us)
{
	struct str part = s, whole = str_cut(&part, '.');
	uint64_t seconds, fraction = 0;
	if (whole.len > 11 || !str_to_u64(whole, &seconds))
		return false;
	if (part.at) {
		if (part.len > 6 || !str_to_u64(part, &fraction))
			return false;
		for (size_t i = part.len; i < 6; i++)
			fraction *= 10;
	}
	*us = (int64_t)(seconds * 1000000 + fraction);
	return *us > 0;
}

static int usage_error(const char *format, const char *value)
{
	fprintf(stderr, "cantrack decode: ");
	fprintf(stderr, format, value); /* NOLINT: one of two literals */
	fprintf(stderr, "\n%s", help);
	return 2;
}

/* path "-": standard input. Returns the exit status. */
static int decode_file(struct decoder *d, const char *path, bool hex)
{
	int fd = STDIN_FILENO;
	if (strcmp(path, "-") != 0) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			fprintf(stderr, "cantrack decode: %s: %s\n", path, strerror(errno));
			return 2;
		}
	}
	buf_init(&d->input, INPUT_MAX + FRAME_MAX + 65536);
	buf_init(&d->junk, FRAME_MAX);
	buf_init(&d->json, 1 << 20);
	struct error e;
	bool done = read_all(d, fd, hex, &e);
	if (!done)
		fprintf(stderr, "cantrack decode: %s\n", e.text);
	if (fd != STDIN_FILENO)
		close(fd);
	buf_clear(&d->input);
	buf_clear(&d->junk);
	buf_clear(&d->json);
	return !done ? 2 : d->refused ? 1 : 0;
}

int decode_main(int argc, char **argv)
{
	static const struct option options[] = {
		{"explain", no_argument, NULL, 'e'},
		{"extended", no_argument, NULL, 'x'},
		{"help", no_argument, NULL, 'h'},
		{"hex", no_argument, NULL, 'X'},
		{"now", required_argument, NULL, 'n'},
		{0},
	};
	struct decoder d = {0};
	bool hex = false;
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'e': d.explain = true; break;
		case 'x': d.extended = true; break;
		case 'X': hex = true; break;
		case 'n':
			if (!parse_seconds(str_of(optarg), &d.now_us))
				return usage_error("--now '%s' is not a number of seconds", optarg);
			break;
		case 'h': fputs(help, stdout); return 0;
		default: fputs(help, stderr); return 2;
		}
	}
	if (argc - optind > 1)
		return usage_error("one FILE at most, '%s' is too many", argv[optind + 1]);
	return decode_file(&d, optind < argc ? argv[optind] : "-", hex);
}
