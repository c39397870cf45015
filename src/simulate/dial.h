/* dial: where to connect, and connections that begin. */
#ifndef SIMULATE_DIAL_H
#define SIMULATE_DIAL_H

#include "base/error.h"

#include <stdint.h>
#include <sys/socket.h>

struct endpoint {
	struct sockaddr_storage address;
	socklen_t len;
};

/* "host:port" or "[v6]:port". False with a sentence that begins with the option's name. */
MUST_USE bool endpoint_resolve(
	struct endpoint *out, const char *option, const char *text, struct error *e);

/* Begins to connect a socket that does not block; *fd is the caller's to close, also on failure (errno
 * tells). To 127.0.0.0/8 the connections with the numbers 0, 1, ... come from as many addresses as are
 * needed for `per_address` each: one address has only 28,000 ports. Ends the process when no socket can
 * be made. */
MUST_USE bool dial(const struct endpoint *to, uint64_t per_address, uint64_t number, int *fd);

#endif
