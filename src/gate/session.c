/* The life of a connection but for the frames (receive.c): lists, replies, the end. */
#include "gate/session.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"
#include "gate/listen.h"
#include "gate/receive.h"
#include "gate/tell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>

static struct worker *worker_of(const struct session *s)
{
	return s->listener->worker;
}

/* ---- lists ---- */

static struct list *list_of(struct session *s)
{
	if (s->leaving)
		return &worker_of(s)->leaving;
	return s->paused ? &worker_of(s)->paused : &s->listener->sessions;
}

static void list_add(struct session *s)
{
	struct list *list = list_of(s);
	s->behind = NULL;
	s->before = list->last;
	if (list->last)
		list->last->behind = s;
	else
		list->first = s;
	list->last = s;
}

static void list_remove(struct session *s)
{
	struct list *list = list_of(s);
	if (s->before)
		s->before->behind = s->behind;
	else
		list->first = s->behind;
	if (s->behind)
		s->behind->before = s->before;
	else
		list->last = s->before;
}

/* Something came (or the silence is not the tracker's fault): last of those that may expire. */
static void touch(struct session *s)
{
	s->active_ms = uv_now(s->tcp.loop);
	if (!s->behind || s->leaving)
		return;
	list_remove(s);
	list_add(s);
}

/* ---- reading ---- */

/* What a session may owe before it is not read any further. With one read more on top this bounds
 * the replies that a peer can make us keep by not taking them. */
enum { OWED_MAX = 16 * 1024 };

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	(void)suggested;
	struct worker *w = handle->loop->data;
	bool congested = lane_is_congested(w->lane);
	*buf = congested ? uv_buf_init(NULL, 0) : uv_buf_init(w->room + FRAME_MAX, READ_BYTES);
}

/* The tracker's last words may lack their end; it may still wait for the replies to others. */
static void finish_if_done(struct session *s)
{
	if (s->owed || s->closing)
		return;
	if (s->leaving) {
		session_discard_input(s);
		session_close(s, s->leaving);
	} else if (s->ended) {
		session_close(s, CLOSE_BY_TRACKER);
	}
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
	struct session *s = (struct session *)stream;
	if (count == 0)
		return;
	if (count == UV_ENOBUFS) { /* congested: read again when batches come back */
		uv_read_stop(stream);
		list_remove(s);
		s->paused = true;
		list_add(s);
		return;
	}
	if (count < 0 && count != UV_EOF) {
		session_close(s, CLOSE_BY_TRACKER);
		return;
	}
	touch(s);
	s->ended = count == UV_EOF;
	session_receive(s, (struct str){buf->base, s->ended ? 0 : (size_t)count}, s->ended);
	finish_if_done(s);
	if (!s->closing && !s->leaving && !s->ended && s->owed > OWED_MAX) {
		s->throttled = true;
		uv_read_stop(stream);
	}
}

static void start_reading(struct session *s)
{
	if (!s->ended && !s->leaving && !worker_of(s)->quiet)
		uv_read_start((uv_stream_t *)&s->tcp, on_room, on_read);
}

void session_resume(struct session *s)
{
	list_remove(s);
	s->paused = false;
	list_add(s);
	touch(s);
	start_reading(s);
}

void session_mute(struct session *s)
{
	uv_read_stop((uv_stream_t *)&s->tcp);
}

/* ---- replies ---- */

struct reply_write {
	uv_write_t request;
	struct session *session;
	uint32_t len;
	char bytes[];
};

void session_greet(struct session *s)
{
	if (!s->greets)
		return;
	s->greets = false;
	commands_connected(worker_of(s)->gate->options.commands, s->device);
}

static void paid(struct session *s, size_t bytes)
{
	s->owed -= (uint32_t)bytes;
	session_greet(s);
	if (s->throttled && s->owed <= OWED_MAX / 2) {
		s->throttled = false;
		start_reading(s);
	}
	finish_if_done(s);
}

static void on_written(uv_write_t *request, int status)
{
	struct reply_write *write = request->data;
	struct session *s = write->session;
	size_t len = write->len;
	if (s->closing || status < 0) {
		free(write);
		session_close(s, CLOSE_BY_TRACKER);
		return;
	}
	s->sent += len;
	tell_sent(s, (struct str){write->bytes, len});
	free(write);
	worker_of(s)->tally.bytes_sent += len;
	paid(s, len);
}

/* The socket is full: the loop writes the rest when it can. */
static int write_later(struct session *s, struct str rest)
{
	struct reply_write *write = xmalloc(sizeof *write + rest.len);
	write->request.data = write;
	write->session = s;
	write->len = (uint32_t)rest.len;
	memcpy(write->bytes, rest.at, rest.len);
	uv_buf_t buf = uv_buf_init(write->bytes, write->len);
	int status = uv_write(&write->request, (uv_stream_t *)&s->tcp, &buf, 1, on_written);
	if (status < 0)
		free(write);
	return status;
}

void session_reply(struct session *s, struct str replies, size_t count)
{
	struct metrics *tally = &worker_of(s)->tally;
	uv_buf_t buf = uv_buf_init((char *)(uintptr_t)replies.at, (unsigned)replies.len);
	int written = uv_try_write((uv_stream_t *)&s->tcp, &buf, 1);
	if (written == UV_EAGAIN)
		written = 0;
	int status = written;
	if (written >= 0 && (size_t)written < replies.len)
		status = write_later(s, str_from(replies, (size_t)written));
	if (status < 0) {
		tally->replies_dropped += count;
		session_close(s, CLOSE_BY_TRACKER);
		return;
	}
	tally->replies_sent += count;
	tally->bytes_sent += (size_t)written;
	s->sent += (size_t)written;
	tell_sent(s, str_upto(replies, (size_t)written));
	paid(s, (size_t)written);
}

bool session_send(struct session *s, struct str frame)
{
	if (s->closing || s->leaving || s->ended || worker_of(s)->quiet)
		return false;
	s->owed += (uint32_t)frame.len;
	session_reply(s, frame, 0);
	return !s->closing;
}

/* ---- beginning and end ---- */

void session_open(struct session *s)
{
	struct worker *w = worker_of(s);
	s->id = worker_connection_id(w);
	s->active_ms = uv_now(&w->loop);
	s->slot = worker_slot_take(w, s);
	s->generation = w->slots[s->slot].generation;
	roster_add(&w->roster, s->id, s->slot);
	s->listener->session_count++;
	list_add(s);
	metric_add(connections_open, 1);
	w->tally.connections_accepted++;
	char room[PEER_TEXT_MAX];
	log_debug("session", "accepted", "channel=%" PRIu32 " peer=%.*s", s->listener->entrance->id,
		STR_PRINT(peer_text(&s->peer, room)));
	tell_accepted(s);
	start_reading(s);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

int64_t session_age_us(const struct session *s)
{
	int64_t age_us = clock_now_us() - (int64_t)s->id;
	return age_us > 0 ? age_us : 0;
}

void session_describe(const struct session *s, struct connection *out)
{
	*out = (struct connection){
		.id = s->id,
		.ident = s->ident,
		.channel = s->listener->entrance->id,
		.device = s->device,
		.peer = s->peer,
		.established_us = (int64_t)s->id,
	};
}

static void log_closed(const struct session *s, enum close_code code)
{
	char room[PEER_TEXT_MAX];
	log_debug("session", "closed",
		"channel=%" PRIu32 " peer=%.*s ident=%" PRIu64 " close_code=%d msgs=%" PRIu32
		" recv=%" PRIu64 " send=%" PRIu64 " duration=%.3f",
		s->listener->entrance->id, STR_PRINT(peer_text(&s->peer, room)), s->ident,
		(int)code, s->messages, s->received, s->sent, (double)session_age_us(s) / 1e6);
}

void session_close(struct session *s, enum close_code code)
{
	if (s->closing)
		return;
	s->closing = true;
	struct worker *w = worker_of(s);
	struct entrance *entrance = s->listener->entrance;
	list_remove(s);
	worker_slot_give(w, s->slot);
	if (s->ident)
		ident_map_remove(w->gate->idents, entrance->id, s->ident,
			(struct place){w->index, s->slot, s->generation});
	entrance_leave(entrance, s);
	roster_remove(&w->roster, s->id);
	s->listener->session_count--;
	free(s->carry);
	s->carry = NULL;
	metric_sub(connections_open, 1);
	w->tally.connections_closed++;
	w->tally.connections_replaced += code == CLOSE_REPLACED;
	w->tally.connections_silent += code == CLOSE_SILENT;
	w->tally.connections_slow += code == CLOSE_SLOW;
	log_closed(s, code);
	tell_closed(s, code);
	uv_close((uv_handle_t *)&s->tcp, on_closed);
}

void session_leave(struct session *s, enum close_code code)
{
	if (s->closing || s->leaving)
		return;
	list_remove(s);
	s->leaving = (uint8_t)code;
	list_add(s);
	session_mute(s);
	s->active_ms = uv_now(s->tcp.loop);
	finish_if_done(s);
}

void session_discard_input(struct session *s)
{
	enum { AT_ONCE = 64 * 1024, TIMES = 1024 };
	char nowhere[AT_ONCE]; /* for TCP, MSG_TRUNC means: drop it, copy nothing */
	uv_os_fd_t fd;
	if (uv_fileno((uv_handle_t *)&s->tcp, &fd) != 0)
		return;
	for (int i = 0; i < TIMES; i++)
		if (recv(fd, nowhere, sizeof nowhere, MSG_DONTWAIT | MSG_TRUNC) < AT_ONCE)
			return;
}

void sessions_expel(struct worker *w)
{
	enum { LEAVE_MS = 10000 };
	uint64_t now = uv_now(&w->loop);
	struct session *s;
	while ((s = w->leaving.first) && now - s->active_ms > LEAVE_MS)
		session_close(s, s->leaving);
}

void sessions_expire(struct listener *l)
{
	uint64_t now = uv_now(&l->worker->loop);
	uint64_t silence_ms = (uint64_t)l->settings->channel.silence_s * 1000;
	struct session *s;
	/* both times are cut to milliseconds: only `>` is never early */
	while (silence_ms && (s = l->sessions.first) && now - s->active_ms > silence_ms) {
		size_t unsent = uv_stream_get_write_queue_size((uv_stream_t *)&s->tcp);
		if (unsent)
			session_close(s, CLOSE_SLOW);
		else if (s->owed)
			touch(s); /* it waits for us: the store is late */
		else
			session_close(s, CLOSE_SILENT);
	}
}
