/* waiting: answers that wait for a message (long polls), without a thread for each. A reader that
 * found nothing joins, looks once more, and sleeps; the writer's commits wake it when they bring a
 * message of its channels, a clock when its time is up.
 *
 * The order that loses no message: join, look, read the store, and only then sleep. What is
 * committed after the look ends the sleep. All functions from any thread. */
#ifndef HTTP_WAITING_H
#define HTTP_WAITING_H

#include "store/store.h"

struct waiting;
struct waiter;

struct waiting *waiting_new(void);

/* Follows the writer (core/writer.h). Costs a load while nobody has joined. */
void waiting_committed(void *waiting, const struct record *records, size_t count);

/* From now on every wait is over at once. Returns when all waiters have left, or after so long. */
void waiting_stop(struct waiting *w, int patience_ms);

/* Nobody has joined any more. NULL is fine. */
void waiting_free(struct waiting *w);

/* Joins those who wait for messages of these channels (rising; the array stays the caller's and
 * must live until it leaves) until a moment of clock_monotonic_us. */
struct waiter *waiter_join(
	struct waiting *w, const uint32_t *channels, size_t count, int64_t until_us);

/* Before the store is read. False: the time is up, so read a last time and sleep no more. */
bool waiter_look(struct waiter *w);

/* Calls wake(context) once, from another thread or before this returns: when a message came since
 * the look, when the time is up, or at the end. A waiter whose look was in vain (a filter let
 * nothing pass) is woken again only 100 ms later. It must not leave before it was woken. */
void waiter_sleep(struct waiter *w, void (*wake)(void *context), void *context);

void waiter_leave(struct waiter *w);

#endif
