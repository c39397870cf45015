/* websocket: how a connection of HTTP becomes one of MQTT: the opening handshake of a WebSocket (RFC 6455,
 * section 4) with the subprotocol mqtt, and the way to the live door.
 *
 * The HTTP library can hand sockets over itself. Over TLS, though, it would then pass on a few bytes at a
 * time and never say that the client has gone; so there the connection is suspended instead, and the live
 * door speaks through its TLS session until it lets go of it. Without TLS nothing of the connection stays
 * with the library. */
#ifndef HTTP_WEBSOCKET_H
#define HTTP_WEBSOCKET_H

#include "core/live_view.h"

#include <microhttpd.h>

enum { WEBSOCKET_ACCEPT_BYTES = 29 };

/* What a request says, as far as the handshake goes; the texts are the library's. */
struct websocket_request {
	struct MHD_Connection *connection;
	const char *method, *version;
	struct str target;
};

/* 0: it asks for no WebSocket. 101: it shall have one; `accept` (WEBSOCKET_ACCEPT_BYTES) is then what the
 * answer proves with that it was understood. Else: the status of a refusal, with its sentence. */
unsigned websocket_judge(const struct websocket_request *request, char *accept, struct error *e);

/* Does the client speak TLS with us? Then the connection is suspended from websocket_open until the live
 * door releases it or will not have it, and must be closed when it is given back. */
bool websocket_is_secure(struct MHD_Connection *connection);

/* Answers 101 and gives the connection to the live door. When that does not take it, the client is told by
 * a close frame that it may come again later. The result is for the library. */
enum MHD_Result websocket_open(
	struct MHD_Connection *connection, const char *accept, const struct live_view *live);

#endif
