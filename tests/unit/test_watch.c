/* Trackers and watchers together, against small servers of tests/unit, over real sockets. */
#include "test.h"

#include "doorway.h"

static struct summary summary;
static struct doorway door;
#define watched summary.watched

/* Runs with watchers; the number of frames that were sent. The server's clock stands, the trackers' ones are
 * behind it. */
static uint64_t watch(const char *arguments)
{
	static struct server s;
	char text[400];
	s = (struct server){.publish = doorway_publish, .door = &door};
	summary = (struct summary){0};
	doorway_start(&door);
	snprintf(text, sizeof text, "--watch=127.0.0.1:%u --begin=1753150000 %s", door.port,
		arguments);
	simulate(&s, text, &summary);
	doorway_stop(&door);
	return summary.total.sent;
}

static void all_that_is_sent_is_seen(void **state)
{
	(void)state;
	static const struct {
		const char *arguments;
		unsigned fold; /* messages of a frame */
	} runs[] = {
		{"--devices=5 --messages=400 --mode=flood", 1},
		{"--devices=5 --messages=400 --mode=flood --watch-version=4 --watch-qos=1", 1},
		{"--devices=5 --messages=300 --mode=flood --watchers=7 --watch-qos=1 --batch=5", 7},
		{"--devices=9 --messages=300 --rate=30000 --watchers=3 --irregular --split=30", 3},
		{"--devices=6 --messages=300 --mode=flood --watchers=12 --watch-each", 2},
		{"--devices=5 --messages=400 --mode=flood --watchers=4 --watch-lead=3", 4},
		{"--devices=5 --messages=400 --mode=flood --watchers=4 --watch-threads=3 "
		 "--threads=2",
			4},
	};
	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
		door = (struct doorway){0};
		uint64_t due = watch(runs[i].arguments) * runs[i].fold;
		assert_true(due >= 300);
		assert_int_equal(watched.seen, due);
		assert_int_equal(watched.messages, due);
		assert_int_equal(summary.missing, 0);
		assert_int_equal(watched.watchers, summary.watchers);
		assert_true(watched.latency.count > 0 && watched.latency.count <= due);
		assert_true(watched.latency.max_us < 60 * 1000000);
		bool acknowledges = strstr(runs[i].arguments, "watch-qos=1");
		assert_int_equal(watched.acknowledged, acknowledges ? due : 0);
		assert_true(summary_is_clean(&summary));
	}
}

static void what_is_missing_is_counted(void **state)
{
	(void)state;
	door = (struct doorway){.drop = 7};
	uint64_t due = watch("--devices=3 --messages=500 --mode=flood --watchers=2 --drain=0") * 2;
	assert_true(door.dropped > 2 * 50);
	assert_true(summary.missing >= door.dropped); /* what comes after the end is missing too */
	assert_int_equal(summary.missing + watched.seen, due);
	assert_int_equal(watched.disordered + watched.doubled + watched.strange, 0);
	assert_false(summary_is_clean(&summary));
}

static void what_comes_twice_is_counted(void **state)
{
	(void)state;
	door = (struct doorway){.twice = 5};
	uint64_t due = watch("--devices=3 --messages=500 --mode=flood");
	assert_int_equal(watched.seen, due);
	assert_int_equal(door.doubled, due / 5);
	assert_int_equal(watched.doubled, door.doubled);
	assert_int_equal(watched.disordered + watched.strange, 0);
	assert_false(summary_is_clean(&summary));
}

/* A tracker alone: then each swap is one of its frames with the next. */
static void what_is_out_of_order_is_counted(void **state)
{
	(void)state;
	door = (struct doorway){.swap = 9};
	uint64_t due = watch("--devices=1 --messages=500 --mode=flood");
	assert_int_equal(watched.seen, due);
	assert_int_equal(watched.disordered, due / 9);
	assert_int_equal(watched.doubled + watched.strange + summary.missing, 0);
	assert_false(summary_is_clean(&summary));
}

static void who_is_cut_off_is_counted(void **state)
{
	(void)state;
	door = (struct doorway){.hang_up = 50};
	uint64_t due = watch("--devices=3 --messages=300 --mode=flood --watchers=3 --drain=30") * 3;
	assert_int_equal(door.hung_up, 3);
	assert_int_equal(watched.closed, 3);
	assert_int_equal(watched.seen, 3 * 49);
	assert_int_equal(summary.missing, due - 3 * 49);
	assert_false(summary_is_clean(&summary));
}

static void who_is_refused_is_counted(void **state)
{
	(void)state;
	door = (struct doorway){.refuse = true};
	uint64_t due = watch("--devices=3 --messages=30 --mode=flood --watchers=2 --drain=0") * 2;
	assert_int_equal(watched.refused, 2);
	assert_int_equal(watched.watchers, 0);
	assert_int_equal(summary.missing, due);
	assert_false(summary_is_clean(&summary));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_sent_is_seen),
		cmocka_unit_test(what_is_missing_is_counted),
		cmocka_unit_test(what_comes_twice_is_counted),
		cmocka_unit_test(what_is_out_of_order_is_counted),
		cmocka_unit_test(who_is_cut_off_is_counted),
		cmocka_unit_test(who_is_refused_is_counted),
	};
	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
