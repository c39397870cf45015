/* listen: a worker's listening sockets, and who may come in. On the worker's thread. Inside gate/
 * only. */
#ifndef GATE_LISTEN_H
#define GATE_LISTEN_H

#include "gate/worker.h"

/* Takes the bound socket over. */
void listener_open(struct worker *w, struct entrance *entrance, int fd);

/* Accepts again after a rest. */
void listener_wake(struct listener *l);

/* No more connections come; those that are go on. */
void listener_close(struct listener *l);

/* Frees it; it is closed, and has no sessions. */
void listener_free(struct listener *l);

/* Obeys other settings from now on. */
void listener_change(struct listener *l, const struct settings *settings);

/* Gives back the place that a session had in its channel. */
void entrance_leave(struct entrance *entrance, const struct session *s);

#endif
