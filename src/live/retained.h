/* retained: messages that clients retain: kept in memory, within limits. Inside live/ only. */
#ifndef LIVE_RETAINED_H
#define LIVE_RETAINED_H

#include "live/publish.h"

struct retained {
	UT_hash_handle hh; /* by topic */
	struct publication *publication;
	uint64_t serial; /* rises in the order of the table */
};

/* Keeps the draft in place of what was kept for its topic; an empty payload forgets it. False: a limit. */
MUST_USE bool retained_set(struct live *l, const struct draft *draft);

/* One of an earlier run, whose reference is taken over. False: a limit, or its topic has one. */
MUST_USE bool retained_restore(struct live *l, struct publication *p);

/* Forgets those that have expired. */
void retained_tick(struct live *l);

void retained_clear(struct live *l);

#endif
