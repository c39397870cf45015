/* The simulator against a small server of this file, over real sockets. */
#include "test.h"

#include "mischief.h"

static struct summary summary;
#define total summary.total

static void all_is_answered(void **state)
{
	(void)state;
	static const char *const runs[] = {
		"--devices=20 --messages=1500 --rate=30000 --irregular",
		"--devices=20 --messages=1500 --rate=30000 --irregular --split=60 --batch=4",
		"--devices=20 --messages=1500 --rate=30000 --reconnect=10 --split=30",
		"--devices=7 --messages=1500 --mode=flood --threads=3",
		"--devices=7 --messages=1500 --mode=flood --batch=10 --window=20",
		"--devices=1 --messages=500 --mode=flood --window=1",
	};
	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
		for (size_t piece = 0; piece <= 11; piece += 11) {
			static struct server s;
			s = (struct server){.piece = piece};
			simulate(&s, runs[i], &summary);
			assert_true(summary_is_clean(&summary));
			assert_true(total.sent >= 500);
			assert_int_equal(total.sent, s.frames);
			assert_int_equal(total.answered, total.expected);
			assert_true(total.expected > total.sent / 2);
			assert_true(total.latency.count > 0);
			assert_int_equal(s.unknown, 0);
			if (strstr(runs[i], "reconnect"))
				assert_true(total.connects > 100);
			else
				assert_int_equal(total.connects, summary.devices);
		}
}

/* Whoever is away when the last replies have come stays away. */
static void no_login_is_too_late(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){.is_slow = true};
	simulate(
		&s, "--devices=20 --messages=100 --rate=30000 --reconnect=50 --drain=30", &summary);
	assert_true(total.connects > summary.devices);
	assert_true(summary_is_clean(&summary));
}

static void losses_are_counted(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){.drop = 50};
	simulate(&s, "--devices=5 --messages=2000 --mode=flood --drain=0", &summary);
	assert_true(s.dropped > 10);
	assert_false(summary_is_clean(&summary));
	/* a missing reply shows as the frame after it, or another V1, is answered in its place:
	 * in the end exactly so many are missing (and those that came after the end) */
	assert_true(total.lost >= s.dropped);
	assert_int_equal(total.lost + total.answered, total.expected);
}

static void wrong_replies_are_counted(void **state)
{
	(void)state;
	static struct server s;
	/* what is behind the last wrong one goes only when most of it is answered */
	s = (struct server){.spoil = 40, .calm = 1700};
	simulate(&s, "--devices=5 --messages=2000 --mode=flood --drain=1", &summary);
	assert_true(s.spoiled > 10);
	assert_int_equal(total.wrong, s.spoiled);
	assert_false(summary_is_clean(&summary));
}

static void nothing_is_lost_with_a_memory(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){.hang_up = 97};
	simulate(&s, "--devices=5 --messages=1500 --mode=flood --resend --drain=30", &summary);
	assert_true(s.hung_up > 5);
	assert_true(total.resent >= s.hung_up);
	assert_true(total.closed >= s.hung_up);
	assert_int_equal(total.lost, 0);
	assert_int_equal(total.answered, 1500);
}

static void without_a_memory_it_is(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){.hang_up = 97};
	simulate(&s, "--devices=5 --messages=1500 --mode=flood", &summary);
	assert_true(total.lost >= s.hung_up);
	assert_int_equal(total.resent, 0);
	assert_int_equal(total.lost + total.answered, 1500);
}

static void the_idle_stay_silent(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){0};
	simulate(&s, "--devices=30 --idle --seconds=1", &summary);
	assert_int_equal(s.frames, 30);
	assert_int_equal(total.answered, 30);
	assert_true(summary_is_clean(&summary));
}

static void no_acknowledgements_no_losses(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){.drop = 1}; /* answers no V1 at all */
	simulate(&s, "--devices=5 --messages=2000 --mode=flood --acks=none", &summary);
	assert_int_equal(total.sent, 2000);
	assert_int_equal(total.expected, 0);
	assert_true(summary_is_clean(&summary));
}

static void answers_are_logged(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){0};
	char path[] = "/tmp/cantrack-answered-XXXXXX", arguments[256];
	int fd = mkstemp(path);
	assert_return_code(fd, errno);
	snprintf(arguments, sizeof arguments,
		"--devices=4 --messages=800 --mode=flood --begin=1700000000 --log-answered=%s",
		path);
	simulate(&s, arguments, &summary);
	FILE *log = fdopen(fd, "r");
	unsigned lines = 0, next[4] = {0};
	char line[128];
	while (fgets(line, sizeof line, log)) {
		struct str rest = str_trim(str_of(line));
		uint64_t ident, time;
		assert_true(str_to_u64(str_cut(&rest, ' '), &ident));
		assert_str(str_cut(&rest, ' '), "V1");
		assert_true(str_to_u64(rest, &time));
		assert_in_range(ident, 865205000000001, 865205000000004);
		/* each second of each tracker once, in order */
		assert_int_equal(time, 1700000001 + next[ident - 865205000000001]++);
		lines++;
	}
	fclose(log);
	unlink(path);
	assert_int_equal(lines, 800);
}

static void a_dead_server_is_reported(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){0};
	server_start(&s);
	server_stop(&s); /* the port is now closed */
	char to[64], name[] = "simulate", patience[] = "--patience=1", seconds[] = "--seconds=1",
		     quiet[] = "--quiet";
	snprintf(to, sizeof to, "--to=127.0.0.1:%u", s.port);
	char *argv[] = {name, to, patience, seconds, quiet, NULL};
	struct options o;
	struct error e;
	assert_int_equal(options_parse(&o, 5, argv, &e), OPTIONS_RUN);
	assert_true(engine_run(&o, &summary, &e));
	assert_int_equal(total.trackers, 0);
	assert_true(total.refused >= summary.devices);
	assert_false(summary_is_clean(&summary));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_answered),
		cmocka_unit_test(no_login_is_too_late),
		cmocka_unit_test(losses_are_counted),
		cmocka_unit_test(wrong_replies_are_counted),
		cmocka_unit_test(nothing_is_lost_with_a_memory),
		cmocka_unit_test(without_a_memory_it_is),
		cmocka_unit_test(the_idle_stay_silent),
		cmocka_unit_test(no_acknowledgements_no_losses),
		cmocka_unit_test(answers_are_logged),
		cmocka_unit_test(a_dead_server_is_reported),
	};
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
