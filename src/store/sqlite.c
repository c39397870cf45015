/* The store on SQLite and zstd. Four files, each with one writer, so that none waits for another:
 *
 *   log.db      batch(first_seq, count, blob): a row for each group appended. store_append writes
 *               here and nowhere else: a commit is one row at the end of a table and one fsync.
 *               Another thread, the keeper, deletes what is settled and does the checkpoints.
 *   history.db  settled records, written by the settler's thread: each channel's log in chunks,
 *               each device's history in blocks, a snapshot of the state, and the settled seq.
 *   cantrack.db resources, as JSON, and the counters of their ids; how far channels are trimmed.
 *   commands.db commands that wait, and the results of others (commands.c).
 *
 * A row for every message with an index by device and time would be a B-tree insertion at a random
 * place for each: some ten times slower and larger. So a message is first part of a group (log.db
 * and the tail in memory), later part of a block of hundreds. Both are `columns`: differences,
 * column by column, compressed; 10 to 20 bytes a message instead of the 500 of its JSON.
 *
 *   store_append ──> log.db ──> state (telemetry, idents) ──> tail
 *                                                              │  too large or too old
 *   store_read <── pinned tail + snapshot of history.db        ▼
 *                        history.db <── settler: chunks, blocks, state, settled seq: one commit
 *                        log.db     <── keeper: delete up to the settled seq
 *                        tail       <── drop up to the settled seq
 *
 * A crash between any two of these steps is harmless: when the store opens, records up to the
 * settled seq are ignored in log.db (and deleted), the others go back to the tail and are applied
 * to the snapshot of the state, which knows the last seq of each device and ident in it.
 *
 * Retention (retain.c, shorten.c) takes what is old out of history.db in short transactions between
 * those of the settler; what it knows of each device and channel without reading is in kept.h.
 *
 * Memory: the tail (tail_bytes, at the very most 8 times that: then store_append waits for the
 * settler, or fails when that fails), and some 200 bytes for each device and ident. */
#include "store/sqlite.h"

#include "base/die.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAIL_BYTES = 48 << 20, SETTLE_SECONDS = 300 };

/* Two processes on one directory would give seqs twice. */
static bool lock_directory(struct store *s, struct error *e)
{
	struct buf path;
	buf_init(&path, 4096);
	if (!buf_printf(&path, "%s/lock%c", s->directory, '\0'))
		return fail(e, "the name of the directory is too long");
	s->lock_file = open(path.at, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	buf_clear(&path);
	if (s->lock_file < 0)
		return fail(e, "%s/lock: %s", s->directory, strerrordesc_np(errno));
	if (flock(s->lock_file, LOCK_EX | LOCK_NB) != 0)
		return fail(e, "%s is in use by another process", s->directory);
	return true;
}

static struct store *store_new(const struct store_options *options)
{
	struct store *s = xcalloc(1, sizeof *s);
	s->directory = xstrdup(options->directory);
	s->tail_bytes = options->tail_bytes ? options->tail_bytes : TAIL_BYTES;
	s->settle_seconds = options->settle_seconds ? options->settle_seconds : SETTLE_SECONDS;
	s->lock_file = -1;
	pthread_mutex_init(&s->log_lock, NULL);
	pthread_mutex_init(&s->settle_lock, NULL);
	pthread_mutex_init(&s->readers_lock, NULL);
	pthread_mutex_init(&s->resources_lock, NULL);
	pthread_mutex_init(&s->commands_lock, NULL);
	buf_init(&s->log_blob, 2 * (size_t)COLUMNS_BLOB_MAX);
	buf_init(&s->blob, 2 * (size_t)COLUMNS_BLOB_MAX);
	s->log_encoder = encoder_new();
	s->encoder = encoder_new();
	s->decoder = decoder_new();
	s->tail = tail_new();
	s->state = state_new();
	s->kept = kept_new();
	return s;
}

struct store *store_open(const struct store_options *options, struct error *e)
{
	struct store *s = store_new(options);
	if (!lock_directory(s, e) || !resources_open(s, e) || !queues_open(s, e) ||
		!settle_open(s, e) || !log_open(s, e) || !log_replay(s, e) ||
		!resources_limit_trims(s, e)) {
		store_close(s);
		return NULL;
	}
	worker_start(&s->keeper, log_keep, s);
	worker_start(&s->settler, settle_round, s);
	worker_wake(&s->keeper);
	return s;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	worker_stop(&s->settler);
	worker_stop(&s->keeper);
	readers_close(s);
	log_close(s);
	settle_close(s);
	db_close(&s->resources);
	queues_close(s);
	tail_free(s->tail);
	state_free(s->state);
	kept_free(s->kept);
	encoder_free(s->log_encoder);
	encoder_free(s->encoder);
	decoder_free(s->decoder);
	buf_clear(&s->log_blob);
	buf_clear(&s->blob);
	pthread_mutex_destroy(&s->log_lock);
	pthread_mutex_destroy(&s->settle_lock);
	pthread_mutex_destroy(&s->readers_lock);
	pthread_mutex_destroy(&s->resources_lock);
	pthread_mutex_destroy(&s->commands_lock);
	if (s->lock_file >= 0)
		close(s->lock_file);
	free(s->directory);
	free(s);
}

/* ---- state ---- */

bool store_telemetry(struct store *s, uint32_t device, telemetry_fn *each, void *context)
{
	return state_telemetry(s->state, device, each, context);
}

int64_t store_last_active(struct store *s, uint32_t device)
{
	return state_last_active(s->state, device);
}

void store_idents(struct store *s, uint32_t channel, ident_fn *each, void *context)
{
	state_idents(s->state, channel, each, context);
}

bool store_ident(struct store *s, uint32_t channel, uint64_t ident, struct ident_info *out)
{
	uint64_t last_seq;
	return state_save_ident(s->state, channel, ident, &last_seq, out);
}

/* ---- figures ---- */

static uint64_t file_bytes(const char *directory, const char *file)
{
	struct buf path;
	struct stat status;
	buf_init(&path, 4096);
	bool found =
		buf_printf(&path, "%s/%s%c", directory, file, '\0') && stat(path.at, &status) == 0;
	buf_clear(&path);
	return found ? (uint64_t)status.st_size : 0;
}

void store_figures(struct store *s, struct store_figures *out)
{
	static const char *const files[] = {"log.db", "log.db-wal", "log.db-shm", "history.db",
		"history.db-wal", "history.db-shm", "cantrack.db", "cantrack.db-wal",
		"cantrack.db-shm", "commands.db", "commands.db-wal", "commands.db-shm"};
	struct tail_figures tail;
	tail_figures(s->tail, &tail);
	*out = (struct store_figures){
		.appended = s->appended,
		.commits = s->commits,
		.commit_us = s->commit_us,
		.tail_records = tail.records,
		.tail_bytes = tail.bytes,
		.settled = s->settled_records,
		.idents_dropped = state_idents_dropped(s->state),
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		out->disk_bytes += file_bytes(s->directory, files[i]);
}
