#include "store/db.h"

#include "base/die.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool db_fail(struct db *db, struct error *e)
{
	int number = sqlite3_system_errno(db->handle);
	const char *reason = number ? strerrordesc_np(number) : NULL;
	return fail(e, "%s: %s%s%s%s", db->file, sqlite3_errmsg(db->handle), reason ? " (" : "",
		reason ? reason : "", reason ? ")" : "");
}

/* `first` is run before anything is written. */
static bool open_file(struct db *db, const char *directory, const char *file, const char *first,
	const char *set_up, struct error *e)
{
	*db = (struct db){.file = file};
	struct buf path;
	buf_init(&path, 4096);
	bool is_named = buf_printf(&path, "%s/%s%c", directory, file, '\0');
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int code = is_named ? sqlite3_open_v2(path.at, &db->handle, flags, NULL) : SQLITE_TOOBIG;
	buf_clear(&path);
	if (code != SQLITE_OK) {
		fail(e, "%s/%s: %s", directory, file, sqlite3_errstr(code));
		db_close(db);
		return false;
	}
	sqlite3_busy_timeout(db->handle, 10000);
	if (!db_run(db, first, e) ||
		!db_run(db,
			"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			"PRAGMA wal_autocheckpoint=0",
			e) ||
		(set_up && !db_run(db, set_up, e))) {
		db_close(db);
		return false;
	}
	return true;
}

bool db_open(
	struct db *db, const char *directory, const char *file, const char *set_up, struct error *e)
{
	return open_file(db, directory, file, "", set_up, e);
}

bool db_open_shrinking(
	struct db *db, const char *directory, const char *file, const char *set_up, struct error *e)
{
	return open_file(db, directory, file, "PRAGMA auto_vacuum=INCREMENTAL", set_up, e);
}

static int take_number(void *context, int count, char **values, char **names)
{
	(void)names;
	if (count && values[0])
		*(int64_t *)context = strtoll(values[0], NULL, 10);
	return 0;
}

int64_t db_pragma(struct db *db, const char *name)
{
	char sql[64];
	int64_t number = 0;
	snprintf(sql, sizeof sql, "PRAGMA %s", name);
	(void)sqlite3_exec(db->handle, sql, take_number, &number, NULL);
	return number;
}

bool db_prepare(struct db *db, const char *const *sql, size_t count, struct error *e)
{
	check(count <= DB_STATEMENTS_MAX);
	for (size_t i = 0; i < count; i++)
		if (sqlite3_prepare_v3(db->handle, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
			    &db->statements[i], NULL) != SQLITE_OK)
			return db_fail(db, e);
	return true;
}

void db_close(struct db *db)
{
	for (int i = 0; i < DB_STATEMENTS_MAX; i++)
		sqlite3_finalize(db->statements[i]);
	sqlite3_close(db->handle);
	*db = (struct db){0};
}

bool db_run(struct db *db, const char *sql, struct error *e)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK || db_fail(db, e);
}

static void bind(sqlite3_stmt *statement, const char *types, va_list args)
{
	int code = SQLITE_OK;
	for (int i = 0; types[i]; i++) {
		struct str s;
		switch (types[i]) {
		case 'i':
			code |= sqlite3_bind_int64(statement, i + 1, va_arg(args, int64_t));
			break;
		case 't':
			s = va_arg(args, struct str);
			code |= sqlite3_bind_text(
				statement, i + 1, s.at, (int)s.len, SQLITE_STATIC);
			break;
		case 'b':
			s = va_arg(args, struct str);
			code |= sqlite3_bind_blob(
				statement, i + 1, s.at, (int)s.len, SQLITE_STATIC);
			break;
		default: check(false && "a type of a parameter");
		}
	}
	check(code == SQLITE_OK);
}

sqlite3_stmt *db_start(struct db *db, int i, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	bind(db->statements[i], types, args);
	va_end(args);
	return db->statements[i];
}

enum db_step db_step(struct db *db, int i, struct error *e)
{
	int code = sqlite3_step(db->statements[i]);
	if (code == SQLITE_ROW)
		return DB_ROW;
	if (code != SQLITE_DONE)
		db_fail(db, e);
	db_end(db, i);
	return code == SQLITE_DONE ? DB_DONE : DB_FAILED;
}

void db_end(struct db *db, int i)
{
	sqlite3_reset(db->statements[i]);
	sqlite3_clear_bindings(db->statements[i]);
}

struct str db_blob(sqlite3_stmt *row, int column)
{
	const char *at = sqlite3_column_blob(row, column);
	return (struct str){at ? at : "", at ? (size_t)sqlite3_column_bytes(row, column) : 0};
}
