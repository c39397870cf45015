#include "core/commands_inside.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "cantrack/command.h"
#include "cantrack/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	REST_US = 1000 * 1000,  /* after a sending that could not be */
	ORDERS_AT_ONCE = 20000, /* of one round: a commit must not grow */
	STEPS_AT_ONCE = 4000, /* deadlines and lines; however many orders come, these have a turn */
	TRIM_US = 60 * 1000 * 1000 /* from one look at old results to the next */
};

static void pass_deadline(struct commands *c, struct deadline *which)
{
	if (which->kind == DEADLINE_LINE) {
		struct line *line =
			(struct line *)(void *)((char *)which - offsetof(struct line, deadline));
		line->rest_until_us = 0;
		line_make_ready(c, line);
		return;
	}
	struct job *job = (struct job *)(void *)((char *)which - offsetof(struct job, deadline));
	if (job->line->sent == job)
		give_up(c, job);
	else
		end_late(c, job);
}

/* ---- orders ---- */

static void add(struct commands *c, const struct order *order)
{
	for (size_t i = 0; i < order->count; i++) {
		const struct job *job = order->jobs[i];
		struct command_change change = {
			.kind = COMMAND_PUT,
			.id = job->id,
			.device = job->device,
			.progress = job->progress,
			.json = job->spec->json,
		};
		if (!job->spec->instant)
			add_change(c, &change, NULL);
	}
}

static void cancel(struct commands *c, const struct order *order)
{
	struct ending ending = {.state = COMMAND_CANCELED};
	for (size_t i = 0; i < order->count; i++) {
		struct job *job = job_find(c, order->ids[i]);
		if (job)
			job_end(c, job, &ending);
		else
			order->ids[i] = 0;
	}
}

static void forget(struct commands *c, const struct order *order)
{
	struct ending ending = {.state = COMMAND_CANCELED};
	for (size_t i = 0; i < order->count; i++) {
		struct line *line = line_find(c, order->devices[i]);
		while (line && line->first)
			job_end(c, line->first, &ending);
		if (line)
			watch_no_more(line);
		struct command_change change = {
			.kind = COMMAND_FORGET, .device = order->devices[i]};
		add_change(c, &change, NULL);
	}
}

static void obey(struct commands *c, struct order *order)
{
	struct line *line;
	switch (order->kind) {
	case ORDER_ADD: add(c, order); break;
	case ORDER_CANCEL: cancel(c, order); break;
	case ORDER_FORGET: forget(c, order); break;
	case ORDER_WRITTEN: take_written(c, order); break;
	case ORDER_ANSWER: take_answer(c, order); break;
	case ORDER_TEXT: take_text(c, order); break;
	case ORDER_CONNECTED:
		if ((line = line_find(c, order->device))) {
			line->is_called = false;
			line->rest_until_us = 0;
			line_make_ready(c, line);
		}
		break;
	case ORDER_MESSAGE:
		if ((line = line_find(c, order->device)))
			line_hear(c, line, order);
		break;
	}
}

/* ---- the thread ---- */

/* A line without anything to wait for goes. */
static void tend(struct commands *c, struct line *line)
{
	int64_t now_us = clock_monotonic_us();
	if (line->watched && line->watched->until_us <= now_us)
		watch_no_more(line);
	serve_line(c, line);
	bool was_idle = !line->count && !line->watched && line->deadline.due_us <= now_us &&
			!line->deadline.place && !line->is_ready;
	if (was_idle)
		line_free(c, line);
	else if (!line->deadline.place)
		line_review(c, line); /* its moment has passed, there may be another */
}

/* Obeys some of them, which are returned to be finished with the round. */
static struct order *take_orders(struct commands *c)
{
	struct order *done = NULL, **done_end = &done;
	int left = ORDERS_AT_ONCE;
	while (c->orders && left > 0) {
		struct order *order = c->orders;
		c->orders = order->next;
		if (!c->orders)
			c->orders_end = &c->orders;
		c->order_count--;
		left -= 1 + (int)(order->count < ORDERS_AT_ONCE ? order->count : ORDERS_AT_ONCE);
		obey(c, order);
		order->next = NULL;
		*done_end = order;
		done_end = &order->next;
	}
	return done;
}

/* Deadlines that are over, and lines of which a command may go. */
static void go_on(struct commands *c)
{
	struct deadline *which;
	int64_t now_us = clock_monotonic_us();
	int left = STEPS_AT_ONCE;
	while (left-- > 0 && (which = deadline_due(&c->deadlines, now_us)))
		pass_deadline(c, which);
	while (left-- > 0 && c->ready) {
		struct line *line = c->ready;
		c->ready = line->ready;
		if (!c->ready)
			c->ready_end = &c->ready;
		line->is_ready = false;
		tend(c, line);
	}
}

static void trim(struct commands *c)
{
	struct error e;
	int64_t now_us = clock_now_us();
	int64_t before_us = c->options.keep_us ? now_us - c->options.keep_us : INT64_MIN;
	bool more = true;
	pthread_mutex_unlock(&c->lock);
	if (!store_trim_results(c->options.store, before_us, c->options.keep_most, &more, &e)) {
		more = false;
		log_warning("commands", "trim_failed", "reason=%s", log_quote(e.text));
	}
	pthread_mutex_lock(&c->lock);
	c->trimmed_us = clock_monotonic_us() - (more ? TRIM_US : 0);
}

static void sleep_a_while(struct commands *c)
{
	int64_t until_us = deadline_next(&c->deadlines);
	if (until_us > c->trimmed_us + TRIM_US)
		until_us = c->trimmed_us + TRIM_US;
	struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
	pthread_cond_timedwait(&c->work, &c->lock, &until);
}

void *commands_thread(void *commands)
{
	struct commands *c = commands;
	pthread_mutex_lock(&c->lock);
	while (!c->is_stopping) {
		bool is_due = deadline_next(&c->deadlines) <= clock_monotonic_us();
		if (c->orders || c->ready || is_due) {
			struct order *done = take_orders(c);
			go_on(c);
			acts_do(c, done);
		} else if (clock_monotonic_us() - c->trimmed_us >= TRIM_US) {
			trim(c);
		} else {
			sleep_a_while(c);
		}
	}
	/* what has come is taken, answers above all; nothing is sent any more */
	while (c->orders && acts_do(c, take_orders(c)))
		continue;
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

void rounds_resume(struct commands *c)
{
	struct line *line, *next;
	int64_t now_us = clock_now_us(), steady_us = clock_monotonic_us();
	HASH_ITER(hh, c->lines, line, next)
	{
		struct job *sent = NULL;
		for (struct job *job = line->first; job; job = job->next) {
			bool was_sent = job->progress.attempts != 0;
			if (was_sent && (!sent || job->progress.sent_us > sent->progress.sent_us))
				sent = job;
			deadline_set(&c->deadlines, &job->deadline,
				steady_us +
					(job->spec->instant ? 0 : job->spec->expires_us - now_us));
		}
		if (sent) { /* its answer may still come, over another connection */
			line->sent = sent;
			c->under_way++;
			sent->was_shown_before = sent->is_unsure = true;
			deadline_set(
				&c->deadlines, &sent->deadline, steady_us + sent->spec->timeout_us);
		}
		line_review(c, line);
		line_make_ready(c, line);
	}
}
