#include "simulate/watch.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"
#include "mqtt/packet.h"
#include "simulate/driver.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	EVENTS = 512,
	READ_BYTES = 256 * 1024,
	BEGINNING = 128, /* watchers that connect or subscribe at a time, at most */
	REPORT_SECONDS = 10,
};

struct watch_thread {
	const struct options *o;
	const int *phase;
	pthread_t thread;
	struct watcher *watchers;
	uint64_t count, first; /* first: the number of watchers[0] */
	uint64_t begun;        /* so many have begun to connect */
	int epoll;
	char *room; /* a packet's beginning, and what is read */
	struct hearing hearing;
	struct watch_tally tally;
	int64_t told_us; /* when a failure was logged */
};

struct watch {
	uint64_t threads;
	struct watch_thread thread[];
};

static void poll_for(struct watch_thread *t, struct watcher *w, int how, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u32 = (uint32_t)(w - t->watchers)};
	if (epoll_ctl(t->epoll, how, w->fd, &event))
		die("epoll_ctl: %s", strerror(errno));
}

static void down(struct watch_thread *t, struct watcher *w, const char *why)
{
	bool was_up = w->state == WATCHER_WATCHING;
	tally_add(was_up ? &t->tally.closed : &t->tally.refused, 1);
	if (was_up)
		tally_add(&t->tally.up, (uint64_t)-1);
	if (!t->o->quiet && log_due(&t->told_us, REPORT_SECONDS))
		log_warning("simulate", "watcher_down", "watcher=%llu reason=%s",
			(unsigned long long)w->number, log_quote(why));
	close(w->fd);
	w->state = WATCHER_DOWN;
	watcher_clear(w);
}

static void connect_some(struct watch_thread *t)
{
	while (t->begun < t->count && t->begun - t->tally.watchers - t->tally.refused < BEGINNING) {
		struct watcher *w = &t->watchers[t->begun++];
		w->state = WATCHER_CONNECTING;
		if (dial(&t->o->door, t->o->per_address, t->o->devices + w->number, &w->fd))
			poll_for(t, w, EPOLL_CTL_ADD, EPOLLOUT);
		else
			down(t, w, strerror(errno));
	}
}

/* False: the connection is gone. */
static bool flush(struct watch_thread *t, struct watcher *w, bool was_full)
{
	if (w->out.len) {
		ssize_t n = send(w->fd, w->out.at, w->out.len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			down(t, w, strerror(errno));
			return false;
		}
		buf_drop(&w->out, n > 0 ? (size_t)n : 0);
	}
	bool is_full = w->out.len;
	if (is_full != was_full)
		poll_for(t, w, EPOLL_CTL_MOD, is_full ? EPOLLIN | EPOLLOUT : EPOLLIN);
	return true;
}

static void finish_connect(struct watch_thread *t, struct watcher *w)
{
	int code = 0;
	socklen_t len = sizeof code;
	if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &code, &len) || code) {
		down(t, w, strerror(code));
		return;
	}
	watcher_greet(w, &t->hearing);
	(void)!flush(t, w, true);
}

static void receive(struct watch_thread *t, struct watcher *w)
{
	size_t before = w->in.len;
	if (before)
		memcpy(t->room, w->in.at, before);
	ssize_t n = recv(w->fd, t->room + before, READ_BYTES, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	t->hearing.now_us = clock_monotonic_us();
	t->hearing.is_timed = __atomic_load_n(t->phase, __ATOMIC_RELAXED) > (int)PHASE_CONNECT;
	if (n <= 0) {
		down(t, w, n ? strerror(errno) : "the server closed the connection");
		return;
	}
	struct str input = {t->room, before + (size_t)n};
	struct error e;
	bool was_full = w->out.len;
	bool is_well = watcher_hear(w, &t->hearing, &input, &e);
	w->in.len = 0;
	if (is_well)
		is_well = buf_add_str(&w->in, input) || fail(&e, "a packet is too long");
	if (!is_well)
		down(t, w, e.text);
	else
		(void)!flush(t, w, was_full);
}

static void *run(void *thread)
{
	struct watch_thread *t = thread;
	static _Thread_local struct epoll_event events[EVENTS];
	while (__atomic_load_n(t->phase, __ATOMIC_RELAXED) != (int)PHASE_END) {
		connect_some(t);
		int n = epoll_wait(t->epoll, events, EVENTS, 20);
		for (int i = 0; i < n; i++) {
			struct watcher *w = &t->watchers[events[i].data.u32];
			if (w->state == WATCHER_CONNECTING)
				finish_connect(t, w);
			else if (w->state != WATCHER_DOWN &&
				 (!(events[i].events & EPOLLOUT) || flush(t, w, true)))
				receive(t, w);
		}
	}
	return NULL;
}

static void begin(struct watch_thread *t)
{
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (t->epoll < 0)
		die("epoll_create1: %s", strerror(errno));
	t->room = xmalloc(WATCHER_PACKET_MAX + READ_BYTES);
	t->watchers = xcalloc(t->count, sizeof *t->watchers);
	for (uint64_t i = 0; i < t->count; i++)
		watcher_init(&t->watchers[i], t->o, t->first + i);
	int code = pthread_create(&t->thread, NULL, run, t);
	if (code)
		die("pthread_create: %s", strerror(code));
}

struct watch *watch_start(const struct options *o, struct ledger *ledger, const int *phase)
{
	uint64_t threads = o->watch_threads < o->watchers ? o->watch_threads : o->watchers;
	struct watch *w = xcalloc(1, sizeof *w + threads * sizeof w->thread[0]);
	w->threads = threads;
	uint64_t first = 0;
	for (uint64_t i = 0; i < threads; i++) {
		struct watch_thread *t = &w->thread[i];
		*t = (struct watch_thread){.o = o,
			.phase = phase,
			.first = first,
			.count = o->watchers / threads + (i < o->watchers % threads),
			.hearing = {.o = o, .ledger = ledger, .tally = &t->tally}};
		first += t->count;
		begin(t);
	}
	return w;
}

void watch_peek(const struct watch *w, struct watch_tally *sum)
{
	for (uint64_t i = 0; w && i < w->threads; i++)
		watch_tally_peek(sum, &w->thread[i].tally);
}

static void goodbye(struct watcher *w, int version)
{
	struct buf out;
	buf_init(&out, 64);
	if (w->state == WATCHER_WATCHING && mqtt_ack_write(&out, MQTT_DISCONNECT, version, 0,
						    MQTT_SUCCESS, (struct str){"", 0}))
		(void)!send(w->fd, out.at, out.len, MSG_NOSIGNAL);
	buf_clear(&out);
	if (w->state != WATCHER_DOWN)
		close(w->fd);
	watcher_clear(w);
}

void watch_finish(struct watch *w, struct watch_tally *sum)
{
	for (uint64_t i = 0; w && i < w->threads; i++) {
		struct watch_thread *t = &w->thread[i];
		pthread_join(t->thread, NULL);
		for (uint64_t k = 0; k < t->count; k++)
			goodbye(&t->watchers[k], (int)t->o->watch_version);
		watch_tally_merge(sum, &t->tally);
		close(t->epoll);
		free(t->watchers);
		free(t->room);
	}
	free(w);
}
