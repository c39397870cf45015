/* live_view: how others than the live door use it: functions that it gives and app/ passes on. From any
 * thread. */
#ifndef CORE_LIVE_VIEW_H
#define CORE_LIVE_VIEW_H

#include "base/error.h"
#include "store/record.h"

struct gnutls_session_int; /* what a gnutls_session_t points to */

/* A connection that HTTP has upgraded to a WebSocket with the subprotocol mqtt: the answer 101 is sent, frames
 * follow. */
struct upgraded {
	int fd; /* of the client's socket, not blocking */
	/* NULL: plain bytes. Else they go through this session, which is past its handshake and sits on
	 * fd. It may hold bytes already that fd does not announce: read once before waiting. */
	struct gnutls_session_int *tls;
	struct str early; /* what came behind the request already; valid during the call */
	struct peer peer;
	/* Must be called once, from any thread, when nothing is read or written any more; descriptor and
	 * session are not the live door's to close. */
	void (*release)(void *handle);
	void *handle;
};

enum { LIVE_CLIENT_ID_MAX = 256 };

struct live_session {
	uint64_t id; /* microseconds of its beginning, each once */
	char client_id[LIVE_CLIENT_ID_MAX + 1];
	struct peer peer; /* of the connection, or of the last one */
	bool is_connected, is_clean;
	bool is_secure, is_websocket;
	uint8_t version; /* 4: 3.1.1, 5: 5.0 */
	uint32_t token;  /* its id */
	uint32_t subscriptions;
	uint64_t bytes;    /* that wait for it */
	uint32_t messages; /* that wait for it */
	int64_t expires_s; /* since 1970; 0: it is connected, or never */
	int64_t established_us;
};

struct live_view {
	void *context;
	/* Takes the connection over. False: it does not (too many, or it stops); `release` is still the
	 * caller's to call then. */
	bool (*take)(void *context, const struct upgraded *upgraded);
	/* Sessions in order of id, those after `after`, at most `room` of them. Returns the number. */
	size_t (*sessions)(void *context, uint64_t after, struct live_session *out, size_t room);
	/* Ends the session with this id and forgets what waits for it. False: there is none. */
	bool (*end)(void *context, uint64_t id);
	/* Publishes as a client would that has no session. False with a sentence: the topic is not one to
	 * publish to, or a limit is reached. */
	bool (*publish)(
		void *context, struct str topic, struct str payload, bool retain, struct error *e);
	/* The device's latest values of these parameters (bits) are about to be forgotten: who follows them is
	 * told. */
	void (*forget)(void *context, uint32_t device, uint64_t params);
	/* The real ports of MQTT over TCP, and over TLS; 0: not open. */
	uint16_t (*port)(void *context, bool is_secure);
};

#endif
