#include "simulate/driver.h"

#include "base/clock.h"
#include "base/die.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RESEND_PIECE = WRITE_MAX / 2 };

/* Remembers what must be answered, with a copy when it may be sent again. */
static void expect(struct driver *d, struct tracker *t, const struct report *r, struct str frame)
{
	struct expectation e = {.sent_us = (uint32_t)d->now_us,
		.say = (uint8_t)r->say,
		.percent = r->percent,
		.has_percent = r->has_percent,
		.time_s = r->say == SAY_V1 ? (uint32_t)r->fix.time_s : 0};
	if (d->o->resend) {
		e.copy = xmalloc(frame.len);
		memcpy(e.copy, frame.at, frame.len);
		e.len = (uint16_t)frame.len;
	}
	expected_push(&t->expected, &e);
	tally_add(&d->tally.expected, 1);
}

/* One frame of the tracker's at `at`; returns its length. */
static size_t say(struct driver *d, struct tracker *t, enum say what, char *at)
{
	struct report r;
	report_make(&t->track, what, d->o->irregular ? LIBERTY_ALL : 0, &r);
	size_t len = report_write(&r, at);
	if (!d->o->is_flood && t->track.traits & TRAIT_CRLF) {
		memcpy(at + len, "\r\n", 2);
		len += 2;
	}
	if (d->ledger)
		ledger_note(d->ledger, d->first + (uint64_t)(t - d->trackers), what,
			say_has_time(what) ? (uint32_t)r.fix.time_s : 0, (uint32_t)d->now_us);
	if (say_is_answered(what, d->o->has_acks))
		expect(d, t, &r, (struct str){at, len});
	tally_add(&d->tally.sent, 1);
	return len;
}

/* Everything that was not answered on the connection before, in its order. False: gone again. */
static bool say_again(struct driver *d, struct tracker *t, struct expected *old, size_t len)
{
	struct expectation e;
	bool is_up = true;
	while (expected_pop(old, &e)) {
		memcpy(d->write_room + len, e.copy, e.len);
		len += e.len;
		e.sent_us = (uint32_t)d->now_us;
		expected_push(&t->expected, &e);
		tally_add(&d->tally.sent, 1);
		tally_add(&d->tally.resent, 1);
		if (is_up && (len > RESEND_PIECE || !old->count)) {
			is_up = line_send(d, t, d->write_room, len);
			len = 0;
		}
		if (!is_up)
			len = 0; /* the rest waits for the next connection */
	}
	return is_up;
}

void talk_login(struct driver *d, struct tracker *t)
{
	struct expected old = t->expected;
	t->expected = (struct expected){0};
	size_t len = 0;
	if (d->o->idle || (!d->o->is_flood && t->track.traits & TRAIT_LOGIN))
		len += say(d, t, SAY_V0, d->write_room);
	if (!d->o->idle && !d->o->is_flood && t->track.traits & TRAIT_SIM)
		len += say(d, t, SAY_ICCID, d->write_room + len);
	if (old.count)
		(void)!say_again(d, t, &old, len);
	else if (len)
		(void)!line_send(d, t, d->write_room, len);
}

/* Drives on to the present; in batches and floods at least a second for each report, so that no
 * two reports of a tracker have the same time. */
static void drive(struct driver *d, struct tracker *t, uint64_t reports_left)
{
	int64_t seconds = (int64_t)d->o->step;
	if (!d->o->is_flood) {
		int64_t present = d->begin_s + (d->now_us - d->start_us) / 1000000;
		seconds = (present - t->track.time_s) / (int64_t)reports_left;
	}
	track_advance(&t->track, seconds > 1 ? (uint32_t)seconds : 1);
}

/* The watchers are so far behind that the trackers wait. */
static bool is_ahead(const struct driver *d)
{
	return d->ledger && d->o->watch_lead && ledger_under_way(d->ledger) >= d->o->watch_lead;
}

static bool may_send(const struct driver *d, const struct tracker *t)
{
	return t->state == STATE_UP && !t->out && !t->leaving && d->quota &&
	       t->expected.count + d->o->batch <= d->o->window && !is_ahead(d);
}

void talk_leave(struct driver *d, struct tracker *t)
{
	if (t->leaving && !t->out && !t->expected.count)
		line_close(d, t);
}

/* One batch of frames in d->write_room; returns the length. *cut is where the write is cut in two,
 * within the last frame, or the length. */
static size_t say_batch(struct driver *d, struct tracker *t, size_t *cut)
{
	uint64_t frames = d->o->batch < d->quota ? d->o->batch : d->quota, expected = 0;
	size_t len = 0, last = 0;
	for (uint64_t i = 0; i < frames; i++) {
		drive(d, t, frames - i);
		enum say what = d->o->is_flood ? SAY_V1 : report_choose(&t->track);
		last = len;
		expected = d->tally.expected;
		len += say(d, t, what, d->write_room + len);
	}
	d->quota -= frames;
	tally_add(&d->tally.reports, frames);
	*cut = len;
	if (!d->o->is_flood && d->o->split && track_below(&t->track, 100) < d->o->split) {
		t->held = d->tally.expected != expected;
		*cut = last + 1 + track_below(&t->track, (uint32_t)(len - last - 1));
	}
	return len;
}

bool talk_batch(struct driver *d, struct tracker *t)
{
	if (!may_send(d, t))
		return false;
	d->now_us = clock_monotonic_us();
	size_t cut, len = say_batch(d, t, &cut);
	if (cut < len ? !line_send_split(d, t, d->write_room, len, cut)
		      : !line_send(d, t, d->write_room, len))
		return false;
	if (d->o->reconnect && track_below(&t->track, 100) < d->o->reconnect) {
		t->leaving = true;
		talk_leave(d, t);
	}
	return true;
}

void talk_fill(struct driver *d, struct tracker *t)
{
	while (driver_phase(d) == PHASE_RUN && talk_batch(d, t))
		;
}

/* ---- what the server says ---- */

static void answered(struct driver *d, struct tracker *t, const struct expectation *e)
{
	tally_add(&d->tally.answered, 1);
	if (driver_phase(d) != PHASE_CONNECT)
		histogram_add(&d->tally.latency, (uint32_t)d->now_us - e->sent_us);
	if (d->log >= 0 && !buf_printf(&d->answered, "%llu %s %u\n",
				   (unsigned long long)t->track.ident, say_name(e->say), e->time_s))
		die("--log-answered: the lines cannot be written fast enough");
	free(e->copy);
}

static void hear(struct driver *d, struct tracker *t, struct str head, struct str bytes)
{
	struct expectation e;
	unsigned skipped;
	switch (expected_match(&t->expected, head, bytes, &e, &skipped)) {
	case VERDICT_ANSWER:
		tally_add(&d->tally.lost, skipped);
		answered(d, t, &e);
		break;
	case VERDICT_COMMAND:
		command_hear(d, t, (struct str){bytes.at + head.len, bytes.len - head.len - 1});
		break;
	case VERDICT_WRONG: tally_add(&d->tally.wrong, 1); break;
	}
}

/* Judges every piece that ends with '#'; returns how many bytes are left over. */
static size_t hear_all(struct driver *d, struct tracker *t, struct str input)
{
	char room[32];
	struct str head = {room, report_head(t->track.ident, room)};
	while (t->state == STATE_UP && input.len) {
		const char *end = memchr(input.at, '#', input.len);
		if (!end)
			return input.len;
		size_t len = (size_t)(end - input.at) + 1;
		hear(d, t, head, str_upto(input, len));
		input = str_from(input, len);
	}
	return 0;
}

void talk_receive(struct driver *d, struct tracker *t)
{
	char *room = d->read_room;
	if (t->carry_len)
		memcpy(room, t->carry, t->carry_len);
	ssize_t n = recv(t->fd, room + t->carry_len, READ_MAX, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	d->now_us = clock_monotonic_us();
	if (n <= 0) {
		line_lost(d, t);
		return;
	}
	t->fails = 0;
	struct str input = {room, t->carry_len + (size_t)n};
	size_t left = hear_all(d, t, input);
	if (t->state != STATE_UP)
		return;
	if (left > CARRY_MAX) {
		tally_add(&d->tally.wrong, 1);
		left = 0;
	}
	if (left && !t->carry)
		t->carry = xmalloc(CARRY_MAX);
	if (left)
		memcpy(t->carry, room + input.len - left, left);
	t->carry_len = (uint16_t)left;
	talk_leave(d, t);
}

static void flush_log(int log, struct buf *b, const char *name)
{
	struct str lines = buf_str(b);
	while (lines.len) {
		ssize_t n = write(log, lines.at, lines.len);
		if (n < 0 && errno != EINTR)
			die("--%s: %s", name, strerror(errno));
		lines = str_from(lines, n > 0 ? (size_t)n : 0);
	}
	b->len = 0;
}

void talk_flush_logs(struct driver *d)
{
	flush_log(d->log, &d->answered, "log-answered");
	flush_log(d->log_commands, &d->received, "log-commands");
}
