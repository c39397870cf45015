/* client: one connection of an MQTT client. Inside live/ only. */
#ifndef LIVE_CLIENT_H
#define LIVE_CLIENT_H

#include "live/door.h"

/* Begins with a connection; takes the transport over. `early`: what of it was read before. */
void client_open(struct live *l, const struct transport *transport, const struct peer *peer,
	bool is_secure, struct str early);

/* Are there as many as there may be? Counts who is turned away. */
bool client_is_one_too_many(struct live *l);

/* Something was put into its buffer: it is written to at the end of the turn. */
void client_written(struct client *c);

/* Ends it with a reason, which a client of 5.0 is told; what is in its buffer is sent before. Its session
 * is detached at once. */
void client_end(struct client *c, enum mqtt_reason reason, enum close_code code);

/* The same, where all is said already: after a CONNACK that refuses, or the client's own DISCONNECT. */
void client_leave(struct client *c, enum close_code code);

/* Ends it now. */
void client_close(struct client *c, enum close_code code);

/* Writes to all that have something to be written; at the end of a turn. */
void clients_flush(struct live *l);

/* Obeys the packets that were put off. */
void clients_go_on(struct live *l);

/* Ends those that are silent, late or will not go. */
void clients_tick(struct live *l);

#endif
