#include "simulate/driver.h"

#include "base/die.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { SPLIT_MS = 20, RETRY_DOUBLINGS = 6 };
static const uint32_t retry_first_ms = 50;

static uint32_t now_ms(const struct driver *d)
{
	return (uint32_t)(d->now_us / 1000);
}

static uint32_t index_of(const struct driver *d, const struct tracker *t)
{
	return (uint32_t)(t - d->trackers);
}

static void watch(struct driver *d, struct tracker *t, int how, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u32 = index_of(d, t)};
	if (epoll_ctl(d->epoll, how, t->fd, &event))
		die("epoll_ctl: %s", strerror(errno));
}

static void gone(struct driver *d, struct tracker *t)
{
	if (t->state == STATE_CONNECTING)
		d->connecting--;
	if (t->state == STATE_UP)
		tally_add(&d->tally.up, (uint64_t)-1);
	close(t->fd);
	t->state = STATE_DOWN;
	t->leaving = false;
	t->held = false;
	t->carry_len = 0;
	free(t->out);
	t->out = NULL;
	if (!d->o->resend)
		tally_add(&d->tally.lost, expected_clear(&t->expected));
}

void line_close(struct driver *d, struct tracker *t)
{
	gone(d, t);
	t->retry_ms = now_ms(d);
}

void line_lost(struct driver *d, struct tracker *t)
{
	tally_add(t->state == STATE_UP ? &d->tally.closed : &d->tally.refused, 1);
	gone(d, t);
	uint32_t pause = retry_first_ms
			 << (t->fails < RETRY_DOUBLINGS ? t->fails : RETRY_DOUBLINGS);
	t->retry_ms = now_ms(d) + pause + track_below(&t->track, pause);
	if (t->fails < RETRY_DOUBLINGS)
		t->fails++;
}

void line_open(struct driver *d, struct tracker *t)
{
	t->state = STATE_CONNECTING;
	d->connecting++;
	if (!dial(&d->o->gate, d->o->per_address, d->first + index_of(d, t), &t->fd)) {
		line_lost(d, t);
		return;
	}
	watch(d, t, EPOLL_CTL_ADD, EPOLLOUT);
}

bool line_finish(struct driver *d, struct tracker *t)
{
	int code = 0;
	socklen_t len = sizeof code;
	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &code, &len) || code) {
		line_lost(d, t);
		return false;
	}
	watch(d, t, EPOLL_CTL_MOD, EPOLLIN);
	t->state = STATE_UP;
	d->connecting--;
	tally_add(&d->tally.up, 1);
	tally_add(&d->tally.connects, 1);
	if (!t->counted)
		tally_add(&d->tally.trackers, 1);
	t->counted = true;
	return true;
}

/* Keeps bytes behind those that wait already. */
static void keep(struct tracker *t, const char *bytes, size_t len)
{
	size_t before = t->out ? t->out->len : 0;
	struct outgoing *out = xrealloc(t->out, sizeof *out + before + len);
	if (!t->out)
		out->sent = 0;
	memcpy(out->bytes + before, bytes, len);
	out->len = before + len;
	t->out = out;
}

/* The number of bytes the socket took; false: the connection is gone. */
static bool push(struct driver *d, struct tracker *t, const char *bytes, size_t len, size_t *taken)
{
	ssize_t n = send(t->fd, bytes, len, MSG_NOSIGNAL);
	*taken = n > 0 ? (size_t)n : 0;
	if (n >= 0 || errno == EAGAIN || errno == EINTR)
		return true;
	line_lost(d, t);
	return false;
}

bool line_send(struct driver *d, struct tracker *t, const char *bytes, size_t len)
{
	size_t taken = 0;
	if (!t->out && !push(d, t, bytes, len, &taken))
		return false;
	if (taken == len)
		return true;
	if (!t->out)
		watch(d, t, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
	keep(t, bytes + taken, len - taken);
	return true;
}

bool line_send_split(struct driver *d, struct tracker *t, const char *bytes, size_t len, size_t cut)
{
	if (t->out || d->later_count == d->later_room) {
		t->held = false;
		return line_send(d, t, bytes, len);
	}
	size_t taken;
	if (!push(d, t, bytes, cut, &taken))
		return false;
	keep(t, bytes + taken, len - taken);
	d->later[(d->later_head + d->later_count++) % d->later_room] =
		(struct later){index_of(d, t), now_ms(d) + SPLIT_MS};
	return true;
}

bool line_flush(struct driver *d, struct tracker *t)
{
	if (!t->out)
		return true;
	size_t taken;
	if (!push(d, t, t->out->bytes + t->out->sent, t->out->len - t->out->sent, &taken))
		return false;
	t->out->sent += taken;
	if (t->out->sent < t->out->len) {
		watch(d, t, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
		return true;
	}
	free(t->out);
	t->out = NULL;
	watch(d, t, EPOLL_CTL_MOD, EPOLLIN);
	return true;
}

void line_flush_later(struct driver *d, bool all)
{
	while (d->later_count) {
		struct later *later = &d->later[d->later_head];
		if (!all && (int32_t)(later->due_ms - now_ms(d)) > 0)
			return;
		struct tracker *t = &d->trackers[later->index];
		d->later_head = (d->later_head + 1) % d->later_room;
		d->later_count--;
		expected_restamp(&t->expected, t->held, (uint32_t)d->now_us);
		if (d->ledger && t->out)
			ledger_restamp(d->ledger, d->first + later->index, (uint32_t)d->now_us);
		t->held = false;
		if (t->state == STATE_UP && line_flush(d, t))
			talk_leave(d, t);
		if (d->rate == 0)
			talk_fill(d, t);
	}
}
