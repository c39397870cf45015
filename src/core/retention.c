#include "core/retention.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"
#include "core/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { WARN_S = 600 };

struct retainer {
	struct store *store;
	struct registry *registry;
	int seconds;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_stopping; /* under the lock */
	int64_t warned_us;
};

/* How long and how much an item keeps; false: there is none with this id. */
static bool kept_by(
	struct registry *r, enum query_by by, uint32_t id, int64_t *ttl_s, int64_t *bytes)
{
	struct device device;
	struct channel channel;
	*bytes = 0;
	if (by == QUERY_DEVICE) {
		if (!registry_device(r, id, &device))
			return false;
		*ttl_s = device.messages_ttl;
		*bytes = device.messages_rotate;
		return true;
	}
	if (!registry_channel(r, id, &channel))
		return false;
	*ttl_s = channel.messages_ttl;
	return true;
}

static bool retention_of(void *registry, enum query_by by, uint32_t id, struct retention *out)
{
	int64_t ttl_s, bytes;
	if (!kept_by(registry, by, id, &ttl_s, &bytes))
		return false;
	*out = (struct retention){ttl_s * 1000000, (uint64_t)bytes};
	return true;
}

bool retention_limit(void *registry, enum query_by by, uint32_t id, int64_t *oldest_us)
{
	int64_t ttl_s, bytes;
	if (!kept_by(registry, by, id, &ttl_s, &bytes) || ttl_s == 0)
		return false;
	*oldest_us = clock_now_us() - ttl_s * 1000000;
	return true;
}

static void round_once(struct retainer *r)
{
	struct error e = {""};
	uint64_t deleted = 0;
	int64_t start_us = clock_monotonic_us();
	bool done = store_retain(r->store, clock_now_us(), retention_of, r->registry, &deleted, &e);
	metric_add(records_deleted, deleted);
	if (deleted)
		log_debug("retention", "deleted", "records=%" PRIu64 " ms=%" PRId64, deleted,
			(clock_monotonic_us() - start_us) / 1000);
	if (done)
		return;
	metric_add(retention_failures, 1);
	if (log_due(&r->warned_us, WARN_S))
		log_error("retention", "failed", "reason=%s", log_quote(e.text));
}

/* False: it is time to end. */
static bool wait_a_round(struct retainer *r)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += r->seconds;
	pthread_mutex_lock(&r->lock);
	int code = 0;
	while (!r->is_stopping && code == 0)
		code = pthread_cond_timedwait(&r->wake, &r->lock, &until);
	bool goes_on = !r->is_stopping;
	pthread_mutex_unlock(&r->lock);
	return goes_on;
}

static void *run(void *context)
{
	while (wait_a_round(context))
		round_once(context);
	return NULL;
}

struct retainer *retention_start(struct store *store, struct registry *registry, int seconds)
{
	if (seconds <= 0)
		return NULL;
	struct retainer *r = xcalloc(1, sizeof *r);
	r->store = store;
	r->registry = registry;
	r->seconds = seconds;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&r->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&r->lock, NULL);
	check(pthread_create(&r->thread, NULL, run, r) == 0);
	return r;
}

void retention_stop(struct retainer *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->is_stopping = true;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
	store_retain_stop(r->store);
	pthread_join(r->thread, NULL);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->wake);
	free(r);
}
