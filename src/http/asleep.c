#include "http/asleep.h"

#include "base/clock.h"

void asleep_init(struct asleep *a)
{
	pthread_condattr_t monotonic;
	pthread_mutex_init(&a->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&a->none, &monotonic);
	pthread_condattr_destroy(&monotonic);
	a->count = 0;
}

void asleep_clear(struct asleep *a)
{
	pthread_cond_destroy(&a->none);
	pthread_mutex_destroy(&a->lock);
}

void asleep_add(struct asleep *a)
{
	pthread_mutex_lock(&a->lock);
	a->count++;
	pthread_mutex_unlock(&a->lock);
}

void asleep_remove(struct asleep *a)
{
	pthread_mutex_lock(&a->lock);
	if (!--a->count)
		pthread_cond_signal(&a->none);
	pthread_mutex_unlock(&a->lock);
}

void asleep_wait(struct asleep *a, int patience_ms)
{
	int64_t until_us = clock_monotonic_us() + (int64_t)patience_ms * 1000;
	struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
	pthread_mutex_lock(&a->lock);
	while (a->count && pthread_cond_timedwait(&a->none, &a->lock, &until) == 0)
		continue;
	pthread_mutex_unlock(&a->lock);
}
