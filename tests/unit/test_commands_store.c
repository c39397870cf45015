/* Instant commands and who waits for them; restarts; a store that fails or is slow. */
#include "fleet.h"

#include "base/clock.h"
#include "core/metrics.h"

#include <semaphore.h>

#define READ "{'name':'custom','properties':{'payload':'S26,"
#define STOP "{'name':'engine.stop','confirm':true"

/* ---- instant ones ---- */

static void note(void *context, uint32_t device, const char *sentence)
{
	struct fleet *f = context;
	assert_in_range(device, 1, DEVICES);
	snprintf(f->refusal, sizeof f->refusal, "%s", sentence);
	f->refusals++;
}

static void ring(void *context)
{
	sem_post(context);
}

/* Sends it to devices 1..count, and returns who waits for the ends. */
static struct command_wait *send_at_once(
	struct fleet *f, const char *body, size_t count, uint64_t *ids)
{
	struct command_wait *wait = command_wait_new(f->commands);
	struct command c = fleet_instant(body);
	uint32_t devices[DEVICES];
	struct error e;
	for (uint32_t i = 0; i < count; i++)
		devices[i] = i + 1;
	assert_true(commands_add(f->commands, &c, devices, count, ids, wait, note, f, &e));
	return wait;
}

static void instant_waits_for_all_its_devices(void **state)
{
	struct fleet *f = *state;
	uint64_t ids[4];
	struct command c;
	sem_t bell;
	sem_init(&bell, 0, 0);
	for (uint32_t device = 1; device <= 3; device++)
		fleet_connect(f, device);
	struct command_wait *wait = send_at_once(f, READ "000001'}}", 4, ids);
	assert_int_equal(f->refusals, 1);
	assert_string_equal(f->refusal,
		"failed to deliver command 'custom' with timeout pending, device with id 4 is not "
		"connected");
	assert_true(ids[0] && ids[1] && ids[2] && !ids[3]);
	fleet_sent(f, 3);
	command_wait_sleep(wait, ring, &bell);
	fleet_says(f, 2, "V4,S26,000001,two");
	fleet_says(f, 1, "V4,S26,000001,one");
	fleet_settle(f);
	assert_int_equal(command_wait_open(wait), 1);
	assert_int_equal(sem_trywait(&bell), -1);
	fleet_pass(f, 1000);
	assert_int_equal(sem_trywait(&bell), 0); /* the third says nothing */
	assert_int_equal(command_wait_open(wait), 0);
	unsigned devices = 0;
	while (command_wait_take(wait, &c)) {
		devices |= 1U << c.device;
		assert_int_equal(c.id, ids[c.device - 1]);
		assert_int_equal(c.executed, c.device != 3);
		assert_int_equal(c.has_response, c.device != 3);
		if (c.device != 3)
			assert_string_equal(c.reply, c.device == 1 ? "one" : "two");
	}
	assert_int_equal(devices, 2 | 4 | 8);
	command_wait_sleep(wait, ring, &bell); /* over already: at once */
	assert_int_equal(sem_trywait(&bell), 0);
	command_wait_free(wait);
	assert_string_equal(fleet_events(3), "334 332");
	sem_destroy(&bell);
}

static void who_waits_may_leave(void **state)
{
	struct fleet *f = *state;
	uint64_t ids[2];
	fleet_connect(f, 1);
	fleet_connect(f, 2);
	struct command_wait *wait = send_at_once(f, READ "000001'}}", 2, ids);
	fleet_sent(f, 2);
	command_wait_sleep(wait, NULL, NULL);
	command_wait_free(wait);
	fleet_says(f, 1, "V4,S26,000001,OK");
	fleet_ended(f, ids[0], COMMAND_DONE, true, 1);
	fleet_restart(f); /* with the other one under way, and nobody who waits */
	fleet_pass(f, 1000);
	fleet_ended(f, ids[1], COMMAND_FAILED, false, 1);
	assert_int_equal(fleet_sent_count(f), 2);
}

static void stop_wakes_who_waits(void **state)
{
	struct fleet *f = *state;
	uint64_t id;
	struct command c;
	struct error e;
	sem_t bell;
	sem_init(&bell, 0, 0);
	fleet_connect(f, 1);
	struct command_wait *wait = send_at_once(f, READ "000001'}}", 1, &id);
	struct command_wait *late = command_wait_new(f->commands);
	fleet_sent(f, 1);
	command_wait_sleep(wait, ring, &bell);
	commands_stop(f->commands);
	assert_int_equal(sem_trywait(&bell), 0);
	assert_int_equal(command_wait_open(wait), 0);
	assert_false(command_wait_take(wait, &c));
	command_wait_free(wait);
	command_wait_sleep(late, ring, &bell);
	assert_int_equal(sem_trywait(&bell), 0);
	command_wait_free(late);
	assert_false(commands_cancel(f->commands, &id, 1, &e));
	assert_false(fleet_add(f, 1, READ "000001'}}"));
	assert_string_equal(f->refusal, "the gateway is stopping");
	sem_destroy(&bell);
}

/* ---- restarts ---- */

static void attempts_are_kept_over_a_restart(void **state)
{
	struct fleet *f = *state;
	struct command c;
	for (uint32_t device = 1; device <= 4; device++)
		fleet_connect(f, device);
	uint64_t twice = fleet_add(f, 1, READ "000001'},'max_attempts':2}");
	uint64_t behind = fleet_add(f, 1, READ "000002'}}");
	uint64_t cut = fleet_add(f, 2, STOP "}"), answered = fleet_add(f, 3, STOP "}");
	fleet_settle(f);
	struct sending first = fleet_sent(f, 3);
	fleet_restart(f);
	fleet_connect(f, 1);
	fleet_connect(f, 3);
	fleet_settle(f);
	assert_int_equal(fleet_sent_count(f), 3);
	assert_true(commands_get(f->commands, twice, &c));
	assert_int_equal(c.state, COMMAND_SENT);
	assert_int_equal(c.attempts, 1);
	assert_true(commands_get(f->commands, behind, &c));
	assert_int_equal(c.state, COMMAND_QUEUED);
	assert_true(commands_get(f->commands, answered, &c));
	assert_string_equal(c.payload, first.payload);
	fleet_says(f, 3, "V4,S20,%.6s,1,1", first.payload + 4);
	fleet_ended(f, answered, COMMAND_DONE, true, 1);
	fleet_pass(f, 1000);
	assert_int_equal(fleet_sent(f, 4).id, twice); /* the second and last time */
	fleet_restart(f);
	fleet_pass(f, 1000);
	fleet_ended(f, cut, COMMAND_FAILED, false, 1);
	fleet_ended(f, twice, COMMAND_FAILED, false, 2);
	assert_int_equal(fleet_sent(f, 5).id, behind);
	assert_int_equal(fleet_sent_to(f, 2), 1);
}

/* Its answer is in when the gateway is told to stop: the next one must not send it again. */
static void answers_that_have_come_are_taken_at_the_stop(void **state)
{
	struct fleet *f = *state;
	fleet_connect(f, 1);
	uint64_t id = fleet_add(f, 1, "{'name':'center.set','properties':{'number':'1'}}");
	struct sending sent = fleet_sent(f, 1);
	fleet_says(f, 1, "V4,S2,%.6s", sent.payload + 3);
	fleet_restart(f);
	fleet_ended(f, id, COMMAND_DONE, true, 1);
	assert_int_equal(fleet_sent_to(f, 1), 1);
}

static void commands_of_unknown_devices_are_forgotten(void **state)
{
	struct fleet *f = *state;
	struct error e;
	for (uint32_t device = 1; device <= 3; device++) {
		fleet_add(f, device, READ "000001'}}");
		fleet_add(f, device, READ "000002'}}");
	}
	assert_true(registry_delete_device(f->registry, 1, &e));
	assert_true(registry_delete_device(f->registry, 3, &e));
	fleet_restart(f); /* whose process had no time to hear of that */
	assert_int_equal(fake_commands_waiting(f->store), 2);
	uint64_t *line;
	assert_int_equal(commands_of(f->commands, 2, &line), 2);
	free(line);
	assert_int_equal(commands_of(f->commands, 3, &line), 0);
	free(line);
}

static void queue_that_cannot_be_read_is_told(void **state)
{
	struct fleet *f = *state;
	struct error e;
	fleet_add(f, 1, READ "000001'}}");
	for (size_t calls = 0; calls < 2; calls++) {
		fake_store_fail_after(f->store, calls);
		assert_null(commands_open(&f->options, &e));
		assert_string_equal(e.text, "the disk is on fire");
	}
	fake_store_fail_after(f->store, SIZE_MAX);
}

/* ---- a store that fails ---- */

static void nothing_is_sent_that_is_not_stored(void **state)
{
	struct fleet *f = *state;
	struct command c;
	uint64_t failures = metric_get(command_failures);
	fleet_connect(f, 1);
	fleet_connect(f, 2);
	uint64_t first = fleet_add(f, 1, READ "000001'}}");
	fleet_sent(f, 1);
	fleet_settle(f); /* so that the order of the events is one */
	uint64_t next = fleet_add(f, 1, READ "000002'}}");
	fake_commands_fail(f->store, true);
	assert_false(fleet_add(f, 2, READ "000009'}}"));
	assert_string_equal(f->refusal, "the disk with the commands is on fire");
	fleet_says(f, 1, "V4,S26,000001,OK");
	fleet_retry(f);
	SOON(metric_get(command_failures) == failures + 2); /* the answer has met it as well */
	fleet_retry(f);
	SOON(metric_get(command_failures) == failures + 3);
	assert_false(fleet_add(f, 2, READ "000009'}}"));
	assert_string_equal(f->refusal, "the store is failing; try again later");
	assert_false(fleet_has_ended(f, first, &c));
	assert_int_equal(fleet_sent_count(f), 1);
	assert_string_equal(fleet_events(1), "330 334 330");
	fake_commands_fail(f->store, false);
	fleet_retry(f);
	fleet_ended(f, first, COMMAND_DONE, true, 1);
	assert_int_equal(fleet_sent(f, 2).id, next);
	fleet_settle(f);
	assert_string_equal(fleet_events(1), "330 334 330 332 334");
	assert_int_equal(fake_commands_waiting(f->store), 1); /* what was refused is not there */
	assert_true(fleet_add(f, 2, READ "000009'}}"));
}

static void instant_is_stored_before_it_goes(void **state)
{
	struct fleet *f = *state;
	uint64_t id;
	fleet_connect(f, 1);
	fake_commands_fail(f->store, true);
	uint64_t failures = metric_get(command_failures);
	struct command_wait *wait = send_at_once(f, READ "000001'}}", 1, &id);
	SOON(metric_get(command_failures) > failures);
	assert_int_equal(fleet_sent_count(f), 0);
	fake_commands_fail(f->store, false);
	fleet_retry(f);
	assert_int_equal(fleet_sent(f, 1).id, id);
	assert_int_equal(fake_commands_waiting(f->store), 1);
	fleet_says(f, 1, "V4,S26,000001,OK"); /* though its timeout is over: it had no time yet */
	fleet_ended(f, id, COMMAND_DONE, true, 1);
	command_wait_free(wait);
}

/* The car was slow when it was decided that its fuel may be cut. */
static void what_took_long_to_store_is_decided_again(void **state)
{
	struct fleet *f = *state;
	struct command c;
	uint64_t cut = fleet_add(f, 1, STOP "}");
	fake_commands_stall(f->store, true);
	fleet_connect(f, 1);
	SOON(fake_commands_stalled(f->store) == 1);
	fleet_message(f, 1, clock_now_us() - 2000000, STATUS_RUNS, 90);
	fleet_pass_unseen(5200);
	fake_commands_stall(f->store, false);
	fleet_settle(f);
	assert_int_equal(fleet_sent_count(f), 0);
	fleet_connect(f, 1);
	fleet_settle(f);
	assert_true(commands_get(f->commands, cut, &c));
	assert_int_equal(c.attempts, 0);
	assert_int_equal(fleet_sent_count(f), 0);
	fleet_message(f, 1, clock_now_us(), STATUS_RUNS, 0);
	assert_int_equal(fleet_sent(f, 1).id, cut);
}

static void stop_while_the_store_fails(void **state)
{
	struct fleet *f = *state;
	struct command c;
	fleet_connect(f, 1);
	uint64_t id = fleet_add(f, 1, STOP "}");
	struct sending s = fleet_sent(f, 1);
	fleet_settle(f);
	fake_commands_fail(f->store, true);
	uint64_t failures = metric_get(command_failures);
	fleet_says(f, 1, "V4,S20,%.6s,1,1", s.payload + 4);
	SOON(metric_get(command_failures) > failures);
	commands_stop(f->commands); /* the end cannot be stored any more */
	fake_commands_fail(f->store, false);
	fleet_restart(f);
	fleet_connect(f, 1);
	fleet_settle(f);
	assert_true(commands_get(f->commands, id, &c));
	assert_int_equal(c.attempts, 1);
	fleet_says(f, 1, "V4,S20,%.6s,1,1", s.payload + 4);
	fleet_ended(f, id, COMMAND_DONE, true, 1);
	assert_int_equal(fleet_sent_count(f), 1);
}

/* ---- many at a time ---- */

struct adder {
	struct fleet *f;
	uint32_t device;
	uint64_t id;
};

static void *add_one(void *context)
{
	struct adder *a = context;
	a->id = fleet_add(a->f, a->device, READ "000001'}}");
	return NULL;
}

/* Its device goes while it is accepted: the device's end is told behind it, in the same round. */
static void device_goes_while_its_command_is_accepted(void **state)
{
	struct fleet *f = *state;
	struct adder adders[2] = {{f, 1, 0}, {f, 2, 0}};
	struct commands_figures figures;
	pthread_t threads[2];
	const uint32_t gone = 2;
	struct error e;
	fake_commands_stall(f->store, true);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, add_one, &adders[i]), 0);
		SOON(fake_commands_stalled(f->store) == 1 && fleet_orders(f) == (size_t)i);
	}
	assert_true(registry_delete_device(f->registry, gone, &e));
	commands_forget(f->commands, &gone, 1);
	fake_commands_stall(f->store, false);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_true(adders[0].id && adders[1].id);
	fleet_settle(f);
	commands_figures(f->commands, &figures);
	assert_int_equal(figures.waiting, 1);
	assert_int_equal(fake_commands_waiting(f->store), 1);
}

struct crowd {
	struct fleet *f;
	uint32_t first; /* of its devices */
	int64_t until_us;
	size_t ended;
};

enum { OF_CROWD = 10 };

/* Instant ones, taken as fast as they end. */
static void *hurry(void *context)
{
	struct crowd *own = context;
	struct command c = fleet_instant(READ "000001'}}"), end;
	for (uint32_t i = 0; clock_monotonic_us() < own->until_us || !own->ended; i++) {
		struct command_wait *wait = command_wait_new(own->f->commands);
		uint32_t device = own->first + i % OF_CROWD;
		uint64_t id;
		struct error e;
		assert_true(commands_add(
			own->f->commands, &c, &device, 1, &id, wait, note, own->f, &e));
		while (command_wait_open(wait))
			continue;
		own->ended += command_wait_take(wait, &end);
		command_wait_free(wait);
	}
	return NULL;
}

/* Trackers that answer, go, and come again, and say where they are. */
static void *chatter(void *context)
{
	struct crowd *own = context;
	for (uint32_t i = 0; clock_monotonic_us() < own->until_us; i++) {
		uint32_t device = own->first + i % OF_CROWD;
		fleet_connect(own->f, device);
		fleet_says(own->f, device, "V4,S26,000001,OK");
		commands_text(own->f->commands, device, str_of("nothing"));
		if (i % 50 == 0)
			fleet_leave(own->f, device);
		if (i % 500 == 0) /* the fake store gets slow with many */
			fleet_message(own->f, device, clock_now_us(), STATUS_RUNS, 0);
	}
	return NULL;
}

static void *queue_and_cancel(void *context)
{
	struct crowd *own = context;
	while (clock_monotonic_us() < own->until_us || !own->ended) {
		uint32_t device = own->first + (uint32_t)own->ended++ % OF_CROWD;
		uint64_t *ids, id = fleet_add(own->f, device, STOP ",'force':true}");
		struct error e;
		size_t count = commands_of(own->f->commands, device, &ids);
		struct command c;
		for (size_t i = 0; i < count; i++)
			if (commands_get(own->f->commands, ids[i], &c))
				assert_int_equal(c.device, device);
		assert_true(id && commands_cancel(own->f->commands, &id, 1, &e));
		free(ids);
	}
	return NULL;
}

static void crowd_at_all_doors(void **state)
{
	struct fleet *f = *state;
	void *(*const doors[])(void *) = {hurry, hurry, chatter, chatter, queue_and_cancel};
	enum { DOORS = sizeof doors / sizeof *doors };
	struct crowd crowds[DOORS];
	pthread_t threads[DOORS];
	f->is_quiet = true;
	for (uint32_t i = 1; i <= DEVICES; i++)
		fleet_connect(f, i);
	for (uint32_t i = 0; i < DOORS; i++) {
		crowds[i] =
			(struct crowd){f, 1 + i % 2 * OF_CROWD, clock_monotonic_us() + 1000000, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, doors[i], &crowds[i]), 0);
	}
	for (int i = 0; i < DOORS; i++)
		pthread_join(threads[i], NULL);
	assert_true(crowds[0].ended && crowds[4].ended);
	struct commands_figures figures;
	fleet_settle(f);
	commands_figures(f->commands, &figures);
	assert_int_equal(figures.waiting, fake_commands_waiting(f->store));
	assert_int_equal(figures.waiting, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FLEET(instant_waits_for_all_its_devices),
		WITH_FLEET(who_waits_may_leave),
		WITH_FLEET(stop_wakes_who_waits),
		WITH_FLEET(attempts_are_kept_over_a_restart),
		WITH_FLEET(answers_that_have_come_are_taken_at_the_stop),
		WITH_FLEET(commands_of_unknown_devices_are_forgotten),
		WITH_FLEET(queue_that_cannot_be_read_is_told),
		WITH_FLEET(nothing_is_sent_that_is_not_stored),
		WITH_FLEET(instant_is_stored_before_it_goes),
		WITH_FLEET(what_took_long_to_store_is_decided_again),
		WITH_FLEET(stop_while_the_store_fails),
		WITH_FLEET(device_goes_while_its_command_is_accepted),
		WITH_FLEET_IN_TIME(crowd_at_all_doors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
