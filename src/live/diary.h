/* diary: events of MQTT sessions. Inside live/ only. */
#ifndef LIVE_DIARY_H
#define LIVE_DIARY_H

#include "live/door.h"

void diary_accepted(struct live *l, const struct client *c);

/* Somebody who may not. */
void diary_refused(struct live *l, const struct client *c, enum mqtt_reason reason);

/* Nothing, when it never had a session. */
void diary_client_closed(struct live *l, const struct client *c);

void diary_overflowed(struct live *l, const struct session *s);
void diary_subscribed(struct live *l, const struct client *c, struct str filter, bool is_on);

#endif
