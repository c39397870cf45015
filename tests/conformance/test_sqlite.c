/* What the SQLite back-end promises beyond store.h: crashes between its steps, disks that are full.
 * A crash is a copy of the files as they were at that moment. */
#include "traffic.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

static char *path_of(const char *directory, const char *file)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/%s", directory, file) > 0);
	return path;
}

static size_t file_size(const char *directory, const char *file)
{
	char *path = path_of(directory, file);
	struct stat status = {0};
	if (stat(path, &status) != 0)
		status.st_size = 0;
	free(path);
	return (size_t)status.st_size;
}

/* Copies the first `limit` bytes of a file; a missing one is missing in the copy, too. */
static void copy(const char *from, const char *to, const char *file, size_t limit)
{
	char *source = path_of(from, file), *target = path_of(to, file);
	FILE *in = fopen(source, "rb"), *out = in ? fopen(target, "wb") : NULL;
	char bytes[4096];
	size_t n;
	while (in && limit && (n = fread(bytes, 1, limit < 4096 ? limit : 4096, in)) > 0) {
		assert_int_equal(fwrite(bytes, 1, n, out), n);
		limit -= n;
	}
	if (in) {
		fclose(in);
		assert_int_equal(fclose(out), 0);
	} else {
		remove(target);
	}
	free(source);
	free(target);
}

static void copy_db(const char *from, const char *to, const char *db)
{
	char wal[64];
	snprintf(wal, sizeof wal, "%s-wal", db);
	copy(from, to, db, SIZE_MAX);
	copy(from, to, wal, SIZE_MAX);
}

static void append_random(struct store *s, struct model *m, size_t count)
{
	struct record records[100];
	assert_true(count <= 100);
	for (size_t i = 0; i < count; i++)
		records[i] = record_random();
	append(s, m, records, count);
	for (size_t i = 0; i < count; i++)
		record_drop(&records[i]);
}

static void sum_counts(void *context, const struct ident_info *info)
{
	*(uint64_t *)context += info->count;
}

/* Opens a copy, compares, and goes on with it: settle, append, open again. */
static void assert_copy(const char *directory, const struct model *m)
{
	struct model more = {0};
	model_add(&more, m->at, m->count);
	for (int round = 0; round < 3; round++) {
		struct store *s = open_store(directory);
		uint64_t counted = 0;
		assert_all(s, &more);
		for (uint32_t channel = 1; channel <= TRAFFIC_CHANNELS; channel++)
			store_idents(s, channel, sum_counts, &counted);
		assert_int_equal(counted, more.count);
		if (round == 1)
			settle(s);
		append_random(s, &more, 10);
		assert_all(s, &more);
		store_close(s);
	}
	model_clear(&more);
}

/* The settler has committed, but nothing is deleted from the log yet. */
static void crash_between_settling_and_deleting(void **state)
{
	(void)state;
	char *directory = directory_make(), *crashed = directory_make();
	struct store *s = open_store(directory);
	struct model m = {0};
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 5; i++)
			append_random(s, &m, 1 + random_below(100));
		copy_db(directory, crashed, "log.db");
		settle(s);
		copy_db(directory, crashed, "history.db");
		copy_db(directory, crashed, "cantrack.db");
		assert_copy(crashed, &m);
	}
	store_close(s);
	model_clear(&m);
	directory_remove(directory);
	directory_remove(crashed);
	free(directory);
	free(crashed);
}

static size_t head_of(const char *directory)
{
	struct store *s = open_store(directory);
	size_t head = store_head(s);
	store_close(s);
	return head;
}

/* A crash anywhere in a commit: what was answered is there, what was not is not or is whole. */
static void crash_within_a_commit(void **state)
{
	(void)state;
	enum { GROUPS = 12 };
	char *directory = directory_make(), *crashed = directory_make();
	struct store *s = open_store(directory);
	struct model m = {0};
	size_t answered[GROUPS + 1] = {0}, wal_bytes[GROUPS + 1] = {0};
	append_random(s, &m, 20);
	settle(s);
	for (int i = 0; i < GROUPS; i++) {
		answered[i] = m.count;
		wal_bytes[i] = file_size(directory, "log.db-wal");
		append_random(s, &m, 1 + random_below(50));
	}
	answered[GROUPS] = m.count;
	wal_bytes[GROUPS] = file_size(directory, "log.db-wal");
	for (int i = 0; i < 60; i++) {
		size_t span = wal_bytes[GROUPS] - wal_bytes[0];
		size_t cut = wal_bytes[0] + random_below(span + 1);
		int last = 0;
		while (last < GROUPS && wal_bytes[last + 1] <= cut)
			last++;
		for (const char *const *db =
				(const char *[]){"log.db", "history.db", "cantrack.db", NULL};
			*db; db++)
			copy_db(directory, crashed, *db);
		copy(directory, crashed, "log.db-wal", cut);
		size_t head = head_of(crashed);
		while (last < GROUPS && answered[last] < head)
			last++;
		assert_int_equal(head, answered[last]);
		struct model before = {m.at, head, 0};
		assert_copy(crashed, &before);
	}
	store_close(s);
	model_clear(&m);
	directory_remove(directory);
	directory_remove(crashed);
	free(directory);
	free(crashed);
}

/* Appends until that fails; the failed group is tried again when there is room. */
static void a_full_disk_loses_nothing(void **state)
{
	(void)state;
	char *directory = directory_make();
	struct store *s = open_store(directory);
	struct model m = {0};
	struct error e;
	for (int round = 0; round < 3; round++) {
		struct record records[20];
		append_random(s, &m, 50);
		limit_files(file_size(directory, "log.db-wal") + 30000);
		bool done = true;
		while (done) {
			for (size_t i = 0; i < 20; i++)
				records[i] = record_random();
			e.text[0] = '\0';
			done = store_append(s, records, 20, &e);
			if (done)
				model_add(&m, records, 20);
			for (size_t i = 0; done && i < 20; i++)
				record_drop(&records[i]);
		}
		assert_non_null(strstr(e.text, "log.db: "));
		assert_all(s, &m);
		assert_false(store_append(s, records, 20, &e));
		assert_all(s, &m);
		limit_files(RLIM_INFINITY);
		append(s, &m, records, 20);
		for (size_t i = 0; i < 20; i++)
			record_drop(&records[i]);
		assert_all(s, &m);
		if (round == 1) {
			store_close(s);
			s = open_store(directory);
			assert_all(s, &m);
		}
	}
	store_close(s);
	model_clear(&m);
	directory_remove(directory);
	free(directory);
}

static void settling_on_a_full_disk_changes_nothing(void **state)
{
	(void)state;
	char *directory = directory_make();
	struct store *s = open_store(directory);
	struct model m = {0};
	struct error e = {""};
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 30; i++)
			append_random(s, &m, 100);
		limit_files(16384); /* within the first pages, also of a WAL that is used again */
		assert_false(store_settle(s, &e));
		assert_non_null(strstr(e.text, "history.db: "));
		assert_all(s, &m);
		limit_files(RLIM_INFINITY);
		settle(s);
		assert_all(s, &m);
	}
	store_close(s);
	assert_copy(directory, &m);
	model_clear(&m);
	directory_remove(directory);
	free(directory);
}

static void change_history(const char *directory, const char *sql)
{
	char *path = path_of(directory, "history.db");
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	free(path);
}

/* Far beyond tail_bytes the store refuses while the settler fails, and goes on after that. */
static void a_tail_that_cannot_settle_is_bounded(void **state)
{
	(void)state;
	enum { TAIL = 300000, GROUP = 100 };
	char *directory = directory_make();
	struct error e = {""};
	struct store_options options = {directory, TAIL, -1};
	struct store *s = store_open(&options, &e);
	assert_done(s != NULL, &e);
	struct store_figures figures;
	struct model m = {0};
	struct record records[GROUP];
	for (size_t i = 0; i < GROUP; i++)
		records[i] = record_plain(1, 1, (int64_t)i * 1000000, 0);
	change_history(directory, "CREATE TRIGGER broken BEFORE UPDATE ON settled"
				  " BEGIN SELECT raise(ABORT, 'it is broken'); END");
	while (store_append(s, records, GROUP, &e))
		model_add(&m, records, GROUP);
	assert_non_null(strstr(e.text, "history.db: it is broken"));
	store_figures(s, &figures);
	assert_true(figures.tail_bytes > 8 * TAIL && figures.tail_bytes < 9 * TAIL);
	assert_int_equal(figures.tail_records, m.count);
	assert_false(store_append(s, records, GROUP, &e));
	change_history(directory, "DROP TRIGGER broken");
	settle(s);
	append(s, &m, records, GROUP);
	assert_all(s, &m);
	for (size_t i = 0; i < GROUP; i++)
		record_drop(&records[i]);
	store_close(s);
	model_clear(&m);
	directory_remove(directory);
	free(directory);
}

static void one_store_a_directory(void **state)
{
	(void)state;
	char *directory = directory_make();
	struct store *s = open_store(directory);
	struct error e = {""};
	struct store_options options = {.directory = directory};
	assert_null(store_open(&options, &e));
	assert_non_null(strstr(e.text, "in use"));
	store_close(s);
	directory_remove(directory);
	assert_null(store_open(&options, &e));
	free(directory);
}

int main(void)
{
	random_start();
	signal(SIGXFSZ, SIG_IGN);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crash_between_settling_and_deleting),
		cmocka_unit_test(crash_within_a_commit),
		cmocka_unit_test(a_full_disk_loses_nothing),
		cmocka_unit_test(settling_on_a_full_disk_changes_nothing),
		cmocka_unit_test(a_tail_that_cannot_settle_is_bounded),
		cmocka_unit_test(one_store_a_directory),
	};
	return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
