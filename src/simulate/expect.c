#include "simulate/expect.h"

#include "base/die.h"

#include <stdio.h>
#include <stdlib.h>

bool say_is_answered(enum say say, bool acks)
{
	return say == SAY_V0 || say == SAY_HTBT || say == SAY_ICCID || (say == SAY_V1 && acks);
}

void expected_push(struct expected *q, const struct expectation *e)
{
	if (q->count == q->room) {
		uint32_t room = q->room ? q->room * 2 : 4;
		struct expectation *ring = xmalloc(room * sizeof *ring);
		for (uint32_t i = 0; i < q->count; i++)
			ring[i] = q->ring[(q->head + i) & (q->room - 1)];
		free(q->ring);
		*q = (struct expected){ring, 0, q->count, room};
	}
	q->ring[(q->head + q->count++) & (q->room - 1)] = *e;
}

bool expected_pop(struct expected *q, struct expectation *out)
{
	if (q->count == 0)
		return false;
	*out = q->ring[q->head];
	q->head = (q->head + 1) & (q->room - 1);
	if (--q->count == 0) {
		free(q->ring);
		*q = (struct expected){0};
	}
	return true;
}

void expected_restamp(struct expected *q, uint32_t newest, uint32_t sent_us)
{
	for (uint32_t i = 1; i <= newest && i <= q->count; i++)
		q->ring[(q->head + q->count - i) & (q->room - 1)].sent_us = sent_us;
}

uint32_t expected_clear(struct expected *q)
{
	uint32_t count = 0;
	struct expectation e;
	for (; expected_pop(q, &e); count++)
		free(e.copy);
	return count;
}

static bool is_stamp(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.at[i]))
			return false;
	return s.len == 14;
}

/* `text`: what stands between "*HQ,<id>," and '#'. */
static bool is_reply_to(const struct expectation *e, struct str text)
{
	switch ((enum say)e->say) {
	case SAY_V0: return str_is(text, "V0");
	case SAY_ICCID: return str_is(text, "ICCID");
	case SAY_V1: return str_starts(text, "V4,V1,") && is_stamp(str_from(text, 6));
	case SAY_HTBT: {
		char echo[16] = "HTBT";
		if (e->has_percent)
			snprintf(echo, sizeof echo, "HTBT,%u", e->percent);
		return str_is(text, echo);
	}
	default: return false;
	}
}

static bool looks_like_reply(struct str text)
{
	struct str rest = text, word = str_trim(str_cut(&rest, ','));
	return str_is(word, "V0") || str_is(word, "ICCID") || str_is(word, "HTBT") ||
	       str_is(word, "V4");
}

enum verdict expected_match(struct expected *q, struct str head, struct str bytes,
	struct expectation *out, unsigned *skipped)
{
	*skipped = 0;
	if (bytes.len <= head.len || memcmp(bytes.at, head.at, head.len) != 0 ||
		bytes.at[bytes.len - 1] != '#')
		return VERDICT_WRONG;
	struct str text = {bytes.at + head.len, bytes.len - head.len - 1};
	for (uint32_t i = 0; i < q->count; i++) {
		if (!is_reply_to(&q->ring[(q->head + i) & (q->room - 1)], text))
			continue;
		for (; expected_pop(q, out) && *skipped < i; ++*skipped)
			free(out->copy);
		return VERDICT_ANSWER;
	}
	if (text.len == 0 || !is_letter(text.at[0]) || looks_like_reply(text))
		return VERDICT_WRONG;
	return VERDICT_COMMAND;
}
