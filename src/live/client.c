#include "live/client.h"

#include "base/log.h"
#include "core/metrics.h"
#include "live/diary.h"
#include "live/packets.h"
#include "live/queue.h"
#include "live/session.h"
#include "live/spare.h"
#include "live/walk.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	READS_A_TURN = 4,   /* of one client, READ_BYTES each */
	ROUNDS_A_TURN = 16, /* of filling and writing one client's buffer */
	LEAVE_US = 2 * 1000 * 1000,
};

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
	struct client *c = handle->data;
	transport_close(&c->transport);
	free(c);
}

static void unlink_eager(struct client *c)
{
	struct live *l = c->live;
	struct client **at = &l->eager;
	if (!c->is_eager)
		return;
	while (*at != c)
		at = &(*at)->next_eager;
	*at = c->next_eager;
	if (l->eager_end == &c->next_eager)
		l->eager_end = at;
	c->is_eager = false;
}

static void unlink_written(struct client *c)
{
	struct client **at = &c->live->written;
	while (c->is_written && *at != c)
		at = &(*at)->next_written;
	if (c->is_written)
		*at = c->next_written;
	c->is_written = false;
}

void client_close(struct client *c, enum close_code code)
{
	struct live *l = c->live;
	if (c->is_closed)
		return;
	c->is_closed = c->is_ending = true;
	if (!c->end_code)
		c->end_code = (uint8_t)code;
	diary_client_closed(l, c);
	if (c->session)
		session_detach(l, c->session, false);
	unlink_written(c);
	unlink_eager(c);
	if (c->previous)
		c->previous->next = c->next;
	else
		l->clients = c->next;
	if (c->next)
		c->next->previous = c->previous;
	l->client_count--;
	metric_sub(live_clients, 1);
	buf_clear(&c->in);
	buf_clear(&c->out);
	uv_poll_stop(&c->poll);
	uv_close((uv_handle_t *)&c->poll, on_closed);
}

/* One that was never watched. */
static void forget(struct client *c)
{
	struct live *l = c->live;
	l->clients = c->next;
	if (c->next)
		c->next->previous = NULL;
	l->client_count--;
	metric_sub(live_clients, 1);
	metric_add(live_refused, 1);
	transport_close(&c->transport);
	free(c);
}

static void leave(struct client *c, enum close_code code, bool drops_will)
{
	if (c->is_ending)
		return;
	c->is_ending = true;
	c->end_code = (uint8_t)code;
	c->ends_us = clock_monotonic_us() + LEAVE_US;
	diary_client_closed(c->live, c);
	if (c->session)
		session_detach(c->live, c->session, drops_will);
	client_written(c);
}

void client_leave(struct client *c, enum close_code code)
{
	leave(c, code, true);
}

void client_end(struct client *c, enum mqtt_reason reason, enum close_code code)
{
	if (c->is_ending)
		return;
	if (c->version == MQTT_5)
		(void)!mqtt_ack_write(
			&c->out, MQTT_DISCONNECT, MQTT_5, 0, reason, (struct str)STR(""));
	leave(c, code, false);
}

/* ---- writing ---- */

void client_written(struct client *c)
{
	if (c->is_written || c->is_closed)
		return;
	c->is_written = true;
	c->next_written = c->live->written;
	c->live->written = c;
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct client *c, bool writable)
{
	bool is_deaf = c->is_eager || (c->out.len > OUT_DEAF && !c->is_ending) ||
		       transport_is_full(&c->transport);
	int events = (is_deaf ? 0 : UV_READABLE) |
		     (writable || transport_owes(&c->transport) ? UV_WRITABLE : 0);
	if (events == c->events)
		return;
	c->events = events;
	uv_poll_start(&c->poll, events, on_poll);
}

/* Nothing more is said: the other end may read to the end, and then closes. Closing at once could take
 * from it what it has not read yet. */
static void finish(struct client *c)
{
	struct transport *t = &c->transport;
	if (t->websocket) { /* its close frame goes through TLS, which ends with the socket */
		websocket_bye(t->websocket, websocket_wire(t->websocket));
		(void)transport_write(t, &c->out);
		return;
	}
	if (t->tls)
		tls_stream_bye(t->tls);
	shutdown(t->fd, SHUT_WR);
}

/* Writes, and while that goes well fills the buffer again. */
static void flush(struct client *c)
{
	for (int round = 0; round < ROUNDS_A_TURN; round++) {
		size_t before = c->out.len;
		enum transport_result result = transport_write(&c->transport, &c->out);
		c->sent += before - c->out.len;
		if (result == TRANSPORT_BROKEN) {
			client_close(c, CLOSE_BY_TRACKER);
			return;
		}
		if (c->session) {
			session_pump(c->live, c->session);
			if (!queue_waiting(&c->session->queue))
				walk_step(c->live, c->session);
		}
		if (result == TRANSPORT_AGAIN || !c->out.len) {
			watch(c, result == TRANSPORT_AGAIN);
			if (c->is_ending && !c->out.len)
				finish(c);
			if (!c->out.len)
				spare_give(c->live, &c->out);
			return;
		}
	}
	client_written(c); /* others come to their turn before */
}

void clients_flush(struct live *l)
{
	struct client *c = l->written;
	l->written = NULL;
	l->is_full = false;
	while (c) {
		struct client *next = c->next_written;
		c->is_written = false;
		flush(c);
		c = next;
	}
	if (l->delivered)
		metric_add(live_delivered, l->delivered);
	l->delivered = 0;
	if (l->written && !l->is_ended)
		uv_async_send(&l->wake);
}

/* ---- reading ---- */

/* What one client wants may be much: others come first. */
static void put_off(struct client *c)
{
	struct live *l = c->live;
	c->is_eager = true;
	c->next_eager = NULL;
	*l->eager_end = c;
	l->eager_end = &c->next_eager;
	uv_async_send(&l->wake);
}

/* Obeys the packets that are whole, for a slice of time; what is left stays. */
static size_t obey(struct client *c, struct str bytes)
{
	size_t done = 0;
	struct mqtt_header head;
	enum mqtt_reason why;
	int64_t until_us = clock_monotonic_us() + SLICE_US;
	while (!c->is_ending) {
		if (done && clock_monotonic_us() >= until_us) {
			put_off(c);
			return done;
		}
		struct str rest = str_from(bytes, done);
		switch (mqtt_header_read(rest, PACKET_MAX, &head, &why)) {
		case MQTT_PARTIAL: return done;
		case MQTT_REFUSED: packet_refused(c, why); return bytes.len;
		case MQTT_READ: break;
		}
		if (rest.len < head.head + head.body)
			return done;
		packet_obey(c, &head, str_upto(str_from(rest, head.head), head.body));
		done += head.head + head.body;
	}
	return bytes.len;
}

static void obey_all(struct client *c)
{
	size_t done = obey(c, buf_str(&c->in));
	if (c->is_closed)
		return;
	buf_drop(&c->in, done);
	if (!c->in.len)
		buf_clear(&c->in);
}

void clients_go_on(struct live *l)
{
	struct client *c, **end = l->eager_end;
	bool is_last = !l->eager;
	while (!is_last && (c = l->eager) != NULL) {
		is_last = end == &c->next_eager;
		unlink_eager(c);
		c->heard_us = clock_monotonic_us();
		obey_all(c);
		if (!c->is_closed)
			client_written(c);
	}
}

static void on_readable(struct client *c)
{
	struct live *l = c->live;
	if (c->is_eager)
		return;
	for (int i = 0; i < READS_A_TURN || transport_has_more(&c->transport); i++) {
		size_t before = c->in.len;
		enum transport_result result =
			transport_read(&c->transport, l->room, READ_BYTES, &c->in);
		if (c->version) /* before its CONNECT, bytes buy no time */
			c->heard_us = clock_monotonic_us();
		if (c->is_ending) {
			buf_clear(&c->in); /* nobody listens any more */
			if (result == TRANSPORT_END || result == TRANSPORT_BROKEN)
				client_close(c, CLOSE_BY_TRACKER);
			return;
		}
		c->received += c->in.len - before;
		if (result == TRANSPORT_DONE || result == TRANSPORT_END)
			obey_all(c);
		if (result == TRANSPORT_END || result == TRANSPORT_BROKEN) {
			client_close(
				c, result == TRANSPORT_END ? CLOSE_BY_TRACKER : CLOSE_PROTOCOL);
			return;
		}
		if (result == TRANSPORT_AGAIN || c->is_closed || c->is_ending || c->is_eager)
			break;
	}
	if (!c->is_closed && transport_owes(&c->transport))
		client_written(c);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct client *c = poll->data;
	if (status < 0) {
		client_close(c, CLOSE_BY_TRACKER);
		return;
	}
	if (events & UV_WRITABLE)
		client_written(c);
	if (events & UV_READABLE)
		on_readable(c);
}

/* ---- life ---- */

bool client_is_one_too_many(struct live *l)
{
	if (!l->options.max_clients || l->client_count < l->options.max_clients)
		return false;
	metric_add(live_refused, 1);
	if (log_due(&l->complained_us, 60))
		log_warning("live", "too_many_clients", "limit=%zu", l->options.max_clients);
	return true;
}

void client_open(struct live *l, const struct transport *transport, const struct peer *peer,
	bool is_secure, struct str early)
{
	int on = 1;
	struct client *c = xcalloc(1, sizeof *c);
	c->live = l;
	c->transport = *transport;
	c->peer = *peer;
	c->is_secure = is_secure;
	c->opened_us = c->heard_us = clock_monotonic_us();
	c->id = (uint64_t)clock_now_us();
	c->packet_max = UINT32_MAX;
	buf_init(&c->in, PACKET_MAX + READ_BYTES);
	buf_init(&c->out, OUT_MAX);
	c->next = l->clients;
	if (l->clients)
		l->clients->previous = c;
	l->clients = c;
	l->client_count++;
	metric_add(live_clients, 1);
	metric_add(live_accepted, 1);
	setsockopt(transport->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(transport->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	c->poll.data = c;
	if (uv_poll_init(&l->loop, &c->poll, transport->fd) != 0) {
		forget(c); /* the system watches no more descriptors */
		return;
	}
	watch(c, false);
	if (early.len && transport_early(&c->transport, early, &c->in) != TRANSPORT_DONE)
		client_close(c, CLOSE_PROTOCOL);
	else if (early.len)
		obey_all(c);
	if (transport->tls && transport->websocket && !c->is_closed)
		on_readable(c); /* what TLS has read already is not announced */
}

void clients_tick(struct live *l)
{
	int64_t now_us = clock_monotonic_us();
	for (struct client *c = l->clients, *next; c; c = next) {
		int64_t silent_us = now_us - c->heard_us;
		next = c->next;
		if (c->is_ending && now_us > c->ends_us)
			client_close(c, CLOSE_BY_TRACKER);
		else if (!c->is_ending && !c->version &&
			 now_us - c->opened_us > CONNECT_MS * INT64_C(1000))
			client_close(c, CLOSE_SILENT);
		else if (!c->is_ending && c->keep_us && silent_us > c->keep_us)
			client_end(c, MQTT_KEEP_ALIVE_TIMEOUT, CLOSE_SILENT);
	}
}
