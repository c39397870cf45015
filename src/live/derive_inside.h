/* What the files that derive the state share. Inside live/ only. */
#ifndef LIVE_DERIVE_INSIDE_H
#define LIVE_DERIVE_INSIDE_H

#include "live/derive.h"

/* Items that have topics, and which of their members have one. */
struct kind {
	const struct resource *resource;
	const char *name, *uri;
	const char *const *members;
	size_t count;
};
extern const struct kind *const derive_channels, *const derive_devices;

/* To whom one item is told. */
struct telling {
	struct live *live;
	const struct kind *kind;
	uint32_t id;
	const struct pattern *pattern;
	derive_fn *each;
	void *context;
};

/* The topic is flespi/state/gw/KIND/ID and what `below` makes; the payload lies in live->payload. */
void derive_tell(const struct telling *t, const char *submodule, int64_t time_us, const char *below,
	...) PRINTF(4, 5);

/* derive_below.c: the connections of a channel or of an ident, from *after on; true: there may be more. */
bool derive_connections_page(
	const struct telling *t, uint32_t channel, uint64_t ident, uint64_t *after);
void derive_connections(const struct telling *t, uint32_t channel, uint64_t ident);
void derive_commands(const struct telling *t);
bool derive_idents_page(const struct telling *t, struct derive_place *place);

/* derive_values.c: empty payloads for the values that a device has of these parameters (bits). */
void derive_no_values(const struct telling *t, uint64_t which);

/* For the next payload. */
static inline struct buf *fresh(struct live *l)
{
	l->payload.len = 0;
	return &l->payload;
}

#endif
