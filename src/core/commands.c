#include "core/commands_inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "core/metrics.h"
#include "model/protocol.h"

#include <inttypes.h>
#include <stdlib.h>

/* So many orders of the gate may wait, beyond that answers and messages are dropped and counted. */
enum { ORDERS_MAX = 200000 };

/* ---- life ---- */

struct commands *commands_open(const struct commands_options *options, struct error *e)
{
	struct commands *c = xcalloc(1, sizeof *c);
	c->options = *options;
	c->ready_end = &c->ready;
	c->orders_end = &c->orders;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&c->work, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_cond_init(&c->served, NULL);
	if (commands_load(c, e))
		return c;
	commands_free(c);
	return NULL;
}

void commands_run(struct commands *c, const struct connections *connections)
{
	pthread_mutex_lock(&c->lock);
	c->connections = connections;
	rounds_resume(c);
	c->is_running = true;
	pthread_mutex_unlock(&c->lock);
	if (pthread_create(&c->thread, NULL, commands_thread, c) != 0)
		die("cannot start the thread of the commands");
	pthread_setname_np(c->thread, "commands");
}

/* Those who still wait for something. */
static void refuse_rest(struct commands *c)
{
	for (struct order *order = c->orders; order; order = order->next) {
		if (!order->caller)
			continue;
		order->caller->is_served = order->caller->failed = true;
		fail(&order->caller->why, "the gateway is stopping");
		order->caller = NULL;
	}
	pthread_cond_broadcast(&c->served);
}

void commands_stop(struct commands *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->is_stopping = true;
	pthread_cond_signal(&c->work);
	pthread_mutex_unlock(&c->lock);
	if (c->is_running)
		pthread_join(c->thread, NULL);
	pthread_mutex_lock(&c->lock);
	c->is_running = false;
	c->is_stopped = true;
	refuse_rest(c);
	pthread_mutex_unlock(&c->lock);
	command_waits_end(c);
}

static void orders_free(struct commands *c)
{
	while (c->orders) {
		struct order *order = c->orders;
		c->orders = order->next;
		for (size_t i = 0; order->jobs && i < order->count; i++)
			job_free(order->jobs[i]);
		free(order->jobs);
		free(order->devices);
		free(order);
	}
}

void commands_free(struct commands *c)
{
	struct line *line, *next;
	if (!c)
		return;
	orders_free(c);
	command_waits_free(c);
	HASH_ITER(hh, c->lines, line, next)
	{
		while (line->first) {
			struct job *job = line->first;
			line_remove(c, job);
			job_free(job);
		}
		line_free(c, line);
	}
	if (c->read_spec)
		spec_release(c->read_spec);
	deadlines_clear(&c->deadlines);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->work);
	pthread_cond_destroy(&c->served);
	free(c->changes);
	free(c->texts);
	free(c->acts);
	free(c);
}

static void post(struct commands *c, struct order *order)
{
	pthread_mutex_lock(&c->lock);
	post_locked(c, order);
	pthread_mutex_unlock(&c->lock);
}

/* From the gate: not more than the thread can take. */
static void post_some(struct commands *c, struct order *order)
{
	pthread_mutex_lock(&c->lock);
	bool is_taken = c->order_count < ORDERS_MAX;
	if (is_taken)
		post_locked(c, order);
	pthread_mutex_unlock(&c->lock);
	if (!is_taken) {
		metric_add(answers_dropped, 1);
		free(order);
	}
}

/* ---- looking and taking out ---- */

size_t commands_of(struct commands *c, uint32_t device, uint64_t **out)
{
	pthread_mutex_lock(&c->lock);
	const struct line *line = line_find(c, device);
	size_t count = 0;
	*out = xmalloc((line ? line->count : 0) * sizeof **out);
	for (const struct job *job = line ? line->first : NULL; job; job = job->next)
		(*out)[count++] = job->id;
	pthread_mutex_unlock(&c->lock);
	return count;
}

bool commands_get(struct commands *c, uint64_t id, struct command *out)
{
	int64_t position = 1;
	pthread_mutex_lock(&c->lock);
	struct job *job = job_find(c, id);
	if (!job) {
		pthread_mutex_unlock(&c->lock);
		return false;
	}
	struct job seen = *job; /* reading the text takes longer than the lock should be held */
	for (const struct job *at = job->previous; at; at = at->previous)
		position++;
	bool is_sent = job->line->sent == job;
	seen.line = NULL;
	seen.spec->references++;
	pthread_mutex_unlock(&c->lock);
	job_read(&seen, out);
	job_fill(&seen, out);
	out->state = is_sent ? COMMAND_SENT : COMMAND_QUEUED;
	out->position = position;
	pthread_mutex_lock(&c->lock);
	spec_release(seen.spec);
	pthread_mutex_unlock(&c->lock);
	return true;
}

void commands_settle(struct commands *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	/* for this one only: under load there is always another */
	for (uint64_t round = c->round; c->is_acting && c->round == round && !c->is_failing;)
		pthread_cond_wait(&c->served, &c->lock);
	pthread_mutex_unlock(&c->lock);
}

bool commands_cancel(struct commands *c, uint64_t *ids, size_t count, struct error *e)
{
	struct order *order = order_new(ORDER_CANCEL, 0, (struct str)STR(""));
	order->ids = ids;
	order->count = count;
	pthread_mutex_lock(&c->lock);
	bool is_open = is_open_locked(c, e);
	bool done = is_open && serve_locked(c, order, e);
	pthread_mutex_unlock(&c->lock);
	if (!is_open)
		free(order);
	return done;
}

void commands_forget(struct commands *c, const uint32_t *devices, size_t count)
{
	if (!c || !count)
		return;
	post(c, order_forget(devices, count));
}

void commands_figures(struct commands *c, struct commands_figures *out)
{
	*out = (struct commands_figures){0};
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	out->waiting = HASH_COUNT(c->jobs);
	out->under_way = c->under_way;
	pthread_mutex_unlock(&c->lock);
}

/* ---- what the gate tells ---- */

void commands_connected(struct commands *c, uint32_t device)
{
	if (!c || !atomic_load(&c->line_count))
		return;
	pthread_mutex_lock(&c->lock);
	struct line *line = line_find(c, device);
	if (line && !line->is_called) {
		line->is_called = true; /* one that comes and goes leaves one order */
		post_locked(c, order_new(ORDER_CONNECTED, device, (struct str)STR("")));
	}
	pthread_mutex_unlock(&c->lock);
}

void commands_sent(struct commands *c, uint32_t device, uint64_t id, bool written)
{
	if (!c)
		return;
	struct order *order = order_new(ORDER_WRITTEN, device, (struct str)STR(""));
	order->id = id;
	order->flag = written;
	post(c, order);
}

void commands_answer(struct commands *c, uint32_t device, struct str frame, int64_t now_us)
{
	if (!c)
		return;
	struct order *order = order_new(ORDER_ANSWER, device, frame);
	order->time_us = now_us;
	post_some(c, order);
}

bool commands_text(struct commands *c, uint32_t device, struct str text)
{
	if (!c || !atomic_load(&c->line_count))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] > '~')
			return false;
	pthread_mutex_lock(&c->lock);
	const struct line *line = line_find(c, device);
	const struct job *job = line ? line->sent : NULL;
	/* without an end it is no answer but junk */
	bool is_full = job && job->heard && job->heard->len == HEARD_MAX;
	bool is_wanted = job && job->spec->nature.answer != ANSWER_V4 && !is_full &&
			 c->order_count < ORDERS_MAX;
	if (is_wanted)
		post_locked(c, order_new(ORDER_TEXT, device, text));
	pthread_mutex_unlock(&c->lock);
	return is_wanted;
}

static struct order *message_of(const struct record *record)
{
	struct message *m = xmalloc(sizeof *m);
	struct order *order = order_new(ORDER_MESSAGE, record->origin.device, (struct str)STR(""));
	order->time_us = record->time_us;
	message_clear(m);
	if (record_unpack(record, m) && message_has(m, PARAM_VEHICLE_STATE_BITMASK)) {
		order->flag = true;
		order->status = (uint32_t)m->value[PARAM_VEHICLE_STATE_BITMASK].number;
	}
	free(m);
	return order;
}

void commands_committed(void *commands, const struct record *records, size_t count)
{
	struct commands *c = commands;
	if (!atomic_load(&c->listening))
		return;
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < count && c->order_count < ORDERS_MAX; i++) {
		const struct line *line =
			records[i].origin.device ? line_find(c, records[i].origin.device) : NULL;
		if (line && line->is_listening)
			post_locked(c, message_of(&records[i]));
	}
	pthread_mutex_unlock(&c->lock);
}
