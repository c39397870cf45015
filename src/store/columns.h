/* columns: many records <-> one blob. The one encoding of everything that the store keeps on disk:
 * a group in the log, a device's block, a channel's chunk. Pure: no SQL, no clock.
 *
 * Values are written column by column, each as its difference from the value that the same origin
 * had before (for a new origin: from the record before), so that what does not change is a zero,
 * and what changes little is a byte. Then zstd. columns_format.h describes the bytes. */
#ifndef STORE_COLUMNS_H
#define STORE_COLUMNS_H

#include "base/buf.h"
#include "store/record.h"

enum {
	COLUMNS_RECORDS_MAX = 65536,   /* in one blob */
	COLUMNS_BODIES_MAX = 16 << 20, /* bytes of their bodies together */
	COLUMNS_BLOB_MAX = 64 << 20,   /* no blob is longer, packed or not */
	COLUMNS_THOROUGH = 3,          /* levels from this on look for steps, too */
};

/* Memory that is used again from blob to blob; of one thread at a time. */
struct encoder *encoder_new(void);
void encoder_free(struct encoder *n);

/* How many of the first records one blob may take: at least 1. */
size_t columns_fit(const struct record *records, size_t count);

/* Appends the blob of `count` records (see columns_fit) to `out`, whose maximum is at least
 * COLUMNS_BLOB_MAX above its length. `level` is zstd's. False with a sentence when a record's body
 * is damaged; then `out` is unchanged. */
MUST_USE bool columns_encode(struct encoder *n, const struct record *records, size_t count,
	int level, struct buf *out, struct error *e);

struct decoder *decoder_new(void);
void decoder_free(struct decoder *d);

/* Says whether a record is wanted; asked before its body (not set yet) is put together. */
typedef bool record_want_fn(void *context, const struct record *r);
/* As in store.h: false ends the reading. */
typedef bool columns_fn(void *context, const struct record *r);

/* Calls `each` for the wanted records (`want` may be NULL: all) in the order they were encoded; a
 * record and its body are valid during the call. False with a sentence: the blob is damaged;
 * records may have been passed on before that was seen. */
MUST_USE bool columns_decode(struct decoder *d, struct str blob, record_want_fn *want,
	columns_fn *each, void *context, struct error *e);

#endif
