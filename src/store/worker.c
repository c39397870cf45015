#include "store/sqlite.h"

#include "base/die.h"

#include <stdlib.h>
#include <time.h>

struct errand {
	struct worker *worker;
	void (*round)(struct store *s);
	struct store *store;
};

/* Waits until woken, stopped or a second has passed. */
static void wait_for_work(struct worker *w)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	pthread_mutex_lock(&w->lock);
	while (!w->is_woken && !atomic_load(&w->is_stopping))
		if (pthread_cond_timedwait(&w->wake, &w->lock, &until) != 0)
			break;
	w->is_woken = false;
	pthread_mutex_unlock(&w->lock);
}

static void *run(void *context)
{
	struct errand errand = *(struct errand *)context;
	free(context);
	for (;;) {
		wait_for_work(errand.worker);
		if (atomic_load(&errand.worker->is_stopping))
			return NULL;
		errand.round(errand.store);
	}
}

void worker_start(struct worker *w, void (*round)(struct store *s), struct store *s)
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &monotonic);
	pthread_cond_init(&w->done, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&w->lock, NULL);
	struct errand *errand = xmalloc(sizeof *errand);
	*errand = (struct errand){w, round, s};
	check(pthread_create(&w->thread, NULL, run, errand) == 0);
	w->is_started = true;
}

void worker_wake(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->is_woken = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void worker_stop(struct worker *w)
{
	if (!w->is_started)
		return;
	atomic_store(&w->is_stopping, true);
	worker_wake(w);
	pthread_join(w->thread, NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->wake);
	pthread_cond_destroy(&w->done);
	w->is_started = false;
}
