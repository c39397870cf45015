/* channels: what listens: entrances that come, change and go with the channels of the registry.
 * Inside gate/ only. */
#ifndef GATE_CHANNELS_H
#define GATE_CHANNELS_H

#include "gate/worker.h"

/* Opens every enabled channel, before the workers run. False with a sentence: the needed one
 * cannot be bound. */
MUST_USE bool channels_open(struct gate *g, struct error *e);

/* Follows the registry from now on; NULL gate: no longer. */
void channels_watch(struct gate *g);
void channels_unwatch(struct gate *g);

/* NULL: the channel does not listen. The caller holds gate->lock or the registry's change lock. */
struct entrance *channel_entrance(const struct gate *g, uint32_t channel);

#endif
