/* merge: the records of several devices (or channels) as one stream in order, read from the store
 * in pages. What it holds is bounded by the number of sources, never by the length of the range. */
#ifndef HTTP_MERGE_H
#define HTTP_MERGE_H

#include "store/store.h"

enum { MERGE_SOURCES_MAX = 10000 };

struct merge;

/* One source for each id; `range` gives everything but the id and the place. The store stays the
 * caller's; the ids are copied. */
struct merge *merge_new(
	struct store *store, const struct query *range, const uint32_t *ids, size_t count);
void merge_free(struct merge *m);

/* How many records will be wanted at most from now on: pages are no larger. */
void merge_expect(struct merge *m, size_t records);

/* The next record and the place of its source in `ids`; both valid until the next call. *out is
 * NULL at the end. False with a sentence when the store failed. */
MUST_USE bool merge_next(
	struct merge *m, const struct record **out, size_t *source, struct error *e);

#endif
