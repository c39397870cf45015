/* commands.db: queues and results of commands. A file of its own: a change is awaited by whoever sends
 * a command, and waits for neither messages nor what is made over REST.
 *
 * Results lie in the order of their ids, which is nearly that in which they came, with an index by
 * time and one by device and time. An index cannot be searched by the INTEGER PRIMARY KEY at its end
 * together with the time, so `place` is the id as a column of the index; in the table it takes nothing.
 *
 * One connection writes, under commands_lock; readers have their own (commands_read.c), so a long
 * reading holds up no change. The number of results is counted once, when the file is opened. */
#include "store/commands.h"

#include "store/sqlite.h"

#include <stdio.h>

enum {
	VERSION = 1,
	TRIM_AT_ONCE = 1000,
	VACUUM_AT_ONCE = 256, /* pages */
	SPARE_PAGES = 256,    /* free ones that the file may keep, and ... */
	SPARE_PART = 16,      /* ... this part of it: they are soon used again */
};

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	PUT,
	MARK,
	LEAVE,
	ADD,
	REPLACE,
	AMEND,
	TAKE_BACK,
	FORGET_WAITING,
	FORGET_RESULTS,
	OLDEST,
	TRIM_AGE,
	TRIM_COUNT,
	STATEMENTS
};

static const char to_version_1[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE waiting(id INTEGER PRIMARY KEY, device INTEGER NOT NULL,"
	" attempts INTEGER NOT NULL, sent_us INTEGER NOT NULL, clock INTEGER NOT NULL,"
	" json TEXT NOT NULL);"
	"CREATE INDEX waiting_device ON waiting(device);"
	"CREATE TABLE result(id INTEGER PRIMARY KEY, device INTEGER NOT NULL,"
	" ended_us INTEGER NOT NULL, json TEXT NOT NULL, place INTEGER AS (id));"
	"CREATE INDEX result_device ON result(device, ended_us, place);"
	/* with the device, so that other devices' results are passed over without a look at the table */
	"CREATE INDEX result_time ON result(ended_us, place, device);"
	"PRAGMA user_version=1;"
	"COMMIT";

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[PUT] = "INSERT OR REPLACE INTO waiting VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[MARK] = "UPDATE waiting SET attempts = ?2, sent_us = ?3, clock = ?4 WHERE id = ?1",
	[LEAVE] = "DELETE FROM waiting WHERE id = ?1",
	[ADD] = "INSERT INTO result VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
	[REPLACE] = "UPDATE result SET device = ?2, ended_us = ?3, json = ?4 WHERE id = ?1",
	[AMEND] = "UPDATE result SET json = ?2 WHERE id = ?1",
	[TAKE_BACK] = "DELETE FROM result WHERE id = ?1",
	[FORGET_WAITING] = "DELETE FROM waiting WHERE device = ?1",
	[FORGET_RESULTS] = "DELETE FROM result WHERE device = ?1",
	[OLDEST] = "SELECT min(ended_us) FROM result",
	[TRIM_AGE] = "DELETE FROM result WHERE id IN (SELECT id FROM result INDEXED BY result_time"
		     " WHERE ended_us < ?1 ORDER BY ended_us, place LIMIT ?2)",
	[TRIM_COUNT] =
		"DELETE FROM result WHERE id IN (SELECT id FROM result INDEXED BY result_time"
		" ORDER BY ended_us, place LIMIT ?1)",
};

static bool upgrade(struct db *db, struct error *e)
{
	int64_t version = db_pragma(db, "user_version");
	if (version > VERSION)
		return fail(e, "commands.db was written by a newer program: its version is %jd",
			(intmax_t)version);
	return version == VERSION || db_run(db, to_version_1, e);
}

static bool count_results(struct store *s, struct error *e)
{
	sqlite3_stmt *row;
	if (sqlite3_prepare_v2(s->commands.handle, "SELECT count(*) FROM result", -1, &row, NULL) !=
		SQLITE_OK)
		return db_fail(&s->commands, e);
	while (sqlite3_step(row) == SQLITE_ROW)
		s->results = (uint64_t)sqlite3_column_int64(row, 0);
	return sqlite3_finalize(row) == SQLITE_OK || db_fail(&s->commands, e);
}

bool queues_open(struct store *s, struct error *e)
{
	struct db *db = &s->commands;
	return db_open_shrinking(db, s->directory, "commands.db", NULL, e) && upgrade(db, e) &&
	       db_run(db,
		       "PRAGMA wal_autocheckpoint=1000; PRAGMA journal_size_limit=4194304;"
		       "PRAGMA cache_size=-16384",
		       e) &&
	       db_prepare(db, sql, STATEMENTS, e) && count_results(s, e);
}

/* ---- changes ---- */

/* Ends the transaction: what it changed of the number of results counts from then on. */
static bool commit(struct store *s, bool done, int64_t more_results, struct error *e)
{
	struct db *db = &s->commands;
	done = done && db_do(db, COMMIT, e, "");
	if (done)
		s->results += (uint64_t)more_results;
	else if (!sqlite3_get_autocommit(db->handle))
		(void)db_do(db, ROLLBACK, NULL, "");
	return done;
}

/* A new one; it waits, whatever it was before. */
static bool put(struct db *db, const struct command_change *c, int64_t *more, struct error *e)
{
	const struct command_progress *p = &c->progress;
	if (!db_do(db, TAKE_BACK, e, "i", (int64_t)c->id))
		return false;
	*more -= sqlite3_changes(db->handle);
	return db_do(db, PUT, e, "iiiiit", (int64_t)c->id, (int64_t)c->device, (int64_t)p->attempts,
		p->sent_us, (int64_t)p->clock, c->json);
}

static bool end(struct db *db, const struct command_change *c, int64_t *more, struct error *e)
{
	int64_t id = (int64_t)c->id, device = c->device;
	if (!db_do(db, LEAVE, e, "i", id) ||
		!db_do(db, ADD, e, "iiit", id, device, c->ended_us, c->json))
		return false;
	if (sqlite3_changes(db->handle) == 0)
		return db_do(db, REPLACE, e, "iiit", id, device, c->ended_us, c->json);
	++*more;
	return true;
}

static bool forget(struct db *db, uint32_t device, int64_t *more, struct error *e)
{
	if (!db_do(db, FORGET_WAITING, e, "i", (int64_t)device) ||
		!db_do(db, FORGET_RESULTS, e, "i", (int64_t)device))
		return false;
	*more -= sqlite3_changes(db->handle);
	return true;
}

static bool change(struct db *db, const struct command_change *c, int64_t *more, struct error *e)
{
	const struct command_progress *p = &c->progress;
	switch (c->kind) {
	case COMMAND_PUT: return put(db, c, more, e);
	case COMMAND_MARK:
		return db_do(db, MARK, e, "iiii", (int64_t)c->id, (int64_t)p->attempts, p->sent_us,
			(int64_t)p->clock);
	case COMMAND_END: return end(db, c, more, e);
	case COMMAND_AMEND: return db_do(db, AMEND, e, "it", (int64_t)c->id, c->json);
	case COMMAND_FORGET: return forget(db, c->device, more, e);
	}
	return true;
}

bool store_change_commands(
	struct store *s, const struct command_change *changes, size_t count, struct error *e)
{
	int64_t more = 0;
	if (count == 0)
		return true;
	pthread_mutex_lock(&s->commands_lock);
	bool done = db_do(&s->commands, BEGIN, e, "");
	for (size_t i = 0; done && i < count; i++)
		done = change(&s->commands, &changes[i], &more, e);
	done = commit(s, done, more, e);
	pthread_mutex_unlock(&s->commands_lock);
	return done;
}

/* ---- trimming ---- */

/* Deletes the oldest: those before the time, then those above the number. */
static bool trim(
	struct store *s, int64_t before_us, uint64_t most, int64_t *deleted, struct error *e)
{
	struct db *db = &s->commands;
	if (!db_do(db, TRIM_AGE, e, "ii", before_us, (int64_t)TRIM_AT_ONCE))
		return false;
	*deleted = sqlite3_changes(db->handle);
	uint64_t left = s->results - (uint64_t)*deleted;
	int64_t room = TRIM_AT_ONCE - *deleted;
	if (most == 0 || left <= most || room == 0)
		return true;
	int64_t above = left - most < (uint64_t)room ? (int64_t)(left - most) : room;
	if (!db_do(db, TRIM_COUNT, e, "i", above))
		return false;
	*deleted += sqlite3_changes(db->handle);
	return true;
}

static bool is_any_before(struct store *s, int64_t before_us, bool *any, struct error *e)
{
	struct db *db = &s->commands;
	enum db_step step;
	db_start(db, OLDEST, "");
	while ((step = db_step(db, OLDEST, e)) == DB_ROW) {
		sqlite3_stmt *row = db->statements[OLDEST];
		*any = sqlite3_column_type(row, 0) != SQLITE_NULL &&
		       sqlite3_column_int64(row, 0) < before_us;
	}
	return step == DB_DONE;
}

/* Free pages above what the file may keep. */
static int64_t surplus(struct db *db)
{
	int64_t spare = db_pragma(db, "page_count") / SPARE_PART;
	spare = spare > SPARE_PAGES ? spare : SPARE_PAGES;
	return db_pragma(db, "auto_vacuum") == 2 ? db_pragma(db, "freelist_count") - spare : 0;
}

/* What the checkpoint cannot cut off the file, as somebody reads, a later one does. */
static bool give_back(struct db *db, struct error *e)
{
	char vacuum[48];
	snprintf(vacuum, sizeof vacuum, "PRAGMA incremental_vacuum(%d)", (int)VACUUM_AT_ONCE);
	if (surplus(db) <= 0)
		return true;
	if (!db_run(db, vacuum, e))
		return false;
	(void)sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return true;
}

bool store_trim_results(
	struct store *s, int64_t before_us, uint64_t most, bool *more, struct error *e)
{
	int64_t deleted = 0;
	bool any = false;
	struct db *db = &s->commands;
	pthread_mutex_lock(&s->commands_lock);
	bool done = is_any_before(s, before_us, &any, e);
	if (done && (any || (most && s->results > most))) {
		done = db_do(db, BEGIN, e, "") && trim(s, before_us, most, &deleted, e);
		done = commit(s, done, -deleted, e) && is_any_before(s, before_us, &any, e);
		/* somebody else deleted some */
		done = done && (deleted || count_results(s, e));
	} else if (done) {
		done = give_back(db, e);
	}
	*more = done && (any || (most && s->results > most) || surplus(db) > 0);
	pthread_mutex_unlock(&s->commands_lock);
	return done;
}
