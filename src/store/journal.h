/* journal: an append-only file of small entries, found by key and time, kept for a time and up to a
 * size. Two of them stand beside the store: what happened (events) and raw traffic (packets). Unlike
 * the log of messages it is written behind: an entry is on disk within `flush_ms`, and what cannot
 * be taken in time is dropped and counted, so that it never holds up a tracker.
 *
 * Entries lie in chunks, compressed, each with a directory of its keys; the last chunk is rewritten
 * until it is full. One SQLite file, one writer thread. All functions from any thread. */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

struct journal;

struct journal_options {
	const char *directory, *file; /* "events.db" */
	int64_t keep_us;              /* entries older than this go; 0: never */
	uint64_t max_bytes;           /* of the file: the oldest go first; 0: no limit */
	int flush_ms;                 /* 0: 1000 */
	size_t pending_bytes;         /* entries that may wait for the disk; 0: 16 MiB */
	int64_t (*clock_us)(void);    /* what keep_us counts from; NULL: the system's */
};

/* NULL with a sentence. */
struct journal *journal_open(const struct journal_options *options, struct error *e);

/* Writes what waits. */
void journal_close(struct journal *j);

enum {
	JOURNAL_BODY_MAX = 64 * 1024,
	/* No entry is further ahead of the clock: what is was told by one that was set back since. */
	JOURNAL_AHEAD_US = 60000000,
};

struct journal_entry {
	/* As given, but never before an entry of an earlier chunk. When the clock is set back by more
	 * than a minute, entries of times to come are brought to the present. */
	int64_t time_us;
	uint64_t no; /* rises with time_us over the whole journal; given by the journal */
	uint64_t key;
	struct str body;
};

/* Copies. False: too many wait already, the entry is dropped and counted. */
bool journal_add(struct journal *j, int64_t time_us, uint64_t key, struct str body);

/* The same for several in one go; their `no` is not looked at. Returns how many were taken. */
size_t journal_add_many(struct journal *j, const struct journal_entry *entries, size_t count);

struct journal_query {
	uint64_t key;
	const uint64_t *keys; /* several instead of one, rising; NULL: `key` */
	size_t key_count;
	int64_t from_us, to_us; /* inclusive; INT64_MIN, INT64_MAX: open */
	bool reverse;           /* newest first */
	size_t count;           /* 0: no limit */
	uint64_t after_no;      /* continue behind this entry; 0: from the start */
};

/* Valid during the call only. False ends the reading (not an error). */
typedef bool journal_fn(void *context, const struct journal_entry *entry);

/* Also what waits for the disk. Holds one chunk in memory. Page long ranges with count and
 * after_no. False with a sentence. */
MUST_USE bool journal_read(struct journal *j, const struct journal_query *q, journal_fn *each,
	void *context, struct error *e);

/* All that was added before is on disk when it returns true. */
MUST_USE bool journal_flush(struct journal *j, struct error *e);

struct journal_figures {
	uint64_t added, dropped, disk_bytes;
	uint64_t damaged; /* chunks that were read in vain */
};
void journal_figures(struct journal *j, struct journal_figures *out);

#endif
