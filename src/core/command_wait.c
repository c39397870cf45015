#include "core/commands_inside.h"

#include "base/log.h"

#include <stdlib.h>

struct ended {
	struct ended *next;
	uint64_t id;
	uint32_t device;
	size_t len;
	char json[];
};

struct command_wait {
	struct command_wait *next, *previous; /* of all */
	struct commands *commands;            /* its lock is the lock of this */
	size_t open;                          /* that have not ended */
	struct ended *ended;
	bool is_sorted; /* they are in the order of their ids */
	bool is_left;   /* its owner has gone: freed with the last one */
	bool is_vain;   /* the store fails: it is not known when the rest ends */
	void (*wake)(void *context);
	void *context;
};

struct command_wait *command_wait_new(struct commands *c)
{
	struct command_wait *w = xcalloc(1, sizeof *w);
	w->commands = c;
	pthread_mutex_lock(&c->lock);
	w->next = c->waits;
	if (w->next)
		w->next->previous = w;
	c->waits = w;
	pthread_mutex_unlock(&c->lock);
	return w;
}

void command_wait_expect(struct command_wait *w, size_t count)
{
	w->open += count;
}

void command_wait_forgo(struct command_wait *w, size_t count)
{
	w->open -= count;
}

static void free_locked(struct command_wait *w)
{
	struct commands *c = w->commands;
	*(w->previous ? &w->previous->next : &c->waits) = w->next;
	if (w->next)
		w->next->previous = w->previous;
	while (w->ended) {
		struct ended *ended = w->ended;
		w->ended = ended->next;
		free(ended);
	}
	free(w);
}

/* Who sleeps is called when the last one has ended, or none will. Unlocks first, and does not touch `w`
 * from then on: its owner may free it. */
static void unlock_and_ring(struct commands *c, struct command_wait *w)
{
	void (*wake)(void *context) = NULL;
	void *context = w->context;
	if (!w->open || w->is_vain || c->is_stopped) {
		wake = w->wake;
		w->wake = NULL;
	}
	pthread_mutex_unlock(&c->lock);
	if (wake)
		wake(context);
}

void command_wait_put(struct command_wait *w, const struct act *act)
{
	struct ended *ended = xmalloc(sizeof *ended + act->len);
	*ended = (struct ended){NULL, act->id, act->device, act->len};
	memcpy(ended->json, act->text, act->len);
	struct commands *c = w->commands;
	pthread_mutex_lock(&c->lock);
	w->open--;
	if (!w->is_left) {
		ended->next = w->ended;
		w->ended = ended;
		w->is_sorted = false;
		unlock_and_ring(c, w);
		return;
	}
	free(ended);
	if (!w->open)
		free_locked(w);
	pthread_mutex_unlock(&c->lock);
}

size_t command_wait_open(struct command_wait *w)
{
	struct commands *c = w->commands;
	pthread_mutex_lock(&c->lock);
	size_t open = w->is_vain || c->is_stopped ? 0 : w->open;
	pthread_mutex_unlock(&c->lock);
	return open;
}

static int order_ended(const void *a, const void *b)
{
	uint64_t one = (*(struct ended *const *)a)->id, other = (*(struct ended *const *)b)->id;
	return (one > other) - (one < other);
}

static void sort_locked(struct command_wait *w)
{
	size_t count = 0;
	for (struct ended *at = w->ended; at; at = at->next)
		count++;
	struct ended **all = xmalloc(count * sizeof *all), **end = &w->ended;
	count = 0;
	for (struct ended *at = w->ended; at; at = at->next)
		all[count++] = at;
	qsort(all, count, sizeof *all, order_ended);
	for (size_t i = 0; i < count; i++) {
		*end = all[i];
		end = &all[i]->next;
	}
	*end = NULL;
	free(all);
	w->is_sorted = true;
}

bool command_wait_take(struct command_wait *w, struct command *out)
{
	struct commands *c = w->commands;
	struct error e;
	pthread_mutex_lock(&c->lock);
	if (!w->is_sorted)
		sort_locked(w);
	struct ended *ended = w->ended;
	if (ended)
		w->ended = ended->next;
	pthread_mutex_unlock(&c->lock);
	if (!ended)
		return false;
	if (!resource_load(&command_resource, (struct str){ended->json, ended->len}, out, &e))
		die("bug: the result of a command: %s", e.text);
	out->id = ended->id;
	out->device = ended->device;
	free(ended);
	return true;
}

void command_wait_sleep(struct command_wait *w, void (*wake)(void *context), void *context)
{
	struct commands *c = w->commands;
	pthread_mutex_lock(&c->lock);
	w->wake = wake;
	w->context = context;
	unlock_and_ring(c, w);
}

void command_wait_free(struct command_wait *w)
{
	if (!w)
		return;
	struct commands *c = w->commands;
	pthread_mutex_lock(&c->lock);
	w->is_left = true;
	w->wake = NULL;
	if (!w->open || c->is_stopped)
		free_locked(w);
	pthread_mutex_unlock(&c->lock);
}

void command_waits_end(struct commands *c)
{
	pthread_mutex_lock(&c->lock);
	for (struct command_wait *w = c->waits; w; w = w->next)
		w->is_vain = true;
	for (;;) {
		struct command_wait *w = c->waits;
		while (w && !w->wake)
			w = w->next;
		if (!w)
			break;
		unlock_and_ring(c, w);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
}

void command_waits_free(struct commands *c)
{
	for (struct command_wait *w = c->waits, *next; w; w = next) {
		next = w->next;
		if (w->is_left)
			free_locked(w);
	}
}
