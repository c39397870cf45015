/* writer: the one thread that appends. Workers fill batches; the writer takes whatever has come in,
 * commits it as one group, and hands each batch back to its worker, which then answers the
 * trackers. A batch therefore travels worker -> writer -> worker and carries its replies along.
 * When a commit fails the writer keeps the group and tries again every second: nothing is answered
 * meanwhile, workers run out of batches and stop reading their sockets. */
#ifndef CORE_WRITER_H
#define CORE_WRITER_H

#include "store/store.h"

enum {
	BATCH_RECORDS = 1024,
	BATCH_BYTES = 128 * 1024, /* bodies; at least MESSAGE_PACK_MAX must be free to add one */
	BATCH_REPLY_BYTES = 128 * 1024,
	BATCHES_UNDER_WAY = 32, /* of one lane: then it is congested */
};

/* A reply that waits for the commit: `len` bytes at batch->replies, in the order of the array. */
struct pending_reply {
	uint32_t slot, generation; /* the session, see gate/worker.h */
	uint32_t len;
};

struct batch {
	struct batch *next;
	struct lane *lane; /* where it goes back to */
	size_t count, bytes, reply_count, reply_bytes;
	struct record records[BATCH_RECORDS];
	struct pending_reply pending[BATCH_RECORDS];
	char bodies[BATCH_BYTES];
	char replies[BATCH_REPLY_BYTES];
};

static inline bool batch_is_full(const struct batch *b)
{
	return b->count == BATCH_RECORDS || BATCH_BYTES - b->bytes < MESSAGE_PACK_MAX ||
	       BATCH_REPLY_BYTES - b->reply_bytes < 2 * 256;
}

struct writer;

/* Called on the writer's thread after each commit, before the trackers are answered; for followers
 * of the log. The records are valid during the call only. Be quick: the next commit waits. */
typedef void commit_fn(void *context, const struct record *records, size_t count);

/* Called on the writer's thread before each try to append a group; may complete origin.device. */
typedef void before_fn(void *context, struct record *records, size_t count);

/* Starts the thread. The store stays the caller's and must outlive the writer. interval_us: the
 * shortest time from the start of one commit to the start of the next (a lone message does not
 * wait for it). */
struct writer *writer_start(struct store *store, int64_t interval_us);

/* Adds a follower. Call it before the first batch is submitted; at most four. */
void writer_follow(struct writer *w, commit_fn *fn, void *context);

/* Sets the one before_fn; before the first submit. */
void writer_before(struct writer *w, before_fn *fn, void *context);

/* Commits what was submitted, within `patience_ms`, and ends the thread. False with a sentence when
 * records had to be left behind (the store kept failing); *left is their number. */
MUST_USE bool writer_stop(struct writer *w, int patience_ms, size_t *left, struct error *e);

/* Frees a stopped writer with its lanes and whatever batches are still in them. */
void writer_free(struct writer *w);

/* A worker's door to the writer: the functions below are for one thread per lane. `returned` is
 * called on the writer's thread when batches wait in lane_returned (wake your loop there). Lanes
 * are opened before the first submit and live until writer_free. */
struct lane *lane_open(struct writer *w, void (*returned)(void *context), void *context);

/* A batch to fill: the last submitted one that the writer has not taken yet and that is not full,
 * or an empty one. Never NULL. */
struct batch *lane_borrow(struct lane *lane);

/* Gives a filled batch to the writer. An empty batch goes back to the pool. */
void lane_submit(struct lane *lane, struct batch *b);

/* Committed batches, oldest first, linked by `next`; the caller answers and then recycles them. */
struct batch *lane_returned(struct lane *lane);
void lane_recycle(struct lane *lane, struct batch *b);

/* True while as many batches are under way as a worker should have: stop reading sockets. */
bool lane_is_congested(struct lane *lane);

/* True while the last commit failed. For /health. */
bool writer_is_failing(struct writer *w);

#endif
