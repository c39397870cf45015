/* folds: like events of a minute, counted in one place each. Bounded in number and bytes. One thread
 * at a time. */
#ifndef CORE_FOLDS_H
#define CORE_FOLDS_H

#include "core/events.h"

#define FOLD_US (INT64_C(60) * 1000000)

enum {
	FOLDS_MAX = 32768,         /* by code, origin and text; and as many without text */
	FOLDS_BEYOND = 100000,     /* that find no place, in a minute; more are dropped */
	FOLDS_BYTES_MAX = 8 << 20, /* of members; then the older ones are told */
};

struct folds;

struct folds *folds_new(void);
void folds_free(struct folds *f);

enum fold {
	FOLD_NONE, /* to be written: the first of its minute, or there is no place to count it */
	FOLD_DONE, /* counted */
	FOLD_FULL, /* too many for which there is no place */
};
enum fold folds_add(struct folds *f, const struct event *event, int64_t now_us);

struct folded {
	struct event event; /* the newest; no fold */
	uint64_t count;
	char *members; /* what event.members points into; free() */
};

/* The next whose minute is over and that has counted something; its minute begins again. False:
 * there is none. now_us INT64_MAX: all minutes are over, for good. */
bool folds_take(struct folds *f, int64_t now_us, struct folded *out);

#endif
