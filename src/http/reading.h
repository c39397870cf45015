/* reading: the messages of devices in order, those that a reader wants, one after the other. What it
 * holds is bounded by the number of devices, never by the length of the range. */
#ifndef HTTP_READING_H
#define HTTP_READING_H

#include "http/items.h"
#include "http/range.h"
#include "http/records.h"
#include "model/filter.h"

struct reading;

/* The devices must be at most MERGE_SOURCES_MAX, GENERALIZE_SOURCES_MAX when the range generalizes;
 * their ids stay the caller's. With `in_turn` they come one after the other, else all by time. Takes
 * the filter (may be NULL) over. */
struct reading *reading_new(const struct context *c, const struct range *range,
	const struct chosen *chosen, struct filter *filter, bool in_turn);
void reading_free(struct reading *r); /* NULL is fine */

struct read {
	const struct message *message; /* both valid until the next step */
	const struct record_device *device;
};

/* One step: ITEM_PUT: there is a message; ITEM_NONE: not by this step, take another. `left` is how
 * many will be wanted at most. */
enum item reading_next(struct reading *r, uint64_t left, struct read *out, struct error *e);

#endif
