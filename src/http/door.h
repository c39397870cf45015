/* door: one listening socket with the library's threads behind it, with TLS or without. */
#ifndef HTTP_DOOR_H
#define HTTP_DOOR_H

#include "base/error.h"

#include <microhttpd.h>
#include <stdint.h>

/* WebSockets over TLS that may be open at once beside the connections of REST: each keeps its place in the
 * library, about 40 KiB. Those without TLS keep none. */
enum { SECURE_WEBSOCKETS_MAX = 10240 };

struct door {
	struct MHD_Daemon *daemon; /* NULL: not open */
	uint16_t port;             /* the real one */
};

/* What the library calls, all with `context`. */
struct door_keeper {
	void *context;
	void *(*begin)(void *context, const char *uri, struct MHD_Connection *connection);
	MHD_AccessHandlerCallback request;
	MHD_RequestCompletedCallback end;
};

/* False with a sentence that names the address when it cannot be bound. With `secure`, TLS with the
 * certificate of core/tls.h. */
MUST_USE bool door_open(struct door *d, const char *address, uint16_t port, bool secure,
	unsigned threads, const struct door_keeper *keeper, struct error *e);

/* Answers that are still being read end unfinished; none may be suspended. */
void door_close(struct door *d);

#endif
