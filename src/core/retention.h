/* retention: a thread that has the store delete what devices and channels do not keep any longer,
 * by their messages_ttl and messages_rotate in the registry. */
#ifndef CORE_RETENTION_H
#define CORE_RETENTION_H

#include "core/registry.h"

struct retainer;

/* Starts the thread: one round a minute or so (`seconds`), the first after one such time. Store and
 * registry stay the caller's and outlive it. 0 seconds: nothing is ever deleted; NULL is returned. */
struct retainer *retention_start(struct store *store, struct registry *registry, int seconds);

/* Ends it at the next step of a round, some milliseconds; the store retains no more. NULL: nothing
 * happens. */
void retention_stop(struct retainer *r);

/* A limit_fn (store.h), of the registry given: readers get nothing that is past its messages_ttl by
 * now, whether it is deleted yet or not. */
bool retention_limit(void *registry, enum query_by by, uint32_t id, int64_t *oldest_us);

#endif
