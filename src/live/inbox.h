/* inbox: what other threads leave for the door's. Bounded: what does not fit is dropped and counted, but for
 * connections and orders, which wait for an answer. Inside live/ only. */
#ifndef LIVE_INBOX_H
#define LIVE_INBOX_H

#include "live/door.h"

void inbox_init(struct live *l);

/* An event_wants_fn and an event_fn (core/events.h). */
bool inbox_wants(void *live);
void inbox_event(void *live, const struct event *event, struct str json);

/* For struct presence. */
void inbox_presence(void *live, const struct connection *c, bool is_open);

/* A connection that HTTP has upgraded. False: the door stops or is full. */
bool inbox_client(struct live *l, const struct upgraded *upgraded);

/* Runs the order on the door's thread and returns when that is done. False: it stops. */
bool inbox_call(struct live *l, void (*order)(struct live *l, void *context), void *context);

/* On the door's thread: does what has come. True: the door is to stop. */
bool inbox_obey(struct live *l);

/* From now on all is refused, and the thread ends. */
void inbox_stop(struct live *l);

/* Gives back what was not obeyed any more. */
void inbox_drain(struct live *l);

/* Says from the door's thread whether anybody could want events and presence. */
void inbox_want(struct live *l, bool wants);

#endif
