/* The library reads from the bytes at hand and writes into a buffer: it never sees the socket. */
#include "live/transport.h"

#include "base/die.h"

#include <stdlib.h>
#include <wslay/wslay.h>

enum {
	WIRE_MAX = 8 * 1024 * 1024,
	ANSWERS_MAX = 64, /* to pings, that wait: beyond that nothing is read */
};

struct websocket {
	wslay_event_context_ptr context;
	struct str in;   /* not read yet */
	struct buf *out; /* where what is read goes; NULL: not now */
	struct buf wire;
	bool is_data; /* of the frame that is read: no control frame */
	bool is_refused;
};

static ssize_t on_recv(
	wslay_event_context_ptr context, uint8_t *room, size_t bytes, int flags, void *user)
{
	(void)flags;
	struct websocket *w = user;
	size_t len = w->in.len < bytes ? w->in.len : bytes;
	if (!len) {
		wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	memcpy(room, w->in.at, len);
	w->in = str_from(w->in, len);
	return (ssize_t)len;
}

static ssize_t on_send(
	wslay_event_context_ptr context, const uint8_t *bytes, size_t len, int flags, void *user)
{
	(void)flags;
	struct websocket *w = user;
	if (buf_add(&w->wire, bytes, len))
		return (ssize_t)len;
	wslay_event_set_error(context, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

/* MQTT travels in binary messages (5.0, 6.0). */
static void on_frame(wslay_event_context_ptr context,
	const struct wslay_event_on_frame_recv_start_arg *frame, void *user)
{
	(void)context;
	struct websocket *w = user;
	w->is_data = !wslay_is_ctrl_frame(frame->opcode);
	if (frame->opcode == WSLAY_TEXT_FRAME)
		w->is_refused = true;
}

/* Where messages and frames begin and end means nothing: MQTT is a stream of bytes. */
static void on_chunk(wslay_event_context_ptr context,
	const struct wslay_event_on_frame_recv_chunk_arg *chunk, void *user)
{
	(void)context;
	struct websocket *w = user;
	if (w->is_data && !w->is_refused)
		w->is_refused = !buf_add(w->out, chunk->data, chunk->data_length);
}

struct websocket *websocket_new(void)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.on_frame_recv_start_callback = on_frame,
		.on_frame_recv_chunk_callback = on_chunk,
	};
	struct websocket *w = xcalloc(1, sizeof *w);
	if (wslay_event_context_server_init(&w->context, &callbacks, w) != 0)
		die("out of memory: a WebSocket");
	wslay_event_config_set_no_buffering(w->context, 1);
	wslay_event_config_set_max_recv_msg_length(w->context, UINT64_MAX);
	buf_init(&w->wire, WIRE_MAX);
	return w;
}

void websocket_free(struct websocket *w)
{
	if (!w)
		return;
	wslay_event_context_free(w->context);
	buf_clear(&w->wire);
	free(w);
}

bool websocket_feed(struct websocket *w, struct str bytes, struct buf *out)
{
	w->in = bytes;
	w->out = out;
	bool sound = true;
	while (sound && w->in.len && !w->is_refused && wslay_event_get_read_enabled(w->context))
		sound = wslay_event_recv(w->context) == 0;
	w->in = (struct str){NULL, 0};
	w->out = NULL;
	bool is_failed = !wslay_event_get_read_enabled(w->context) && !websocket_is_closed(w);
	return sound && !is_failed && !w->is_refused;
}

bool websocket_frame(struct websocket *w, struct str payload, struct buf *wire)
{
	check(wire == &w->wire);
	const struct wslay_event_msg message = {
		WSLAY_BINARY_FRAME, (const uint8_t *)payload.at, payload.len};
	/* after a close there is nobody to read: what is left goes nowhere */
	if (payload.len && !wslay_event_get_close_sent(w->context) &&
		wslay_event_queue_msg(w->context, &message) == WSLAY_ERR_NOMEM)
		die("out of memory: a WebSocket message");
	return wslay_event_send(w->context) == 0;
}

bool websocket_is_closed(const struct websocket *w)
{
	return wslay_event_get_close_received(w->context);
}

bool websocket_owes(const struct websocket *w)
{
	return wslay_event_want_write(w->context);
}

bool websocket_is_full(const struct websocket *w)
{
	return wslay_event_get_queued_msg_count(w->context) > ANSWERS_MAX;
}

void websocket_bye(struct websocket *w, struct buf *wire)
{
	check(wire == &w->wire);
	if (!wslay_event_get_close_sent(w->context))
		(void)wslay_event_queue_close(
			w->context, WSLAY_CODE_NORMAL_CLOSURE, (const uint8_t *)"", 0);
	(void)wslay_event_send(w->context);
}

struct buf *websocket_wire(struct websocket *w)
{
	return &w->wire;
}
