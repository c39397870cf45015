/* What a journal promises: entries come back once, in order, by key and time, both ways, page by
 * page, also after a restart, a kill or with a damaged row; its file stays within its limits.
 * Longer than 600 lines: the promises of one header, on one fixture. */
#include "traffic.h"

#include "base/die.h"
#include "store/journal.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEYS = 5 };

struct note {
	int64_t time_us;
	uint64_t no, key;
	uint64_t serial; /* in the body */
	size_t len;
};

struct notes {
	struct note *at;
	size_t count, room;
};

struct fixture {
	char *directory;
	struct journal *journal;
	struct journal_options options;
	uint64_t serial;
	struct notes known; /* what a reader was told already */
};

static struct journal *open_journal(struct fixture *f)
{
	struct error e = {""};
	f->options.directory = f->directory;
	f->options.file = "test.db";
	struct journal *j = journal_open(&f->options, &e);
	assert_done(j != NULL, &e);
	return j;
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	f->directory = directory_make();
	f->options.flush_ms = 600000; /* when the test says so */
	f->journal = open_journal(f);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	journal_close(f->journal);
	directory_remove(f->directory);
	free(f->directory);
	free(f->known.at);
	free(f);
	return 0;
}

static void flush(struct fixture *f)
{
	struct error e;
	assert_done(journal_flush(f->journal, &e), &e);
}

/* A body of `len` bytes, at least 8, which begins with the serial number. */
static bool add(struct fixture *f, int64_t time_us, uint64_t key, size_t len)
{
	static char body[JOURNAL_BODY_MAX];
	len = len < 8 ? 8 : len;
	for (size_t i = 0; i < len; i++)
		body[i] = (char)random_below(256);
	memcpy(body, &f->serial, 8);
	f->serial++;
	return journal_add(f->journal, time_us, key, (struct str){body, len});
}

static bool take(void *context, const struct journal_entry *entry)
{
	struct notes *n = context;
	if (n->count == n->room) {
		n->room = n->room ? 2 * n->room : 64;
		n->at = xrealloc(n->at, n->room * sizeof *n->at);
	}
	struct note *note = &n->at[n->count++];
	*note = (struct note){entry->time_us, entry->no, entry->key, 0, entry->body.len};
	memcpy(&note->serial, entry->body.at, entry->body.len < 8 ? entry->body.len : 8);
	return true;
}

static const uint64_t all_keys[KEYS] = {0, 1, 2, UINT64_C(9) << 32 | 7, UINT64_MAX};

static struct journal_query query_everything(void)
{
	return (struct journal_query){
		.keys = all_keys, .key_count = KEYS, .from_us = INT64_MIN, .to_us = INT64_MAX};
}

static struct notes ask(struct fixture *f, const struct journal_query *q)
{
	struct notes n = {0};
	struct error e;
	assert_done(journal_read(f->journal, q, take, &n, &e), &e);
	return n;
}

static void assert_same(const struct notes *a, const struct notes *b)
{
	assert_int_equal(a->count, b->count);
	if (a->count)
		assert_memory_equal(a->at, b->at, a->count * sizeof *a->at);
}

/* All entries are there, rising, and those that were told before are as they were. */
static void look(struct fixture *f)
{
	struct journal_query q = query_everything();
	struct notes n = ask(f, &q);
	assert_int_equal(n.count, f->serial);
	assert_true(n.count >= f->known.count);
	if (f->known.count)
		assert_memory_equal(n.at, f->known.at, f->known.count * sizeof *n.at);
	for (size_t i = 1; i < n.count; i++) {
		assert_true(n.at[i].no == n.at[i - 1].no + 1);
		assert_true(n.at[i].time_us >= n.at[i - 1].time_us);
	}
	free(f->known.at);
	f->known = n;
}

/* The answer to q as it follows from what is known. */
static struct notes expected(const struct fixture *f, const struct journal_query *q)
{
	struct notes n = {0};
	for (size_t i = 0; i < f->known.count; i++) {
		size_t at = q->reverse ? f->known.count - 1 - i : i;
		const struct note *note = &f->known.at[at];
		bool behind = !q->after_no ||
			      (q->reverse ? note->no < q->after_no : note->no > q->after_no);
		bool is_asked = q->keys ? q->key_count == KEYS || note->key == q->keys[0] ||
						  note->key == q->keys[q->key_count - 1]
					: note->key == q->key;
		if (!behind || !is_asked || note->time_us < q->from_us ||
			note->time_us > q->to_us || (q->count && n.count == q->count))
			continue;
		struct journal_entry entry = {note->time_us, note->no, note->key, {"", 0}};
		(void)take(&n, &entry);
		n.at[n.count - 1].serial = note->serial;
		n.at[n.count - 1].len = note->len;
	}
	return n;
}

static void check_query(struct fixture *f, const struct journal_query *q)
{
	struct notes want = expected(f, q), have = ask(f, q);
	assert_same(&have, &want);
	free(want.at);
	free(have.at);
}

static int64_t any_time(const struct fixture *f)
{
	return f->known.at[random_below(f->known.count)].time_us + (int64_t)random_below(3) - 1;
}

static void check_random_queries(struct fixture *f, int count)
{
	while (count--) {
		struct journal_query q = {.key = all_keys[random_below(KEYS)],
			.from_us = random_below(2) ? any_time(f) : INT64_MIN,
			.to_us = random_below(2) ? any_time(f) : INT64_MAX,
			.reverse = random_below(2),
			.count = random_below(4) ? 0 : random_below(20) + 1,
			.after_no = random_below(2) ? random_below(f->serial + 2) : 0};
		if (random_below(3) == 0) {
			q.keys = &all_keys[random_below(KEYS - 1)];
			q.key_count = 2;
		}
		check_query(f, &q);
	}
}

static void entries_come_back(void **state)
{
	struct fixture *f = *state;
	int64_t now_us = 1000;
	for (int round = 0; round < 60; round++) {
		size_t count = random_below(round % 7 ? 40 : 1500) + 1;
		for (size_t i = 0; i < count; i++) {
			now_us += (int64_t)random_below(4);
			size_t len = random_below(200) ? random_below(300) : 50000;
			assert_true(add(f, now_us - (int64_t)random_below(9),
				all_keys[random_below(KEYS)], len));
		}
		if (random_below(3) == 0)
			look(f);
		if (random_below(3))
			flush(f);
		if (random_below(8) == 0) {
			journal_close(f->journal);
			f->journal = open_journal(f);
		}
		look(f);
		check_random_queries(f, 10);
	}
	check_random_queries(f, 300);
}

static void nothing_is_a_good_answer(void **state)
{
	struct fixture *f = *state;
	struct journal_query q = query_everything();
	check_query(f, &q);
	flush(f);
	q.reverse = true;
	check_query(f, &q);
	q.keys = NULL;
	check_query(f, &q);
}

static void pages_follow_each_other(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 9000; i++) {
		assert_true(add(f, i / 7, all_keys[random_below(2)], 100));
		if (i % 1000 == 500)
			flush(f);
	}
	look(f);
	for (int reverse = 0; reverse < 2; reverse++) {
		struct journal_query q = {
			.key = 1, .from_us = 10, .to_us = 1200, .reverse = reverse};
		struct notes whole = expected(f, &q), pages = {0};
		assert_true(whole.count > 1000);
		q.count = 97;
		for (;;) {
			struct error e;
			size_t before = pages.count;
			assert_done(journal_read(f->journal, &q, take, &pages, &e), &e);
			if (pages.count == before)
				break;
			q.after_no = pages.at[pages.count - 1].no;
		}
		assert_same(&pages, &whole);
		free(whole.at);
		free(pages.at);
	}
}

static bool take_three(void *context, const struct journal_entry *entry)
{
	(void)take(context, entry);
	return ((struct notes *)context)->count < 3;
}

static void a_reader_may_stop(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 10; i++) {
		assert_true(add(f, i, 1, 8));
		if (i == 5)
			flush(f);
	}
	for (int reverse = 0; reverse < 2; reverse++) {
		struct journal_query q = {
			.key = 1, .from_us = INT64_MIN, .to_us = INT64_MAX, .reverse = reverse};
		struct notes n = {0};
		struct error e;
		assert_done(journal_read(f->journal, &q, take_three, &n, &e), &e);
		assert_int_equal(n.count, 3);
		assert_int_equal(n.at[2].serial, reverse ? 7 : 2);
		free(n.at);
	}
}

/* ---- rows ---- */

static char *path_of(const struct fixture *f)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/test.db", f->directory) > 0);
	return path;
}

/* Runs SQL on the file; the first number of its answer. */
static int64_t run_sql(const struct fixture *f, const char *sql)
{
	char *path = path_of(f);
	sqlite3 *db;
	sqlite3_stmt *row;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
	int64_t value = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
	assert_int_equal(sqlite3_finalize(row), SQLITE_OK);
	sqlite3_close(db);
	free(path);
	return value;
}

static void few_entries_make_few_rows(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 700; i++) {
		assert_true(add(f, i, 1, 200));
		flush(f);
	}
	look(f);
	assert_true(run_sql(f, "SELECT count(*) FROM chunk") < 15);
	/* 700 * 216 bytes are less than a chunk; as much again makes the first row full */
	for (int i = 0; i < 700; i++)
		assert_true(add(f, i, 1, 200));
	flush(f);
	look(f);
	assert_int_equal(run_sql(f, "SELECT count(*) FROM chunk"), 2);
}

static void what_is_too_large_is_dropped_and_counted(void **state)
{
	struct fixture *f = *state;
	static char large[JOURNAL_BODY_MAX + 1];
	assert_false(journal_add(f->journal, 1, 1, (struct str){large, sizeof large}));
	assert_true(journal_add(f->journal, 1, 1, (struct str){large, JOURNAL_BODY_MAX}));
	assert_true(journal_add(f->journal, 1, 1, (struct str){"", 0}));
	journal_close(f->journal);
	f->options.pending_bytes = 1000;
	f->journal = open_journal(f);
	int taken = 0;
	while (journal_add(f->journal, 2, 1, (struct str){large, 60}))
		taken++;
	assert_int_equal(taken, 10);
	flush(f);
	assert_true(journal_add(f->journal, 2, 1, (struct str){large, 60}));
	struct journal_figures figures;
	journal_figures(f->journal, &figures);
	assert_int_equal(figures.added, 11);
	assert_int_equal(figures.dropped, 1);
	struct journal_query q = query_everything();
	struct notes n = ask(f, &q);
	assert_int_equal(n.count, 13);
	assert_int_equal(n.at[0].len, JOURNAL_BODY_MAX);
	assert_int_equal(n.at[1].len, 0);
	free(n.at);
}

/* ---- limits ---- */

static int64_t now_us;

static int64_t test_clock(void)
{
	return now_us;
}

static uint64_t disk_bytes(struct fixture *f)
{
	struct journal_figures figures;
	journal_figures(f->journal, &figures);
	return figures.disk_bytes;
}

static void old_entries_go(void **state)
{
	struct fixture *f = *state;
	const int64_t hour = INT64_C(3600) * 1000000;
	journal_close(f->journal);
	f->options.keep_us = 100 * hour;
	f->options.clock_us = test_clock;
	f->journal = open_journal(f);
	now_us = 1000 * hour;
	for (int i = 0; i < 200; i++) {
		for (int n = 0; n < 200; n++)
			assert_true(add(f, now_us, 1, 300));
		flush(f);
		now_us += hour;
	}
	struct journal_query q = query_everything();
	struct notes n = ask(f, &q);
	assert_int_equal(n.count, 100 * 200); /* exactly, also within a row */
	assert_true(n.at[0].time_us == now_us - 100 * hour);
	free(n.at);
	uint64_t before = disk_bytes(f);
	assert_true(before > 5000000 && before < 16000000);
	now_us += 98 * hour;
	flush(f);
	n = ask(f, &q);
	assert_int_equal(n.count, 2 * 200);
	free(n.at);
	for (int i = 0; i < 8; i++)
		flush(f); /* in steps */
	char *path = path_of(f);
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	assert_true(status.st_size < 3000000); /* the disk has it back */
	free(path);
}

/* A clock that was a day ahead for a while: what came meanwhile is of the moment when it was set
 * back, and what comes then is found where it belongs. */
static void a_clock_may_be_set_back(void **state)
{
	struct fixture *f = *state;
	const int64_t second = 1000000, start = 1000 * second, day = 86400 * second;
	f->options.clock_us = test_clock;
	f->options.keep_us = 10 * day;
	for (int round = 0; round < 2; round++) {
		journal_close(f->journal);
		f->journal = open_journal(f);
		now_us = start + round * 1000 * second;
		assert_true(add(f, now_us, 1, 300));
		now_us += day;
		for (int i = 0; i < 1000; i++)
			assert_true(add(f, now_us + i, 2, 300));
		flush(f);
		for (int i = 0; i < 200; i++)
			assert_true(add(f, now_us + 1000 + i, 2, 300));
		now_us += second - day;
		if (round) { /* it was set back while the journal was closed */
			journal_close(f->journal);
			f->journal = open_journal(f);
		}
		assert_true(add(f, now_us, 1, 300));
		flush(f);
		flush(f);
		assert_true(add(f, now_us + second, 1, 300));
		struct journal_query q = query_everything();
		struct notes n = ask(f, &q);
		assert_int_equal(n.count, f->serial);
		for (size_t i = 0; i < n.count; i++) {
			assert_int_equal(n.at[i].serial, i);
			assert_true(i == 0 || n.at[i].time_us >= n.at[i - 1].time_us);
			assert_true(n.at[i].time_us <= now_us + second);
		}
		assert_int_equal(n.at[n.count - 1].time_us, now_us + second);
		free(f->known.at);
		f->known = n;
		check_random_queries(f, 100);
		now_us += 100 * second;
	}
}

static void the_file_keeps_to_its_size(void **state)
{
	struct fixture *f = *state;
	enum { LIMIT = 3000000 };
	journal_close(f->journal);
	f->options.max_bytes = LIMIT;
	f->journal = open_journal(f);
	for (int i = 0; i < 40; i++) {
		for (int n = 0; n < 1000; n++)
			assert_true(add(f, i, all_keys[(size_t)n % KEYS], 300));
		flush(f);
		assert_true(disk_bytes(f) < LIMIT + 1000000);
	}
	struct journal_query q = query_everything();
	struct notes n = ask(f, &q);
	assert_true(n.count > 5000 && n.count < 10000);
	assert_int_equal(n.at[n.count - 1].serial, 40 * 1000 - 1); /* the newest are there */
	for (size_t i = 1; i < n.count; i++)
		assert_true(n.at[i].serial == n.at[i - 1].serial + 1);
	free(n.at);
	/* one flush that is larger than all that fits */
	for (int k = 0; k < 15000; k++)
		assert_true(add(f, 50, 1, 300));
	flush(f);
	n = ask(f, &q);
	assert_true(n.count > 5000 && n.at[n.count - 1].serial == f->serial - 1);
	free(n.at);
}

/* ---- damage ---- */

static void damaged_rows_are_skipped(void **state)
{
	struct fixture *f = *state;
	static const char *const damages[] = {
		"UPDATE chunk SET body = zeroblob(length(body)) WHERE first_no = "
		"(SELECT first_no FROM chunk LIMIT 1 OFFSET 1)",
		"UPDATE chunk SET directory = x'' WHERE first_no = "
		"(SELECT first_no FROM chunk LIMIT 1 OFFSET 2)",
		"UPDATE chunk SET body = substr(body, 1, length(body) / 2) WHERE first_no = "
		"(SELECT first_no FROM chunk LIMIT 1 OFFSET 3)",
		"UPDATE chunk SET directory = directory || x'00' WHERE first_no = "
		"(SELECT first_no FROM chunk LIMIT 1 OFFSET 4)",
	};
	for (int i = 0; i < 6000; i++)
		assert_true(add(f, i, 1, 300));
	flush(f);
	for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
		struct journal_query q = query_everything();
		struct journal_figures before, after;
		struct notes whole = ask(f, &q);
		run_sql(f, damages[i]);
		journal_figures(f->journal, &before);
		struct notes rest = ask(f, &q);
		journal_figures(f->journal, &after);
		assert_true(rest.count < whole.count && rest.count > whole.count - 1000);
		assert_int_equal(after.damaged, before.damaged + i + 1);
		free(whole.at);
		free(rest.at);
	}
}

static void a_file_that_is_none_is_refused(void **state)
{
	struct fixture *f = *state;
	struct error e = {""};
	journal_close(f->journal);
	char *path = path_of(f);
	FILE *file = fopen(path, "wb");
	for (int i = 0; i < 2000; i++)
		fputs("no database ", file);
	fclose(file);
	assert_null(journal_open(&f->options, &e));
	assert_string_equal(e.text, "test.db: file is not a database");
	assert_int_equal(remove(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_null(journal_open(&f->options, &e));
	assert_non_null(strstr(e.text, "/test.db: unable to open database file"));
	assert_int_equal(remove(path), 0);
	free(path);
	f->journal = open_journal(f);
}

/* A child adds, flushes, tells how many are on disk, and is killed. */
static void a_kill_loses_what_was_not_flushed(void **state)
{
	struct fixture *f = *state;
	journal_close(f->journal);
	f->options.flush_ms = 1;
	uint64_t sure = 0;
	for (int round = 0; round < 8; round++) {
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		if (child == 0) {
			struct journal *j = journal_open(&f->options, NULL);
			for (uint64_t i = sure; j; i++) {
				(void)journal_add(
					j, (int64_t)i, 1, (struct str){(const char *)&i, 8});
				if (i % 50 == 49 &&
					(!journal_flush(j, NULL) || write(ends[1], &i, 8) != 8))
					break;
			}
			_exit(1);
		}
		close(ends[1]);
		uint64_t told = 0, until = sure + 50 + random_below(3000);
		while (told < until && read(ends[0], &told, 8) == 8) {
		}
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		while (read(ends[0], &told, 8) == 8) {
		}
		close(ends[0]);
		f->journal = open_journal(f);
		struct journal_query q = query_everything();
		struct notes n = ask(f, &q);
		assert_true(n.count > told);
		for (size_t i = 0; i < n.count; i++)
			assert_true(n.at[i].serial == i && n.at[i].no == i + 1);
		sure = n.count;
		free(n.at);
		journal_close(f->journal);
	}
	f->journal = open_journal(f);
	assert_int_equal(run_sql(f, "SELECT count(*) FROM pragma_integrity_check"
				    " WHERE integrity_check <> 'ok'"),
		0);
}

/* The files may not grow any more, and then they may. */
static void a_full_disk_is_survived(void **state)
{
	struct fixture *f = *state;
	struct rlimit was, small = {2000000, RLIM_INFINITY};
	struct error e = {""};
	signal(SIGXFSZ, SIG_IGN);
	journal_close(f->journal);
	f->options.pending_bytes = 1000000;
	f->journal = open_journal(f);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small.rlim_max = was.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	uint64_t taken = 0;
	bool fails = false;
	while (!fails) {
		for (int i = 0; i < 500; i++)
			taken += add(f, (int64_t)taken, 1, 500);
		fails = !journal_flush(f->journal, &e);
	}
	assert_non_null(strstr(e.text, "test.db: "));
	while (add(f, (int64_t)taken, 1, 500))
		taken++;
	assert_false(journal_flush(f->journal, &e));
	struct journal_figures figures;
	journal_figures(f->journal, &figures);
	assert_int_equal(figures.added, taken);
	assert_int_equal(figures.dropped, 1);
	struct journal_query q = query_everything();
	struct notes n = ask(f, &q); /* readers see it all */
	assert_int_equal(n.count, taken);
	free(n.at);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	flush(f);
	taken += add(f, (int64_t)taken, 1, 500);
	journal_close(f->journal);
	f->journal = open_journal(f);
	n = ask(f, &q);
	assert_int_equal(n.count, taken);
	free(n.at);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(entries_come_back),
		TEST(nothing_is_a_good_answer),
		TEST(pages_follow_each_other),
		TEST(a_reader_may_stop),
		TEST(few_entries_make_few_rows),
		TEST(what_is_too_large_is_dropped_and_counted),
		TEST(old_entries_go),
		TEST(a_clock_may_be_set_back),
		TEST(the_file_keeps_to_its_size),
		TEST(damaged_rows_are_skipped),
		TEST(a_file_that_is_none_is_refused),
		TEST(a_kill_loses_what_was_not_flushed),
		TEST(a_full_disk_is_survived),
	};
	random_start();
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
