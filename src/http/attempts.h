/* attempts: how often an address may come with a bad token: ATTEMPTS_AT_ONCE times, then once a
 * second. Only bad ones count and only they are turned away (a key of 380 bits is not guessed; the
 * limit keeps a stray program from filling the day), so whoever shares an address with it is let in
 * all the same. IPv6 addresses count by their /64. The table has a fixed size: when it is full, those
 * who tried least are forgotten. From any thread. */
#ifndef HTTP_ATTEMPTS_H
#define HTTP_ATTEMPTS_H

#include "store/record.h"

enum { ATTEMPTS_AT_ONCE = 10 };

struct attempts;

struct attempts *attempts_new(void);
void attempts_free(struct attempts *a);

/* Counts one at this time of a clock that never jumps. False: that is too many. */
bool attempts_take(struct attempts *a, const struct peer *peer, int64_t now_us);

#endif
