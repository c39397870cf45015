/* store: the durable truth. An append-only log of records, read back by device and time or by
 * channel and arrival, the latest state that follows from the log (telemetry, idents seen), and the
 * resources (devices, channels) of the REST API.
 *
 * How it is laid out behind this interface is the back-end's business (sqlite.c: see its head
 * comment). All functions may be called from any thread, store_append from one thread only. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buf.h"
#include "store/record.h"

struct store;

struct store_options {
	const char *directory; /* exists; the files lie in it */
	size_t tail_bytes;     /* settle when the unsettled records exceed this; 0: 48 MiB */
	int settle_seconds;    /* ... or when the oldest is older than this; 0: 300; < 0: never */
};

/* Opens (creates) the store and reads back the unsettled tail. NULL with a sentence on failure. */
struct store *store_open(const struct store_options *options, struct error *e);

/* Ends background work at the next safe point and frees everything. Records that are not settled
 * stay in the log. */
void store_close(struct store *s);

/* ---- log ---- */

/* Appends `count` records as one group: all or nothing, on disk (fsync) when it returns true.
 * Gives each record its seq (in array order) and takes a copy. On failure nothing was appended and
 * the call may be repeated with the same records. */
MUST_USE bool store_append(struct store *s, struct record *records, size_t count, struct error *e);

/* seq of the last durable record; 0: none yet. */
uint64_t store_head(struct store *s);

struct query {
	enum query_by { QUERY_DEVICE, QUERY_CHANNEL } by;
	uint32_t id;
	/* Inclusive bounds of time_us (device) or received_us (channel). Open ends: INT64_MIN, MAX.
	 */
	int64_t from_us, to_us;
	bool reverse; /* newest first */
	size_t count; /* at most so many; 0: no limit */
	/* Continue after this place (the key and seq of the last record of the page before). */
	bool after;
	int64_t after_us;
	uint64_t after_seq;
};

/* Called for each record in order: (time_us, seq) for devices, seq for channels; the record and its
 * body are valid during the call only. False ends the reading (not an error). */
typedef bool record_fn(void *context, const struct record *r);

/* Reads one consistent view of the log. Hold it short: read long ranges in pages of some 1000
 * (count) and continue with `after`. False with a sentence when the store failed. */
MUST_USE bool store_read(
	struct store *s, const struct query *q, record_fn *each, void *context, struct error *e);

/* Moves everything that is in the tail now to its settled place; for tests and benchmarks, as it
 * happens by itself. */
MUST_USE bool store_settle(struct store *s, struct error *e);

/* ---- latest state, derived from the log ---- */

struct telemetry_item {
	uint8_t param;
	uint8_t index; /* 0, or the suffix of a further cell or access point */
	int64_t time_us;
	union value value;
};

/* Each latest value of the device, in JSON order. Texts are valid during the call only. */
typedef void telemetry_fn(void *context, const struct telemetry_item *item);

/* False: the device has no telemetry. */
bool store_telemetry(struct store *s, uint32_t device, telemetry_fn *each, void *context);

/* Time when the last message of a device was received, 0: none. */
int64_t store_last_active(struct store *s, uint32_t device);

struct ident_info {
	uint64_t ident;
	uint64_t count;   /* messages */
	uint64_t bytes;   /* of their records */
	int64_t last_us;  /* received_us of the last one */
	uint32_t device;  /* of the last one; 0: it was not registered */
	struct peer peer; /* of the last one */
};

/* Idents seen on a channel, in no order. Called under a lock: be quick. */
typedef void ident_fn(void *context, const struct ident_info *info);
void store_idents(struct store *s, uint32_t channel, ident_fn *each, void *context);

/* One of them. False: it was not seen. Cheap. */
bool store_ident(struct store *s, uint32_t channel, uint64_t ident, struct ident_info *out);

/* Forgets the latest values with these parameters (bits; all indices). Durable when it returns true:
 * a restart does not bring them back, even while their messages are not settled. */
MUST_USE bool store_forget_telemetry(
	struct store *s, uint32_t device, uint64_t params, struct error *e);

/* ---- retention ---- */

struct retention {
	int64_t ttl_us; /* older ones go; 0: all that is settled; INT64_MAX: never */
	uint64_t bytes; /* the oldest go until no more than so many are left; 0: no limit */
};

/* What applies to a device's history or a channel's log. False: it does not exist any more, all of
 * it goes. */
typedef bool retention_fn(void *context, enum query_by by, uint32_t id, struct retention *out);

/* Deletes what is past its retention and gives the disk back, in short steps between which readers,
 * settling and appending go on. A record is past its time when both its timestamp and its
 * server.timestamp are older than ttl_us before now_us; nothing younger is touched, and what is past
 * its time is not read any more (see store_limit_reads), even while it still shares a block with
 * younger ones, where it stays half its ttl longer at most. What is cut to a size in bytes loses whole
 * blocks, or halves of them. An item whose id was never given out is not gone, but not known, and
 * keeps all: so a lost list of devices does not cost their history.
 *
 * *deleted counts records, one for its device and one for its channel. From one thread at a time.
 * False with a sentence; what was deleted stays deleted, the rest is tried next time. */
MUST_USE bool store_retain(struct store *s, int64_t now_us, retention_fn *retention, void *context,
	uint64_t *deleted, struct error *e);

/* Ends a store_retain that is under way at its next step, and later ones at once: for who has to
 * stop. */
void store_retain_stop(struct store *s);

/* Asked at each store_read: records both of whose times lie before *oldest_us are left out. False:
 * all are. So what is past its time is gone to the microsecond, deleted or not. Set it before the
 * first read; any thread that reads calls it. */
typedef bool limit_fn(void *context, enum query_by by, uint32_t id, int64_t *oldest_us);
void store_limit_reads(struct store *s, limit_fn *limit, void *context);

/* Forgets the channel's records with a seq below `seq` (not the devices'): they are not read any
 * more, also after a restart, and their disk goes with a later store_retain (whole chunks). Never
 * moves back, and never beyond the records that there are. */
MUST_USE bool store_trim_channel(struct store *s, uint32_t channel, uint64_t seq, struct error *e);

/* Bytes on disk of a device's history or a channel's log, settled ones only. Cheap. */
uint64_t store_bytes(struct store *s, enum query_by by, uint32_t id);

/* ---- resources: JSON objects by kind and id ---- */

/* kind: "channel", "device", ... Durable when it returns true. */
MUST_USE bool store_put(
	struct store *s, const char *kind, uint32_t id, struct str json, struct error *e);
MUST_USE bool store_delete(struct store *s, const char *kind, uint32_t id, struct error *e);

/* Adds `count` new resources (at least 1): all or nothing, with one fsync. Their ids follow each
 * other, *first is the first; none was used before. */
MUST_USE bool store_add(struct store *s, const char *kind, const struct str *json, size_t count,
	uint32_t *first, struct error *e);

/* Changes `count` resources: those whose text has at == NULL are deleted, the others put. All or
 * nothing, with one fsync. */
MUST_USE bool store_change(struct store *s, const char *kind, const uint32_t *ids,
	const struct str *json, size_t count, struct error *e);

/* The next free id of a kind; never one that was used before. Durable. 0 on failure. */
uint32_t store_next_id(struct store *s, const char *kind, struct error *e);

typedef bool resource_fn(void *context, uint32_t id, struct str json);
MUST_USE bool store_each(
	struct store *s, const char *kind, resource_fn *each, void *context, struct error *e);

/* ---- figures for /metrics and the benchmarks ---- */

struct store_figures {
	uint64_t appended, commits, commit_us; /* since the start */
	uint64_t tail_records, tail_bytes;     /* not settled yet */
	uint64_t settled;                      /* records settled since the start */
	uint64_t disk_bytes;                   /* of all files */
	uint64_t idents_dropped;               /* idents above the limit, not remembered */
};
void store_figures(struct store *s, struct store_figures *out);

#endif
