/* watch: looks at a command in its queue again and again until it has ended, and tells on standard
 * error what changes. */
#ifndef CLIENT_WATCH_H
#define CLIENT_WATCH_H

#include "client/rest.h"

struct watch {
	struct rest *rest;
	uint64_t device, id;
	int64_t patience_us; /* how long to watch; INT64_MAX: until it ends */
	bool quiet, has_condition;
	const volatile sig_atomic_t *stop; /* not 0: do not watch any more */
	json_t *last; /* how it was seen last: first from the caller, whose it is in the end */
};

enum watch_end {
	WATCH_ENDED, /* *result is how, and the caller's */
	WATCH_LEFT,  /* it may still be on its way; *e tells why nobody watches any more */
	WATCH_LOST,  /* *e tells why nothing more is to be known of it */
};

enum watch_end watch_run(struct watch *w, json_t **result, struct error *e);

#endif
