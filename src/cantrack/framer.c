#include "cantrack/framer.h"

#include "cantrack/scan.h"

/* What a look at the bytes from a possible start of a frame says. */
enum verdict { MORE, NOTHING, FOUND };

struct look {
	enum verdict verdict;
	enum frame_kind kind;
	size_t len; /* of the frame; NOTHING: of the junk */
};

static const struct look more = {MORE, FRAME_JUNK, 0};
static const struct look nothing = {NOTHING, FRAME_JUNK, 1};

static struct look found(enum frame_kind kind, size_t len)
{
	return (struct look){FOUND, kind, len};
}

static uint8_t byte(struct str s, size_t i)
{
	return (uint8_t)s.at[i];
}

static bool is_separator(char c)
{
	return c == '\r' || c == '\n' || c == ' ' || c == '\t' || c == '\0';
}

static bool is_bcd(uint8_t b)
{
	return b >> 4 <= 9 && (b & 15) <= 9;
}

/* ---- text: *XX,...# ---- */

enum { HEADER = 4 }; /* "*HQ," */

/* Does "*LL," stand at `at`? MORE when the bytes end before that is certain. */
static enum verdict header_at(struct str in, size_t at)
{
	for (size_t i = at + 1; i < at + HEADER; i++) {
		if (i >= in.len)
			return MORE;
		bool fits = i < at + HEADER - 1 ? is_letter(in.at[i]) : in.at[i] == ',';
		if (!fits)
			return NOTHING;
	}
	return FOUND;
}

/* Classes of the bytes behind the header: 0 stands in a frame, the others need a look. */
enum { PLAIN, HASH, STAR, ILLEGAL };

static const uint8_t classes[256] = {
	[0 ... 8] = ILLEGAL,
	[11 ... 12] = ILLEGAL,
	[14 ... 31] = ILLEGAL,
	['#'] = HASH,
	['*'] = STAR,
	[127 ... 255] = ILLEGAL,
};

/* Number of plain bytes at the start. */
static size_t plain_run(struct str s)
{
	size_t run = 0;
	for (; s.len - run >= SCAN_BYTES; run += SCAN_BYTES) {
		uint64_t word = scan_load(s.at + run);
		uint64_t flags = scan_below(word, ' ') | scan_equal(word, '#') |
				 scan_equal(word, '*') | scan_equal(word, 0x7f) |
				 (word & SCAN_ALL(0x80));
		if (flags)
			return run + scan_first(flags);
	}
	while (run < s.len && classes[byte(s, run)] == PLAIN)
		run++;
	return run;
}

static size_t without_separators(struct str in, size_t len)
{
	while (len && is_separator(in.at[len - 1]))
		len--;
	return len;
}

static struct look look_text(struct str in, bool final)
{
	enum verdict header = header_at(in, 0);
	if (header != FOUND)
		return header == MORE && !final ? more : nothing;
	bool full = in.len >= FRAME_MAX;
	in.len = full ? FRAME_MAX : in.len;
	for (size_t i = HEADER; (i += plain_run(str_from(in, i))) < in.len; i++) {
		switch (classes[byte(in, i)]) {
		case PLAIN: break; /* TAB, CR, LF */
		case HASH: return found(FRAME_TEXT, i + 1);
		case ILLEGAL: return found(FRAME_BROKEN, i);
		case STAR:
			header = header_at(in, i);
			if (header == FOUND)
				return found(FRAME_NOEND, without_separators(in, i));
			if (header == MORE && !final && !full)
				return more;
			break;
		}
	}
	if (full)
		return found(FRAME_OVERLONG, 1);
	return final ? found(FRAME_NOEND, without_separators(in, in.len)) : more;
}

/* ---- JT/T 808: 7E, escaped header + body + check byte, 7E (SPEC 9) ---- */

/* Bytes between the two 7E after unescaping, from the attributes word of the header. */
static size_t jt808_length(unsigned attributes)
{
	size_t header = attributes & 0x4000 ? 17 : 12; /* version byte and longer phone of 2019 */
	if (attributes & 0x2000)
		header += 4; /* part of a longer message */
	return header + (attributes & 0x3ff) + 1;
}

/* Some units do not escape: a frame whose length is right without unescaping is one too. */
static struct look look_jt808(struct str in, bool final)
{
	uint8_t head[4] = {0};
	size_t count = 0, wanted = SIZE_MAX;
	for (size_t i = 1; i < in.len && i < FRAME_MAX; i++) {
		uint8_t b = byte(in, i);
		if (b == 0x7e)
			return count == wanted || i - 1 == wanted ? found(FRAME_JT808, i + 1)
								  : nothing;
		uint8_t next = i + 1 < in.len ? byte(in, i + 1) : 0;
		if (b == 0x7d && i + 1 == in.len)
			break;
		if (b == 0x7d && (next == 1 || next == 2)) {
			b = next == 1 ? 0x7d : 0x7e;
			i++;
		}
		if (count == 0 && b > 0x0f)
			return nothing; /* no message id of a terminal begins so */
		if (count < sizeof head)
			head[count] = b;
		if (++count == sizeof head)
			wanted = jt808_length((unsigned)head[2] << 8 | head[3]);
		if (count > wanted)
			return nothing;
	}
	return in.len >= FRAME_MAX || final ? nothing : more;
}

/* ---- GT06: 78 78 len ... 0D 0A, 79 79 with a length of two bytes (SPEC 10) ---- */

static struct look look_gt06(struct str in, bool final)
{
	struct look wait = final ? nothing : more;
	size_t width = byte(in, 0) == 0x78 ? 1 : 2;
	if (in.len < 2)
		return wait;
	if (byte(in, 1) != byte(in, 0))
		return nothing;
	if (in.len < 2 + width)
		return wait;
	size_t len = width == 1 ? byte(in, 2) : (size_t)byte(in, 2) << 8 | byte(in, 3);
	size_t total = 2 + width + len + 2;
	if (len < 5 || total > FRAME_MAX) /* number, serial 2, check 2 */
		return nothing;
	if (in.len < total)
		return wait;
	bool ends = byte(in, total - 2) == 0x0d && byte(in, total - 1) == 0x0a;
	return ends ? found(FRAME_GT06, total) : nothing;
}

/* ---- $ records of cousins: no delimiter, no length (SPEC 8) ---- */

static const uint8_t record_lengths[] = {32, 42, 45, 46, 47, 48, 51};
enum { RECORD_BCD = 11 }; /* id, time and date */

static enum verdict record_at(struct str in, size_t at)
{
	for (size_t i = at + 1; i <= at + RECORD_BCD; i++) {
		if (i >= in.len)
			return MORE;
		if (!is_bcd(byte(in, i)))
			return NOTHING;
	}
	return FOUND;
}

/* What may stand behind a record. Not NUL and TAB: a record's own last bytes may be these. */
static bool is_pause(char c)
{
	return c == '\r' || c == '\n' || c == ' ';
}

/* Does a frame begin at `at`, pauses skipped? MORE: the bytes end before that is certain. */
static enum verdict start_behind(struct str in, size_t at)
{
	while (at < in.len && is_pause(in.at[at]))
		at++;
	if (at >= in.len)
		return MORE;
	switch (in.at[at]) {
	case '*': return header_at(in, at);
	case '$': return record_at(in, at);
	case 0x7e: return look_jt808(str_from(in, at), false).verdict;
	case 0x78:
	case 0x79: return look_gt06(str_from(in, at), false).verdict;
	default: return NOTHING;
	}
}

/* A record's length shows in what follows it: the shortest known one behind which a frame begins.
 * The end of a read is no evidence (a record may be cut there), the end of the stream is, and so
 * are separators up to FRAME_MAX. */
static struct look look_record(struct framer *f, struct str in, bool final)
{
	enum verdict start = record_at(in, 0);
	if (start != FOUND)
		return start == MORE && !final ? more : nothing;
	if (f->record_len && in.len >= f->record_len)
		return found(FRAME_RECORD, f->record_len);
	if (f->record_len && !final)
		return more;
	if (in.len >= FRAME_MAX) {
		in.len = FRAME_MAX;
		final = true;
	}
	for (size_t i = 0; i < sizeof record_lengths; i++) {
		size_t len = record_lengths[i];
		if (in.len < len)
			return final ? nothing : more;
		enum verdict next = start_behind(in, len);
		if (next == NOTHING)
			continue;
		if (next == MORE && !final)
			return more;
		f->record_len = (uint8_t)len;
		return found(FRAME_RECORD, len);
	}
	return nothing;
}

/* ---- */

static bool may_start(char c)
{
	return c == '*' || c == '$' || c == 0x7e || c == 0x78 || c == 0x79;
}

/* Bytes that begin nothing, up to the next separator or possible start. */
static struct look look_junk(struct str in)
{
	size_t len = 1;
	while (len < in.len && !may_start(in.at[len]) && !is_separator(in.at[len]))
		len++;
	return (struct look){NOTHING, FRAME_JUNK, len};
}

size_t framer_next(struct framer *f, struct str input, bool final, struct frame *out)
{
	size_t skipped = 0;
	while (skipped < input.len && is_separator(input.at[skipped]))
		skipped++;
	struct str in = str_from(input, skipped);
	*out = (struct frame){FRAME_JUNK, str_upto(in, 0)};
	if (!in.len)
		return skipped;
	struct look look;
	switch (in.at[0]) {
	case '*': look = look_text(in, final); break;
	case '$': look = look_record(f, in, final); break;
	case 0x7e: look = look_jt808(in, final); break;
	case 0x78:
	case 0x79: look = look_gt06(in, final); break;
	default: look = look_junk(in); break;
	}
	if (look.verdict == MORE)
		return skipped;
	if (look.kind == FRAME_JUNK)
		f->record_len = 0; /* perhaps it was measured wrong */
	*out = (struct frame){look.kind, str_upto(in, look.len)};
	return skipped + look.len;
}

const char *frame_kind_name(enum frame_kind kind)
{
	static const char *const names[FRAME_KINDS] = {
		[FRAME_TEXT] = "text",
		[FRAME_NOEND] = "text-noend",
		[FRAME_RECORD] = "record",
		[FRAME_JT808] = "jt808",
		[FRAME_GT06] = "gt06",
		[FRAME_JUNK] = "junk",
		[FRAME_BROKEN] = "broken",
		[FRAME_OVERLONG] = "overlong",
	};
	return names[kind];
}
