/* journal_chunk: the two blobs of a row of a journal.
 *
 *   directory  checksum (4 bytes), width (1), base (8), then the keys of the chunk, rising, each
 *              once, as key - base in `width` bytes: found by halving
 *   body       a zstd frame with a checksum of: varint entries; for each varint time - time of the
 *              one before, varint place of its key in the directory, varint length; then the bodies
 *
 * All numbers of fixed width begin with their lowest byte. */
#ifndef STORE_JOURNAL_CHUNK_H
#define STORE_JOURNAL_CHUNK_H

#include "store/journal.h"

enum {
	CHUNK_BYTES = 256 * 1024, /* a chunk of more is full; one entry may reach beyond */
	CHUNK_HEAD = 16,          /* what an entry counts beside its body */
};

static inline size_t chunk_cost(const struct journal_entry *entry)
{
	return entry->body.len + CHUNK_HEAD;
}

struct chunk_writer;

struct chunk_writer *chunk_writer_new(void);
void chunk_writer_free(struct chunk_writer *w);

/* The blobs of these entries (in order of no, at least one), valid until the next call. */
void chunk_pack(struct chunk_writer *w, const struct journal_entry *entries, size_t count,
	struct str *directory, struct str *body);

struct chunk_reader;

struct chunk_reader *chunk_reader_new(void);
void chunk_reader_free(struct chunk_reader *r);

enum chunk_found { CHUNK_NOTHING, CHUNK_SOMETHING, CHUNK_DAMAGED };

/* Does the directory hold one of the keys (rising)? */
enum chunk_found chunk_look(
	struct chunk_reader *r, struct str directory, const uint64_t *keys, size_t key_count);

/* The entries with the keys that chunk_look found just before, in order; *entries is valid until
 * the next call. False: the body is damaged. */
MUST_USE bool chunk_read(struct chunk_reader *r, struct str body, uint64_t first_no,
	int64_t first_us, const struct journal_entry **entries, size_t *count);

#endif
