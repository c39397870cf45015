/* The writer only notes which channels its commits touched; a thread of our own goes through the
 * waiters: soon after a note, and from time to time for those whose time is up. */
#include "http/waiting.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/order.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	TICK_US = 50 * 1000,  /* how late a wait may end */
	GAP_US = 2 * 1000,    /* from one walk through the waiters to the next */
	REST_US = 100 * 1000, /* of a waiter that was woken in vain */
	TOUCHED_MAX = 64,     /* channels noted; more of them mean all */
};

struct waiter {
	struct waiter *next, *previous;
	struct waiting *waiting;
	const uint32_t *channels;
	size_t count;
	int64_t until_us, rest_until_us;
	bool is_touched, has_slept;
	void (*wake)(void *context); /* NULL: it does not sleep */
	void *context;
};

struct waiting {
	atomic_size_t joined; /* written under the lock */
	pthread_mutex_t lock; /* of all below, and of the waiters */
	pthread_cond_t bell;  /* on the monotonic clock: there is something to do */
	pthread_cond_t left;  /* the last waiter left */
	pthread_t thread;
	struct waiter *first;
	uint32_t touched[TOUCHED_MAX];
	size_t touched_count; /* above TOUCHED_MAX: all channels */
	bool is_stopping, is_ended;
};

/* ---- the writer's side ---- */

static void note_locked(struct waiting *w, uint32_t channel)
{
	for (size_t i = 0; i < w->touched_count && i < TOUCHED_MAX; i++)
		if (w->touched[i] == channel)
			return;
	if (w->touched_count < TOUCHED_MAX)
		w->touched[w->touched_count] = channel;
	if (w->touched_count <= TOUCHED_MAX)
		w->touched_count++;
}

void waiting_committed(void *waiting, const struct record *records, size_t count)
{
	struct waiting *w = waiting;
	if (!count || !atomic_load(&w->joined))
		return;
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < count; i++)
		if (!i || records[i].origin.channel != records[i - 1].origin.channel)
			note_locked(w, records[i].origin.channel);
	pthread_cond_signal(&w->bell);
	pthread_mutex_unlock(&w->lock);
}

/* ---- the thread ---- */

static void wait_until_locked(struct waiting *w, int64_t when_us)
{
	when_us--; /* clock_monotonic_us is never 0: one ahead of the system's clock */
	struct timespec t = {when_us / 1000000, when_us % 1000000 * 1000};
	pthread_cond_timedwait(&w->bell, &w->lock, &t);
}

static bool is_touched(const struct waiting *w, const struct waiter *waiter)
{
	if (w->touched_count > TOUCHED_MAX)
		return true;
	for (size_t i = 0; i < w->touched_count; i++)
		if (waiter->count && bsearch(&w->touched[i], waiter->channels, waiter->count,
					     sizeof *waiter->channels, order_u32))
			return true;
	return false;
}

static bool is_due(const struct waiting *w, const struct waiter *waiter, int64_t now_us)
{
	return w->is_stopping || now_us >= waiter->until_us ||
	       (waiter->is_touched && now_us >= waiter->rest_until_us);
}

struct alarm {
	void (*wake)(void *context);
	void *context;
};

/* Marks the touched and calls those that are due. A waiter that was called may be gone at once, so
 * they are called without the lock, and not looked at again. */
static void walk_locked(struct waiting *w)
{
	int64_t now_us = clock_monotonic_us();
	size_t room = atomic_load(&w->joined), count = 0;
	struct alarm *due = room ? xmalloc(room * sizeof *due) : NULL;
	for (struct waiter *at = w->first; at; at = at->next) {
		at->is_touched = at->is_touched || is_touched(w, at);
		if (at->wake && is_due(w, at, now_us)) {
			due[count++] = (struct alarm){at->wake, at->context};
			at->wake = NULL;
		}
	}
	w->touched_count = 0;
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < count; i++)
		due[i].wake(due[i].context);
	free(due);
	pthread_mutex_lock(&w->lock);
}

static void *run(void *context)
{
	struct waiting *w = context;
	pthread_mutex_lock(&w->lock);
	while (!w->is_ended) {
		if (!w->first)
			pthread_cond_wait(&w->bell, &w->lock);
		else if (!w->touched_count && !w->is_stopping)
			wait_until_locked(w, clock_monotonic_us() + TICK_US);
		walk_locked(w);
		int64_t next_us = clock_monotonic_us() + GAP_US;
		while (!w->is_ended && clock_monotonic_us() < next_us)
			wait_until_locked(w, next_us);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- life ---- */

struct waiting *waiting_new(void)
{
	struct waiting *w = xcalloc(1, sizeof *w);
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->bell, &monotonic);
	pthread_cond_init(&w->left, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&w->thread, NULL, run, w) != 0)
		die("cannot start the thread of those who wait");
	pthread_setname_np(w->thread, "waiting");
	return w;
}

void waiting_stop(struct waiting *w, int patience_ms)
{
	int64_t until_us = clock_monotonic_us() - 1 + (int64_t)patience_ms * 1000;
	struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
	pthread_mutex_lock(&w->lock);
	w->is_stopping = true;
	pthread_cond_signal(&w->bell);
	while (w->first && pthread_cond_timedwait(&w->left, &w->lock, &until) == 0)
		continue;
	pthread_mutex_unlock(&w->lock);
}

void waiting_free(struct waiting *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	check(!w->first);
	w->is_ended = true;
	pthread_cond_signal(&w->bell);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->bell);
	pthread_cond_destroy(&w->left);
	free(w);
}

/* ---- waiters ---- */

struct waiter *waiter_join(
	struct waiting *w, const uint32_t *channels, size_t count, int64_t until_us)
{
	struct waiter *waiter = xmalloc(sizeof *waiter);
	*waiter = (struct waiter){
		.waiting = w, .channels = channels, .count = count, .until_us = until_us};
	pthread_mutex_lock(&w->lock);
	waiter->next = w->first;
	if (w->first)
		w->first->previous = waiter;
	else
		pthread_cond_signal(&w->bell); /* the thread ticks from now on */
	w->first = waiter;
	atomic_fetch_add(&w->joined, 1);
	pthread_mutex_unlock(&w->lock);
	return waiter;
}

bool waiter_look(struct waiter *waiter)
{
	struct waiting *w = waiter->waiting;
	pthread_mutex_lock(&w->lock);
	waiter->is_touched = false;
	bool is_over = w->is_stopping || clock_monotonic_us() >= waiter->until_us;
	pthread_mutex_unlock(&w->lock);
	return !is_over;
}

void waiter_sleep(struct waiter *waiter, void (*wake)(void *context), void *context)
{
	struct waiting *w = waiter->waiting;
	pthread_mutex_lock(&w->lock);
	int64_t now_us = clock_monotonic_us();
	if (waiter->has_slept)
		waiter->rest_until_us = now_us + REST_US;
	waiter->has_slept = true;
	bool due = is_due(w, waiter, now_us);
	if (!due) {
		waiter->wake = wake;
		waiter->context = context;
	}
	pthread_mutex_unlock(&w->lock);
	if (due)
		wake(context);
}

void waiter_leave(struct waiter *waiter)
{
	struct waiting *w = waiter->waiting;
	pthread_mutex_lock(&w->lock);
	if (waiter->previous)
		waiter->previous->next = waiter->next;
	else
		w->first = waiter->next;
	if (waiter->next)
		waiter->next->previous = waiter->previous;
	atomic_fetch_sub(&w->joined, 1);
	if (!w->first)
		pthread_cond_broadcast(&w->left);
	pthread_mutex_unlock(&w->lock);
	free(waiter);
}
