#include "core/commands_inside.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "cantrack/command.h"
#include "core/metrics.h"

#include <stdio.h>
#include <stdlib.h>

enum { POSTED_US = 1000 * 1000 }; /* from one look to the next, while the gate has it */

static void tell_unmatched(struct commands *c, uint32_t device, struct str bytes, int64_t time_us)
{
	struct buf members;
	char escaped[480], text[640];
	metric_add(answers_unmatched, 1);
	if (!c->options.events)
		return;
	buf_init(&members, 8192);
	snprintf(text, sizeof text, "an answer that belongs to no command: %s",
		escape_bytes(bytes, escaped, sizeof escaped));
	if (!buf_printf(&members, "\"error_text\":") || !json_string(&members, str_of(text)) ||
		!buf_printf(&members, ",\"traffic\":{\"timestamp\":") ||
		!json_decimal(&members, time_us, 6) || !buf_add_char(&members, '}'))
		check(false);
	struct act *act = add_act(c, ACT_EVENT);
	act->text = members.at;
	act->len = members.len;
	act->event = (struct event){
		.code = EVENT_DEVICE_DATA_PART,
		.origin_type = ORIGIN_DEVICE,
		.origin_id = device,
		.time_us = time_us,
		.fold = STR("answer"),
	};
}

/* Those that were sent and have no answer yet: the one under way, or one whose answer is late. */
static struct job *job_answered(const struct line *line, const struct answer *answer)
{
	char room[COMMAND_MAX];
	struct job *job = line->sent;
	if (job && answer_matches(answer, job_payload(job, room)))
		return job;
	for (job = line->first; job; job = job->next)
		if (job != line->sent && job->progress.attempts &&
			answer_matches(answer, job_payload(job, room)))
			return job;
	return NULL;
}

static void end_answered(
	struct commands *c, struct job *job, bool is_done, struct str response, struct str reply)
{
	struct ending ending = {
		.state = is_done ? COMMAND_DONE : COMMAND_FAILED,
		.executed = is_done,
		.response = response,
		.reply = reply,
	};
	metric_add(commands_answered, 1);
	job_end(c, job, &ending);
}

void take_answer(struct commands *c, const struct order *order)
{
	struct line *line = line_find(c, order->device);
	struct answer answer;
	char room[COMMAND_MAX];
	struct job *job = NULL;
	if (line && answer_parse(order->bytes, &answer))
		job = job_answered(line, &answer);
	if (!job) {
		tell_unmatched(c, order->device, order->bytes, order->time_us);
		return;
	}
	bool is_done = answer_says(&answer, job_payload(job, room)) == SAYS_DONE;
	uint64_t status;
	if (answer.status.len == 8 && str_to_hex(answer.status, &status) &&
		status_shows(job->spec->nature.proof, (uint32_t)status) == CONFIRMED_YES)
		job->shown = CONFIRMED_YES;
	end_answered(c, job, is_done, order->bytes, answer.text);
}

void heard_drop(struct commands *c, struct job *job)
{
	struct heard *heard = job->heard;
	struct str text = heard ? str_trim((struct str){heard->bytes, heard->len}) : str_of("");
	if (text.len && !heard->is_answer)
		tell_unmatched(c, job->device, text, clock_now_us());
	free(heard);
	job->heard = NULL;
}

/* Text outside of frames may come in pieces. */
void take_text(struct commands *c, const struct order *order)
{
	struct line *line = line_find(c, order->device);
	struct job *job = line ? line->sent : NULL;
	char room[COMMAND_MAX];
	if (!job)
		return;
	if (!job->heard)
		job->heard = xcalloc(1, sizeof *job->heard);
	struct heard *heard = job->heard;
	size_t left = HEARD_MAX - heard->len;
	size_t len = order->bytes.len < left ? order->bytes.len : left;
	for (size_t i = 0; i < len; i++)
		heard->bytes[heard->len++] = order->bytes.at[i] ? order->bytes.at[i] : ' ';
	struct str text = {heard->bytes, heard->len};
	if (heard->is_answer || !plain_answer_matches(text, job_payload(job, room)))
		return;
	heard->is_answer = true;
	deadline_set(&c->deadlines, &job->deadline, clock_monotonic_us() + HEARD_US);
}

/* ---- none in time ---- */

static const struct str no_answer_awaited =
	STR("command sent and marked as executed: it has no documented answer, and none came");
static const struct str shown_by_status =
	STR("no answer came; the status word shows that it was carried out");

void end_unanswered(struct commands *c, struct job *job)
{
	struct ending ending = {.state = COMMAND_FAILED};
	bool is_proven = job->shown == CONFIRMED_YES && !job->was_shown_before;
	if (job->progress.attempts && is_proven)
		ending = (struct ending){COMMAND_DONE, true, shown_by_status, STR("")};
	else if (job->progress.attempts && !job->is_unsure &&
		 job->spec->nature.answer == ANSWER_OPEN)
		ending = (struct ending){COMMAND_DONE, true, no_answer_awaited, STR("")};
	job_end(c, job, &ending);
}

static bool is_expired(const struct job *job)
{
	return job->spec->expires_us <= clock_now_us();
}

void end_late(struct commands *c, struct job *job)
{
	struct ending ending = {.state = COMMAND_EXPIRED};
	metric_add(commands_expired, 1);
	job_end(c, job, &ending);
}

/* Sent, and no answer in time. */
void give_up(struct commands *c, struct job *job)
{
	struct line *line = job->line;
	struct heard *heard = job->heard;
	if (job->is_posted) { /* the gate may still send it: nothing else goes before that is known */
		deadline_set(&c->deadlines, &job->deadline, clock_monotonic_us() + POSTED_US);
		return;
	}
	if (heard && heard->is_answer) {
		struct str text = str_trim((struct str){heard->bytes, heard->len});
		job->heard = NULL; /* lives on until the end is told */
		end_answered(c, job, plain_answer_says(text) == SAYS_DONE, text, text);
		free(heard);
		return;
	}
	bool is_proven = job->shown == CONFIRMED_YES && !job->was_shown_before;
	bool is_enough = job->spec->nature.answer == ANSWER_OPEN && !job->is_unsure;
	if (is_exhausted(job) || is_proven || is_enough) {
		end_unanswered(c, job);
		return;
	}
	if (is_expired(job)) {
		end_late(c, job);
		return;
	}
	line->sent = NULL;
	c->under_way--;
	deadline_set(&c->deadlines, &job->deadline,
		clock_monotonic_us() + job->spec->expires_us - clock_now_us());
	line_review(c, line);
	line_make_ready(c, line);
}
