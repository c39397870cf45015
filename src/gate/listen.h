/* listen: the listening sockets of a channel, and who may come in. Inside gate/ only. */
#ifndef GATE_LISTEN_H
#define GATE_LISTEN_H

#include "gate/worker.h"

/* Binds a channel at each worker. All share one port: the channel's, or a free one if that is 0.
 * False with a sentence that names the address. */
MUST_USE bool entrance_open(struct gate *g, size_t index, struct error *e);

/* Accepts again after a rest. */
void listener_wake(struct listener *l);

void listener_close(struct listener *l);

/* "host:port" or "[host]:port". `out` has 80 bytes. */
void entrance_uri(const struct entrance *entrance, char *out);

/* Gives back the place that a session had in its channel. */
void entrance_leave(struct entrance *entrance, const struct peer *peer);

#endif
