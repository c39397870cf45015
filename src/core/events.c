#include "core/events.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/varint.h"
#include "core/folds.h"
#include "core/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { FOLLOWERS_MAX = 4, JSON_MAX = JOURNAL_BODY_MAX + 1024 };

struct events {
	struct journal *journal;
	int64_t (*clock_us)(void);
	struct {
		event_fn *fn;
		event_wants_fn *wants;
		void *context;
	} followers[FOLLOWERS_MAX];
	size_t follower_count;
	pthread_mutex_t lock;
	struct folds *folds; /* guarded by lock, as is: */
	bool is_stopping;
	pthread_cond_t wake;
	pthread_t thread;
	bool has_thread;
};

/* ---- writing ---- */

static void tell(
	struct events *events, const struct event *event, const struct journal_entry *entry)
{
	struct buf json;
	buf_init(&json, JSON_MAX);
	for (size_t i = 0; i < events->follower_count; i++) {
		void *context = events->followers[i].context;
		if (events->followers[i].wants(context) && (json.len || event_json(entry, &json)))
			events->followers[i].fn(context, event, buf_str(&json));
	}
	buf_clear(&json);
}

/* `count`: so many in one; 0: it is one. */
static void write_event(struct events *events, const struct event *event, uint64_t count)
{
	struct buf body;
	buf_init(&body, JOURNAL_BODY_MAX);
	add_varint(&body, event->code);
	size_t start = body.len;
	bool fits = buf_add_str(&body, event->members);
	if (!fits) /* they cannot be cut */
		fits = buf_printf(&body, "\"error_text\":\"%zu bytes of members are left out\"",
			event->members.len);
	if (count)
		fits = fits && buf_printf(&body, "%s\"count\":%" PRIu64,
				       body.len > start ? "," : "", count);
	struct journal_entry entry = {
		event->time_us, 0, event_key(event->origin_type, event->origin_id), buf_str(&body)};
	if (fits && journal_add(events->journal, entry.time_us, entry.key, entry.body))
		metric_add(events_kept, 1);
	else
		metric_add(events_dropped, 1);
	if (events->follower_count)
		tell(events, event, &entry);
	buf_clear(&body);
}

void events_post(struct events *events, const struct event *event)
{
	if (!events)
		return;
	struct event e = *event;
	if (!e.time_us)
		e.time_us = clock_now_us();
	enum fold fold = FOLD_NONE;
	if (e.fold.len) {
		pthread_mutex_lock(&events->lock);
		fold = folds_add(events->folds, &e, events->clock_us());
		pthread_mutex_unlock(&events->lock);
	}
	switch (fold) {
	case FOLD_NONE: write_event(events, &e, 0); break;
	case FOLD_DONE: metric_add(events_folded, 1); break;
	case FOLD_FULL: metric_add(events_dropped, 1); break;
	}
}

/* ---- the end of the minute ---- */

static void end_minutes(struct events *events, int64_t now_us)
{
	struct folded folded;
	for (;;) {
		pthread_mutex_lock(&events->lock);
		bool any = folds_take(events->folds, now_us, &folded);
		pthread_mutex_unlock(&events->lock);
		if (!any)
			return;
		write_event(events, &folded.event, folded.count);
		free(folded.members);
	}
}

void events_tick(struct events *events)
{
	end_minutes(events, events->clock_us());
}

static void *run(void *context)
{
	struct events *events = context;
	pthread_mutex_lock(&events->lock);
	while (!events->is_stopping) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec++;
		pthread_cond_timedwait(&events->wake, &events->lock, &until);
		pthread_mutex_unlock(&events->lock);
		events_tick(events);
		pthread_mutex_lock(&events->lock);
	}
	pthread_mutex_unlock(&events->lock);
	return NULL;
}

/* ---- life ---- */

struct events *events_new_at(struct journal *journal, int64_t (*clock_us)(void))
{
	struct events *events = xcalloc(1, sizeof *events);
	events->journal = journal;
	events->clock_us = clock_us;
	events->folds = folds_new();
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&events->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&events->lock, NULL);
	return events;
}

struct events *events_new(struct journal *journal)
{
	struct events *events = events_new_at(journal, clock_monotonic_us);
	check(pthread_create(&events->thread, NULL, run, events) == 0);
	events->has_thread = true;
	return events;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	if (events->has_thread) {
		pthread_mutex_lock(&events->lock);
		events->is_stopping = true;
		pthread_cond_signal(&events->wake);
		pthread_mutex_unlock(&events->lock);
		pthread_join(events->thread, NULL);
	}
	end_minutes(events, INT64_MAX);
	folds_free(events->folds);
	pthread_mutex_destroy(&events->lock);
	pthread_cond_destroy(&events->wake);
	free(events);
}

void events_follow(struct events *events, event_fn *fn, event_wants_fn *wants, void *context)
{
	check(events->follower_count < FOLLOWERS_MAX);
	events->followers[events->follower_count].wants = wants;
	events->followers[events->follower_count].fn = fn;
	events->followers[events->follower_count++].context = context;
}
