/* V4, the answer to a command.  SPEC 4.6.
 *
 *   *HQ,867232054850970,V4,D1,002148,001157,A,0453.2879,N,00654.7874,E,0.00,0,280826,FFFEFBFF#
 *    0  1               2  3  4      5      k k+1       k+2 ...
 *                          word, time of the command, time of the device, position
 *
 * A result or the command's parameters may stand between the word and the times, the position may
 * be missing, and the wrapper CMD has the reply's text behind it.
 */
#include "cantrack/command.h"
#include "cantrack/fields.h"

enum { WORD = 3, AFTER_WORD = 4, STATUS_BEHIND = 8 };

static bool is_one_of(struct str s, const char *letters)
{
	return s.len == 1 && strchr(letters, s.at[0]) != NULL;
}

/* First field k that begins a position, or -1. */
static int find_position(const struct fields *f)
{
	for (int k = AFTER_WORD; k + 4 < f->count; k++)
		if (is_one_of(f->at[k], "AVB") && is_one_of(f->at[k + 2], "NS") &&
			is_one_of(f->at[k + 4], "EW"))
			return k;
	return -1;
}

static bool is_digits(struct str s, size_t len)
{
	return s.len == len && all_digits(s);
}

/* "V4,V1,20260211212008" (or without the time): what a server answers, sent back. */
static bool is_servers_own(const struct fields *f)
{
	if (f->count <= WORD || f->count > AFTER_WORD + 1)
		return false;
	bool acknowledges = str_is(f->at[WORD], "V1") || str_is(f->at[WORD], "NBR");
	return acknowledges && (f->count == AFTER_WORD || is_digits(f->at[AFTER_WORD], 14));
}

enum frame_result decode_v4(const struct fields *f, struct message *m, struct error *e)
{
	if (is_servers_own(f))
		return RESULT_IGNORED;
	int k = find_position(f);
	if (k >= 0 && !position_decode(f, k, m, e))
		return RESULT_BAD_LAYOUT;
	return RESULT_MESSAGE;
}

/* ---- as the answer to a command ---- */

static struct str span(const struct fields *f, int from, int to)
{
	if (from >= to)
		return (struct str){"", 0};
	const char *begin = f->at[from].at, *end = f->at[to - 1].at + f->at[to - 1].len;
	return (struct str){begin, (size_t)(end - begin)};
}

bool answer_parse(struct str bytes, struct answer *out)
{
	struct fields f;
	struct frame_context context = {.terminated = true};
	*out = (struct answer){0};
	if (!fields_split(bytes, &context, &f) || f.count <= WORD || !str_is(f.at[2], "V4") ||
		is_servers_own(&f))
		return false;
	bool cut = bytes.at[bytes.len - 1] != '#' && f.count == WORD + 1;
	if (cut)
		return false; /* "S2" may have been "S20" */
	out->word = f.at[WORD];
	int k = find_position(&f);
	int from = AFTER_WORD, to = k >= 0 ? k : f.count;
	out->has_position = k >= 0;
	if (k >= 0 && k + STATUS_BEHIND < f.count)
		out->status = f.at[k + STATUS_BEHIND];
	if (k > from && is_digits(f.at[k - 1], 6))
		out->device_time = f.at[--to];
	if (k < 0 && from < to && f.at[from].len == 0)
		from++; /* V4,CMD,,check,...: no time, then the text */
	bool wrapper = str_is(out->word, "CMD");
	if (k >= 0 && to > from && is_digits(f.at[to - 1], 6))
		out->command_time = f.at[--to];
	else if (k < 0 && from < to && is_digits(f.at[from], 6))
		out->command_time = f.at[from++];
	else if (k < 0 && !wrapper && to > from && is_digits(f.at[to - 1], 6))
		out->command_time = f.at[--to]; /* V4,S20,05,130305 */
	else if (k >= 0 && wrapper && from < to && is_digits(f.at[from], 6))
		out->command_time = f.at[from++];
	out->text = span(&f, from, to);
	return true;
}
