/* changes: tells the events what a request created, changed or deleted. */
#ifndef HTTP_CHANGES_H
#define HTTP_CHANGES_H

#include "http/request.h"

/* `old` NULL: it is new; `new` NULL: it is gone. The default fields of both are told. */
void tell_change(const struct request *r, enum origin_type type, uint32_t id,
	const struct resource *resource, const void *old, const void *new);

#endif
