#include "core/commands_inside.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdlib.h>

enum {
	FUEL_CUT_BIT = 27,        /* of the status word; 0: the relay is active (SPEC 5) */
	WATCH_US = 600 * 1000000, /* so long the proof may still come */
	SLACK_US = 5 * 1000000,   /* a tracker's clock may be behind so much */
};

enum command_confirmed status_shows(enum command_proof proof, uint32_t status)
{
	bool is_cut = !(status >> FUEL_CUT_BIT & 1);
	if (proof == PROOF_NONE)
		return CONFIRMED_UNKNOWN;
	return is_cut == (proof == PROOF_CUT) ? CONFIRMED_YES : CONFIRMED_NO;
}

/* ---- the result ---- */

static char *save(const struct command *command, size_t *len)
{
	struct buf json;
	buf_init(&json, 64 * 1024);
	check(resource_save(&command_resource, command, &json));
	*len = json.len;
	return json.at; /* the caller's from here on */
}

static void put_text(char *out, size_t room, struct str text)
{
	size_t len = text.len < room ? text.len : room - 1;
	if (len)
		memcpy(out, text.at, len);
	out[len] = '\0';
}

/* One request may be for all devices: its text is read once, not at each end. */
static void describe(struct commands *c, const struct job *job, struct command *out)
{
	if (c->read_spec != job->spec) {
		if (c->read_spec)
			spec_release(c->read_spec);
		c->read_spec = job->spec;
		c->read_spec->references++;
		job_read(job, &c->read);
	}
	*out = c->read;
	job_fill(job, out);
}

static void fill(
	struct commands *c, const struct job *job, const struct ending *ending, struct command *out)
{
	describe(c, job, out);
	out->ended_us = clock_now_us();
	out->state = ending->state;
	out->executed = ending->executed;
	out->confirmed = job->shown;
	out->has_response = ending->response.at != NULL;
	put_text(out->response, sizeof out->response, ending->response);
	put_text(out->reply, sizeof out->reply, ending->reply);
}

static enum event_code event_of(enum command_state state)
{
	switch (state) {
	case COMMAND_CANCELED: return EVENT_COMMAND_REMOVED;
	case COMMAND_EXPIRED: return EVENT_COMMAND_EXPIRED;
	default: return EVENT_COMMAND_PROCESSED;
	}
}

static void tell_end(struct commands *c, const struct job *job, const struct ending *ending)
{
	struct buf more;
	buf_init(&more, 32 * 1024);
	bool done =
		buf_printf(&more, ",\"state\":\"%s\",\"executed\":%s,\"response\":",
			command_state_name(ending->state), ending->executed ? "true" : "false") &&
		(ending->response.at ? json_string(&more, ending->response)
				     : buf_add(&more, "null", 4));
	check(done);
	tell_command(c, event_of(ending->state), job, buf_str(&more));
	buf_clear(&more);
}

/* The next status words may bear it out, or not. */
static void watch(struct line *line, const struct job *job, const struct command *result)
{
	struct watched *w = line->watched;
	if (!w) {
		w = line->watched = xcalloc(1, sizeof *w);
		w->result = xmalloc(sizeof *w->result);
	}
	w->id = job->id;
	w->proof = job->spec->nature.proof;
	w->since_us = job->progress.sent_us;
	w->until_us = clock_monotonic_us() + WATCH_US;
	*w->result = *result;
}

void watch_no_more(struct line *line)
{
	if (line->watched)
		free(line->watched->result);
	free(line->watched);
	line->watched = NULL;
}

static bool is_worth_watching(const struct job *job, const struct ending *ending)
{
	bool was_tried = ending->state == COMMAND_DONE || ending->state == COMMAND_FAILED;
	return was_tried && job->progress.attempts && job->spec->nature.proof != PROOF_NONE &&
	       job->shown != CONFIRMED_YES;
}

void job_end(struct commands *c, struct job *job, const struct ending *ending)
{
	struct line *line = job->line;
	struct command *result = &c->scratch;
	fill(c, job, ending, result);
	size_t len;
	char *text = save(result, &len);
	struct command_change change = {
		.kind = COMMAND_END,
		.id = job->id,
		.device = job->device,
		.ended_us = result->ended_us,
		.json = {text, len},
	};
	add_change(c, &change, text);
	tell_end(c, job, ending); /* who waited finds the event when it asks for it */
	if (job->wait) {
		struct act *act = add_act(c, ACT_ENDED);
		act->wait = job->wait;
		act->device = job->device;
		act->id = job->id;
		act->text = xmalloc(len);
		act->len = len;
		memcpy(act->text, text, len);
	}
	if (job->spec->nature.proof != PROOF_NONE && job->progress.attempts)
		watch_no_more(line); /* of an older one: the newer decides what is to be seen */
	if (is_worth_watching(job, ending))
		watch(line, job, result);
	heard_drop(c, job);
	line_remove(c, job);
	job_free(job);
	line_review(c, line);
	line_make_ready(c, line);
}

/* ---- the proof ---- */

static void amend(struct commands *c, const struct line *line)
{
	const struct watched *w = line->watched;
	size_t len;
	char *text = save(w->result, &len);
	struct command_change change = {
		.kind = COMMAND_AMEND, .id = w->id, .device = line->device, .json = {text, len}};
	add_change(c, &change, text);
}

static void take_status(struct commands *c, struct line *line, uint32_t status, int64_t time_us)
{
	struct job *job = line->sent;
	struct watched *w = line->watched;
	if (job && time_us >= job->progress.sent_us - SLACK_US)
		job->shown = status_shows(job->spec->nature.proof, status);
	if (!w || time_us < w->since_us - SLACK_US)
		return;
	enum command_confirmed shown = status_shows(w->proof, status);
	if (w->result->confirmed != shown) {
		w->result->confirmed = shown;
		amend(c, line);
	}
	if (shown == CONFIRMED_YES) {
		watch_no_more(line);
		line_review(c, line);
	}
}

void line_hear(struct commands *c, struct line *line, const struct order *message)
{
	if (message->flag)
		take_status(c, line, message->status, message->time_us);
	line_make_ready(c, line); /* a condition may hold now */
}
