/* hub: what was just committed, for one follower that makes something of it on a thread of its own: the
 * live door. The writer leaves a copy of each group of records, at no more than a load when nobody wants
 * any. What the follower has not taken yet is bounded: from the group on that would pass that the hub takes
 * no more, and the follower reads on in the store's log until it has caught up; the writer never waits. */
#ifndef CORE_HUB_H
#define CORE_HUB_H

#include "store/store.h"

struct hub;

/* `wake(context)` is called on the writer's thread when there is something to take and there was nothing
 * before. `bytes`: most of what may wait. */
struct hub *hub_new(size_t bytes, void (*wake)(void *context), void *context);
void hub_free(struct hub *h); /* NULL is fine */

/* Follows the writer (core/writer.h). */
void hub_committed(void *hub, const struct record *records, size_t count);

/* Does anybody want records at all? From any thread; at first nobody does. */
void hub_want(struct hub *h, bool wants);

struct hub_group {
	struct hub_group *next;
	size_t count;
	struct record records[];
};

/* What has come since the last time, oldest first, linked; each is the caller's to free(). NULL: nothing,
 * unless the hub has stopped taking: then *behind is the seq of the first record that it does not
 * have (else 0), and *last that of the last one. */
struct hub_group *hub_take(struct hub *h, uint64_t *behind, uint64_t *last);

/* The follower has read up to `seq` by itself. True: that is all, the hub takes again what comes. Else *last
 * is what was committed meanwhile. */
bool hub_caught_up(struct hub *h, uint64_t seq, uint64_t *last);

/* A group of copies; the caller's to free(). */
struct hub_group *hub_group_new(const struct record *records, size_t count);

#endif
