/* cantrack.db: what people made over REST. Small and precious, so it lies in a file of its own: a
 * write here never waits for the settler's long transaction. */
#include "store/sqlite.h"

#include "base/die.h"

#include <stdlib.h>

enum { EACH_PAGE = 1000 };

enum statement {
	PUT,
	DELETE,
	RAISE,
	NEXT,
	PAGE,
	BEGIN,
	COMMIT,
	ROLLBACK,
	LAST,
	TRIM,
	UNTRIM,
	LIMIT_TRIMS,
	STATEMENTS
};

static const char set_up[] =
	"CREATE TABLE IF NOT EXISTS resource(kind TEXT, id INTEGER, json TEXT NOT NULL,"
	" PRIMARY KEY(kind, id)) WITHOUT ROWID;"
	/* the highest id that was ever used */
	"CREATE TABLE IF NOT EXISTS counter(kind TEXT PRIMARY KEY, last INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	/* records of a channel below this are not given any more; here and not in the history,
	 * so that trimming waits for no settling */
	"CREATE TABLE IF NOT EXISTS trim(channel INTEGER PRIMARY KEY, seq INTEGER NOT NULL)";

static const char *const sql[STATEMENTS] = {
	[PUT] = "INSERT INTO resource VALUES(?1, ?2, ?3)"
		" ON CONFLICT DO UPDATE SET json = excluded.json",
	[DELETE] = "DELETE FROM resource WHERE kind = ?1 AND id = ?2",
	[RAISE] = "INSERT INTO counter VALUES(?1, ?2)"
		  " ON CONFLICT DO UPDATE SET last = excluded.last WHERE last < excluded.last",
	[NEXT] = "INSERT INTO counter VALUES(?1, ?2)"
		 " ON CONFLICT DO UPDATE SET last = last + ?2 RETURNING last",
	[PAGE] = "SELECT id, json FROM resource WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[LAST] = "SELECT last FROM counter WHERE kind = ?1",
	[TRIM] = "INSERT INTO trim VALUES(?1, ?2)"
		 " ON CONFLICT DO UPDATE SET seq = excluded.seq WHERE seq < excluded.seq",
	[UNTRIM] = "DELETE FROM trim WHERE channel = ?1",
	[LIMIT_TRIMS] = "UPDATE trim SET seq = ?1 WHERE seq > ?1",
};

static bool load_trims(struct store *s, struct error *e)
{
	sqlite3_stmt *row;
	if (sqlite3_prepare_v2(s->resources.handle, "SELECT channel, seq FROM trim", -1, &row,
		    NULL) != SQLITE_OK)
		return db_fail(&s->resources, e);
	while (sqlite3_step(row) == SQLITE_ROW)
		kept_trim(s->kept, (uint32_t)sqlite3_column_int64(row, 0),
			(uint64_t)sqlite3_column_int64(row, 1));
	return sqlite3_finalize(row) == SQLITE_OK || db_fail(&s->resources, e);
}

bool resources_open(struct store *s, struct error *e)
{
	/* seldom written: SQLite may look after this WAL itself */
	return db_open(&s->resources, s->directory, "cantrack.db", set_up, e) &&
	       db_run(&s->resources, "PRAGMA wal_autocheckpoint=1000", e) &&
	       db_prepare(&s->resources, sql, STATEMENTS, e) && load_trims(s, e);
}

static void roll_back(struct db *db)
{
	if (!sqlite3_get_autocommit(db->handle))
		(void)db_do(db, ROLLBACK, NULL, "");
}

bool store_put(struct store *s, const char *kind, uint32_t id, struct str json, struct error *e)
{
	struct db *db = &s->resources;
	struct str name = str_of(kind);
	pthread_mutex_lock(&s->resources_lock);
	bool done = db_do(db, BEGIN, e, "") && db_do(db, PUT, e, "tit", name, (int64_t)id, json) &&
		    db_do(db, RAISE, e, "ti", name, (int64_t)id) && db_do(db, COMMIT, e, "");
	roll_back(db);
	pthread_mutex_unlock(&s->resources_lock);
	return done;
}

bool store_delete(struct store *s, const char *kind, uint32_t id, struct error *e)
{
	pthread_mutex_lock(&s->resources_lock);
	bool done = db_do(&s->resources, DELETE, e, "ti", str_of(kind), (int64_t)id);
	pthread_mutex_unlock(&s->resources_lock);
	return done;
}

/* The first of `count` new ids; 0 with a sentence when there are none. The lock is held. */
static uint32_t next_ids(struct db *db, const char *kind, size_t count, struct error *e)
{
	int64_t last = 0;
	db_start(db, NEXT, "ti", str_of(kind), (int64_t)count);
	enum db_step step;
	while ((step = db_step(db, NEXT, e)) == DB_ROW)
		last = sqlite3_column_int64(db->statements[NEXT], 0);
	if (step == DB_FAILED)
		return 0;
	if (last > UINT32_MAX) {
		fail(e, "no id is left for another %s", kind);
		return 0;
	}
	return (uint32_t)(last - (int64_t)count + 1);
}

uint32_t store_next_id(struct store *s, const char *kind, struct error *e)
{
	pthread_mutex_lock(&s->resources_lock);
	uint32_t id = next_ids(&s->resources, kind, 1, e);
	pthread_mutex_unlock(&s->resources_lock);
	return id;
}

bool store_add(struct store *s, const char *kind, const struct str *json, size_t count,
	uint32_t *first, struct error *e)
{
	struct db *db = &s->resources;
	check(count > 0);
	pthread_mutex_lock(&s->resources_lock);
	bool done = db_do(db, BEGIN, e, "");
	*first = done ? next_ids(db, kind, count, e) : 0;
	done = done && *first;
	for (size_t i = 0; done && i < count; i++)
		done = db_do(db, PUT, e, "tit", str_of(kind), (int64_t)(*first + i), json[i]);
	done = done && db_do(db, COMMIT, e, "");
	roll_back(db);
	pthread_mutex_unlock(&s->resources_lock);
	return done;
}

bool store_change(struct store *s, const char *kind, const uint32_t *ids, const struct str *json,
	size_t count, struct error *e)
{
	struct db *db = &s->resources;
	struct str name = str_of(kind);
	pthread_mutex_lock(&s->resources_lock);
	bool done = db_do(db, BEGIN, e, "");
	for (size_t i = 0; done && i < count; i++)
		done = json[i].at ? db_do(db, PUT, e, "tit", name, (int64_t)ids[i], json[i]) &&
					    db_do(db, RAISE, e, "ti", name, (int64_t)ids[i])
				  : db_do(db, DELETE, e, "ti", name, (int64_t)ids[i]);
	done = done && db_do(db, COMMIT, e, "");
	roll_back(db);
	pthread_mutex_unlock(&s->resources_lock);
	return done;
}

/* Copies a page of rows: id, length, text after each other. */
static bool read_page(
	struct store *s, struct str kind, uint32_t after, struct buf *page, struct error *e)
{
	struct db *db = &s->resources;
	page->len = 0;
	pthread_mutex_lock(&s->resources_lock);
	sqlite3_stmt *row = db_start(db, PAGE, "tii", kind, (int64_t)after, (int64_t)EACH_PAGE);
	enum db_step step;
	while ((step = db_step(db, PAGE, e)) == DB_ROW) {
		uint32_t id = (uint32_t)sqlite3_column_int64(row, 0);
		struct str json = db_blob(row, 1);
		check(buf_add(page, &id, sizeof id) && buf_add(page, &json.len, sizeof json.len) &&
			buf_add_str(page, json));
	}
	pthread_mutex_unlock(&s->resources_lock);
	return step == DB_DONE;
}

bool store_each(
	struct store *s, const char *kind, resource_fn *each, void *context, struct error *e)
{
	struct buf page;
	buf_init(&page, SIZE_MAX / 2);
	uint32_t id = 0;
	bool done, go_on = true;
	/* In pages, so that `each` may call the store. */
	while ((done = read_page(s, str_of(kind), id, &page, e)) && page.len && go_on) {
		for (struct str left = buf_str(&page); left.len && go_on;) {
			size_t len;
			memcpy(&id, left.at, sizeof id);
			memcpy(&len, left.at + sizeof id, sizeof len);
			left = str_from(left, sizeof id + sizeof len);
			go_on = each(context, id, str_upto(left, len));
			left = str_from(left, len);
		}
	}
	buf_clear(&page);
	return done;
}

bool resources_last_id(struct store *s, const char *kind, uint32_t *last, struct error *e)
{
	struct db *db = &s->resources;
	*last = 0;
	pthread_mutex_lock(&s->resources_lock);
	db_start(db, LAST, "t", str_of(kind));
	enum db_step step;
	while ((step = db_step(db, LAST, e)) == DB_ROW)
		*last = (uint32_t)sqlite3_column_int64(db->statements[LAST], 0);
	pthread_mutex_unlock(&s->resources_lock);
	return step == DB_DONE;
}

/* ---- trimmed channels ---- */

bool store_trim_channel(struct store *s, uint32_t channel, uint64_t seq, struct error *e)
{
	pthread_mutex_lock(&s->resources_lock);
	/* no further than seqs are given: records to come are not trimmed */
	uint64_t end = store_head(s) + 1;
	seq = seq < end ? seq : end;
	bool done = seq <= kept_trimmed(s->kept, channel) ||
		    db_do(&s->resources, TRIM, e, "ii", (int64_t)channel, (int64_t)seq);
	if (done)
		kept_trim(s->kept, channel, seq);
	pthread_mutex_unlock(&s->resources_lock);
	return done;
}

bool resources_forget_trim(struct store *s, uint32_t channel, struct error *e)
{
	pthread_mutex_lock(&s->resources_lock);
	bool done = db_do(&s->resources, UNTRIM, e, "i", (int64_t)channel);
	pthread_mutex_unlock(&s->resources_lock);
	return done;
}

/* On disk as well: else the next start would take for trimmed what came after the loss. */
bool resources_limit_trims(struct store *s, struct error *e)
{
	uint64_t end = store_head(s) + 1;
	kept_limit_trims(s->kept, end);
	return db_do(&s->resources, LIMIT_TRIMS, e, "i", (int64_t)end);
}
