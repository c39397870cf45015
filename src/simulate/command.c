/* command: a tracker's commands: counts and logs them, has them obeyed (obey.c) and sends the answers:
 * at once, late, twice or not at all, as the options want it. */
#include "simulate/driver.h"

#include "base/die.h"
#include "simulate/obey.h"

#include <stdlib.h>

/* Draws only when the option is given: without, the journeys stay what they were. */
static bool chance(struct tracker *t, uint64_t percent)
{
	return percent && track_below(&t->track, 100) < percent;
}

static void log_command(struct driver *d, const struct tracker *t, struct str payload)
{
	if (d->log_commands >= 0 && !buf_printf(&d->received, "%llu %.*s\n",
					    (unsigned long long)t->track.ident, STR_PRINT(payload)))
		die("--log-commands: the lines cannot be written fast enough");
}

static void answer(struct driver *d, struct tracker *t, const struct late *a)
{
	if (a->len) {
		tally_add(&d->tally.obeyed, 1);
		if (!line_send(d, t, a->bytes, a->len))
			return;
	}
	if (a->restarts) {
		t->leaving = true;
		talk_leave(d, t);
	}
}

/* Keeps a copy until it is due. False: no room for more. */
static bool delay(struct driver *d, const struct late *a)
{
	if (d->late_count == LATE_MAX)
		return false;
	struct late *kept = &d->late[(d->late_head + d->late_count++) % LATE_MAX];
	*kept = *a;
	kept->bytes = xmalloc(a->len);
	memcpy(kept->bytes, a->bytes, a->len);
	kept->due_us = d->now_us + (int64_t)d->o->late_ms * 1000;
	tally_add(&d->tally.late, 1);
	return true;
}

static unsigned how_to_obey(struct driver *d, struct tracker *t)
{
	unsigned how = chance(t, d->o->plain) ? OBEY_PLAIN : 0;
	if (chance(t, d->o->failing))
		how |= OBEY_FAILING;
	if (chance(t, d->o->wrong))
		how |= OBEY_WRONG;
	return how;
}

void command_hear(struct driver *d, struct tracker *t, struct str payload)
{
	char bytes[2 * OBEY_ROOM];
	unsigned how = how_to_obey(d, t);
	struct obeyed done = obey(&t->track, payload, how, bytes);
	struct late a = {.index = (uint32_t)(t - d->trackers),
		.bytes = bytes,
		.len = done.len,
		.restarts = done.restarts};
	tally_add(&d->tally.commands, 1);
	log_command(d, t, payload);
	if (chance(t, d->o->missing)) {
		tally_add(&d->tally.missing, 1);
		a.len = 0;
	}
	if (a.len && how & OBEY_FAILING)
		tally_add(&d->tally.failing, 1);
	if (a.len && how & OBEY_WRONG)
		tally_add(&d->tally.spoiled, 1);
	if (a.len && chance(t, d->o->doubled)) {
		tally_add(&d->tally.doubled, 1);
		memcpy(bytes + a.len, bytes, a.len);
		a.len *= 2;
	}
	if (!a.len || !chance(t, d->o->late) || !delay(d, &a))
		answer(d, t, &a);
}

void command_send_late(struct driver *d)
{
	while (d->late_count && d->late[d->late_head].due_us <= d->now_us) {
		struct late a = d->late[d->late_head];
		struct tracker *t = &d->trackers[a.index];
		d->late_head = (d->late_head + 1) % LATE_MAX;
		d->late_count--;
		if (t->state == STATE_UP)
			answer(d, t, &a);
		else
			tally_add(&d->tally.missing, 1);
		free(a.bytes);
	}
}

void command_clear(struct driver *d)
{
	for (; d->late_count; d->late_count--) {
		free(d->late[d->late_head].bytes);
		d->late_head = (d->late_head + 1) % LATE_MAX;
	}
	free(d->late);
}
