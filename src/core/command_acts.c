#include "core/commands_inside.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "core/metrics.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	RETRY_US = 1000 * 1000,
	FRESH_US = 5 * 1000 * 1000, /* so old may the decision to send something be */
};

void add_change(struct commands *c, const struct command_change *change, char *text)
{
	if (c->change_count == c->change_room) {
		c->change_room = c->change_room ? 2 * c->change_room : 64;
		c->changes = xrealloc(c->changes, c->change_room * sizeof *c->changes);
		c->texts = xrealloc(c->texts, c->change_room * sizeof *c->texts);
	}
	c->texts[c->change_count] = text;
	c->changes[c->change_count++] = *change;
}

struct act *add_act(struct commands *c, enum act_kind kind)
{
	if (c->act_count == c->act_room) {
		c->act_room = c->act_room ? 2 * c->act_room : 64;
		c->acts = xrealloc(c->acts, c->act_room * sizeof *c->acts);
	}
	struct act *act = &c->acts[c->act_count++];
	*act = (struct act){.kind = kind};
	return act;
}

void tell_command(struct commands *c, enum event_code code, const struct job *job, struct str more)
{
	if (!c->options.events)
		return;
	struct buf members;
	buf_init(&members, 64 * 1024);
	bool done = buf_printf(
		&members, "\"address\":\"connection\",\"id\":%" PRIu64 ",\"name\":", job->id);
	size_t name_at = members.len + 1;
	done = done && json_string(&members, job->spec->name);
	size_t name_len = members.len - 1 - name_at;
	done = done && buf_printf(&members, ",\"properties\":") &&
	       buf_add_str(&members, job->spec->properties) && buf_add_str(&members, more);
	check(done);
	struct act *act = add_act(c, ACT_EVENT);
	act->name_at = name_at;
	act->name_len = name_len;
	act->text = members.at; /* the act's from here on */
	act->len = members.len;
	act->event = (struct event){
		.code = code,
		.origin_type = ORIGIN_DEVICE,
		.origin_id = job->device,
		.time_us = clock_now_us(),
		.subject = job->id,
	};
}

/* ---- committing ---- */

/* A new command whose sender still waits to hear that it was accepted. An instant one is put as well,
 * but with an attempt: when it goes. */
static bool is_offer(const struct command_change *change)
{
	return change->kind == COMMAND_PUT && !change->progress.attempts;
}

/* Those who wait to have something added are not kept waiting for a store that fails. */
static void refuse_callers(struct commands *c, struct order *done, const struct error *e)
{
	size_t kept = 0;
	for (size_t i = 0; i < c->change_count; i++) {
		if (is_offer(&c->changes[i]))
			continue; /* its text is the spec's */
		c->texts[kept] = c->texts[i];
		c->changes[kept++] = c->changes[i];
	}
	c->change_count = kept;
	pthread_mutex_lock(&c->lock);
	c->is_failing = true;
	for (struct order *order = done; order; order = order->next) {
		if (!order->caller || order->caller->is_served)
			continue;
		order->caller->is_served = order->caller->failed = true;
		order->caller->why = *e;
		order->caller = NULL;
	}
	pthread_cond_broadcast(&c->served);
	pthread_mutex_unlock(&c->lock);
	command_waits_end(c); /* an instant command is worth nothing when the disk is back */
}

/* False: the gateway stops. */
static bool wait_to_retry(struct commands *c)
{
	struct timespec until = {0};
	int64_t until_us = clock_monotonic_us() - 1 + RETRY_US;
	until.tv_sec = until_us / 1000000;
	until.tv_nsec = until_us % 1000000 * 1000;
	pthread_mutex_lock(&c->lock);
	while (!c->is_stopping && clock_monotonic_us() <= until_us)
		pthread_cond_timedwait(&c->work, &c->lock, &until);
	bool go_on = !c->is_stopping;
	pthread_mutex_unlock(&c->lock);
	return go_on;
}

static bool commit(struct commands *c, struct order *done)
{
	struct error e;
	bool is_first = true, stored = true;
	while (c->change_count &&
		!store_change_commands(c->options.store, c->changes, c->change_count, &e)) {
		metric_add(command_failures, 1);
		if (log_due(&c->complained_us, 60))
			log_error("commands", "commit_failed", "changes=%zu reason=%s",
				c->change_count, log_quote(e.text));
		if (is_first)
			refuse_callers(c, done, &e);
		is_first = false;
		if (!wait_to_retry(c)) {
			stored = false;
			break;
		}
	}
	for (size_t i = 0; i < c->change_count; i++)
		free(c->texts[i]);
	c->change_count = 0;
	return stored;
}

/* ---- acting ---- */

static void take_in(struct commands *c, struct order *order)
{
	c->adding -= order->count;
	bool failed = order->caller == NULL;
	metric_add(commands_added, failed ? 0 : order->count);
	for (size_t i = 0; i < order->count; i++) {
		struct job *job = order->jobs[i];
		if (failed) {
			job_free(job);
			continue;
		}
		line_add(c, job);
		if (!job->spec->instant)
			tell_command(c, EVENT_COMMAND_QUEUED, job, (struct str)STR(""));
		deadline_set(&c->deadlines, &job->deadline,
			job->spec->instant
				? clock_monotonic_us() + job->spec->timeout_us
				: clock_monotonic_us() + job->spec->expires_us - clock_now_us());
		line_review(c, job->line);
		line_make_ready(c, job->line);
	}
	free(order->jobs);
}

/* The orders are done: what was added is in its line, who waited goes on. */
static void finish(struct commands *c, struct order *done)
{
	while (done) {
		struct order *next = done->next;
		if (done->kind == ORDER_ADD)
			take_in(c, done);
		if (done->caller)
			done->caller->is_served = true;
		free(done->devices);
		free(done);
		done = next;
	}
	pthread_cond_broadcast(&c->served);
}

/* What took long to be stored is looked at again instead: the car may be fast by now. */
static void send_payload(struct commands *c, const struct act *act, bool is_fresh)
{
	if (!is_fresh || !c->connections->send(c->connections->context, act->ident, act->device,
				 act->id, (struct str){act->text, act->len}))
		commands_sent(c, act->device, act->id, false);
}

static void tell(struct commands *c, const struct act *act)
{
	struct event event = act->event;
	event.members = (struct str){act->text, act->len};
	event.subject_text = (struct str){act->text + act->name_at, act->name_len};
	events_post(c->options.events, &event);
}

bool acts_do(struct commands *c, struct order *done)
{
	c->is_acting = true;
	c->round++;
	pthread_mutex_unlock(&c->lock);
	int64_t decided_us = clock_monotonic_us();
	bool stored = commit(c, done);
	bool is_fresh = clock_monotonic_us() - decided_us < FRESH_US;
	pthread_mutex_lock(&c->lock);
	c->is_acting = false;
	if (stored)
		c->is_failing = false;
	finish(c, done);
	pthread_mutex_unlock(&c->lock);
	for (size_t i = 0; i < c->act_count; i++) {
		struct act *act = &c->acts[i];
		if (act->kind == ACT_SEND && stored)
			send_payload(c, act, is_fresh);
		else if (act->kind == ACT_EVENT && stored)
			tell(c, act);
		if (act->kind == ACT_ENDED)
			command_wait_put(act->wait, act);
		free(act->text);
	}
	c->act_count = 0;
	pthread_mutex_lock(&c->lock);
	return stored;
}
