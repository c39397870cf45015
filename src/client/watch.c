#include "client/watch.h"

#include "base/clock.h"
#include "client/plain.h"
#include "client/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum {
	LINES_MAX = 4096,
	GRACE_US = 60 * 1000000, /* a gateway that restarts is away for a moment */
};

/* What one look may bring. */
enum look { LOOK_WAITS, LOOK_GONE, LOOK_NOTHING, LOOK_REFUSED };

/* Quick at first, when there is most to see; rarely when it takes long. */
static int64_t pause_us(size_t looks)
{
	static const int64_t pauses[] = {50000, 100000, 250000, 1000000};
	return pauses[looks < 2 ? looks : looks < 120 ? 2 : 3];
}

/* A signal ends it early. */
static void rest_for(int64_t us)
{
	struct timespec pause = {us / 1000000, us % 1000000 * 1000};
	nanosleep(&pause, NULL);
}

static bool get(const struct watch *w, const char *what, struct rest_answer *a, struct error *e)
{
	char path[160];
	snprintf(path, sizeof path, "/gw/devices/%" PRIu64 "%s", w->device, what);
	return rest_call(w->rest, "GET", path, (struct str){0}, REST_TIMEOUT_S, a, e);
}

/* One item of the device: what lies at `folder` under the command's id. *item is the caller's. */
static enum look look(const struct watch *w, const char *folder, const char *query, json_t **item,
	struct error *e)
{
	char what[120];
	struct rest_answer a;
	snprintf(what, sizeof what, "/%s/%" PRIu64 "%s", folder, w->id, query);
	if (!get(w, what, &a, e))
		return LOOK_NOTHING;
	*item = json_incref(rest_first(&a));
	enum look found = LOOK_GONE;
	if (*item)
		found = LOOK_WAITS;
	else if (a.status == 401)
		found = LOOK_REFUSED;
	else if (a.status >= 500)
		found = LOOK_NOTHING;
	if (!*item)
		(void)rest_refused(&a, e);
	json_decref(a.body);
	return found;
}

static enum look look_queue(const struct watch *w, json_t **item, struct error *e)
{
	return look(w, "commands-queue",
		"?fields=id,name,state,attempts,max_attempts,sent,position,expires", item, e);
}

/* Why is it not sent, though it is first? */
static const char *reason_to_wait(const struct watch *w)
{
	struct rest_answer a;
	struct error e;
	bool connected = false;
	if (get(w, "?fields=connected", &a, &e)) {
		connected = json_is_true(json_object_get(rest_first(&a), "connected"));
		json_decref(a.body);
	}
	if (!connected)
		return "waiting for the tracker to connect";
	return w->has_condition ? "waiting for its condition" : "waiting for its turn";
}

struct watching {
	struct watch *watch;
	struct progress progress;
	int64_t away_us; /* since when the gateway does not answer; 0: it does */
};

static void tell(struct watching *v)
{
	const struct watch *w = v->watch;
	struct buf lines;
	buf_init(&lines, LINES_MAX);
	if (progress_look(&v->progress, w->last, clock_monotonic_us(), &lines) && !w->quiet)
		fprintf(stderr, "%.*s", STR_PRINT(buf_str(&lines)));
	buf_clear(&lines);
	if (!w->quiet && progress_is_stuck(&v->progress, clock_monotonic_us()))
		fprintf(stderr, "%s\n", reason_to_wait(w));
}

/* The gateway does not answer; *e tells why. Is it worth while to try again? */
static bool may_come_back(struct watching *v, const struct error *e)
{
	int64_t now = clock_monotonic_us();
	if (v->away_us)
		return now - v->away_us < GRACE_US;
	v->away_us = now;
	if (!v->watch->quiet && !*v->watch->stop) {
		plain_print(stderr, e->text);
		fputs("; trying again\n", stderr);
	}
	return true;
}

/* It waits no more: a queue item becomes a result in one step, so it is there. */
static enum look look_ended(const struct watch *w, json_t **result, struct error *e)
{
	enum look found = look(w, "commands-result", "", result, e);
	if (found != LOOK_GONE)
		return found;
	fail(e,
		"command %" PRIu64 " is neither in the queue nor among the results: is its device "
		"gone, or may this token not read them?",
		w->id);
	return LOOK_REFUSED;
}

/* One look at it. True: it goes on; else *end tells how it ended. */
static bool go_on(struct watching *v, json_t **result, enum watch_end *end, struct error *e)
{
	struct watch *w = v->watch;
	json_t *item = NULL;
	enum look found = look_queue(w, &item, e);
	if (found == LOOK_GONE) {
		found = look_ended(w, result, e);
		*end = found == LOOK_WAITS ? WATCH_ENDED : WATCH_LOST;
		if (found != LOOK_NOTHING)
			return false;
	}
	if (found == LOOK_WAITS) {
		json_decref(w->last);
		w->last = item;
		v->away_us = 0;
		tell(v);
	}
	*end = found == LOOK_REFUSED ? WATCH_LOST : WATCH_LEFT;
	return found == LOOK_WAITS || (found == LOOK_NOTHING && may_come_back(v, e));
}

enum watch_end watch_run(struct watch *w, json_t **result, struct error *e)
{
	struct watching v = {.watch = w};
	int64_t begin = clock_monotonic_us();
	enum watch_end end = WATCH_LEFT;
	tell(&v);
	for (size_t looks = 0; !*w->stop; looks++) {
		int64_t left = w->patience_us - (clock_monotonic_us() - begin);
		int64_t pause = pause_us(v.away_us ? SIZE_MAX : looks);
		if (left <= 0) {
			fail(e, "no end within %" PRId64 " s", w->patience_us / 1000000);
			return WATCH_LEFT;
		}
		rest_for(pause < left ? pause : left);
		if (!*w->stop && !go_on(&v, result, &end, e))
			return end;
	}
	fail(e, "stopped");
	return WATCH_LEFT;
}
