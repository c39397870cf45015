/* transport: how the bytes of one MQTT connection travel: over a socket, over TLS on a socket, or in the
 * frames of a WebSocket whose socket HTTP has upgraded. Inside live/ only. */
#ifndef LIVE_TRANSPORT_H
#define LIVE_TRANSPORT_H

#include "base/buf.h"
#include "core/live_view.h"

struct websocket;
struct tls_stream;

struct transport {
	int fd;                        /* non-blocking; -1: closed */
	struct tls_stream *tls;        /* NULL: none */
	struct websocket *websocket;   /* NULL: none */
	void (*release)(void *handle); /* of who owns the descriptor; NULL: we do */
	void *handle;
};

enum transport_result {
	TRANSPORT_DONE,
	TRANSPORT_AGAIN, /* nothing more now */
	TRANSPORT_END,   /* the other end has closed */
	TRANSPORT_BROKEN,
};

/* Reads once, through `room` (`bytes` of it), and appends what came of MQTT to `out`. DONE: there may be
 * more. BROKEN: an error, a WebSocket that is none, or more than `out` takes. */
enum transport_result transport_read(
	struct transport *t, char *room, size_t bytes, struct buf *out);

/* What came behind the request of a WebSocket: as if it had been read. */
enum transport_result transport_early(struct transport *t, struct str bytes, struct buf *out);

/* Writes what it can of `out` and drops it there. DONE: all is written; AGAIN: wait until it is writable. */
enum transport_result transport_write(struct transport *t, struct buf *out);

/* Is there something that must be written before all else: parts of frames, answers of the WebSocket or of
 * TLS? */
bool transport_owes(const struct transport *t);

/* Has TLS bytes at hand that were read from the socket already? */
bool transport_has_more(const struct transport *t);

/* Do so many of its own answers wait (to pings of a WebSocket) that nothing should be read before? */
bool transport_is_full(const struct transport *t);

/* Says goodbye as the transport has it (TLS, WebSocket), without waiting, and closes. */
void transport_close(struct transport *t);

/* ---- tls_stream.c: what all TLS connections of a door share, and one of them ---- */

struct tls_shared;
struct tls_shared *tls_shared_new(struct error *e);
void tls_shared_free(struct tls_shared *shared); /* NULL is fine */
struct tls_stream *tls_stream_new(struct tls_shared *shared, int fd);
/* One that is past its handshake already and stays its owner's. */
struct tls_stream *tls_stream_borrow(struct gnutls_session_int *session);
void tls_stream_free(struct tls_stream *s); /* NULL is fine */
/* As recv and send: bytes, 0 at the end, -1 with EAGAIN or another errno. */
ssize_t tls_stream_read(struct tls_stream *s, char *out, size_t room);
ssize_t tls_stream_write(struct tls_stream *s, const char *bytes, size_t len);
bool tls_stream_has_more(const struct tls_stream *s);
/* The handshake waits for the socket to become writable. */
bool tls_stream_wants_write(const struct tls_stream *s);
/* Goes on with the handshake. False: errno says why it is not done (yet). */
bool tls_stream_shake(struct tls_stream *s);
void tls_stream_bye(struct tls_stream *s);

/* ---- websocket.c ---- */

struct websocket *websocket_new(void);
void websocket_free(struct websocket *w); /* NULL is fine */
/* Bytes of the socket; what frames of data carry is appended to `out` as it comes. False: they are no
 * WebSocket frames (a close that says so is owed then), text instead of binary, or `out` is full. */
MUST_USE bool websocket_feed(struct websocket *w, struct str bytes, struct buf *out);
/* Makes one binary message of `payload`, behind answers to pings and to a close, ready to be sent in
 * `wire`. False: memory or the buffer's maximum. */
MUST_USE bool websocket_frame(struct websocket *w, struct str payload, struct buf *wire);
/* Did the other end say that it closes? Are answers waiting? */
bool websocket_is_closed(const struct websocket *w);
bool websocket_owes(const struct websocket *w);
bool websocket_is_full(const struct websocket *w);
/* A close frame of status 1000 goes to the wire. */
void websocket_bye(struct websocket *w, struct buf *wire);
/* What is framed and not written yet. */
struct buf *websocket_wire(struct websocket *w);

#endif
