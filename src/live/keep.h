/* keep: sessions and retained messages from one run of the gateway to the next, when it was stopped in order:
 * their queues with them, so nothing is lost by an update. After a crash there is no file, and clients are told
 * that their sessions are gone (session present 0): what they missed is in the history. Inside live/ only. */
#ifndef LIVE_KEEP_H
#define LIVE_KEEP_H

#include "live/door.h"

/* When all clients are gone and nothing runs any more. A failure is logged. */
void keep_save(struct live *l);

/* Before the first client; the file is gone then. What cannot be read is logged and left out, as are sessions
 * of tokens that are not good any more. */
void keep_load(struct live *l);

#endif
