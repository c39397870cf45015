#include "live/transport.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t receive(struct transport *t, char *room, size_t bytes)
{
	if (t->tls)
		return tls_stream_read(t->tls, room, bytes);
	return recv(t->fd, room, bytes, 0);
}

static ssize_t transmit(struct transport *t, const char *bytes, size_t len)
{
	if (t->tls)
		return tls_stream_write(t->tls, bytes, len);
	return send(t->fd, bytes, len, MSG_NOSIGNAL);
}

static bool is_for_later(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

enum transport_result transport_early(struct transport *t, struct str bytes, struct buf *out)
{
	bool taken =
		t->websocket ? websocket_feed(t->websocket, bytes, out) : buf_add_str(out, bytes);
	if (!taken)
		return TRANSPORT_BROKEN;
	return t->websocket && websocket_is_closed(t->websocket) ? TRANSPORT_END : TRANSPORT_DONE;
}

enum transport_result transport_read(struct transport *t, char *room, size_t bytes, struct buf *out)
{
	ssize_t got = receive(t, room, bytes);
	if (got < 0)
		return is_for_later() ? TRANSPORT_AGAIN : TRANSPORT_BROKEN;
	if (got == 0)
		return TRANSPORT_END;
	return transport_early(t, (struct str){room, (size_t)got}, out);
}

static enum transport_result write_all(struct transport *t, struct buf *out)
{
	size_t done = 0;
	enum transport_result result = TRANSPORT_DONE;
	while (done < out->len) {
		ssize_t sent = transmit(t, out->at + done, out->len - done);
		if (sent < 0) {
			result = is_for_later() ? TRANSPORT_AGAIN : TRANSPORT_BROKEN;
			break;
		}
		done += (size_t)sent;
	}
	buf_drop(out, done);
	return result;
}

/* Frames hold what fits into a packet or two: the wire never holds more than one of them. */
static enum transport_result write_frames(struct transport *t, struct buf *out)
{
	struct websocket *w = t->websocket;
	for (;;) {
		enum transport_result result = write_all(t, websocket_wire(w));
		if (result != TRANSPORT_DONE)
			return result;
		if (!out->len && !websocket_owes(w)) {
			buf_clear(websocket_wire(w)); /* who is silent costs no buffer */
			return TRANSPORT_DONE;
		}
		if (!websocket_frame(w, buf_str(out), websocket_wire(w)))
			return TRANSPORT_BROKEN;
		out->len = 0;
	}
}

enum transport_result transport_write(struct transport *t, struct buf *out)
{
	if (t->tls && tls_stream_wants_write(t->tls) && !tls_stream_shake(t->tls) &&
		!is_for_later())
		return TRANSPORT_BROKEN;
	return t->websocket ? write_frames(t, out) : write_all(t, out);
}

bool transport_owes(const struct transport *t)
{
	if (t->websocket && (websocket_owes(t->websocket) || websocket_wire(t->websocket)->len))
		return true;
	return t->tls && tls_stream_wants_write(t->tls);
}

bool transport_is_full(const struct transport *t)
{
	return t->websocket && websocket_is_full(t->websocket);
}

bool transport_has_more(const struct transport *t)
{
	return t->tls && tls_stream_has_more(t->tls);
}

void transport_close(struct transport *t)
{
	if (t->fd < 0)
		return;
	if (t->websocket) {
		websocket_bye(t->websocket, websocket_wire(t->websocket));
		(void)write_all(t, websocket_wire(t->websocket));
	}
	if (t->tls)
		tls_stream_bye(t->tls);
	websocket_free(t->websocket);
	tls_stream_free(t->tls);
	if (t->release)
		t->release(t->handle);
	else
		close(t->fd);
	*t = (struct transport){.fd = -1};
}
