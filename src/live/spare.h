/* spare: buffers of clients that have said all, kept for the next one: cheaper than new memory, which the system
 * has to clear. Inside live/ only. */
#ifndef LIVE_SPARE_H
#define LIVE_SPARE_H

#include "live/door.h"

/* A spare buffer for one without memory, if there is any. */
void spare_take(struct live *l, struct buf *out);

/* Takes the memory of an empty one: who is silent costs no buffer. */
void spare_give(struct live *l, struct buf *out);

void spares_free(struct live *l);

#endif
