/* queue: what waits for a session, and what it has not acknowledged. Inside live/ only. */
#ifndef LIVE_QUEUE_H
#define LIVE_QUEUE_H

#include "live/door.h"

/* Gives the session a message, at once where nothing is in the way. QoS 0 for a session that is away is
 * dropped. A session whose queue is full loses it, see sessions_lose. */
void session_deliver(struct live *l, struct session *s, struct publication *p, uint8_t qos,
	bool retain, const uint32_t *ids, size_t id_count);

/* Writes what waits into the client's buffer, as far as that and the window of QoS 1 allow. */
void session_pump(struct live *l, struct session *s);

/* PUBACK. False: nothing with this id was under way. */
bool session_acknowledge(struct live *l, struct session *s, uint16_t id);

/* The client is back, or another one came: what was not acknowledged is sent again. */
void queue_rewind(struct queue *q);

void queue_clear(struct live *l, struct queue *q);

/* Each entry, oldest first; those that were acknowledged have no publication. */
void queue_each(
	const struct queue *q, void (*each)(void *context, const struct entry *e), void *context);

/* Adds an entry of an earlier run, whatever the limits say; p NULL: one that was acknowledged. Takes a reference
 * of its own. */
void queue_restore(struct live *l, struct queue *q, struct publication *p,
	const struct entry *entry, const uint32_t *ids);

/* Entries that were not written yet. */
static inline uint32_t queue_waiting(const struct queue *q)
{
	return q->count - q->sent;
}

#endif
