/* What the files of the SQLite back-end share; see the head comment of sqlite.c. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/columns.h"
#include "store/db.h"
#include "store/kept.h"
#include "store/rows.h"
#include "store/state.h"
#include "store/store.h"
#include "store/tail.h"

#include <pthread.h>
#include <stdatomic.h>

/* A thread that waits for work: to be woken, or a second. */
struct worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake, done; /* `done`: for whoever waits for the work */
	bool is_started, is_woken;
	atomic_bool is_stopping;
};

struct store {
	char *directory;
	size_t tail_bytes;
	int settle_seconds;
	int lock_file;

	/* log.c: the unsettled tail on disk */
	struct db log;               /* the appender's connection */
	struct db log_side;          /* the keeper's: deletes and checkpoints */
	pthread_mutex_t log_lock;    /* held by whoever writes to log.db */
	struct encoder *log_encoder; /* the appender's */
	struct buf log_blob;
	atomic_uint_fast64_t head;
	atomic_size_t wal_pages; /* of log.db */
	uint64_t deleted;        /* the keeper's: the last seq deleted from log.db */
	struct worker keeper;

	struct tail *tail;
	struct state *state;

	/* settle.c: the history */
	pthread_mutex_t settle_lock; /* of what follows */
	struct db history;
	struct encoder *encoder;
	struct decoder *decoder;
	struct buf blob;
	atomic_uint_fast64_t settled; /* the last settled seq; written under the lock */
	struct worker settler;
	atomic_int_fast64_t retry_us; /* not before, after a failure; 0: at any time */
	int64_t warned_us;            /* the settler's */
	bool settle_failed;           /* under settler.lock, like the sentence */
	struct error settle_error;
	struct kept *kept; /* what lies in the history, a summary */
	atomic_bool retain_stops;

	limit_fn *limit; /* of what may be read; may be NULL */
	void *limit_context;

	/* history.c: connections that read */
	pthread_mutex_t readers_lock;
	struct reader *readers; /* idle ones */
	size_t reader_count;

	/* resources.c */
	pthread_mutex_t resources_lock;
	struct db resources;

	/* commands.c: queues and results of commands */
	pthread_mutex_t commands_lock;
	struct db commands;
	uint64_t results; /* how many there are; under the lock */

	/* commands_read.c, under readers_lock */
	struct queue_reader *queue_readers; /* idle ones */
	size_t queue_reader_count;

	/* figures since the start */
	atomic_uint_fast64_t appended, commits, commit_us, settled_records;
};

/* ---- worker.c ---- */

/* Calls round(s) every second and whenever woken, until stopped. */
void worker_start(struct worker *w, void (*round)(struct store *s), struct store *s);
void worker_wake(struct worker *w);
void worker_stop(struct worker *w);

/* ---- log.c ---- */

MUST_USE bool log_open(struct store *s, struct error *e);
void log_close(struct store *s);

/* Reads the records after s->settled back into state and tail; sets s->head. */
MUST_USE bool log_replay(struct store *s, struct error *e);

/* Deletes what is settled and keeps the WAL short: the keeper's round. */
void log_keep(struct store *s);

/* Gives disk back when log.db is much larger than it need be: at the end of a retention. */
MUST_USE bool log_shrink(struct store *s, struct error *e);

/* ---- schema.c ---- */

/* Opens (creates, converts) history.db and fills s->kept. */
MUST_USE bool history_open(struct store *s, struct error *e);

/* What a row of HISTORY_SUM says. */
struct kept_item kept_row(enum query_by by, sqlite3_stmt *row);

/* ---- settle.c, blocks.c ---- */

MUST_USE bool settle_open(struct store *s, struct error *e);
void settle_close(struct store *s);
void settle_round(struct store *s); /* the settler's */

/* Puts `count` records of one device, sorted by place, into its blocks. In a transaction. */
MUST_USE bool blocks_add(
	struct store *s, const struct record *const *records, size_t count, struct error *e);

/* Writes one block of a device or one chunk of a channel. In a transaction. */
MUST_USE bool block_write(struct store *s, const struct record *r, size_t count, struct error *e);
MUST_USE bool chunk_write(struct store *s, const struct record *r, size_t count, struct error *e);

/* ---- history.c ---- */

void readers_close(struct store *s);

/* ---- resources.c ---- */

MUST_USE bool resources_open(struct store *s, struct error *e);

/* The highest id of a kind that was ever used; 0: none. */
MUST_USE bool resources_last_id(struct store *s, const char *kind, uint32_t *last, struct error *e);

/* No channel is trimmed beyond the records that there are: some may have been lost. At the start. */
MUST_USE bool resources_limit_trims(struct store *s, struct error *e);

/* Forgets how far a channel, which is gone, was trimmed. */
MUST_USE bool resources_forget_trim(struct store *s, uint32_t channel, struct error *e);

/* ---- commands.c, commands_read.c ---- */

/* Opens (creates) commands.db. */
MUST_USE bool queues_open(struct store *s, struct error *e);
void queues_close(struct store *s);

/* ---- statements of history.db's writer ---- */

enum history_statement {
	HISTORY_BEGIN,
	HISTORY_COMMIT,
	HISTORY_ROLLBACK,
	HISTORY_SETTLED,
	HISTORY_CHUNK,
	HISTORY_DEVICE,
	HISTORY_IDENT,
	HISTORY_BLOCK_OWNER,
	HISTORY_BLOCK_FIRST,
	HISTORY_BLOCK_NEXT,
	HISTORY_BLOCK_ADD,
	HISTORY_FORGET_DEVICE,
	HISTORY_FORGET_IDENTS,
	HISTORY_TRIMMED,
	/* in pairs: add the enum query_by */
	HISTORY_READ,
	HISTORY_DELETE = HISTORY_READ + 2,
	HISTORY_DUE = HISTORY_DELETE + 2,
	HISTORY_STALE = HISTORY_DUE + 2,
	HISTORY_OLDEST = HISTORY_STALE + 2,
	HISTORY_SUM = HISTORY_OLDEST + 2,
	HISTORY_UNMEASURED = HISTORY_SUM + 2,
	HISTORY_MEASURE = HISTORY_UNMEASURED + 2,
	HISTORY_STATEMENTS = HISTORY_MEASURE + 2
};

#endif
