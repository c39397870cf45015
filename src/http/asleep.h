/* asleep: how many requests wait without a thread, or were woken and have not got their answer yet. Who
 * stops the server waits until there are none: the library cuts off whom it finds. */
#ifndef HTTP_ASLEEP_H
#define HTTP_ASLEEP_H

#include <pthread.h>
#include <stddef.h>

struct asleep {
	pthread_mutex_t lock;
	pthread_cond_t none; /* on the monotonic clock */
	size_t count;
};

void asleep_init(struct asleep *a);
void asleep_clear(struct asleep *a);

void asleep_add(struct asleep *a);
void asleep_remove(struct asleep *a);

/* Returns when there are none, or the time is over. */
void asleep_wait(struct asleep *a, int patience_ms);

#endif
