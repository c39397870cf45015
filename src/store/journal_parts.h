/* What the files of the journal share. An entry's way: `incoming`, in the order of the calls; a
 * batch, sorted, with its number, never changed any more; a row of the table `chunk`. Batches are
 * made when the writer begins a flush, and when somebody reads, so that a number that was told
 * stays the same. A batch is in memory until it is committed and no reader looks at it.
 *
 *   chunk(first_no, last_no, first_us, last_us, directory, body)
 *
 * An entry's time is not after its row's last_us, whatever the body says: when the clock was set
 * back, rows of later times are given the present one without being written anew.
 *
 * Rows of less than CHUNK_BYTES at the end are replaced by one of their whole: the writer keeps
 * their entries in memory as its `tail`. A row takes in the one before it only when that is not
 * larger than twice itself, so an entry is rewritten a few times, not once in every flush. */
#ifndef STORE_JOURNAL_PARTS_H
#define STORE_JOURNAL_PARTS_H

#include "store/db.h"
#include "store/journal_chunk.h"

#include <pthread.h>

/* Entries with their bodies, which lie behind one another. */
struct pile {
	struct journal_entry *entries;
	size_t count, room;
	char *bytes;
	size_t len, bytes_room;
};

/* Copies; body.at is not set until pile_aim. */
void pile_add(struct pile *p, const struct journal_entry *entry);
void pile_aim(struct pile *p);
void pile_clear(struct pile *p);

struct journal_batch {
	struct journal_batch *next;
	struct pile pile;
	unsigned pins; /* readers */
	bool is_on_disk;
};

enum { TAIL_ROWS_MAX = 40 };

/* The writer's own: entries of the last chunk, which is not full, and where its rows begin. */
struct journal_tail {
	struct pile pile;
	size_t bytes; /* chunk_cost of all */
	struct {
		size_t first, bytes;
	} rows[TAIL_ROWS_MAX];
	size_t row_count;
};

struct journal_reader {
	struct journal_reader *next;
	struct db db;
	struct chunk_reader *chunk;
};

struct journal {
	struct journal_options options;
	char *directory, *file;
	pthread_t thread;
	bool is_started;

	pthread_mutex_t lock; /* of what follows, up to the writer's own */
	pthread_cond_t wake, done;
	struct pile incoming, spare;        /* spare: empty, with room */
	struct journal_batch *first, *last; /* not on disk yet */
	size_t pending_bytes;
	uint64_t next_no, durable_no;
	int64_t newest_us;
	uint64_t added, dropped, damaged;
	uint64_t asked, finished; /* flushes */
	struct error why;         /* of the last flush, when it failed */
	bool has_failed, is_stopping;
	struct journal_reader *readers; /* idle ones */
	size_t reader_count;

	/* the writer's own */
	struct db db;
	struct chunk_writer *chunk;
	struct journal_tail tail;
	int wal_pages; /* that were not put into the file when the last one was written */
	int64_t warned_us, trimmed_us; /* for log_due */
	bool has_freed;
	uint64_t dropped_told;
};

/* Makes a batch of what is incoming. */
void journal_seal_locked(struct journal *j);

int64_t journal_now_us(const struct journal *j);

/* Entries of before this time are gone. */
int64_t journal_oldest_us(const struct journal *j);

/* ---- journal_write.c: the writer's thread ---- */

/* Opens the file and finds its last number and time. */
MUST_USE bool journal_writer_open(struct journal *j, struct error *e);
void journal_writer_close(struct journal *j);

/* Puts the batches up to `last` into chunks: all or none of them. */
MUST_USE bool journal_write(struct journal *j, const struct journal_batch *first,
	const struct journal_batch *last, struct error *e);

/* The clock was set back: what it told before is brought to now, or all that comes until it is
 * there again would have to stand at that time, where nobody looks for it. Takes j->lock. */
MUST_USE bool journal_follow_clock(struct journal *j, struct error *e);

/* Deletes what is too old, and gives back what the file has free. A step; false: it failed. */
MUST_USE bool journal_retain(struct journal *j, struct error *e);

/* ---- journal_read.c ---- */

void journal_readers_close(struct journal *j);

#endif
