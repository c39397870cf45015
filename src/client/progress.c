#include "client/progress.h"

#include <inttypes.h>

enum { STUCK_US = 1000000 };

static int64_t number(const json_t *item, const char *member)
{
	return (int64_t)json_integer_value(json_object_get(item, member));
}

/* It is in the queue, and how many are before it. */
static bool look_queued(struct progress *p, const json_t *item, struct buf *lines)
{
	int64_t position = number(item, "position");
	bool is_new = !p->has_begun, moved = position != p->position && position > 0;
	p->has_begun = true;
	p->position = position;
	if (is_new && position > 1)
		return buf_printf(lines, "queued %" PRId64 ", %" PRId64 " before it\n",
			number(item, "id"), position - 1);
	if (is_new)
		return buf_printf(lines, "queued %" PRId64 "\n", number(item, "id"));
	if (moved && position > 1)
		return buf_printf(lines, "%" PRId64 " before it\n", position - 1);
	return !moved || buf_printf(lines, "first in the queue\n");
}

static bool look_sent(struct progress *p, const json_t *item, struct buf *lines)
{
	int64_t attempts = number(item, "attempts");
	if (attempts == p->attempts)
		return true;
	p->attempts = attempts;
	return buf_printf(lines, "%ssent%s, attempt %" PRId64 " of %" PRId64 "\n",
		attempts > 1 ? "no answer, " : "", attempts > 1 ? " again" : "", attempts,
		number(item, "max_attempts"));
}

bool progress_look(struct progress *p, const json_t *item, int64_t now_us, struct buf *lines)
{
	const char *state = json_string_value(json_object_get(item, "state"));
	bool was_sent = p->is_sent;
	p->is_sent = state && !strcmp(state, "sent");
	/* under way it is first, whatever the position was; behind that, the place is no news */
	bool done = p->has_begun && p->is_sent ? true : look_queued(p, item, lines);
	if (done && p->is_sent)
		done = look_sent(p, item, lines);
	else if (done && was_sent)
		done = buf_printf(lines, "no answer, to be sent again\n");
	if (p->is_sent || p->position > 1) {
		p->since_us = 0;
		p->has_told_why = false;
	} else if (!p->since_us) {
		p->since_us = now_us;
	}
	return done;
}

bool progress_is_stuck(struct progress *p, int64_t now_us)
{
	if (!p->since_us || p->has_told_why || now_us - p->since_us < STUCK_US)
		return false;
	p->has_told_why = true;
	return true;
}
