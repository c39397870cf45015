/* Retention of the SQLite back-end: that the disk comes back, older files, failures, and that nobody
 * beside it notices. */
#include "policy.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/stat.h>

/* ---- the disk ---- */

static size_t size_of(const char *directory, const char *file)
{
	char path[200];
	struct stat status = {0};
	snprintf(path, sizeof path, "%s/%s", directory, file);
	return stat(path, &status) == 0 ? (size_t)status.st_size : 0;
}

/* Some 5 MB of history, of device 1 first and then of device 2. */
static void fill(struct fixture *f)
{
	enum { GROUP = 500 };
	struct record records[GROUP];
	for (int i = 0; i < 120; i++) {
		for (int k = 0; k < GROUP; k++) {
			records[k] = record_random();
			records[k].origin.device = 1 + (uint32_t)(i / 60);
			records[k].origin.channel = 1;
			records[k].time_us = records[k].received_us = (i * GROUP + k) * SECOND;
		}
		append(f->store, &f->model, records, GROUP);
		for (int k = 0; k < GROUP; k++)
			record_drop(&records[k]);
		if (i % 30 == 29)
			settle(f->store);
	}
}

static void the_disk_comes_back(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	fill(f);
	retain(f->store, &p);
	size_t before = size_of(f->directory, "history.db");
	assert_true(before > 4 << 20);
	p.now_us = 60000 * SECOND;
	p.ttl_us[QUERY_DEVICE][1] = GONE;
	p.ttl_us[QUERY_DEVICE][2] = p.ttl_us[QUERY_CHANNEL][1] = 6000 * SECOND;
	assert_true(retain(f->store, &p) > 80000);
	size_t after = size_of(f->directory, "history.db");
	assert_true(after < before / 4 + (1 << 20));
	assert_true(size_of(f->directory, "history.db-wal") <= (4 << 20) + 65536);
	assert_int_equal(store_bytes(f->store, QUERY_DEVICE, 1), 0);
	store_limit_reads(f->store, limit_of, &p);
	assert_living(f->store, &f->model, &p, NULL);
	uint64_t bytes = store_bytes(f->store, QUERY_DEVICE, 2);
	assert_true(bytes > 0 && bytes < after);
	reopen(f);
	assert_int_equal(store_bytes(f->store, QUERY_DEVICE, 2), bytes);
}

static void run_sql(const char *directory, const char *file, const char *sql)
{
	char path[200], *why = NULL;
	sqlite3 *db;
	snprintf(path, sizeof path, "%s/%s", directory, file);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	int code = sqlite3_exec(db, sql, NULL, NULL, &why);
	if (why)
		print_error("%s\n", why);
	assert_int_equal(code, SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static const char back_to_version_0[] =
	"DROP INDEX chunk_age; DROP INDEX block_age;"
	"CREATE UNIQUE INDEX block_place ON block(device, from_us, from_seq);"
	"DROP INDEX chunk_unmeasured; DROP INDEX block_unmeasured;"
	"ALTER TABLE chunk DROP COLUMN count; ALTER TABLE chunk DROP COLUMN newest_us;"
	"ALTER TABLE chunk DROP COLUMN oldest_us; ALTER TABLE chunk DROP COLUMN bytes;"
	"ALTER TABLE block DROP COLUMN newest_us; ALTER TABLE block DROP COLUMN oldest_us;"
	"ALTER TABLE block DROP COLUMN bytes;"
	"PRAGMA user_version=0; PRAGMA auto_vacuum=0; VACUUM";

static void an_older_file_is_taken_over(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	fill(f);
	retain(f->store, &p);
	uint64_t bytes[] = {
		store_bytes(f->store, QUERY_DEVICE, 1), store_bytes(f->store, QUERY_CHANNEL, 1)};
	store_close(f->store);
	run_sql(f->directory, "history.db", back_to_version_0);
	f->store = open_store(f->directory);
	assert_living(f->store, &f->model, &p, NULL);
	add(f, 1, 60001 * SECOND, 60001 * SECOND); /* is written beside and over old rows */
	settle(f->store);
	assert_int_equal(retain(f->store, &p), 0);
	assert_living(f->store, &f->model, &p, NULL);
	assert_in_range(store_bytes(f->store, QUERY_DEVICE, 1), bytes[0] - 100, bytes[0] + 500);
	assert_in_range(store_bytes(f->store, QUERY_CHANNEL, 1), bytes[1], bytes[1] + 500);
	size_t before = size_of(f->directory, "history.db");
	p.now_us = 60000 * SECOND;
	p.ttl_us[QUERY_DEVICE][1] = p.ttl_us[QUERY_DEVICE][2] = 1000 * SECOND;
	p.ttl_us[QUERY_CHANNEL][1] = 1000 * SECOND;
	retain(f->store, &p);
	assert_true(size_of(f->directory, "history.db") < before / 4);
	store_limit_reads(f->store, limit_of, &p);
	assert_living(f->store, &f->model, &p, NULL);
	store_close(f->store);
	run_sql(f->directory, "history.db", "PRAGMA user_version=99");
	struct error e = {""};
	struct store_options options = {.directory = f->directory};
	assert_null(store_open(&options, &e));
	assert_non_null(strstr(e.text, "newer"));
	run_sql(f->directory, "history.db", "PRAGMA user_version=1");
	f->store = open_store(f->directory);
	store_limit_reads(f->store, limit_of, &p);
	assert_living(f->store, &f->model, &p, NULL);
}

/* Settling was not possible for a while, and the log grew; then it was. */
static void a_large_log_gets_small_again(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	run_sql(f->directory, "log.db",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
		" INSERT INTO batch SELECT 1000000 + i, 1, randomblob(1000000) FROM n;"
		"DELETE FROM batch; PRAGMA wal_checkpoint(TRUNCATE)");
	add(f, 1, 10 * SECOND, 10 * SECOND);
	size_t before = size_of(f->directory, "log.db");
	assert_true(before > 90 << 20);
	retain(f->store, &p);
	for (int i = 0; i < 1000 && size_of(f->directory, "log.db") > 1 << 20; i++)
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	assert_true(size_of(f->directory, "log.db") < 1 << 20);
	add(f, 1, 20 * SECOND, 20 * SECOND);
	assert_all(f->store, &f->model);
	reopen(f);
	assert_all(f->store, &f->model);
}

/* ---- failures ---- */

static void a_failure_loses_nothing_younger(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	struct error e = {""};
	uint64_t deleted = 1;
	fill(f);
	store_limit_reads(f->store, limit_of, &p);
	p.now_us = 60000 * SECOND;
	p.ttl_us[QUERY_DEVICE][1] = p.ttl_us[QUERY_DEVICE][2] = 20000 * SECOND;
	p.ttl_us[QUERY_CHANNEL][1] = 10000 * SECOND;
	limit_files(8192);
	assert_false(store_retain(f->store, p.now_us, retention_of, &p, &deleted, &e));
	assert_non_null(strstr(e.text, "history.db: "));
	assert_int_equal(deleted, 0);
	assert_living(f->store, &f->model, &p, NULL);
	limit_files(RLIM_INFINITY);
	run_sql(f->directory, "history.db",
		"CREATE TRIGGER broken BEFORE DELETE ON block WHEN old.device = 2"
		" BEGIN SELECT raise(ABORT, 'it is broken'); END");
	e.text[0] = '\0';
	assert_false(store_retain(f->store, p.now_us, retention_of, &p, &deleted, &e));
	assert_non_null(strstr(e.text, "history.db: it is broken"));
	assert_true(deleted > 0); /* of the others */
	assert_living(f->store, &f->model, &p, NULL);
	run_sql(f->directory, "history.db", "DROP TRIGGER broken");
	assert_true(retain(f->store, &p) > 0);
	assert_living(f->store, &f->model, &p, NULL);
	reopen(f);
	store_limit_reads(f->store, limit_of, &p);
	assert_living(f->store, &f->model, &p, NULL);
	assert_int_equal(retain(f->store, &p), 0);
}

static void it_stops_when_told(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	add(f, 1, 10 * SECOND, 10 * SECOND);
	settle(f->store);
	p.ttl_us[QUERY_DEVICE][1] = 0;
	store_retain_stop(f->store);
	assert_int_equal(retain(f->store, &p), 0);
	assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 1);
}

/* ---- beside everything else ---- */

struct scene {
	struct store *store;
	_Atomic(int64_t) now_us;
	atomic_bool is_over;
	atomic_uint errors;
	atomic_uint_fast64_t deleted;
};

static bool retention_of_scene(void *context, enum query_by by, uint32_t id, struct retention *out)
{
	(void)context, (void)by, (void)id;
	*out = (struct retention){2000 * SECOND, 0};
	return true;
}

static void *retain_often(void *context)
{
	struct scene *c = context;
	while (!c->is_over) {
		struct error e;
		uint64_t deleted;
		if (!store_retain(c->store, c->now_us, retention_of_scene, c, &deleted, &e))
			c->errors++;
		c->deleted += deleted;
	}
	return NULL;
}

struct sight {
	struct scene *scene;
	int64_t last_us;
	size_t count;
};

/* One record a second: what is there has no gap behind the first that is young enough. */
static bool look(void *context, const struct record *r)
{
	struct sight *l = context;
	if (l->count++ && r->time_us != l->last_us + SECOND)
		l->scene->errors++;
	l->last_us = r->time_us;
	return true;
}

static void *read_often(void *context)
{
	struct scene *c = context;
	for (unsigned i = 0; !c->is_over; i++) {
		struct query q = query_all(i % 2 ? QUERY_DEVICE : QUERY_CHANNEL, 1);
		struct sight l = {.scene = c};
		struct error e;
		int64_t now_us = c->now_us;
		q.from_us = now_us - 1000 * SECOND;
		if (!store_read(c->store, &q, look, &l, &e))
			c->errors++;
		if (now_us > 1000 * SECOND && l.count < 1000)
			c->errors++;
	}
	return NULL;
}

static void nobody_notices_a_retention(void **state)
{
	enum { GROUP = 100, GROUPS = 150 };
	struct fixture *f = *state;
	struct scene c = {.store = f->store};
	pthread_t threads[3];
	assert_int_equal(pthread_create(&threads[0], NULL, retain_often, &c), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, read_often, &c), 0);
	assert_int_equal(pthread_create(&threads[2], NULL, read_often, &c), 0);
	for (int i = 0; i < GROUPS; i++) {
		struct record records[GROUP];
		struct error e;
		for (int k = 0; k < GROUP; k++) {
			records[k] = record_plain(1, 1, (i * GROUP + k) * SECOND, k);
			records[k].received_us = records[k].time_us;
		}
		assert_done(store_append(c.store, records, GROUP, &e), &e);
		for (int k = 0; k < GROUP; k++)
			record_drop(&records[k]);
		c.now_us = (i * GROUP + GROUP - 1) * SECOND;
		if (i % 5 == 4)
			settle(c.store);
		while (i == GROUPS / 2 && !c.deleted && !c.errors) /* it had its turn by then */
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	c.is_over = true;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(c.errors, 0);
	assert_true(c.deleted > 0);
	/* on a busy machine its last pass may lie far behind: one more, of now */
	struct error e;
	uint64_t deleted;
	assert_done(store_retain(c.store, c.now_us, retention_of_scene, &c, &deleted, &e), &e);
	assert_true(count_of(c.store, QUERY_DEVICE, 1) <= 3000 + 1000 + GROUP);
}

int main(void)
{
	random_start();
	signal(SIGXFSZ, SIG_IGN);
	const struct CMUnitTest tests[] = {
		TEST_HERE(the_disk_comes_back),
		TEST_HERE(an_older_file_is_taken_over),
		TEST_HERE(a_large_log_gets_small_again),
		TEST_HERE(a_failure_loses_nothing_younger),
		/* these have threads: */
		TEST_HERE(it_stops_when_told),
		TEST_HERE(nobody_notices_a_retention),
	};
#ifdef __SANITIZE_THREAD__
	enum { FIRST = 4 };
#else
	enum { FIRST = 0 };
#endif
	return _cmocka_run_group_tests(
		"retain_disk", tests + FIRST, sizeof tests / sizeof *tests - FIRST, NULL, NULL);
}
