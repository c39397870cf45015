#include "core/commands_inside.h"

#include "base/clock.h"
#include "cantrack/when.h"
#include "core/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { REST_US = 1000 * 1000 }; /* after a sending that could not be */

/* From before the last start, or of yesterday. */
static bool is_taken(const struct line *line, uint32_t clock)
{
	for (const struct job *job = line->first; job; job = job->next)
		if (job->progress.clock == clock)
			return true;
	return false;
}

static uint32_t clock_of(struct line *line)
{
	int64_t now_s = clock_now_us() / 1000000;
	uint32_t clock;
	line->clock_s = now_s > line->clock_s ? now_s : line->clock_s + 1;
	for (;; line->clock_s++) {
		struct when w = when_of_seconds(line->clock_s);
		clock = (uint32_t)(w.hour * 10000 + w.minute * 100 + w.second);
		if (!is_taken(line, clock))
			return clock;
	}
}

static double speed_of(const struct message *m)
{
	if (!message_has(m, PARAM_POSITION_SPEED))
		return 0;
	double speed = (double)m->value[PARAM_POSITION_SPEED].number;
	for (int i = 0; i < params[PARAM_POSITION_SPEED].decimals; i++)
		speed /= 10;
	return speed;
}

bool is_too_fast(const struct commands *c, const struct device *d, const struct message *m,
	double *speed, int *limit)
{
	uint64_t own;
	*limit = *d->cut_speed && str_to_u64(str_of(d->cut_speed), &own) ? (int)own
									 : c->options.cut_max_speed;
	*speed = speed_of(m);
	return *limit && *speed > *limit;
}

/* May it go by what the device said last? Fills c->latest when that is asked for, once. */
static bool may_go(
	struct commands *c, const struct job *job, const struct device *d, bool *has_latest)
{
	const struct spec *spec = job->spec;
	bool is_cut = spec->nature.risk == RISK_FUEL;
	double speed;
	int limit;
	if (!spec->is_conditional && spec->nature.proof == PROOF_NONE && !is_cut)
		return true;
	if (!*has_latest)
		latest_get(c->options.store, d->id, &c->latest);
	*has_latest = true;
	if (is_cut && !spec->force && is_too_fast(c, d, &c->latest.message, &speed, &limit))
		return false;
	return !spec->is_conditional ||
	       (spec->condition && filter_message(spec->condition, &c->latest.message));
}

static void mark(struct commands *c, const struct job *job, bool is_first)
{
	struct command_change change = {
		/* an instant one is in no queue until it goes */
		.kind = job->spec->instant && is_first ? COMMAND_PUT : COMMAND_MARK,
		.id = job->id,
		.device = job->device,
		.progress = job->progress,
		.json = job->spec->json,
	};
	add_change(c, &change, NULL);
}

static void start(struct commands *c, struct job *job, const struct device *d)
{
	struct line *line = job->line;
	const struct message *m = &c->latest.message;
	enum command_proof proof = job->spec->nature.proof;
	/* without a proof to look for, `latest` was not asked */
	bool has_status = proof != PROOF_NONE && message_has(m, PARAM_VEHICLE_STATE_BITMASK);
	job->was_shown_before =
		!has_status ||
		status_shows(proof, (uint32_t)m->value[PARAM_VEHICLE_STATE_BITMASK].number) !=
			CONFIRMED_NO;
	job->shown = CONFIRMED_UNKNOWN;
	if (job->progress.clock == UINT32_MAX && job->spec->time_at != SIZE_MAX)
		job->progress.clock = clock_of(line);
	job->progress.attempts++;
	job->progress.sent_us = clock_now_us();
	line->sent = job;
	job->is_posted = true;
	job->is_unsure = false;
	heard_drop(c, job); /* of the last time */
	c->under_way++;
	if (!job->spec->instant)
		deadline_set(&c->deadlines, &job->deadline,
			clock_monotonic_us() + job->spec->timeout_us);
	mark(c, job, job->progress.attempts == 1);
	char room[COMMAND_MAX];
	struct str payload = job_payload(job, room);
	struct act *act = add_act(c, ACT_SEND);
	act->ident = d->ident;
	act->device = job->device;
	act->id = job->id;
	act->text = xmalloc(payload.len);
	act->len = payload.len;
	memcpy(act->text, payload.at, payload.len);
}

bool is_exhausted(const struct job *job)
{
	return job->progress.attempts >= job->spec->allowed;
}

/* The next command of the line that may go, goes. */
void serve_line(struct commands *c, struct line *line)
{
	struct device d;
	struct job *job = line->first, *next;
	if (line->sent || !job || line->rest_until_us)
		return;
	if (!registry_device(c->options.registry, line->device, &d)) {
		/* it went while the command was accepted */
		post_locked(c, order_forget(&line->device, 1));
		return;
	}
	bool is_there = d.enabled && d.ident &&
			c->connections->is_connected(c->connections->context, d.ident);
	bool has_latest = false;
	for (; job; job = next) {
		next = job->next;
		if (is_exhausted(job)) {
			end_unanswered(c, job);
			continue;
		}
		if (is_there && may_go(c, job, &d, &has_latest)) {
			start(c, job, &d);
			break;
		}
	}
	line_review(c, line);
}

/* From now on the tracker may answer. Whoever waits for an instant one waits for it as a whole, but an
 * answer always gets some time. */
static void was_written(struct commands *c, struct job *job)
{
	const int64_t least_us = COMMAND_TIMEOUT_MIN * INT64_C(1000000);
	int64_t wait_us = job->spec->timeout_us;
	if (job->spec->instant && wait_us > least_us)
		wait_us = least_us;
	int64_t due_us = clock_monotonic_us() + wait_us;
	if (!job->deadline.place || job->deadline.due_us < due_us)
		deadline_set(&c->deadlines, &job->deadline, due_us);
	if (job->spec->nature.proof != PROOF_NONE)
		watch_no_more(job->line); /* what is seen from now on is this one's doing */
	char more[64];
	snprintf(more, sizeof more, ",\"attempt\":%" PRIu32, job->progress.attempts);
	metric_add(commands_sent, 1);
	tell_command(c, EVENT_COMMAND_SENT, job, str_of(more));
}

/* Not one byte of it left: it was no attempt. */
static void was_not_written(struct commands *c, struct job *job)
{
	struct line *line = job->line;
	job->progress.attempts--;
	mark(c, job, false);
	line->sent = NULL;
	c->under_way--;
	if (job->spec->instant) {
		struct ending ending = {.state = COMMAND_FAILED};
		job_end(c, job, &ending);
		return;
	}
	deadline_set(&c->deadlines, &job->deadline,
		clock_monotonic_us() + job->spec->expires_us - clock_now_us());
	line->rest_until_us = clock_monotonic_us() + REST_US;
	line_review(c, line);
}

void take_written(struct commands *c, const struct order *order)
{
	struct job *job = job_find(c, order->id);
	if (!job || !job->is_posted || job->line->sent != job)
		return;
	job->is_posted = false;
	if (order->flag)
		was_written(c, job);
	else
		was_not_written(c, job);
}
