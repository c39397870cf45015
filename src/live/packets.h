/* packets: what a client's packets do. Inside live/ only. */
#ifndef LIVE_PACKETS_H
#define LIVE_PACKETS_H

#include "live/door.h"

/* One whole packet. Ends the client when the standard wants that. */
void packet_obey(struct client *c, const struct mqtt_header *head, struct str body);

/* The fixed header was not one. */
void packet_refused(struct client *c, enum mqtt_reason why);

/* connect.c: the first packet. */
void connect_obey(struct client *c, struct str body);

/* Properties of 5.0 that go on from who publishes to who subscribes, without the account and the time, which
 * are ours to tell. False: they do not fit. */
MUST_USE bool properties_forward(const struct mqtt_properties *p, struct buf *out);

#endif
