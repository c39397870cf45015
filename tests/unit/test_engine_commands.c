/* The simulator under commands of a small server: what it answers, and with which mischief. */
#include "test.h"

#include "mischief.h"

static struct summary summary;
#define total summary.total

/* Commands to five trackers; returns how many. */
static unsigned send_commands(struct server *s, const char *more)
{
	char arguments[400];
	*s = (struct server){.command = 20, .calm = 900, .piece = 5};
	snprintf(arguments, sizeof arguments,
		"--devices=5 --messages=1000 --rate=5000 --drain=30 %s", more);
	simulate(s, arguments, &summary);
	assert_true(s->commands >= 40);
	assert_int_equal(total.commands, s->commands);
	assert_int_equal(total.lost + total.wrong, 0);
	assert_true(summary_is_clean(&summary));
	return s->commands;
}

static void commands_are_answered(void **state)
{
	(void)state;
	static struct server s;
	unsigned sent = send_commands(&s, "--split=20");
	assert_int_equal(s.answers, sent);
	assert_int_equal(s.failures, 0);
	assert_int_equal(total.obeyed, sent);
	assert_int_equal(total.late + total.missing + total.doubled, 0);
	assert_int_equal(total.spoiled + total.failing, 0);
}

static void answers_are_as_cruel_as_wanted(void **state)
{
	(void)state;
	static struct server s;
	unsigned sent = send_commands(&s, "--missing=100");
	assert_int_equal(s.answers, 0);
	assert_int_equal(total.missing, sent);
	assert_int_equal(total.obeyed, 0);
	sent = send_commands(&s, "--wrong=100");
	assert_int_equal(s.answers, 0);
	assert_int_equal(total.spoiled, sent);
	assert_int_equal(total.obeyed, sent);
	sent = send_commands(&s, "--failing=100 --doubled=100");
	assert_int_equal(s.answers, 2 * sent);
	assert_int_equal(s.failures, 2 * sent);
	assert_int_equal(total.failing, sent);
	assert_int_equal(total.doubled, sent);
	/* some of each */
	sent = send_commands(&s, "--missing=30 --failing=30 --doubled=30");
	assert_in_range(total.missing, 1, sent - 1);
	assert_in_range(total.failing, 1, sent - 1);
	assert_in_range(total.doubled, 1, sent - 1);
	assert_int_equal(total.obeyed + total.missing, sent);
	assert_int_equal(s.answers, total.obeyed + total.doubled);
}

static void answers_are_late(void **state)
{
	(void)state;
	static struct server s;
	unsigned sent = send_commands(&s, "--late=100 --late-ms=100 --hold=3");
	assert_int_equal(s.answers, sent);
	assert_int_equal(total.late, sent);
	assert_int_equal(total.obeyed, sent);
	sent = send_commands(&s, "--late=100 --late-ms=3600000");
	assert_int_equal(s.answers, 0);
	assert_int_equal(total.late, sent);
	assert_int_equal(total.obeyed, 0);
}

static void a_restart_connects_anew(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){.command = 50, .calm = 900, .payload = "R1,130305"};
	simulate(&s, "--devices=5 --messages=1000 --rate=5000 --drain=30", &summary);
	/* what comes behind a restart on the same connection is not heard */
	assert_in_range(total.commands, 5, s.commands);
	assert_int_equal(s.answers, total.commands);
	assert_in_range(total.connects, summary.devices + 5, summary.devices + total.commands);
	assert_true(summary_is_clean(&summary));
}

static void commands_are_logged(void **state)
{
	(void)state;
	static struct server s;
	char path[] = "/tmp/cantrack-commands-XXXXXX", arguments[100];
	int fd = mkstemp(path);
	assert_return_code(fd, errno);
	snprintf(arguments, sizeof arguments, "--log-commands=%s", path);
	unsigned sent = send_commands(&s, arguments), lines = 0;
	FILE *log = fdopen(fd, "r");
	char line[600];
	for (; fgets(line, sizeof line, log); lines++) {
		struct str rest = str_trim(str_of(line));
		uint64_t ident;
		assert_true(str_to_u64(str_cut(&rest, ' '), &ident));
		assert_in_range(ident, 865205000000001, 865205000000005);
		assert_true(str_is(rest, payload_s20) || str_is(rest, payload_cmd) ||
			    str_is(rest, payload_bare));
	}
	fclose(log);
	unlink(path);
	assert_int_equal(lines, sent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_answered),
		cmocka_unit_test(answers_are_as_cruel_as_wanted),
		cmocka_unit_test(answers_are_late),
		cmocka_unit_test(a_restart_connects_anew),
		cmocka_unit_test(commands_are_logged),
	};
	return cmocka_run_group_tests_name("engine_commands", tests, NULL, NULL);
}
