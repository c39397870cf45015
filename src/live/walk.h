/* walk: a new subscription gets the retained messages that match it, and only then its SUBACK. They are made
 * an item at a time as the client takes them: a million devices cost no memory. Inside live/ only. */
#ifndef LIVE_WALK_H
#define LIVE_WALK_H

#include "live/door.h"

/* A SUBSCRIBE with room for `count` codes. */
struct chore *chore_new(uint16_t packet_id, size_t count);

/* The code of its next filter, and the subscription of the session when that wants what is retained (else
 * NULL). */
void chore_add(struct session *session, struct chore *c, enum mqtt_reason code,
	const struct subscription *s);

/* May the session have the retained messages of one more filter sent? */
bool walk_has_room(const struct session *s);

/* Takes the chore over: the SUBACK follows when all is sent. */
void walk_begin(struct session *s, struct chore *c);

/* Goes on where it stopped, while the client's buffer has room and nothing waits before. */
void walk_step(struct live *l, struct session *s);

/* The client is gone: nothing of it is owed any more. */
void walk_forget(struct session *s);

#endif
