/* Commands in the SQLite back-end: failures, full disks, files that cannot be used, and that the disk
 * comes back. */
#include "fixture.h"
#include "results.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>

static size_t size_of(const char *directory, const char *file)
{
	char path[200];
	struct stat status = {0};
	snprintf(path, sizeof path, "%s/%s", directory, file);
	return stat(path, &status) == 0 ? (size_t)status.st_size : 0;
}

static void run_sql(const char *directory, const char *sql)
{
	char path[200], *why = NULL;
	sqlite3 *db;
	snprintf(path, sizeof path, "%s/commands.db", directory);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	int code = sqlite3_exec(db, sql, NULL, NULL, &why);
	if (why)
		print_error("%s\n", why);
	assert_int_equal(code, SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- failures ---- */

/* The statement in the middle fails: what was before it in the change is not there either. */
static void a_change_is_made_whole_or_not_at_all(void **state)
{
	struct fixture *f = *state;
	static struct known_commands known;
	static const char *const broken[] = {"INSERT ON waiting", "UPDATE ON waiting",
		"DELETE ON waiting", "INSERT ON result", "UPDATE ON result", "DELETE ON result"};
	known.count = 0;
	CHANGE(f->store, &known, command_put(1, 1, "a"), command_put(2, 2, "b"),
		command_put(3, 3, "c"), command_end(4, 1, 40, "d"), command_end(5, 3, 50, "e"));
	const struct command_change changes[] = {command_end(1, 1, 100, "f"),
		command_put(6, 1, "g"), command_mark(2, 1, 200, 3), command_amend(4, "h"),
		command_forget(3), command_put(4, 1, "waits again"), command_end(7, 2, 300, "i")};
	enum { COUNT = sizeof changes / sizeof *changes };
	for (size_t i = 0; i < 6; i++) {
		struct error e;
		char sql[200];
		snprintf(sql, sizeof sql,
			"CREATE TRIGGER broken BEFORE %s BEGIN SELECT raise(ABORT, 'it is "
			"broken'); END",
			broken[i]);
		run_sql(f->directory, sql);
		assert_false(try_commands(f->store, changes, COUNT, &e));
		assert_non_null(strstr(e.text, "commands.db: it is broken"));
		assert_commands(f->store, &known);
		run_sql(f->directory, "DROP TRIGGER broken");
		assert_commands(f->store, &known);
	}
	change_commands(f->store, &known, changes, COUNT);
	assert_commands(f->store, &known);
	reopen(f);
	assert_commands(f->store, &known);
}

static void the_number_of_results_survives_a_failure(void **state)
{
	struct fixture *f = *state;
	struct error e = {""};
	bool more = true;
	static struct known_commands known;
	const struct command_change changes[] = {command_end(1, 1, 10, "a"),
		command_end(2, 2, 20, "b"), command_put(3, 1, "c"), command_forget(2)};
	known.count = 0;
	CHANGE(f->store, &known, changes[0], changes[1]);
	run_sql(f->directory, "CREATE TRIGGER broken BEFORE INSERT ON waiting"
			      " BEGIN SELECT raise(ABORT, 'it is broken'); END;"
			      "CREATE TRIGGER stuck BEFORE DELETE ON result WHEN old.id = 2"
			      " BEGIN SELECT raise(ABORT, 'it is stuck'); END");
	for (uint64_t id = 10; id < 20; id++)
		assert_false(try_commands(f->store,
			(struct command_change[]){command_end(id, 1, 1, ""), changes[2]}, 2, &e));
	for (int i = 0; i < 3; i++)
		assert_false(try_commands(f->store, &changes[3], 1, &e));
	assert_false(store_trim_results(f->store, 15, 1, &more, &e) &&
		     store_trim_results(f->store, INT64_MAX, 0, &more, &e));
	assert_non_null(strstr(e.text, "commands.db: it is stuck"));
	assert_false(more);
	run_sql(f->directory, "DROP TRIGGER broken; DROP TRIGGER stuck");
	known.at[0].condition = ABSENT; /* trimmed */
	assert_commands(f->store, &known);
	assert_true(store_trim_results(f->store, INT64_MIN, 1, &more, &e));
	assert_commands(f->store, &known);
	CHANGE(f->store, &known, changes[0]);
	assert_true(store_trim_results(f->store, INT64_MIN, 1, &more, &e));
	known.at[0].condition = ABSENT;
	assert_commands(f->store, &known);
}

static void somebody_else_may_delete_results(void **state)
{
	struct fixture *f = *state;
	static struct known_commands known;
	struct error e = {""};
	known.count = 0;
	for (uint64_t id = 1; id <= 10; id++)
		CHANGE(f->store, &known, command_end(id, 1, (int64_t)id, "a"));
	run_sql(f->directory, "DELETE FROM result WHERE id <= 8");
	for (int i = 0; i < 8; i++)
		known.at[i].condition = ABSENT;
	int steps = 0;
	for (bool more = true; more; steps++) {
		assert_true(steps < 10);
		assert_done(store_trim_results(f->store, INT64_MIN, 2, &more, &e), &e);
	}
	for (uint64_t id = 11; id <= 12; id++)
		CHANGE(f->store, &known, command_end(id, 1, (int64_t)id, "b"));
	bool more;
	assert_done(store_trim_results(f->store, INT64_MIN, 4, &more, &e), &e);
	assert_false(more);
}

/* Groups of commands that end while the next ones come, until the disk is full; then it has room. */
static void a_full_disk_loses_and_doubles_nothing(void **state)
{
	enum { GROUP = 20 };
	struct fixture *f = *state;
	static struct known_commands known;
	uint64_t id = 1;
	known.count = 0;
	for (int round = 0; round < 4; round++) {
		struct command_change changes[2 * GROUP];
		struct error e;
		bool done = true;
		limit_files(round < 3 ? size_of(f->directory, "commands.db-wal") + 20000 : 4096);
		while (done) {
			for (uint32_t i = 0; i < GROUP; i++) {
				changes[i] = command_put(id + i, i, "waits");
				changes[GROUP + i] = command_end(
					id - (id > GROUP ? GROUP : 0) + i, i, (int64_t)id, "ended");
			}
			done = try_commands(f->store, changes, 2 * GROUP, &e);
			for (int i = 0; done && i < 2 * GROUP; i++)
				known_note(&known, &changes[i]);
			id += done ? GROUP : 0;
		}
		assert_non_null(strstr(e.text, "commands.db: "));
		assert_commands(f->store, &known);
		assert_false(try_commands(f->store, changes, 2 * GROUP, &e));
		assert_commands(f->store, &known);
		limit_files(RLIM_INFINITY);
		change_commands(f->store, &known, changes, 2 * GROUP);
		id += GROUP;
		assert_commands(f->store, &known);
		if (round % 2)
			reopen(f);
		assert_commands(f->store, &known);
	}
}

/* ---- crashes ---- */

/* The first `limit` bytes. */
static void copy(const char *from, const char *to, const char *file, size_t limit)
{
	char source[200], target[200], bytes[4096];
	size_t n;
	snprintf(source, sizeof source, "%s/%s", from, file);
	snprintf(target, sizeof target, "%s/%s", to, file);
	FILE *in = fopen(source, "rb"), *out = fopen(target, "wb");
	assert_true(in && out);
	while (limit && (n = fread(bytes, 1, limit < 4096 ? limit : 4096, in)) > 0) {
		assert_int_equal(fwrite(bytes, 1, n, out), n);
		limit -= n;
	}
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* Some wait, some end, some are sent. */
static void change_some(struct store *s, struct known_commands *k, uint64_t id)
{
	for (int i = 0; i < 3; i++, id++)
		CHANGE(s, k, command_put(id, 1, "a"), command_put(id + 100, 2, "b"),
			command_end(id - 2, 1, (int64_t)id, "c"), command_mark(id - 1, 1, 5, 6),
			command_end(id + 98, 2, (int64_t)id, "d"), command_amend(id - 5, "e"));
}

enum { CHANGES = 12 };
static struct known_commands answered[CHANGES + 1];

/* A crash anywhere in a change: what was answered is there, what was not is not or is whole. */
static void a_crash_leaves_a_change_whole(void **state)
{
	struct fixture *f = *state, crashed = {.directory = directory_make()};
	size_t wal_bytes[CHANGES + 1];
	change_some(f->store, &answered[0], 1000);
	reopen(f);
	CHANGE(f->store, &answered[0], command_put(1, 1, "a"));
	for (size_t i = 0; i <= CHANGES; i++) {
		wal_bytes[i] = size_of(f->directory, "commands.db-wal");
		if (i == CHANGES)
			break;
		answered[i + 1] = answered[i];
		const struct command_change changes[] = {command_put(2000 + i, 1, "a"),
			command_end(1999 + i, 1, (int64_t)i, "b"), command_end(500 - i, 2, 7, "c")};
		change_commands(f->store, &answered[i + 1], changes, 3);
	}
	for (int round = 0; round < 60; round++) {
		size_t span = wal_bytes[CHANGES] - wal_bytes[0], last = 0;
		size_t cut = wal_bytes[0] + random_below(span + 1);
		while (last < CHANGES && wal_bytes[last + 1] <= cut)
			last++;
		copy(f->directory, crashed.directory, "commands.db", SIZE_MAX);
		copy(f->directory, crashed.directory, "commands.db-wal", cut);
		crashed.store = open_store(crashed.directory);
		assert_commands(crashed.store, &answered[last]);
		store_close(crashed.store);
	}
	directory_remove(crashed.directory);
	free(crashed.directory);
}

/* ---- the file ---- */

static void assert_no_start(struct fixture *f, const char *sentence)
{
	struct error e = {""};
	struct store_options options = {.directory = f->directory};
	assert_null(store_open(&options, &e));
	assert_non_null(strstr(e.text, sentence));
}

static void overwrite(const char *directory, size_t from, size_t bytes)
{
	char path[200];
	snprintf(path, sizeof path, "%s/commands.db", directory);
	FILE *file = fopen(path, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, (long)from, SEEK_SET), 0);
	for (size_t i = 0; i < bytes; i++)
		assert_int_equal(putc('x', file), 'x');
	assert_int_equal(fclose(file), 0);
}

static void a_newer_file_refuses_the_start(void **state)
{
	struct fixture *f = *state;
	static struct known_commands known;
	known.count = 0;
	CHANGE(f->store, &known, command_put(1, 1, "a"), command_end(2, 1, 1, "b"));
	store_close(f->store);
	run_sql(f->directory, "PRAGMA user_version=99");
	assert_no_start(f, "commands.db was written by a newer program: its version is 99");
	run_sql(f->directory, "PRAGMA user_version=1");
	f->store = open_store(f->directory);
	assert_commands(f->store, &known);
}

static void a_damaged_file_refuses_the_start(void **state)
{
	struct fixture *f = *state;
	char path[200];
	store_close(f->store);
	size_t bytes = size_of(f->directory, "commands.db");
	overwrite(f->directory, 100, bytes - 100); /* all but the header of the file */
	assert_no_start(f, "commands.db: ");
	overwrite(f->directory, 0, 100);
	assert_no_start(f, "commands.db: file is not a database");
	snprintf(path, sizeof path, "%s/commands.db", f->directory);
	assert_int_equal(remove(path), 0);
	f->store = open_store(f->directory);
}

static bool count_result(void *context, const struct command_result *r)
{
	(void)r;
	++*(size_t *)context;
	return true;
}

static void the_disk_comes_back(void **state)
{
	enum { GROUP = 1000 };
	struct fixture *f = *state;
	struct command_change changes[GROUP];
	struct store_figures before, after;
	struct error e = {""};
	char text[601] = "";
	memset(text, 'x', 600);
	store_figures(f->store, &before);
	for (uint64_t id = 0; id < 20 * GROUP; id += GROUP) {
		for (uint32_t i = 0; i < GROUP; i++)
			changes[i] = command_end(id + i, i, (int64_t)(id + i), text);
		assert_done(try_commands(f->store, changes, GROUP, &e), &e);
	}
	store_figures(f->store, &after);
	assert_true(after.disk_bytes > before.disk_bytes + 20 * GROUP * 600);
	int steps = 0;
	for (bool more = true; more; steps++)
		assert_done(store_trim_results(f->store, INT64_MIN, GROUP, &more, &e), &e);
	assert_in_range(steps, 20, 100);
	assert_true(size_of(f->directory, "commands.db") < 3 << 20);
	assert_true(size_of(f->directory, "commands.db-wal") <= (4 << 20) + 65536);
	size_t seen = 0;
	struct result_query q = everything;
	assert_done(store_read_results(f->store, &q, count_result, &seen, &e), &e);
	assert_int_equal(seen, GROUP);
}

int main(void)
{
	random_start();
	signal(SIGXFSZ, SIG_IGN);
	const struct CMUnitTest tests[] = {
		TEST(a_change_is_made_whole_or_not_at_all),
		TEST(the_number_of_results_survives_a_failure),
		TEST(somebody_else_may_delete_results),
		TEST(a_full_disk_loses_and_doubles_nothing),
		TEST(a_crash_leaves_a_change_whole),
		TEST(a_newer_file_refuses_the_start),
		TEST(a_damaged_file_refuses_the_start),
		TEST(the_disk_comes_back),
	};
	return cmocka_run_group_tests_name("commands_disk", tests, NULL, NULL);
}
