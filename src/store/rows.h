/* rows: a growing list of records that owns copies of their bodies. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/record.h"

/* Where a record stands in its device's history (us is time_us) or its channel's log (us is 0). */
struct place {
	int64_t us;
	uint64_t seq;
};

static inline int place_cmp(struct place a, struct place b)
{
	if (a.us != b.us)
		return a.us < b.us ? -1 : 1;
	return a.seq < b.seq ? -1 : a.seq > b.seq;
}

static inline struct place place_of(const struct record *r)
{
	return (struct place){r->time_us, r->seq};
}

struct rows {
	struct record *at;
	size_t count, room;
	struct rows_chunk *chunks; /* of bodies */
};

/* Zeroed memory is an empty list. rows_empty keeps some memory, rows_clear frees all. */
void rows_empty(struct rows *rows);
void rows_clear(struct rows *rows);

/* Appends the record with a copy of its body, or with the body where it is. */
void rows_add(struct rows *rows, const struct record *r);
void rows_add_borrowed(struct rows *rows, const struct record *r);

/* By (time_us, seq). */
void rows_sort(struct rows *rows);

#endif
