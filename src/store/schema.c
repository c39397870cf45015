/* history.db's tables, the statements of its writer, and how an older file becomes a present one.
 *
 * Version 0 knew no retention. Version 1 notes for each chunk and block its size, and of the ages of
 * its records (kept.h) the newest and the oldest, in an index that is all a retention looks at:
 * that of one device, some ten kilobytes for a year, when something of it is due. In the rows of an older file they are missing (NULL) until the first retention measures them. */
#include "store/sqlite.h"

#include "base/log.h"

#include <stdio.h>

enum {
	VERSION = 1,
	CONVERTED_BYTES = 256 << 20, /* a larger file is not rewritten to become one that shrinks */
	WAL_KEPT_BYTES = 4 << 20,    /* so much room there is for a deletion on a full disk */
};

static const char set_up[] =
	"CREATE TABLE IF NOT EXISTS settled(one INTEGER PRIMARY KEY CHECK(one = 1), seq INTEGER);"
	"INSERT OR IGNORE INTO settled VALUES(1, 0);"
	"CREATE TABLE IF NOT EXISTS chunk(id INTEGER PRIMARY KEY, channel INTEGER, first_seq "
	"INTEGER,"
	" last_seq INTEGER, from_us INTEGER, to_us INTEGER, blob BLOB);"
	"CREATE INDEX IF NOT EXISTS chunk_place ON chunk(channel, last_seq, first_seq, from_us, "
	"to_us);"
	"CREATE TABLE IF NOT EXISTS block(id INTEGER PRIMARY KEY, device INTEGER, from_us INTEGER,"
	" from_seq INTEGER, to_us INTEGER, to_seq INTEGER, count INTEGER, blob BLOB);"
	"CREATE TABLE IF NOT EXISTS device(device INTEGER PRIMARY KEY, last_seq INTEGER,"
	" last_us INTEGER, telemetry BLOB);"
	"CREATE TABLE IF NOT EXISTS ident(channel INTEGER, ident INTEGER, last_seq INTEGER,"
	" count INTEGER, bytes INTEGER, last_us INTEGER, device INTEGER, peer BLOB,"
	" PRIMARY KEY(channel, ident)) WITHOUT ROWID";

static const char to_version_1[] =
	"BEGIN IMMEDIATE;"
	"ALTER TABLE chunk ADD COLUMN count INTEGER;"
	"ALTER TABLE chunk ADD COLUMN newest_us INTEGER;"
	"ALTER TABLE chunk ADD COLUMN oldest_us INTEGER;"
	"ALTER TABLE chunk ADD COLUMN bytes INTEGER;"
	"ALTER TABLE block ADD COLUMN newest_us INTEGER;"
	"ALTER TABLE block ADD COLUMN oldest_us INTEGER;"
	"ALTER TABLE block ADD COLUMN bytes INTEGER;"
	"CREATE INDEX chunk_age ON chunk(channel, newest_us, oldest_us, bytes, count);"
	/* one index for all: settling would write to a second one at a place of its own */
	"DROP INDEX IF EXISTS block_place;"
	"CREATE INDEX block_age ON block(device, from_us, from_seq, newest_us, oldest_us, bytes,"
	" count);"
	"CREATE INDEX chunk_unmeasured ON chunk(id) WHERE newest_us IS NULL;"
	"CREATE INDEX block_unmeasured ON block(id) WHERE newest_us IS NULL;"
	"PRAGMA user_version=1;"
	"COMMIT";

/* length() needs the head of a row alone; what stands behind a blob lies some pages further on. */
#define BLOCK                                                                                      \
	"SELECT id, from_us, from_seq, to_us, to_seq, count, length(blob) FROM block"              \
	" WHERE device = ?1"

/* ids, numbers of records and bytes of what a retention may delete */
#define SIZES(table) "SELECT id, count, length(blob) FROM " table
#define AGES(table)  "SELECT id, count, bytes FROM " table " INDEXED BY " table "_age"

/* clang-format off */
static const char *const sql[HISTORY_STATEMENTS] = {
	[HISTORY_BEGIN] = "BEGIN IMMEDIATE",
	[HISTORY_COMMIT] = "COMMIT",
	[HISTORY_ROLLBACK] = "ROLLBACK",
	[HISTORY_SETTLED] = "UPDATE settled SET seq = ?1",
	[HISTORY_CHUNK] = "INSERT INTO chunk(channel, first_seq, last_seq, from_us, to_us, blob, count,"
		" newest_us, oldest_us, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[HISTORY_DEVICE] = "INSERT OR REPLACE INTO device VALUES(?1, ?2, ?3, ?4)",
	[HISTORY_IDENT] = "INSERT OR REPLACE INTO ident VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[HISTORY_BLOCK_OWNER] = BLOCK " AND (from_us, from_seq) <= (?2, ?3)"
		" ORDER BY from_us DESC, from_seq DESC LIMIT 1",
	[HISTORY_BLOCK_FIRST] = BLOCK " ORDER BY from_us, from_seq LIMIT 1",
	[HISTORY_BLOCK_NEXT] = BLOCK " AND (from_us, from_seq) > (?2, ?3)"
		" ORDER BY from_us, from_seq LIMIT 1",
	[HISTORY_BLOCK_ADD] = "INSERT INTO block(device, from_us, from_seq, to_us, to_seq, count, blob,"
		" newest_us, oldest_us, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[HISTORY_FORGET_DEVICE] = "DELETE FROM device WHERE device = ?1",
	[HISTORY_FORGET_IDENTS] = "DELETE FROM ident WHERE channel = ?1 AND ident IN"
		" (SELECT ident FROM ident WHERE channel = ?1 LIMIT ?2)",
	[HISTORY_TRIMMED] = SIZES("chunk") " WHERE channel = ?1 AND last_seq < ?2"
		" ORDER BY last_seq LIMIT ?3",
	[HISTORY_READ + QUERY_DEVICE] = "SELECT blob FROM block WHERE id = ?1",
	[HISTORY_READ + QUERY_CHANNEL] = "SELECT blob FROM chunk WHERE id = ?1",
	[HISTORY_DELETE + QUERY_DEVICE] = "DELETE FROM block WHERE id = ?1",
	[HISTORY_DELETE + QUERY_CHANNEL] = "DELETE FROM chunk WHERE id = ?1",
	[HISTORY_DUE + QUERY_DEVICE] = AGES("block") " WHERE device = ?1 AND newest_us <= ?2 LIMIT ?3",
	[HISTORY_DUE + QUERY_CHANNEL] = AGES("chunk") " WHERE channel = ?1 AND newest_us <= ?2 LIMIT ?3",
	[HISTORY_STALE + QUERY_DEVICE] = AGES("block")
		" WHERE device = ?1 AND oldest_us <= ?2 LIMIT ?3",
	[HISTORY_STALE + QUERY_CHANNEL] = AGES("chunk")
		" WHERE channel = ?1 AND oldest_us <= ?2 LIMIT ?3",
	/* ?2 is not used */
	[HISTORY_OLDEST + QUERY_DEVICE] = AGES("block") " WHERE device = ?1 AND ?2 = ?2"
		" ORDER BY from_us, from_seq LIMIT ?3",
	[HISTORY_OLDEST + QUERY_CHANNEL] = SIZES("chunk") " WHERE channel = ?1 AND ?2 = ?2"
		" ORDER BY last_seq LIMIT ?3",
	[HISTORY_SUM + QUERY_DEVICE] = "SELECT ?1, total(bytes), min(newest_us), min(oldest_us)"
		" FROM block INDEXED BY block_age WHERE device = ?1",
	[HISTORY_SUM + QUERY_CHANNEL] = "SELECT ?1, total(bytes), min(newest_us), min(oldest_us)"
		" FROM chunk INDEXED BY chunk_age WHERE channel = ?1",
	[HISTORY_UNMEASURED + QUERY_DEVICE] = "SELECT id, device, blob FROM block"
		" WHERE newest_us IS NULL LIMIT 1",
	[HISTORY_UNMEASURED + QUERY_CHANNEL] = "SELECT id, channel, blob FROM chunk"
		" WHERE newest_us IS NULL LIMIT 1",
	[HISTORY_MEASURE + QUERY_DEVICE] = "UPDATE block SET count = ?2, newest_us = ?3, oldest_us = ?4,"
		" bytes = ?5 WHERE id = ?1",
	[HISTORY_MEASURE + QUERY_CHANNEL] = "UPDATE chunk SET count = ?2, newest_us = ?3, oldest_us = ?4,"
		" bytes = ?5 WHERE id = ?1",
};
/* clang-format on */

static bool upgrade(struct db *db, struct error *e)
{
	int64_t version = db_pragma(db, "user_version");
	if (version > VERSION)
		return fail(e, "history.db was written by a newer program: its version is %jd",
			(intmax_t)version);
	if (version == VERSION)
		return true;
	/* when it fails the file is closed, which rolls back */
	return db_run(db, to_version_1, e);
}

/* A file from before can shrink only when it is written anew as a whole. */
static void convert(struct db *db)
{
	struct error e;
	if (db_pragma(db, "auto_vacuum") == 2)
		return;
	int64_t bytes = db_pragma(db, "page_count") * db_pragma(db, "page_size");
	if (bytes > CONVERTED_BYTES)
		log_info("store", "never_shrinks", "file=history.db bytes=%jd reason=%s",
			(intmax_t)bytes,
			log_quote("an older program made it; what is deleted makes room in it"));
	else if (!db_run(db, "PRAGMA auto_vacuum=INCREMENTAL; VACUUM", &e))
		log_warning(
			"store", "never_shrinks", "file=history.db error=%s", log_quote(e.text));
}

/* A million rows a second: they lie together in an index. */
static bool load_kept(struct store *s, enum query_by by, struct error *e)
{
	static const char *const sums[] = {
		[QUERY_DEVICE] = "SELECT device, total(bytes), min(newest_us), min(oldest_us)"
				 " FROM block INDEXED BY block_age GROUP BY device",
		[QUERY_CHANNEL] = "SELECT channel, total(bytes), min(newest_us), min(oldest_us)"
				  " FROM chunk INDEXED BY chunk_age GROUP BY channel",
	};
	sqlite3_stmt *row;
	if (sqlite3_prepare_v2(s->history.handle, sums[by], -1, &row, NULL) != SQLITE_OK)
		return db_fail(&s->history, e);
	while (sqlite3_step(row) == SQLITE_ROW) {
		struct kept_item item = kept_row(by, row);
		kept_set(s->kept, &item);
	}
	return sqlite3_finalize(row) == SQLITE_OK || db_fail(&s->history, e);
}

struct kept_item kept_row(enum query_by by, sqlite3_stmt *row)
{
	bool any = sqlite3_column_type(row, 2) != SQLITE_NULL;
	return (struct kept_item){by, (uint32_t)sqlite3_column_int64(row, 0),
		(uint64_t)sqlite3_column_int64(row, 1),
		{any ? sqlite3_column_int64(row, 2) : INT64_MAX,
			any ? sqlite3_column_int64(row, 3) : INT64_MAX}};
}

bool history_open(struct store *s, struct error *e)
{
	struct db *db = &s->history;
	char limit[64];
	snprintf(limit, sizeof limit, "PRAGMA journal_size_limit=%d", (int)WAL_KEPT_BYTES);
	if (!db_open_shrinking(db, s->directory, "history.db", set_up, e) || !upgrade(db, e))
		return false;
	convert(db);
	return db_run(db, "PRAGMA cache_size=-32768", e) && db_run(db, limit, e) &&
	       db_prepare(db, sql, HISTORY_STATEMENTS, e) && load_kept(s, QUERY_DEVICE, e) &&
	       load_kept(s, QUERY_CHANNEL, e);
}
