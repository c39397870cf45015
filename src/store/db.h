/* db: a connection to one SQLite file with its prepared statements. One thread at a time. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/buf.h"

#include <sqlite3.h>

enum { DB_STATEMENTS_MAX = 40 };

struct db {
	sqlite3 *handle;
	const char *file; /* its name without the directory, for sentences; a literal */
	sqlite3_stmt *statements[DB_STATEMENTS_MAX];
};

/* Opens (creates) the file, in WAL mode and synchronous=FULL, without automatic checkpoints, and
 * runs `set_up` (may be NULL). False with a sentence; db is closed then. */
MUST_USE bool db_open(struct db *db, const char *directory, const char *file, const char *set_up,
	struct error *e);

/* The same; a file that this creates can give pages back (PRAGMA incremental_vacuum). */
MUST_USE bool db_open_shrinking(struct db *db, const char *directory, const char *file,
	const char *set_up, struct error *e);

/* The number that "PRAGMA name" answers; 0 when it answers none. */
int64_t db_pragma(struct db *db, const char *name);

/* sql[i] becomes statement i. */
MUST_USE bool db_prepare(struct db *db, const char *const *sql, size_t count, struct error *e);

/* A zeroed db may be closed. */
void db_close(struct db *db);

/* The sentence of the last failure; returns false. */
bool db_fail(struct db *db, struct error *e);

/* Runs SQL without parameters and answers. */
MUST_USE bool db_run(struct db *db, const char *sql, struct error *e);

/* Starts statement i with its parameters: a letter each, 'i' int64_t, 't' struct str as text, 'b'
 * struct str as blob. The bytes stay the caller's and must live until the statement ends. */
sqlite3_stmt *db_start(struct db *db, int i, const char *types, ...);

enum db_step { DB_ROW, DB_DONE, DB_FAILED };

/* The next row; after DB_DONE and DB_FAILED (with a sentence) the statement has ended. */
enum db_step db_step(struct db *db, int i, struct error *e);

/* Ends a statement before its last row. */
void db_end(struct db *db, int i);

/* Starts and ends a statement that gives no rows. */
#define db_do(db, i, e, ...) (db_start((db), (i), __VA_ARGS__), db_step((db), (i), (e)) == DB_DONE)

/* Valid until the next step. */
struct str db_blob(sqlite3_stmt *row, int column);

#endif
