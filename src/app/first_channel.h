/* first_channel: the channel that the options of the command line mean. It is made at the first
 * start; later the options that are given change it, whatever channels REST made beside it. Was it
 * deleted over REST, it stays deleted, until --listen asks for a channel again: for the one that is
 * at that address by then, or else a new one. */
#ifndef APP_FIRST_CHANNEL_H
#define APP_FIRST_CHANNEL_H

#include "app/config.h"
#include "core/registry.h"

/* *id is 0 when there is none (any more). */
MUST_USE bool first_channel(struct store *store, struct registry *registry,
	const struct config *config, uint32_t *id, struct error *e);

#endif
