/* tell: what others hear of connections: events, and packets. Nothing is posted for a good frame,
 * and nothing costs when nobody listens. On the worker's thread. Inside gate/ only. */
#ifndef GATE_TELL_H
#define GATE_TELL_H

#include "gate/session.h"

void tell_accepted(const struct session *s);

/* The peer may not come in: there is no session. */
void tell_turned_away(const struct listener *l, const struct peer *peer);

void tell_identified(const struct session *s);

/* The session has a device since now. */
void tell_connected(const struct session *s);

void tell_closed(struct session *s, enum close_code code);

/* A frame, or bytes that are none, that became no message. */
struct bad_frame {
	struct str bytes;
	const char *kind, *reason;
	uint64_t ident; /* 0: not known */
	int64_t now_us; /* of the read */
};
void tell_refused(const struct session *s, const struct bad_frame *r);

/* ---- raw traffic ---- */

/* What is being read; it is recorded when it was decoded, with the ident that it told. The bytes
 * stay until tell_read. */
static inline void tell_reading(struct session *s, struct str bytes, int64_t now_us)
{
	struct worker *w = s->listener->worker;
	w->reading = w->packets ? s : NULL;
	w->reading_bytes = bytes;
	w->reading_us = now_us;
	w->reading_ident = 0;
}

void tell_read(struct worker *w);

void tell_sent(struct session *s, struct str bytes);

#endif
