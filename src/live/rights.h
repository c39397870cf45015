/* rights: what a token may read and publish. Its topics follow its rights of REST: who may not GET the
 * messages, logs or an item gets none of its topics. Inside live/ only. */
#ifndef LIVE_RIGHTS_H
#define LIVE_RIGHTS_H

#include "live/publish.h"

/* The token of a new session, shared by all of its sessions. */
struct holder *holder_take(struct live *l, const struct token *token);
/* How many sessions a token has. */
size_t holder_sessions(const struct live *l, uint32_t token);
void holder_release(struct live *l, struct holder *h);

/* Ends what tokens held that are gone, disabled, expired or may not be used from there any more, and takes
 * over what was changed of the others. */
void holders_review(struct live *l);

bool rights_reads(const struct holder *h, const struct draft *draft);

/* False: the filter is only about what the token may not read. */
bool rights_subscribes(const struct holder *h, struct str filter);

/* May it publish to a topic outside of flespi/? */
bool rights_publishes(const struct holder *h, struct str topic);

#endif
