/* What comes back, or does not, and whether the status word bears it out. */
#include "fleet.h"

#include "base/clock.h"
#include "core/commands_inside.h"

enum { HEARD_MS = HEARD_US / 1000 };

#define READ  "{'name':'custom','properties':{'payload':'S26,"
#define STOP  "{'name':'engine.stop','confirm':true"
#define PLACE "050316,A,2235.0086,N,11354.3668,E,000.00,000,150412,"

/* The HHMMSS in the newest of so many sendings; it stands behind the first comma. */
static const char *time_sent(struct fleet *f, size_t count)
{
	static char time[7];
	struct sending s = fleet_sent(f, count);
	snprintf(time, sizeof time, "%.6s", strchr(s.payload, ',') + 1);
	return time;
}

static bool hears(struct fleet *f, uint32_t device, const char *text)
{
	return commands_text(f->commands, device, str_of(text));
}

/* ---- frames ---- */

static void only_its_own_answer_ends_it(void **state)
{
	struct fleet *f = *state;
	fleet_connect(f, 1);
	fleet_connect(f, 2);
	uint64_t id = fleet_add(f, 1, READ "130305'}}"), other = fleet_add(f, 2, READ "130305'}}");
	fleet_settle(f);
	fleet_says(f, 1, "V4,S20,130305,OK"); /* another word */
	fleet_says(f, 1, "V4,S26,130306,OK"); /* another time */
	fleet_says(f, 3, "V4,S26,130305,OK"); /* another device, without commands */
	fleet_says(f, 1, "V4,V1,20260211212008");
	fleet_settle(f);
	struct command c;
	assert_false(fleet_has_ended(f, id, &c));
	fleet_says(f, 1, "V4,S26,130305,VER1,2");
	fleet_says(f, 1, "V4,S26,130305,VER1,2"); /* again */
	c = fleet_result(f, id);
	assert_int_equal(c.state, COMMAND_DONE);
	assert_true(c.executed && c.has_response);
	assert_string_equal(c.response, "*HQ,1001,V4,S26,130305,VER1,2#");
	assert_string_equal(c.reply, "VER1,2");
	fleet_settle(f);
	assert_string_equal(fleet_events(1), "330 334 305 305 305 332 305");
	assert_string_equal(fleet_events(3), "305");
	assert_false(fleet_has_ended(f, other, &c));
}

static void failure_codes_fail(void **state)
{
	static const struct {
		const char *answer;
		enum command_state state;
	} cases[] = {
		{"V4,S20,05,%s," PLACE "FFFFFBFF", COMMAND_FAILED},
		{"V4,S20,7F,%s," PLACE "FFFFFBFF", COMMAND_FAILED},
		{"V4,S20,80,%s," PLACE "FFFFFBFF", COMMAND_DONE},
		{"V4,S20,ERROR,%s," PLACE "FFFFFBFF", COMMAND_FAILED},
		{"V4,S20,%s,1,1", COMMAND_DONE},
	};
	struct fleet *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char answer[160];
		uint32_t device = (uint32_t)i + 1;
		fleet_connect(f, device);
		uint64_t id = fleet_add(f, device, STOP "}");
		const char *time = time_sent(f, i + 1), *at = strstr(cases[i].answer, "%s");
		snprintf(answer, sizeof answer, "%.*s%s%s", (int)(at - cases[i].answer),
			cases[i].answer, time, at + 2);
		fleet_says(f, device, "%s", answer);
		fleet_ended(f, id, cases[i].state, cases[i].state == COMMAND_DONE, 1);
	}
}

static void late_answer_of_an_earlier_attempt(void **state)
{
	struct fleet *f = *state;
	fleet_connect(f, 1);
	uint64_t late = fleet_add(f, 1, READ "130305'},'max_attempts':2}");
	fleet_sent(f, 1);
	fleet_leave(f, 1);
	fleet_pass(f, 1000);
	struct command c;
	assert_true(commands_get(f->commands, late, &c));
	assert_int_equal(c.state, COMMAND_QUEUED);
	assert_int_equal(c.attempts, 1);
	uint64_t other = fleet_add(f, 1, READ "130306'},'priority':7}");
	fleet_connect(f, 1);
	assert_int_equal(fleet_sent(f, 2).id, other); /* it goes before the second attempt */
	fleet_says(f, 1, "V4,S26,130305,OK");
	fleet_ended(f, late, COMMAND_DONE, true, 1);
	fleet_says(f, 1, "V4,S26,130306,OK");
	fleet_ended(f, other, COMMAND_DONE, true, 1);
	fleet_settle(f);
	assert_int_equal(fleet_sent_count(f), 2);
}

/* ---- text ---- */

static void plain_text_comes_in_pieces(void **state)
{
	struct fleet *f = *state;
	assert_false(hears(f, 1, "stop engine succeed"));
	for (uint32_t device = 1; device <= 4; device++)
		fleet_connect(f, device);
	uint64_t stop = fleet_add(f, 1, "{'name':'engine.stop.text','confirm':true}");
	uint64_t wrapped = fleet_add(f, 2, "{'name':'check'}");
	uint64_t arm = fleet_add(f, 3, "{'name':'arm'}");
	fleet_add(f, 4, READ "000001'}}");
	fleet_settle(f);
	assert_int_equal(fleet_sent_count(f), 4);
	assert_true(hears(f, 1, "\r\nst"));
	assert_true(hears(f, 1, "op engine"));
	fleet_pass(f, 999); /* an answer already, but the rest of it may come */
	assert_true(hears(f, 1, " succeed\r\n"));
	fleet_says(f, 2, "V4,CMD,,check,CHECK,BAT:80%%");
	assert_true(hears(f, 3, "arm fail!"));
	assert_false(hears(f, 4, "S26 OK")); /* a frame answers this one */
	assert_false(hears(f, 1, "stop\xff"));
	assert_false(hears(f, 5, "stop"));
	fleet_pass(f, HEARD_MS - 1);
	assert_int_equal(fake_commands_ended(f->store), 2);
	fleet_pass(f, 1);
	struct command c = fleet_result(f, stop);
	assert_int_equal(c.state, COMMAND_DONE);
	assert_string_equal(c.response, "stop engine succeed");
	assert_string_equal(c.reply, "stop engine succeed");
	c = fleet_result(f, wrapped);
	assert_string_equal(c.reply, "check,CHECK,BAT:80%");
	fleet_ended(f, arm, COMMAND_FAILED, false, 1);
	assert_string_equal(fleet_events(1), "330 334 332");
	assert_false(hears(f, 1, "stop engine succeed"));
}

static void room_for_text_has_an_end(void **state)
{
	struct fleet *f = *state;
	char junk[101];
	memset(junk, 'x', 100);
	junk[100] = '\0';
	fleet_connect(f, 1);
	uint64_t id = fleet_add(f, 1, "{'name':'arm','max_attempts':2}");
	fleet_sent(f, 1);
	for (int i = 0; i < 6; i++) {
		assert_true(hears(f, 1, junk));
		fleet_settle(f);
	}
	assert_false(hears(f, 1, "arm ok"));
	fleet_pass(f, 1000);
	fleet_sent(f, 2); /* a new sending, new room */
	assert_true(hears(f, 1, "arm ok"));
	fleet_pass(f, HEARD_MS);
	fleet_ended(f, id, COMMAND_DONE, true, 2);
	assert_string_equal(fleet_result(f, id).response, "arm ok");
}

static void text_that_answers_nothing_is_told(void **state)
{
	struct fleet *f = *state;
	fleet_connect(f, 1);
	uint64_t id = fleet_add(f, 1, "{'name':'arm','max_attempts':1}");
	fleet_sent(f, 1);
	assert_true(hears(f, 1, "low battery"));
	fleet_pass(f, 1000);
	fleet_ended(f, id, COMMAND_FAILED, false, 1);
	assert_string_equal(fleet_events(1), "330 334 332 305");
}

static void open_command_takes_what_has_its_word(void **state)
{
	struct fleet *f = *state;
	fleet_connect(f, 1);
	fleet_connect(f, 2);
	uint64_t framed = fleet_add(f, 1, "{'name':'mode.md'}");
	uint64_t bare =
		fleet_add(f, 2, "{'name':'custom','properties':{'payload':'MD123456 1 3 8 1'}}");
	fleet_sent(f, 2);
	fleet_says(f, 1, "V4,MD,OK");
	assert_true(hears(f, 2, "MD set ok"));
	fleet_pass(f, HEARD_MS);
	assert_string_equal(fleet_result(f, framed).reply, "OK");
	assert_string_equal(fleet_result(f, bare).response, "MD set ok");
	fleet_ended(f, bare, COMMAND_DONE, true, 1);
}

/* ---- the status word ---- */

static enum command_confirmed confirmed(struct fleet *f, uint64_t id)
{
	fleet_settle(f);
	return fleet_result(f, id).confirmed;
}

static void answer_may_hold_the_proof(void **state)
{
	struct fleet *f = *state;
	fleet_connect(f, 1);
	fleet_connect(f, 2);
	uint64_t cut = fleet_add(f, 1, STOP "}");
	fleet_says(f, 1, "V4,S20,OK,%s," PLACE "F7FFFBFF", time_sent(f, 1));
	assert_int_equal(confirmed(f, cut), CONFIRMED_YES);
	uint64_t other = fleet_add(f, 2, STOP "}");
	fleet_says(f, 2, "V4,S20,OK,%s," PLACE "FFFFFBFF", time_sent(f, 2)); /* not yet */
	assert_int_equal(confirmed(f, other), CONFIRMED_UNKNOWN);
	uint64_t read = fleet_add(f, 1, READ "000001'}}");
	fleet_sent(f, 3);
	fleet_says(f, 1, "V4,S26,OK,000001," PLACE "F7FFFBFF");
	assert_int_equal(confirmed(f, read), CONFIRMED_UNKNOWN);
}

static void next_status_words_bear_it_out(void **state)
{
	struct fleet *f = *state;
	int64_t now_us = clock_now_us();
	fleet_message(f, 1, now_us - 9000000, STATUS_RUNS, 0);
	fleet_connect(f, 1);
	uint64_t id = fleet_add(f, 1, STOP "}");
	fleet_says(f, 1, "V4,S20,%s,1,1", time_sent(f, 1));
	assert_int_equal(confirmed(f, id), CONFIRMED_UNKNOWN);
	fleet_message(f, 1, now_us - INT64_C(3600000000), STATUS_CUT, 0); /* old */
	fleet_message(f, 1, now_us, -1, 0);
	assert_int_equal(confirmed(f, id), CONFIRMED_UNKNOWN);
	fleet_message(f, 1, now_us, STATUS_RUNS, 0);
	assert_int_equal(confirmed(f, id), CONFIRMED_NO);
	fleet_message(f, 1, now_us + 1000000, STATUS_CUT, 0);
	assert_int_equal(confirmed(f, id), CONFIRMED_YES);
	size_t changes = fake_commands_changes(f->store);
	fleet_message(f, 1, now_us + 2000000, STATUS_RUNS, 0); /* somebody's later doing */
	assert_int_equal(confirmed(f, id), CONFIRMED_YES);
	assert_int_equal(fake_commands_changes(f->store), changes);
}

static void newer_command_is_not_held_against_an_older(void **state)
{
	struct fleet *f = *state;
	fleet_connect(f, 1);
	uint64_t stop = fleet_add(f, 1, STOP "}");
	fleet_says(f, 1, "V4,S20,%s,1,1", time_sent(f, 1));
	fleet_result(f, stop);
	uint64_t resume = fleet_add(f, 1, "{'name':'engine.resume'}");
	const char *time = time_sent(f, 2);
	fleet_settle(f);
	fleet_message(f, 1, clock_now_us(), STATUS_RUNS, 0);
	fleet_says(f, 1, "V4,S20,%s,1,0", time);
	assert_int_equal(confirmed(f, resume), CONFIRMED_YES);
	assert_int_equal(confirmed(f, stop), CONFIRMED_UNKNOWN);
}

static void status_stands_in_for_a_missing_answer(void **state)
{
	struct fleet *f = *state;
	int64_t now_us = clock_now_us();
	uint64_t ids[4];
	fleet_message(f, 1, now_us - 1000000, STATUS_RUNS, 0);
	fleet_message(f, 2, now_us - 1000000, STATUS_CUT, 0);  /* it was cut before: no proof */
	fleet_message(f, 4, now_us - 1000000, STATUS_RUNS, 0); /* device 3: nothing is known */
	for (uint32_t device = 1; device <= 4; device++) {
		fleet_connect(f, device);
		ids[device - 1] = fleet_add(f, device, STOP "}");
	}
	fleet_settle(f);
	fleet_message(f, 1, now_us, STATUS_CUT, 0);
	fleet_message(f, 2, now_us, STATUS_CUT, 0);
	fleet_message(f, 3, now_us, STATUS_CUT, 0);
	fleet_message(f, 4, now_us, STATUS_CUT, 0);
	fleet_message(f, 4, now_us + 1000, STATUS_RUNS, 0);
	fleet_pass(f, 1000);
	fleet_ended(f, ids[0], COMMAND_DONE, true, 1);
	assert_string_equal(fleet_result(f, ids[0]).response,
		"no answer came; the status word shows that it was carried out");
	assert_int_equal(confirmed(f, ids[0]), CONFIRMED_YES);
	fleet_ended(f, ids[1], COMMAND_FAILED, false, 1);
	assert_int_equal(confirmed(f, ids[1]), CONFIRMED_YES);
	fleet_ended(f, ids[2], COMMAND_FAILED, false, 1);
	fleet_ended(f, ids[3], COMMAND_FAILED, false, 1);
	assert_int_equal(confirmed(f, ids[3]), CONFIRMED_NO);
}

static void proof_makes_no_trimmed_result_again(void **state)
{
	struct fleet *f = *state;
	struct error e;
	bool more;
	fleet_connect(f, 1);
	uint64_t id = fleet_add(f, 1, STOP "}");
	fleet_says(f, 1, "V4,S20,%s,1,1", time_sent(f, 1));
	fleet_result(f, id);
	assert_true(store_trim_results(f->store, INT64_MAX, 0, &more, &e));
	fleet_message(f, 1, clock_now_us(), STATUS_CUT, 0);
	fleet_settle(f);
	assert_int_equal(fake_commands_ended(f->store), 0);
	assert_int_equal(fake_commands_waiting(f->store), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FLEET(only_its_own_answer_ends_it),
		WITH_FLEET(failure_codes_fail),
		WITH_FLEET(late_answer_of_an_earlier_attempt),
		WITH_FLEET(plain_text_comes_in_pieces),
		WITH_FLEET(room_for_text_has_an_end),
		WITH_FLEET(text_that_answers_nothing_is_told),
		WITH_FLEET(open_command_takes_what_has_its_word),
		WITH_FLEET(answer_may_hold_the_proof),
		WITH_FLEET(next_status_words_bear_it_out),
		WITH_FLEET(newer_command_is_not_held_against_an_older),
		WITH_FLEET(status_stands_in_for_a_missing_answer),
		WITH_FLEET(proof_makes_no_trimmed_result_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
