/* journals: what is kept beside the messages: events (the logs) and raw traffic (the packets). */
#ifndef APP_JOURNALS_H
#define APP_JOURNALS_H

#include "app/config.h"
#include "core/events.h"
#include "core/packets.h"

struct journals {
	struct journal *event_journal, *packet_journal;
	struct events *events;
	struct packets *packets; /* NULL: none are recorded */
};

/* False with a sentence; journals_close is still due. */
MUST_USE bool journals_open(struct journals *j, const struct config *c, struct error *e);

/* Writes what waits; when nobody posts any more. */
void journals_close(struct journals *j);

#endif
