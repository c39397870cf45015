/* progress: what has changed between two looks at a command that waits, in words. */
#ifndef CLIENT_PROGRESS_H
#define CLIENT_PROGRESS_H

#include "base/buf.h"

#include <jansson.h>

/* Starts as zeros. */
struct progress {
	bool has_begun, is_sent, has_told_why;
	int64_t attempts, position;
	int64_t since_us; /* queued and first, since then; 0: it is not */
};

/* `item` is the command in its queue. Appends a line, with its end, for each change since the last
 * call. */
MUST_USE bool progress_look(
	struct progress *p, const json_t *item, int64_t now_us, struct buf *lines);

/* True once, when it has been first in the queue for a second and is not sent: then it is told what
 * for it waits. */
bool progress_is_stuck(struct progress *p, int64_t now_us);

#endif
