#include "simulate/engine.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"
#include "simulate/driver.h"
#include "simulate/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct engine {
	const struct options *o;
	struct driver *drivers;
	uint64_t threads;
	int phase; /* enum phase; written here, read by the drivers */
	int log, log_commands;
	bool is_terminal, interrupted;
	int64_t start_us, phase_us, run_us, end_us; /* monotonic */
	int64_t progress_us;
	struct tally now, at_run, at_end;
	struct ledger ledger;
	struct watch *watch;         /* NULL without --watch, as is: */
	struct watch_tally *watched; /* at this moment */
	uint64_t seen_at_run, seen_at_end;
};

/* A connection is a file descriptor. */
static bool raise_files(const struct options *o, struct error *e)
{
	struct rlimit limit;
	uint64_t need = o->devices + o->watchers + 64;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return fail(e, "getrlimit: %s", strerror(errno));
	if (limit.rlim_cur >= need)
		return true;
	limit.rlim_cur = need;
	if (limit.rlim_max < need)
		limit.rlim_max = need;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return fail(e,
			"%llu trackers and %llu watchers need %llu open files, which is more than "
			"this process may have (ulimit -n)",
			(unsigned long long)o->devices, (unsigned long long)o->watchers,
			(unsigned long long)need);
	return true;
}

/* Without a path *log stays. */
static bool open_log(int *log, const char *path, struct error *e)
{
	if (!path)
		return true;
	*log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	return *log >= 0 || fail(e, "%s: %s", path, strerror(errno));
}

static void close_log(int log)
{
	if (log >= 0)
		close(log);
}

static uint64_t share(uint64_t all, uint64_t index, uint64_t parts)
{
	return all / parts + (index < all % parts);
}

static void start_watch(struct engine *g)
{
	const struct options *o = g->o;
	if (!o->watchers)
		return;
	if (o->devices)
		ledger_init(&g->ledger, o->devices, o->watchers, o->watch_each);
	g->watched = xcalloc(1, sizeof *g->watched);
	g->watch = watch_start(o, o->devices ? &g->ledger : NULL, &g->phase);
}

static void start(struct engine *g)
{
	const struct options *o = g->o;
	int64_t begin_s = o->begin ? (int64_t)o->begin : clock_now_us() / 1000000;
	g->threads = o->threads < o->devices ? o->threads : o->devices;
	g->drivers = xcalloc(g->threads, sizeof *g->drivers);
	uint64_t first = 0;
	for (uint64_t i = 0; i < g->threads; i++) {
		struct driver *d = &g->drivers[i];
		*d = (struct driver){.o = o,
			.phase = &g->phase,
			.ledger = g->ledger.trackers ? &g->ledger : NULL,
			.first = first,
			.count = share(o->devices, i, g->threads),
			.quota = o->messages ? share(o->messages, i, g->threads) : UINT64_MAX,
			.log = g->log,
			.log_commands = g->log_commands,
			.start_us = g->start_us,
			.begin_s = begin_s};
		first += d->count;
		driver_init(d);
		int code = pthread_create(&d->thread, NULL, driver_run, d);
		if (code)
			die("pthread_create: %s", strerror(code));
	}
}

static void peek(struct engine *g)
{
	g->now = (struct tally){0};
	for (uint64_t i = 0; i < g->threads; i++)
		tally_peek(&g->now, &g->drivers[i].tally);
	if (!g->watch)
		return;
	*g->watched = (struct watch_tally){0};
	watch_peek(g->watch, g->watched);
}

static uint64_t outstanding(const struct tally *t)
{
	/* the counters are read one after the other, so a reply may be ahead of its frame */
	uint64_t done = t->answered + t->lost;
	return t->expected > done ? t->expected - done : 0;
}

static bool is_watched(const struct engine *g)
{
	return g->watch && g->watched->up;
}

static bool is_over(int64_t now, int64_t since, uint64_t seconds)
{
	return now - since >= (int64_t)seconds * 1000000;
}

/* Is the present phase done? */
static bool phase_done(const struct engine *g, int64_t now)
{
	const struct options *o = g->o;
	switch ((enum phase)g->phase) {
	case PHASE_WATCH:
		return !g->watch || g->interrupted || is_over(now, g->phase_us, o->patience) ||
		       g->watched->watchers + g->watched->refused == o->watchers;
	case PHASE_CONNECT:
		return g->interrupted || is_over(now, g->phase_us, o->patience) ||
		       (g->now.up == o->devices && !outstanding(&g->now));
	case PHASE_RUN:
		return g->interrupted || (o->seconds && is_over(now, g->phase_us, o->seconds)) ||
		       (o->messages && g->now.reports >= o->messages);
	case PHASE_DRAIN:
		return (!outstanding(&g->now) &&
			       !(is_watched(g) && ledger_under_way(&g->ledger))) ||
		       is_over(now, g->phase_us, o->drain);
	case PHASE_HOLD: return g->interrupted || is_over(now, g->phase_us, o->hold);
	case PHASE_END: break;
	}
	return true;
}

static void tell(const struct engine *g, int64_t now)
{
	if (g->o->quiet)
		return;
	double seconds = (double)(now - g->start_us) / 1e6;
	if (g->phase == PHASE_CONNECT)
		log_info("simulate", "connected", "trackers=%llu seconds=%.2f",
			(unsigned long long)g->now.trackers, seconds);
	else if (g->phase == PHASE_WATCH && g->watch)
		log_info("simulate", "watching", "watchers=%llu seconds=%.2f",
			(unsigned long long)g->watched->up, seconds);
}

static void next_phase(struct engine *g, int64_t now)
{
	uint64_t seen = g->watch ? g->watched->seen : 0;
	tell(g, now);
	if (g->phase == PHASE_WATCH) {
		g->start_us = now;
		start(g);
	} else if (g->phase == PHASE_CONNECT) {
		g->run_us = now;
		g->at_run = g->now;
		g->seen_at_run = seen;
	} else if (g->phase == PHASE_RUN) {
		g->end_us = now;
		g->at_end = g->now;
		g->seen_at_end = seen;
	}
	g->phase_us = now;
	__atomic_store_n(&g->phase, g->phase + 1, __ATOMIC_RELAXED);
}

static void progress(struct engine *g, int64_t now)
{
	if (!g->is_terminal || now - g->progress_us < 1000000)
		return;
	static uint64_t before;
	fprintf(stderr,
		"\r%llu connected, %llu sent (%llu/s), %llu answered, %llu waiting, %llu lost, "
		"%llu wrong   ",
		(unsigned long long)g->now.up, (unsigned long long)g->now.sent,
		(unsigned long long)(g->now.sent - before), (unsigned long long)g->now.answered,
		(unsigned long long)outstanding(&g->now), (unsigned long long)g->now.lost,
		(unsigned long long)g->now.wrong);
	if (g->watch)
		fprintf(stderr, "| %llu seen, %llu under way   ",
			(unsigned long long)g->watched->seen,
			(unsigned long long)ledger_under_way(&g->ledger));
	before = g->now.sent;
	g->progress_us = now;
}

static void run(struct engine *g, const sigset_t *signals)
{
	const struct timespec pause = {.tv_nsec = 5 * 1000000};
	while (g->phase != PHASE_END) {
		if (sigtimedwait(signals, NULL, &pause) > 0) {
			if (g->phase >= PHASE_DRAIN)
				__atomic_store_n(&g->phase, PHASE_END, __ATOMIC_RELAXED);
			g->interrupted = true;
		}
		peek(g);
		int64_t now = clock_monotonic_us();
		progress(g, now);
		if (g->phase != PHASE_END && phase_done(g, now))
			next_phase(g, now);
	}
	if (g->is_terminal)
		fputc('\n', stderr);
}

static double cpu_seconds(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void finish(struct engine *g, struct summary *s)
{
	*s = (struct summary){.devices = g->o->devices};
	for (uint64_t i = 0; i < g->threads; i++)
		pthread_join(g->drivers[i].thread, NULL);
	for (uint64_t i = 0; i < g->threads; i++) {
		driver_clear(&g->drivers[i]);
		tally_merge(&s->total, &g->drivers[i].tally);
	}
	free(g->drivers);
	watch_finish(g->watch, &s->watched);
	s->watchers = g->o->watchers;
	s->missing = g->ledger.due - s->watched.seen;
	ledger_clear(&g->ledger);
	free(g->watched);
	s->connect_seconds = (double)(g->run_us - g->start_us) / 1e6;
	s->seconds = (double)(g->end_us - g->run_us) / 1e6;
	s->cpu_seconds = cpu_seconds();
	if (s->seconds > 0) {
		s->sent_rate = (double)(g->at_end.sent - g->at_run.sent) / s->seconds;
		s->answered_rate = (double)(g->at_end.answered - g->at_run.answered) / s->seconds;
		s->seen_rate = (double)(g->seen_at_end - g->seen_at_run) / s->seconds;
	}
}

bool engine_run(const struct options *o, struct summary *s, struct error *e)
{
	struct engine *g = xcalloc(1, sizeof *g); /* the tallies are too large for the stack */
	g->o = o;
	g->log = g->log_commands = -1;
	bool done = raise_files(o, e) && open_log(&g->log, o->log_answered, e) &&
		    open_log(&g->log_commands, o->log_commands, e);
	if (done) {
		sigset_t signals, before;
		sigemptyset(&signals);
		sigaddset(&signals, SIGINT);
		sigaddset(&signals, SIGTERM);
		pthread_sigmask(SIG_BLOCK, &signals, &before);
		g->is_terminal = !o->quiet && isatty(STDERR_FILENO);
		g->start_us = g->phase_us = g->progress_us = clock_monotonic_us();
		start_watch(g);
		run(g, &signals);
		finish(g, s);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	close_log(g->log);
	close_log(g->log_commands);
	free(g);
	return done;
}
