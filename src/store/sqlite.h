/* What the files of the SQLite back-end share; see the head comment of sqlite.c. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/columns.h"
#include "store/db.h"
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

	/* history.c: connections that read */
	pthread_mutex_t readers_lock;
	struct reader *readers; /* idle ones */
	size_t reader_count;

	/* resources.c */
	pthread_mutex_t resources_lock;
	struct db resources;

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

/* ---- settle.c, blocks.c ---- */

MUST_USE bool settle_open(struct store *s, struct error *e);
void settle_close(struct store *s);
void settle_round(struct store *s); /* the settler's */

/* Puts `count` records of one device, sorted by place, into its blocks. In a transaction. */
MUST_USE bool blocks_add(
	struct store *s, const struct record *const *records, size_t count, struct error *e);

/* ---- history.c ---- */

void readers_close(struct store *s);

/* ---- resources.c ---- */

MUST_USE bool resources_open(struct store *s, struct error *e);

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
	HISTORY_BLOCK_READ,
	HISTORY_BLOCK_ADD,
	HISTORY_BLOCK_DELETE,
	HISTORY_STATEMENTS
};

#endif
