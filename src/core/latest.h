/* latest: a device's latest values as one message, for expressions about it. */
#ifndef CORE_LATEST_H
#define CORE_LATEST_H

#include "store/store.h"

enum { LATEST_TEXTS = 4096 }; /* bytes of texts; what does not fit is left out */

struct latest {
	struct message message; /* its texts point into `texts` */
	size_t used;
	char texts[LATEST_TEXTS];
};

/* Empty when the device has no telemetry. */
void latest_get(struct store *store, uint32_t device, struct latest *out);

#endif
