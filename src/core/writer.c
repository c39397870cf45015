/* Two threads meet in a lane: the worker submits and takes back, the writer takes and returns. The
 * lane's lock guards those two queues only; the pool belongs to the worker. The writer sleeps on
 * its bell, and a submit rings it only when the writer has said that it is asleep, so that under
 * load a submit costs an uncontended lock and no system call.
 * Longer than 400 lines: both sides of a lane stand together, because its rules bind both. */
#include "core/writer.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"
#include "core/metrics.h"

#include <pthread.h>
#include <stdlib.h>

enum {
	POOL_MAX = 8,           /* empty batches that a lane keeps */
	GROUP_RECORDS = 65536,  /* no further batch is added to a group beyond this */
	RETRY_US = 1000 * 1000, /* between two tries of a commit that fails */
	FOLLOWERS_MAX = 4,
};

struct queue {
	struct batch *first, *last;
};

struct lane {
	struct lane *next;
	struct writer *writer;
	void (*returned)(void *context);
	void *context;
	struct batch *pool;
	size_t pooled;
	size_t under_way; /* borrowed, submitted or returned, and not yet recycled */
	pthread_mutex_t lock;
	struct queue submitted; /* guarded by lock */
	struct batch *open;     /* the newest submitted one, kept apart: it may be borrowed again */
	struct queue done;
};

struct writer {
	struct store *store;
	int64_t interval_us;
	struct lane *lanes, *turn; /* turn: the lane that is served first */
	struct {
		commit_fn *fn;
		void *context;
	} followers[FOLLOWERS_MAX];
	size_t follower_count;
	before_fn *before; /* may be NULL */
	void *before_context;
	pthread_t thread;

	/* the group under commit: the writer's own */
	struct queue group;
	struct record *records; /* contiguous, as the store wants them */
	size_t count, room;
	int64_t begun_us;      /* when the last commit began, monotonic */
	int64_t complained_us; /* for log_due */

	bool failing; /* atomic */
	bool work;    /* atomic: something was submitted since the writer looked */
	bool asleep;  /* atomic: ring the bell */
	pthread_mutex_t lock;
	pthread_cond_t bell; /* on the monotonic clock */
	bool stopping;       /* guarded by lock, as is: */
	int64_t give_up_us;
};

static void queue_add(struct queue *q, struct batch *first, struct batch *last)
{
	if (q->last)
		q->last->next = first;
	else
		q->first = first;
	q->last = last;
	last->next = NULL;
}

/* ---- the writer's thread ---- */

static void wait_until_locked(struct writer *w, int64_t when_us)
{
	when_us--; /* clock_monotonic_us is never 0: one ahead of the system's clock */
	struct timespec t = {when_us / 1000000, when_us % 1000000 * 1000};
	pthread_cond_timedwait(&w->bell, &w->lock, &t);
}

/* Sleeps until there is work, and then until a commit may begin. False: asked to stop and nothing
 * is left to do. */
static bool wait_for_work(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	for (;;) {
		__atomic_store_n(&w->asleep, true, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&w->work, __ATOMIC_SEQ_CST) || w->stopping)
			break;
		pthread_cond_wait(&w->bell, &w->lock);
	}
	__atomic_store_n(&w->asleep, false, __ATOMIC_SEQ_CST);
	int64_t begin_us = w->begun_us + w->interval_us;
	while (!w->stopping && clock_monotonic_us() < begin_us)
		wait_until_locked(w, begin_us);
	/* cleared before the queues are read: a later submit sets it again */
	bool work = __atomic_exchange_n(&w->work, false, __ATOMIC_SEQ_CST);
	bool go_on = work || !w->stopping;
	pthread_mutex_unlock(&w->lock);
	return go_on;
}

static void add_records(struct writer *w, const struct batch *b)
{
	if (w->count + b->count > w->room) {
		w->room = 2 * (w->count + b->count);
		w->records = xrealloc(w->records, w->room * sizeof *w->records);
	}
	memcpy(w->records + w->count, b->records, b->count * sizeof *b->records);
	w->count += b->count;
}

/* Moves all that a lane has submitted to the group. */
static void take_lane(struct writer *w, struct lane *lane)
{
	pthread_mutex_lock(&lane->lock);
	if (lane->open)
		queue_add(&lane->submitted, lane->open, lane->open);
	lane->open = NULL;
	struct queue taken = lane->submitted;
	lane->submitted = (struct queue){0};
	pthread_mutex_unlock(&lane->lock);
	for (struct batch *b = taken.first; b; b = b->next)
		add_records(w, b);
	if (taken.first)
		queue_add(&w->group, taken.first, taken.last);
}

/* Collects the group, lane by lane; each time another lane comes first, so that a full group
 * starves nobody. */
static void take_group(struct writer *w)
{
	w->count = 0;
	w->turn = w->turn && w->turn->next ? w->turn->next : w->lanes;
	struct lane *lane = w->turn;
	while (lane) {
		take_lane(w, lane);
		lane = lane->next ? lane->next : w->lanes;
		if (lane == w->turn)
			return;
		if (w->count >= GROUP_RECORDS) {
			__atomic_store_n(&w->work, true, __ATOMIC_SEQ_CST);
			return;
		}
	}
}

/* Waits a second, or less when a stop is asked for. False: patience is over. */
static bool wait_to_retry(struct writer *w)
{
	int64_t now = clock_monotonic_us(), until_us = now + RETRY_US;
	pthread_mutex_lock(&w->lock);
	bool was_stopping = w->stopping;
	bool patient = !w->stopping || now < w->give_up_us;
	if (w->stopping && until_us > w->give_up_us)
		until_us = w->give_up_us;
	while (patient && w->stopping == was_stopping && clock_monotonic_us() < until_us)
		wait_until_locked(w, until_us);
	pthread_mutex_unlock(&w->lock);
	return patient;
}

static bool append(struct writer *w, struct error *e)
{
	if (w->before)
		w->before(w->before_context, w->records, w->count);
	return store_append(w->store, w->records, w->count, e);
}

/* Returns when the group is on disk; false: told to stop meanwhile, and it is not. */
static bool commit(struct writer *w)
{
	struct error e = {""};
	w->begun_us = clock_monotonic_us();
	while (w->count && !append(w, &e)) {
		__atomic_store_n(&w->failing, true, __ATOMIC_RELAXED);
		metric_add(commit_failures, 1);
		if (log_due(&w->complained_us, 60))
			log_error("writer", "commit_failed", "records=%zu reason=%s", w->count,
				log_quote(e.text));
		if (!wait_to_retry(w))
			return false;
		w->begun_us = clock_monotonic_us();
	}
	if (__atomic_exchange_n(&w->failing, false, __ATOMIC_RELAXED))
		log_info("writer", "commit_recovered", "records=%zu", w->count);
	return true;
}

/* Hands the batches back: each lane's lie together in the group. */
static void return_group(struct writer *w)
{
	struct batch *b = w->group.first;
	while (b) {
		struct batch *first = b, *last = b;
		struct lane *lane = b->lane;
		while (last->next && last->next->lane == lane)
			last = last->next;
		b = last->next;
		pthread_mutex_lock(&lane->lock);
		queue_add(&lane->done, first, last);
		pthread_mutex_unlock(&lane->lock);
		lane->returned(lane->context);
	}
	w->group = (struct queue){0};
}

static void *run(void *context)
{
	struct writer *w = context;
	while (wait_for_work(w)) {
		take_group(w);
		if (!commit(w))
			break;
		for (size_t i = 0; i < w->follower_count && w->count; i++)
			w->followers[i].fn(w->followers[i].context, w->records, w->count);
		return_group(w);
	}
	return NULL;
}

/* ---- life ---- */

struct writer *writer_start(struct store *store, int64_t interval_us)
{
	struct writer *w = xcalloc(1, sizeof *w);
	w->store = store;
	w->interval_us = interval_us;
	w->begun_us = clock_monotonic_us() - interval_us;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->bell, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&w->thread, NULL, run, w) != 0)
		die("cannot start the writer's thread");
	pthread_setname_np(w->thread, "writer");
	return w;
}

void writer_follow(struct writer *w, commit_fn *fn, void *context)
{
	check(w->follower_count < FOLLOWERS_MAX);
	w->followers[w->follower_count].fn = fn;
	w->followers[w->follower_count].context = context;
	w->follower_count++;
}

void writer_before(struct writer *w, before_fn *fn, void *context)
{
	w->before = fn;
	w->before_context = context;
}

static size_t count_records(const struct batch *b)
{
	size_t count = 0;
	for (; b; b = b->next)
		count += b->count;
	return count;
}

bool writer_stop(struct writer *w, int patience_ms, size_t *left, struct error *e)
{
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	w->give_up_us = clock_monotonic_us() + (int64_t)patience_ms * 1000;
	pthread_cond_signal(&w->bell);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	*left = count_records(w->group.first);
	for (struct lane *lane = w->lanes; lane; lane = lane->next)
		*left +=
			count_records(lane->submitted.first) + (lane->open ? lane->open->count : 0);
	if (*left == 0)
		return true;
	return fail(e, "%zu messages could not be stored; nobody was told that they were", *left);
}

static void free_batches(struct batch *b)
{
	while (b) {
		struct batch *next = b->next;
		free(b);
		b = next;
	}
}

void writer_free(struct writer *w)
{
	while (w->lanes) {
		struct lane *lane = w->lanes;
		w->lanes = lane->next;
		free_batches(lane->pool);
		free_batches(lane->submitted.first);
		free(lane->open);
		free_batches(lane->done.first);
		pthread_mutex_destroy(&lane->lock);
		free(lane);
	}
	free_batches(w->group.first);
	free(w->records);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->bell);
	free(w);
}

bool writer_is_failing(struct writer *w)
{
	return __atomic_load_n(&w->failing, __ATOMIC_RELAXED);
}

/* ---- the worker's side ---- */

struct lane *lane_open(struct writer *w, void (*returned)(void *context), void *context)
{
	struct lane *lane = xcalloc(1, sizeof *lane);
	lane->writer = w;
	lane->returned = returned;
	lane->context = context;
	pthread_mutex_init(&lane->lock, NULL);
	lane->next = w->lanes;
	w->lanes = lane;
	return lane;
}

struct batch *lane_borrow(struct lane *lane)
{
	pthread_mutex_lock(&lane->lock);
	struct batch *b = lane->open;
	if (b && batch_is_full(b))
		b = NULL;
	if (b)
		lane->open = NULL;
	pthread_mutex_unlock(&lane->lock);
	if (b)
		return b;
	lane->under_way++;
	b = lane->pool;
	if (b) {
		lane->pool = b->next;
		lane->pooled--;
	} else {
		b = xmalloc(sizeof *b);
		b->lane = lane;
	}
	b->next = NULL;
	b->count = b->bytes = b->reply_count = b->reply_bytes = 0;
	return b;
}

void lane_submit(struct lane *lane, struct batch *b)
{
	struct writer *w = lane->writer;
	if (b->count == 0) {
		lane_recycle(lane, b);
		return;
	}
	pthread_mutex_lock(&lane->lock);
	if (lane->open)
		queue_add(&lane->submitted, lane->open, lane->open);
	lane->open = b;
	pthread_mutex_unlock(&lane->lock);
	__atomic_store_n(&w->work, true, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&w->asleep, __ATOMIC_SEQ_CST) ||
		!__atomic_exchange_n(&w->asleep, false, __ATOMIC_SEQ_CST))
		return;
	pthread_mutex_lock(&w->lock);
	pthread_cond_signal(&w->bell);
	pthread_mutex_unlock(&w->lock);
}

struct batch *lane_returned(struct lane *lane)
{
	pthread_mutex_lock(&lane->lock);
	struct batch *first = lane->done.first;
	lane->done = (struct queue){0};
	pthread_mutex_unlock(&lane->lock);
	return first;
}

void lane_recycle(struct lane *lane, struct batch *b)
{
	lane->under_way--;
	if (lane->pooled == POOL_MAX) {
		free(b);
		return;
	}
	b->next = lane->pool;
	lane->pool = b;
	lane->pooled++;
}

bool lane_is_congested(struct lane *lane)
{
	return lane->under_way >= BATCHES_UNDER_WAY;
}
