/* tail: the records of the log that are not settled yet, in memory. Rows are written once and never
 * change; a reader pins what it sees under the lock and then reads without it.
 *
 * The rows lie in chunks of a list, in seq order; each knows the row of the same device before it.
 * One thread appends, any thread reads, the settler drops. */
#ifndef STORE_TAIL_H
#define STORE_TAIL_H

#include "store/record.h"

struct tail_row {
	const struct tail_row
		*previous;     /* of the device; may be gone: look at previous_seq first */
	uint64_t previous_seq; /* 0: none */
	struct record record;  /* its body stands behind the row */
};

struct tail *tail_new(void);
void tail_free(struct tail *t);

/* Takes copies. The records' seqs go on from those before. */
void tail_append(struct tail *t, const struct record *records, size_t count);

/* What was in the tail at one moment. */
struct tail_view {
	uint64_t first, end;           /* rows with first <= seq < end */
	const struct tail_row *newest; /* of the device asked for; NULL: none */
	struct tail_chunk **chunks;
	size_t count;
};

/* Pins the tail as it is now; `device` may be 0. Give it back with tail_unpin. */
void tail_pin(struct tail *t, uint32_t device, struct tail_view *view);
void tail_unpin(struct tail *t, struct tail_view *view);

/* The row of the same device before `row`; NULL when it is not in the view. */
static inline const struct tail_row *tail_previous(
	const struct tail_view *view, const struct tail_row *row)
{
	return row->previous_seq >= view->first ? row->previous : NULL;
}

/* Goes through the rows of chunk `i` of the view: start with NULL; NULL at the end. */
const struct tail_row *tail_next(
	const struct tail_view *view, size_t i, const struct tail_row *row);

/* The next row starts a new chunk, so that the rows before can be dropped exactly. Returns the seq
 * of that row; 0: the tail is empty. */
uint64_t tail_seal(struct tail *t);

/* Forgets the rows up to `seq`; their memory goes when their whole chunk is forgotten. */
void tail_drop(struct tail *t, uint64_t seq);

struct tail_figures {
	uint64_t records, bytes;
	int64_t oldest_us; /* clock_monotonic_us when the oldest row came; 0: the tail is empty */
};
void tail_figures(struct tail *t, struct tail_figures *out);

#endif
