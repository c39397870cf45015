#include "simulate/driver.h"

#include "base/clock.h"
#include "base/die.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	EVENTS = 512,
	SWEEP = 4096,      /* trackers looked at in one round */
	FILL = 256,        /* trackers that begin in one round */
	CONNECTING = 1024, /* connections under way at most */
	LATER_MAX = 65536,
};

void driver_init(struct driver *d)
{
	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (d->epoll < 0)
		die("epoll_create1: %s", strerror(errno));
	d->read_room = xmalloc(CARRY_MAX + READ_MAX);
	d->write_room = xmalloc(WRITE_MAX);
	buf_init(&d->answered, 64 << 20);
	buf_init(&d->received, 64 << 20);
	d->rate = (double)d->o->rate * (double)d->count / (double)d->o->devices;
	d->later_room = d->o->split && !d->o->is_flood ? LATER_MAX : 0;
	d->later = xcalloc(d->later_room + 1, sizeof *d->later);
	d->late = d->o->late ? xcalloc(LATE_MAX, sizeof *d->late) : NULL;
	d->trackers = xcalloc(d->count, sizeof *d->trackers);
	for (uint64_t i = 0; i < d->count; i++) {
		d->trackers[i].fd = -1;
		track_init(&d->trackers[i].track, d->o->seed, d->o->first_ident + d->first + i,
			d->begin_s);
	}
}

void driver_clear(struct driver *d)
{
	for (uint64_t i = 0; i < d->count; i++) {
		struct tracker *t = &d->trackers[i];
		tally_add(&d->tally.lost, expected_clear(&t->expected));
		if (t->state != STATE_DOWN)
			close(t->fd);
		free(t->out);
		free(t->carry);
	}
	close(d->epoll);
	command_clear(d);
	buf_clear(&d->answered);
	buf_clear(&d->received);
	free(d->trackers);
	free(d->later);
	free(d->read_room);
	free(d->write_room);
}

/* Nobody logs in any more who has nothing to repeat: the reply might come too late. */
static bool is_ending(const struct driver *d, enum phase phase)
{
	return phase == PHASE_DRAIN || (phase > PHASE_DRAIN && !d->o->hold);
}

static bool wants_line(const struct driver *d, const struct tracker *t, enum phase phase)
{
	if (t->state != STATE_DOWN || (int32_t)(t->retry_ms - (uint32_t)(d->now_us / 1000)) > 0)
		return false;
	return !is_ending(d, phase) || t->expected.count;
}

/* Connects some of those that are down and whose pause is over. */
static void connect_some(struct driver *d, enum phase phase)
{
	double share = (double)d->o->connect_rate * (double)d->count / (double)d->o->devices;
	d->connect_tokens += share * (double)(d->now_us - d->connected_us) / 1e6;
	d->connected_us = d->now_us;
	if (d->connect_tokens > share / 20 + 1)
		d->connect_tokens = share / 20 + 1;
	if (d->tally.up + d->connecting == d->count)
		return;
	for (int looked = 0; looked < SWEEP && d->connect_tokens >= 1; looked++) {
		struct tracker *t = &d->trackers[d->sweep];
		d->sweep = (d->sweep + 1) % d->count;
		if (d->connecting >= CONNECTING)
			return;
		if (!wants_line(d, t, phase))
			continue;
		d->connect_tokens--;
		line_open(d, t);
	}
}

/* Sends as many batches as the rate allows, each tracker in its turn. After a stall at most one
 * second's worth is made good. */
static void send_paced(struct driver *d)
{
	if (!d->paced_us)
		d->paced_us = d->now_us;
	d->tokens += d->rate * (double)(d->now_us - d->paced_us) / 1e6;
	d->paced_us = d->now_us;
	double most = d->rate > (double)d->o->batch ? d->rate : (double)d->o->batch;
	if (d->tokens > most)
		d->tokens = most;
	uint64_t looks = (uint64_t)d->tokens + SWEEP;
	for (; looks && d->tokens >= (double)d->o->batch; looks--) {
		if (talk_batch(d, &d->trackers[d->turn]))
			d->tokens -= (double)d->o->batch;
		d->turn = (d->turn + 1) % d->count;
	}
}

/* Without a rate the replies set the pace: each tracker fills its window once and goes on when it
 * is answered. Without acknowledgements either, the sockets do; and a tracker that waits for the watchers
 * is not told when it may go on. */
static bool is_paced_by_replies(const struct driver *d)
{
	return (d->o->has_acks || !d->o->is_flood) && !d->o->watch_lead;
}

static void send_unpaced(struct driver *d)
{
	bool by_replies = is_paced_by_replies(d);
	for (int i = 0; i < FILL && (!by_replies || d->fill < d->count); i++) {
		if (by_replies)
			talk_fill(d, &d->trackers[d->fill++]);
		else
			talk_batch(d, &d->trackers[d->fill = (d->fill + 1) % d->count]);
	}
}

static int patience_ms(const struct driver *d, enum phase phase)
{
	if (phase == PHASE_RUN && !d->o->idle) {
		if (d->rate == 0 && d->o->watch_lead)
			return 1;
		if (d->rate == 0 && (d->fill < d->count || !is_paced_by_replies(d)))
			return 0;
		double gap = d->rate > 0 ? 1000 * (double)d->o->batch / d->rate : 20;
		if (gap < 20)
			return gap < 1 ? 1 : (int)gap;
	}
	return d->later_count || d->tally.up != d->count ? 1 : 20;
}

static void serve(struct driver *d, struct tracker *t, uint32_t events)
{
	if (t->state == STATE_CONNECTING) {
		if (!line_finish(d, t))
			return;
		if (is_ending(d, driver_phase(d)) && !t->expected.count)
			line_close(d, t);
		else
			talk_login(d, t);
	} else if (t->state == STATE_UP) {
		if (events & EPOLLOUT && !line_flush(d, t))
			return;
		talk_leave(d, t);
		if (t->state == STATE_UP && events & (EPOLLIN | EPOLLERR | EPOLLHUP))
			talk_receive(d, t);
	}
	if (d->rate == 0 && !d->o->idle && t->state == STATE_UP)
		talk_fill(d, t);
}

void *driver_run(void *driver)
{
	struct driver *d = driver;
	static _Thread_local struct epoll_event events[EVENTS];
	d->now_us = d->connected_us = clock_monotonic_us();
	for (;;) {
		enum phase phase = driver_phase(d);
		if (phase == PHASE_END) {
			line_flush_later(d, true); /* what was counted as sent */
			return NULL;
		}
		connect_some(d, phase);
		if (phase == PHASE_RUN && !d->o->idle) {
			if (d->rate > 0)
				send_paced(d);
			else
				send_unpaced(d);
		}
		int n = epoll_wait(d->epoll, events, EVENTS, patience_ms(d, phase));
		d->now_us = clock_monotonic_us();
		for (int i = 0; i < n; i++)
			serve(d, &d->trackers[events[i].data.u32], events[i].events);
		line_flush_later(d, false);
		command_send_late(d);
		talk_flush_logs(d);
	}
}
