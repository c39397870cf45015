/* target: the one device that is meant, and the commands it has. */
#ifndef CLIENT_TARGET_H
#define CLIENT_TARGET_H

#include "client/rest.h"

/* What DEVICE may be. */
enum target_way {
	TARGET_ID,       /* digits */
	TARGET_IDENT,    /* the same digits */
	TARGET_SELECTOR, /* a name, or what is a selector already: it has = or begins with { */
};

/* The path that asks for it. False: it is too long. */
MUST_USE bool target_path(struct str device, enum target_way way, struct buf *out);

struct target {
	uint64_t id;
	json_t *device;   /* the caller's: json_decref */
	json_t *commands; /* in it: an array */
};

/* False with a sentence: the device cannot be found, or is not the only one. Then there is nothing to
 * free. */
MUST_USE bool target_find(struct rest *r, const char *device, struct target *out, struct error *e);

#endif
