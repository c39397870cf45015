/* listen: a listening TCP socket at a numeric address. */
#ifndef CORE_LISTEN_H
#define CORE_LISTEN_H

#include "base/error.h"

#include <stdint.h>

/* The socket, which the caller closes, and its real port; -1 with a sentence that names the
 * address. */
int listen_at(const char *address, uint16_t port, uint16_t *real_port, struct error *e);

#endif
