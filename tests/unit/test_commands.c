/* Who goes next, how often, and who does not. */
#include "fleet.h"

#include "base/clock.h"
#include "core/metrics.h"
#include "model/protocol.h"

#define READ "{'name':'custom','properties':{'payload':'S26,"
#define STOP "{'name':'engine.stop','confirm':true"

/* ---- the order ---- */

static void assert_line(struct fleet *f, uint32_t device, const uint64_t *ids, size_t count)
{
	uint64_t *line;
	assert_int_equal(commands_of(f->commands, device, &line), count);
	for (size_t i = 0; i < count; i++) {
		struct command c;
		assert_int_equal(line[i], ids[i]);
		assert_true(commands_get(f->commands, line[i], &c));
		assert_int_equal(c.position, i + 1);
		assert_int_equal(c.device, device);
	}
	free(line);
}

static void priority_then_age_then_conditions(void **state)
{
	struct fleet *f = *state;
	uint64_t last = fleet_add(f, 1, READ "000001'}}");
	uint64_t blocked = fleet_add(f, 1,
		READ "000002'},'priority':9,"
		     "'condition':'position.speed > 50 && engine.ignition.status'}");
	uint64_t first = fleet_add(f, 1, READ "000003'},'priority':5}");
	uint64_t second = fleet_add(f, 1, READ "000004'},'priority':5}");
	const uint64_t line[] = {blocked, first, second, last};
	assert_line(f, 1, line, 4);
	fleet_settle(f);
	assert_int_equal(fleet_sent_count(f), 0);
	fleet_connect(f, 1);
	assert_string_equal(fleet_sent(f, 1).payload, "S26,000003");
	fleet_says(f, 1, "V4,S26,000003,OK");
	assert_string_equal(fleet_sent(f, 2).payload, "S26,000004");
	struct command now = fleet_instant(READ "000005'}}");
	uint64_t instant = fleet_put(f, 1, &now);
	fleet_says(f, 1, "V4,S26,000004,OK");
	assert_string_equal(fleet_sent(f, 3).payload, "S26,000005");
	fleet_says(f, 1, "V4,S26,000005,OK");
	assert_string_equal(fleet_sent(f, 4).payload, "S26,000001");
	fleet_says(f, 1, "V4,S26,000001,OK");
	fleet_ended(f, instant, COMMAND_DONE, true, 1);
	fleet_ended(f, last, COMMAND_DONE, true, 1);
	fleet_message(f, 1, clock_now_us(), -1, 40);
	fleet_settle(f);
	assert_int_equal(fleet_sent_count(f), 4);
	fleet_message(f, 1, clock_now_us(), -1, 60);
	assert_string_equal(fleet_sent(f, 5).payload, "S26,000002");
	fleet_says(f, 1, "V4,S26,000002,OK");
	fleet_ended(f, blocked, COMMAND_DONE, true, 1);
	assert_line(f, 1, NULL, 0);
}

static void condition_may_ask_for_text(void **state)
{
	struct fleet *f = *state;
	fleet_connect(f, 1);
	fleet_message(f, 1, clock_now_us(), -1, 7);
	fleet_add(f, 1, READ "000001'},'condition':'message.type==\\\"V9\\\"'}"); /* it is V1 */
	fleet_settle(f);
	assert_int_equal(fleet_sent_count(f), 0);
	fleet_add(f, 1, READ "000002'},'condition':'message.type==\\\"V1\\\"&&position.speed==7'}");
	assert_string_equal(fleet_sent(f, 1).payload, "S26,000002");
}

static void one_of_a_device_at_a_time(void **state)
{
	struct fleet *f = *state;
	struct commands_figures figures;
	for (uint32_t device = 1; device <= 3; device++) {
		fleet_connect(f, device);
		assert_true(fleet_add(f, device, READ "000001'}}"));
		fleet_sent(f, device);
		fleet_settle(f); /* so that the order of the events is one */
		assert_true(fleet_add(f, device, READ "000002'}}"));
	}
	fleet_settle(f);
	assert_int_equal(fleet_sent_count(f), 3);
	commands_figures(f->commands, &figures);
	assert_int_equal(figures.waiting, 6);
	assert_int_equal(figures.under_way, 3);
	fleet_connect(f, 1); /* as another connection */
	fleet_says(f, 2, "V4,S26,000001,OK");
	assert_int_equal(fleet_sent(f, 4).device, 2);
	fleet_settle(f);
	assert_int_equal(fleet_sent_count(f), 4);
	assert_string_equal(fleet_events(2), "330 334 330 332 334");
}

/* ---- how often ---- */

static void again_only_while_attempts_are_left(void **state)
{
	struct fleet *f = *state;
	for (uint32_t device = 1; device <= 5; device++)
		fleet_connect(f, device);
	struct command c = fleet_command(READ "000001'},'max_attempts':3}");
	c.expires = clock_now_us() / 1000000 + 1; /* over before the answer must be there */
	uint64_t expired = fleet_put(f, 5, &c);
	uint64_t twice = fleet_add(f, 1, READ "000001'},'max_attempts':2}");
	uint64_t cut = fleet_add(f, 2, STOP ",'max_attempts':2}");
	uint64_t repeated = fleet_add(f, 3, STOP ",'max_attempts':2,'repeat':true}");
	uint64_t open = fleet_add(f, 4, "{'name':'mode.md'}");
	fleet_settle(f);
	assert_int_equal(fleet_sent_count(f), 5);
	assert_true(commands_get(f->commands, twice, &c));
	assert_int_equal(c.state, COMMAND_SENT);
	assert_int_equal(c.attempts, 1);
	fleet_pass(f, 999);
	assert_int_equal(fake_commands_ended(f->store), 0);
	fleet_pass(f, 1);
	fleet_ended(f, cut, COMMAND_FAILED, false, 1);
	fleet_ended(f, expired, COMMAND_EXPIRED, false, 1);
	c = fleet_result(f, open);
	assert_int_equal(c.state, COMMAND_DONE);
	assert_non_null(strstr(c.response, "no documented answer"));
	fleet_pass(f, 1000);
	fleet_ended(f, twice, COMMAND_FAILED, false, 2);
	fleet_ended(f, repeated, COMMAND_FAILED, false, 2);
	fleet_settle(f);
	assert_false(fleet_result(f, repeated).has_response);
	assert_int_equal(fleet_sent_count(f), 7);
	assert_int_equal(fleet_sent_to(f, 2), 1);
	assert_int_equal(fleet_sent_to(f, 3), 2);
	assert_string_equal(fleet_events(3), "330 334 334 332");
	assert_string_equal(fleet_events(5), "330 334 333");
}

static void what_cannot_be_written_is_no_attempt(void **state)
{
	struct fleet *f = *state;
	struct command c;
	fleet_set(f, &f->is_broken, true);
	fleet_connect(f, 1);
	uint64_t id = fleet_add(f, 1, STOP "}");
	fleet_settle(f);
	assert_true(commands_get(f->commands, id, &c));
	assert_int_equal(c.attempts, 0);
	assert_int_equal(c.state, COMMAND_QUEUED);
	size_t changes = fake_commands_changes(f->store);
	fleet_pass(f, 999); /* it rests */
	assert_int_equal(fake_commands_changes(f->store), changes);
	fleet_set(f, &f->is_broken, false);
	fleet_set(f, &f->is_refusing, true);
	fleet_connect(f, 1);
	fleet_settle(f);
	assert_int_equal(fake_commands_changes(f->store), changes + 2);
	fleet_set(f, &f->is_refusing, false);
	fleet_pass(f, 1000); /* of its own accord */
	fleet_sent(f, 1);
	fleet_says(f, 1, "V4,S20,%06u,OK", 0);
	fleet_settle(f);
	char time[7];
	snprintf(time, sizeof time, "%.6s", fleet_sent(f, 1).payload + 4);
	fleet_says(f, 1, "V4,S20,%s,OK", time);
	fleet_ended(f, id, COMMAND_DONE, true, 1);
	fleet_settle(f);
	assert_string_equal(fleet_events(1), "330 334 305 332");
}

static void instant_that_cannot_be_written_fails(void **state)
{
	struct fleet *f = *state;
	fleet_set(f, &f->is_broken, true);
	fleet_connect(f, 1);
	struct command c = fleet_instant(READ "000001'}}");
	uint64_t id = fleet_put(f, 1, &c);
	fleet_ended(f, id, COMMAND_FAILED, false, 0);
}

/* The letter lies at the gate for longer than the timeout. */
static void time_counts_from_the_writing(void **state)
{
	struct fleet *f = *state;
	fleet_set(f, &f->is_silent, true);
	fleet_connect(f, 1);
	uint64_t id = fleet_add(f, 1, READ "000001'},'max_attempts':3}");
	fleet_sent(f, 1);
	fleet_pass(f, 1500);
	assert_int_equal(fleet_sent_count(f), 1); /* not a second one behind it */
	commands_sent(f->commands, 1, id, true);
	fleet_pass(f, 999);
	assert_int_equal(fleet_sent_count(f), 1);
	commands_sent(f->commands, 1, id, false); /* nobody asked any more */
	fleet_says(f, 1, "V4,S26,000001,OK");
	fleet_ended(f, id, COMMAND_DONE, true, 1);
}

/* Nobody wakes the thread but the time. */
static void time_runs_out_by_itself(void **state)
{
	struct fleet *f = *state;
	uint64_t id = fleet_add(f, 1, READ "000001'},'max_attempts':2}");
	uint64_t failures = metric_get(command_failures);
	fake_commands_fail(f->store, true);
	fleet_connect(f, 1);
	SOON(metric_get(command_failures) > failures);
	fake_commands_fail(f->store, false);
	fleet_ended(f, id, COMMAND_FAILED, false, 2);
	assert_int_equal(fleet_sent_count(f), 2);
}

/* ---- the ways out ---- */

static void expires_while_the_tracker_is_away(void **state)
{
	struct fleet *f = *state;
	struct command c = fleet_command(READ "000001'}}");
	c.expires = clock_now_us() / 1000000 + 1;
	uint64_t id = fleet_put(f, 1, &c), later = fleet_add(f, 1, READ "000002'}}");
	fleet_pass(f, 999);
	assert_int_equal(fake_commands_waiting(f->store), 2);
	fleet_pass(f, 1);
	fleet_ended(f, id, COMMAND_EXPIRED, false, 0);
	fleet_connect(f, 1);
	assert_int_equal(fleet_sent(f, 1).id, later);
	fleet_settle(f);
	assert_string_equal(fleet_events(1), "330 330 333 334");
}

static void cancelled_queued_and_under_way(void **state)
{
	struct fleet *f = *state;
	fleet_connect(f, 1);
	uint64_t sent = fleet_add(f, 1, READ "000001'}}");
	fleet_sent(f, 1);
	fleet_settle(f); /* so that the order of the events is one */
	uint64_t queued = fleet_add(f, 1, READ "000002'}}"),
		 next = fleet_add(f, 1, READ "000003'}}");
	assert_true(fleet_cancel(f, queued));
	assert_true(fleet_cancel(f, sent));
	assert_false(fleet_cancel(f, sent));
	fleet_ended(f, queued, COMMAND_CANCELED, false, 0);
	fleet_ended(f, sent, COMMAND_CANCELED, false, 1);
	assert_int_equal(fleet_sent(f, 2).id, next);
	fleet_says(f, 1, "V4,S26,000001,OK"); /* nobody's any more */
	fleet_settle(f);
	assert_string_equal(fleet_events(1), "330 334 330 330 331 331 334 305");
	struct command c;
	assert_false(commands_get(f->commands, sent, &c));
	assert_true(commands_get(f->commands, next, &c));
}

static void forgotten_with_their_device(void **state)
{
	struct fleet *f = *state;
	const uint32_t gone[] = {1, 2, 3};
	struct error e;
	fleet_connect(f, 1);
	fleet_add(f, 1, READ "000001'}}");
	fleet_add(f, 1, READ "000002'}}");
	fleet_add(f, 2, READ "000001'}}");
	uint64_t other = fleet_add(f, 4, READ "000001'}}");
	fleet_sent(f, 1);
	for (size_t i = 0; i < 3; i++)
		assert_true(registry_delete_device(f->registry, gone[i], &e));
	commands_forget(f->commands, gone, 3);
	fleet_settle(f);
	assert_int_equal(fake_commands_waiting(f->store), 1);
	assert_int_equal(fake_commands_ended(f->store), 0);
	fleet_says(f, 1, "V4,S26,000001,OK");
	fleet_settle(f);
	assert_int_equal(fleet_sent_count(f), 1);
	fleet_connect(f, 4);
	assert_int_equal(fleet_sent(f, 2).id, other);
}

/* ---- who is refused ---- */

static void fast_car_is_not_stopped(void **state)
{
	struct fleet *f = *state;
	struct error e;
	struct device d;
	for (uint32_t device = 1; device <= 4; device++)
		fleet_connect(f, device);
	fleet_message(f, 1, clock_now_us(), STATUS_RUNS, 21);
	assert_false(fleet_add(f, 1, STOP "}"));
	assert_non_null(strstr(f->refusal, "21.0 km/h, above 20 km/h"));
	assert_false(fleet_add(f, 1,
		"{'name':'custom','confirm':true,"
		"'properties':{'payload':'S20,130305,1,1'}}"));
	assert_true(fleet_add(f, 1, "{'name':'engine.resume'}")); /* this one may */
	fleet_message(f, 2, clock_now_us(), STATUS_RUNS, 20);
	assert_true(fleet_add(f, 2, STOP "}"));
	fleet_message(f, 3, clock_now_us(), STATUS_RUNS, 90);
	assert_true(fleet_add(f, 3, STOP ",'force':true}"));
	assert_true(registry_device(f->registry, 4, &d));
	snprintf(d.cut_speed, sizeof d.cut_speed, "0");
	assert_true(registry_put_device(f->registry, &d, &e));
	fleet_message(f, 4, clock_now_us(), STATUS_RUNS, 130);
	assert_true(fleet_add(f, 4, STOP "}"));
	fleet_settle(f);
	assert_int_equal(fleet_sent_count(f), 4);
	assert_int_equal(f->refusals, 2);
}

static void queued_cut_waits_for_a_slow_car(void **state)
{
	struct fleet *f = *state;
	uint64_t cut = fleet_add(f, 1, STOP "}"), read = fleet_add(f, 1, READ "000002'}}");
	fleet_message(f, 1, clock_now_us() - 2000000, STATUS_RUNS, 50);
	fleet_connect(f, 1);
	assert_int_equal(fleet_sent(f, 1).id, read); /* it blocks nobody */
	fleet_says(f, 1, "V4,S26,000002,OK");
	fleet_message(f, 1, clock_now_us() - 1000000, STATUS_RUNS, 30);
	fleet_settle(f);
	assert_int_equal(fleet_sent_count(f), 1);
	fleet_message(f, 1, clock_now_us(), STATUS_RUNS, 0);
	assert_int_equal(fleet_sent(f, 2).id, cut);
}

static void wrong_type_or_full_line_is_refused(void **state)
{
	struct fleet *f = *state;
	struct error e;
	struct device d;
	struct device_type type = {.name = ""};
	assert_true(registry_device(f->registry, 1, &d));
	for (d.device_type_id = 0; strcmp(type.name, "gf40") != 0;)
		assert_true(device_type_get(++d.device_type_id, &type));
	assert_true(registry_put_device(f->registry, &d, &e));
	assert_false(fleet_add(f, 1, STOP "}"));
	assert_string_equal(f->refusal, "device type 'gf40' has no command 'engine.stop'");
	assert_true(fleet_add(f, 1, "{'name':'mode.md'}"));
	assert_false(fleet_add(f, DEVICES + 1, READ "000001'}}"));
	for (int i = 0; i < COMMANDS_OF_DEVICE_MAX; i++)
		assert_true(fleet_add(f, 2, READ "000001'}}"));
	assert_false(fleet_add(f, 2, READ "000001'}}"));
	assert_non_null(strstr(f->refusal, "1000 commands wait for device 2 already"));
	assert_true(fleet_add(f, 3, READ "000001'}}"));
	assert_int_equal(f->refusals, 3);
}

/* ---- what is given once ---- */

static void no_two_times_are_the_same(void **state)
{
	enum { COUNT = 30 };
	struct fleet *f = *state;
	for (int i = 0; i < COUNT; i++)
		assert_true(fleet_add(f, 1, "{'name':'interval.set','properties':{'seconds':20}}"));
	fleet_connect(f, 1);
	for (size_t i = 0; i < COUNT; i++) {
		char time[7];
		snprintf(time, sizeof time, "%.6s", fleet_sent(f, i + 1).payload + 3);
		for (size_t k = 0; k < i; k++) /* not over a restart either */
			assert_memory_not_equal(f->sendings[k].payload + 3, time, 6);
		if (i == COUNT / 2)
			fleet_restart(f);
		fleet_says(f, 1, "V4,D1,20,%s", time);
	}
	SOON(fake_commands_ended(f->store) == COUNT);
}

static void ids_rise_though_the_clock_stands(void **state)
{
	struct fleet *f = *state;
	struct command c = fleet_command(READ "000001'}}");
	uint64_t last = 0;
	for (uint32_t i = 0; i < 20; i++) {
		if (i == 10)
			fleet_restart(f);
		uint64_t id = fleet_put(f, 1 + i % 2, &c);
		assert_true(id > last);
		last = id;
		c.created_us -= i; /* or goes back */
	}
	uint32_t devices[DEVICES];
	uint64_t ids[DEVICES];
	struct error e;
	for (uint32_t i = 0; i < DEVICES; i++)
		devices[i] = i + 1;
	assert_true(commands_add(f->commands, &c, devices, DEVICES, ids, NULL, NULL, NULL, &e));
	for (size_t i = 0; i < DEVICES; i++)
		assert_true(ids[i] > (i ? ids[i - 1] : last));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FLEET(priority_then_age_then_conditions),
		WITH_FLEET(condition_may_ask_for_text),
		WITH_FLEET(one_of_a_device_at_a_time),
		WITH_FLEET(again_only_while_attempts_are_left),
		WITH_FLEET(what_cannot_be_written_is_no_attempt),
		WITH_FLEET(instant_that_cannot_be_written_fails),
		WITH_FLEET(time_counts_from_the_writing),
		WITH_FLEET_IN_TIME(time_runs_out_by_itself),
		WITH_FLEET(expires_while_the_tracker_is_away),
		WITH_FLEET(cancelled_queued_and_under_way),
		WITH_FLEET(forgotten_with_their_device),
		WITH_FLEET(fast_car_is_not_stopped),
		WITH_FLEET(queued_cut_waits_for_a_slow_car),
		WITH_FLEET(wrong_type_or_full_line_is_refused),
		WITH_FLEET(no_two_times_are_the_same),
		WITH_FLEET(ids_rise_though_the_clock_stands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
