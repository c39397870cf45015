/* connections: what others may know of the gate's connections. Inside gate/ only. */
#ifndef GATE_CONNECTIONS_H
#define GATE_CONNECTIONS_H

#include "gate/worker.h"

/* Fills gate->connections. */
void connections_init(struct gate *g);

#endif
