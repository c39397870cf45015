/* entrance: a channel at one address, its sockets, and its settings. Inside gate/ only. */
#ifndef GATE_ENTRANCE_H
#define GATE_ENTRANCE_H

#include "gate/worker.h"

/* Not bound yet. */
struct entrance *entrance_new(const struct channel *c);

/* Binds it `count` times, to the channel's port or a free one if that is 0, and listens; connections
 * wait until a worker takes the socket over. The port may be in use by `replaces`. False with a sentence that names the address; then no
 * socket is left open. */
MUST_USE bool entrance_bind(struct entrance *entrance, const struct entrance *replaces, int *fds,
	size_t count, struct error *e);

/* Only one that no listener uses. */
void entrance_free(struct entrance *entrance);

/* Would both sockets want some of the same connections? */
bool addresses_overlap(const char *a, const char *b);

/* The channel's settings, with its lists compiled. NULL with a sentence. */
struct settings *settings_new(const struct channel *c, struct error *e);
void settings_free(struct settings *s);

#endif
