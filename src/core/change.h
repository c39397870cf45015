/* change: the event of an item that was created, changed or deleted: who did it, what it was before
 * and what it is now. */
#ifndef CORE_CHANGE_H
#define CORE_CHANGE_H

#include "core/events.h"
#include "model/resource.h"

struct change {
	enum origin_type type;
	uint32_t id;
	const struct resource *resource;
	const void *old, *new; /* NULL: it is new; it is gone */
	/* who */
	struct str host, trace, app;
	uint32_t token; /* its id */
};

/* Posts CREATED, CHANGED or DELETED. `events` may be NULL. */
void change_post(struct events *events, const struct change *change);

#endif
