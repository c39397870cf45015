/* deadlines: moments to come, the next one first: a heap of members of other structs. One thread at a
 * time. */
#ifndef CORE_DEADLINES_H
#define CORE_DEADLINES_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed: it is in no heap. */
struct deadline {
	int64_t due_us;
	size_t place; /* from 1; 0: in no heap */
	int kind;     /* the owner's: what it is a member of */
};

struct deadlines {
	struct deadline **heap;
	size_t count, room;
};

/* Puts it in, or moves it when it is in already. */
void deadline_set(struct deadlines *d, struct deadline *which, int64_t due_us);

/* Takes it out, if it is in. */
void deadline_clear(struct deadlines *d, struct deadline *which);

/* Takes out the earliest one that is due. NULL: none is. */
struct deadline *deadline_due(struct deadlines *d, int64_t now_us);

/* When the earliest one is due; INT64_MAX: there is none. */
int64_t deadline_next(const struct deadlines *d);

void deadlines_clear(struct deadlines *d);

#endif
