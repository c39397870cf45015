/* catchup: what the hub could not hold is read in the store's log, so that a door that was slow for a while is
 * late, not blind. Channel by channel: of one tracker the order stays. What the log does not keep is passed over
 * and counted: messages that came over REST, and those of channels that keep none. Inside live/ only. */
#ifndef LIVE_CATCHUP_H
#define LIVE_CATCHUP_H

#include "live/door.h"

/* Begins behind the record `from`; up to `to` at first. */
void catchup_begin(struct live *l, uint64_t from, uint64_t to);

/* The next group; the caller's to free(). NULL: the hub goes on from here, or, with catchup_is_on, nothing of
 * this step was wanted: call again. */
struct hub_group *catchup_next(struct live *l);

bool catchup_is_on(const struct live *l);
void catchup_end(struct live *l);

#endif
