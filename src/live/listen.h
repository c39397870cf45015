/* listen: listening sockets for MQTT. Inside live/ only. */
#ifndef LIVE_LISTEN_H
#define LIVE_LISTEN_H

#include "live/door.h"

/* Watches those that were opened; on the door's thread, before the loop runs. */
void listeners_start(struct live *l);

/* Those that ran out of descriptors try again. */
void listeners_tick(struct live *l);

void listeners_close(struct live *l);
void listeners_free(struct live *l);

#endif
