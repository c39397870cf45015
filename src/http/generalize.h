/* generalize: many messages become one for each device and interval of time. Intervals begin at
 * multiples of their length since 1970. Measured numbers become their average (rounded to the
 * decimals of the parameter), minimum or maximum. All else is the earliest value of the interval:
 * texts, truth values, timestamps, numbers that only name something (cells, ids) or point somewhere
 * (an angle has no average), further cells and access points. */
#ifndef HTTP_GENERALIZE_H
#define HTTP_GENERALIZE_H

#include "cantrack/message.h"

enum generalize_method { GENERALIZE_AVERAGE, GENERALIZE_MINIMUM, GENERALIZE_MAXIMUM };

/* Each holds the values of one interval, some kilobytes at most. */
enum { GENERALIZE_SOURCES_MAX = 1000 };

MUST_USE bool generalize_method_parse(const char *text, enum generalize_method *out);

struct generalizer;

/* For `sources` devices, whose messages come in the order of time, newest first with `reverse`. */
struct generalizer *generalizer_new(
	int64_t interval_us, enum generalize_method method, bool reverse, size_t sources);
void generalizer_free(struct generalizer *g); /* NULL is fine */

/* Does a message of this time belong to the interval at hand? True when there is none. */
bool generalizer_fits(const struct generalizer *g, int64_t time_us);

/* Adds a message with a timestamp that fits. Its texts are copied. */
void generalizer_add(struct generalizer *g, size_t source, const struct message *m);

/* Takes the next message of the interval at hand, in the order of time. False: that was all, the
 * next interval may begin. Texts are valid until the next call. */
bool generalizer_take(struct generalizer *g, size_t *source, struct message *out);

#endif
