/* telemetry: the object of latest values of one device. */
#ifndef HTTP_TELEMETRY_H
#define HTTP_TELEMETRY_H

#include "store/store.h"

/* Is the name chosen by "all", a name, a name above it ("gsm" chooses "gsm.lac"), or a mask? */
bool telemetry_is_selected(struct str list, struct str name);

/* {"name":{"ts":...,"value":...},...}, keys sorted; null when the device has none. False: the
 * buffer is full. */
MUST_USE bool telemetry_print(
	struct store *store, uint32_t device, struct str list, struct buf *out);

#endif
