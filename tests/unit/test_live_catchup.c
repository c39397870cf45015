/* What the hub could not hold is read in the log: late, but all of it, once, and of each channel in order. */
#include "porch.h"

#include "core/metrics.h"
#include "live/catchup.h"
#include "live/live.h"

enum { CHANNELS = 3, ROOM = 20000 };

struct reader {
	struct porch *porch;
	struct caller caller;
	int64_t next[CHANNELS + 1]; /* the number that comes next, by channel */
	size_t got;
};

static int begin(void **state)
{
	struct error e;
	porch_begin(state);
	struct porch *p = *state;
	for (int i = 0; i < CHANNELS; i++) {
		struct channel c;
		channel_init(&c);
		assert_true(registry_put_channel(p->registry, &c, &e));
	}
	p->options.hub_bytes = ROOM;
	porch_reopen(p);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, porch_end)

/* A group of records, as the writer has them: in the log, then told. Of each channel they are numbered. */
static void commit(struct porch *p, size_t count, int64_t numbers[CHANNELS + 1])
{
	struct record *records = calloc(count, sizeof *records);
	char(*bodies)[MESSAGE_PACK_MAX] = calloc(count, sizeof *bodies);
	struct error e;
	for (size_t i = 0; i < count; i++) {
		struct message m;
		const struct origin origin = {.ident = 11, .channel = (uint32_t)(1 + i % CHANNELS)};
		message_clear(&m);
		message_number(&m, PARAM_IDENT, 11);
		message_number(&m, PARAM_SERVER_TIMESTAMP, 1000000);
		message_number(&m, PARAM_GSM_LAC, numbers[origin.channel]++);
		record_make(&records[i], &m, &origin, bodies[i]);
	}
	assert_true(store_append(p->store, records, count, &e));
	live_committed(p->live, records, count);
	free(records);
	free(bodies);
}

static void begin_to_read(struct reader *r, struct porch *p)
{
	*r = (struct reader){.porch = p};
	porch_enter(p, &r->caller, MQTT_311, "reader");
	caller_subscribe(&r->caller, "flespi/message/gw/channels/#", 0);
	porch_expect(p, &r->caller, MQTT_SUBACK);
}

static void take(struct reader *r)
{
	const struct mqtt_publish *m = &r->caller.publish;
	char text[1000];
	uint64_t channel;
	assert_int_equal(r->caller.type, MQTT_PUBLISH);
	assert_true(str_to_u64(str_upto(str_from(m->topic, 27), 1), &channel));
	assert_in_range(channel, 1, CHANNELS);
	snprintf(text, sizeof text, "%.*s", STR_PRINT(m->payload));
	assert_int_equal(strtoll(strstr(text, "\"gsm.lac\":") + 10, NULL, 10), r->next[channel]++);
	r->got++;
}

static void read_all(struct reader *r)
{
	while (porch_next(r->porch, &r->caller))
		take(r);
}

static void all_that_was_too_much_comes_late(void **state)
{
	struct porch *p = *state;
	struct reader r;
	int64_t numbers[CHANNELS + 1] = {0};
	uint64_t catchups = metric_get(live_catchups), skipped = metric_get(live_skipped);
	begin_to_read(&r, p);
	for (size_t i = 0; i < 30; i++)
		commit(p, 60, numbers); /* more than the hub holds */
	read_all(&r);
	assert_int_equal(r.got, 1800);
	assert_int_equal(metric_get(live_catchups) - catchups, 1);
	assert_int_equal(metric_get(live_skipped), skipped);
	assert_false(catchup_is_on(p->live));
	commit(p, 6, numbers); /* and from the hub again */
	read_all(&r);
	assert_int_equal(r.got, 1806);
	assert_int_equal(metric_get(live_catchups) - catchups, 1);
	caller_clear(&r.caller);
}

/* Also what is committed while it reads. */
static void it_catches_up_with_who_runs(void **state)
{
	struct porch *p = *state;
	struct reader r;
	int64_t numbers[CHANNELS + 1] = {0};
	size_t given = 0;
	begin_to_read(&r, p);
	for (size_t i = 1; i < 120; i++) {
		size_t count = 1 + i * 37 % 120;
		commit(p, count, numbers);
		given += count;
		if (i % 3 == 0) {
			porch_turn(p);
			assert_true(caller_fill(&r.caller));
			while (caller_take(&r.caller))
				take(&r);
		}
	}
	read_all(&r);
	assert_int_equal(r.got, given);
	assert_false(catchup_is_on(p->live));
	caller_clear(&r.caller);
}

static void what_the_log_does_not_have_is_counted(void **state)
{
	struct porch *p = *state;
	struct reader r;
	struct error e;
	int64_t numbers[CHANNELS + 1] = {0};
	uint64_t skipped = metric_get(live_skipped);
	begin_to_read(&r, p);
	commit(p, 60, numbers);
	read_all(&r);
	for (size_t i = 0; i < 10; i++)
		commit(p, 60, numbers);
	assert_true(registry_delete_channel(p->registry, 2, &e));
	read_all(&r);
	assert_int_equal(r.got + metric_get(live_skipped) - skipped, 660);
	assert_true(metric_get(live_skipped) > skipped);
	memcpy(r.next, numbers, sizeof numbers);
	commit(p, 60, numbers);
	read_all(&r);
	assert_int_equal(r.got + metric_get(live_skipped) - skipped, 720);
	caller_clear(&r.caller);
}

static void a_log_that_cannot_be_read_is_passed_over(void **state)
{
	struct porch *p = *state;
	struct reader r;
	int64_t numbers[CHANNELS + 1] = {0};
	uint64_t skipped = metric_get(live_skipped);
	begin_to_read(&r, p);
	for (size_t i = 0; i < 10; i++)
		commit(p, 60, numbers);
	fake_store_fail_after(p->store, 0);
	read_all(&r);
	fake_store_fail_after(p->store, SIZE_MAX);
	assert_int_equal(r.got + metric_get(live_skipped) - skipped, 600);
	memcpy(r.next, numbers, sizeof numbers);
	commit(p, 60, numbers);
	read_all(&r);
	assert_int_equal(r.got + metric_get(live_skipped) - skipped, 660);
	caller_clear(&r.caller);
}

/* Who wants nothing any more leaves nothing behind; who comes then begins with what comes then. */
static void nobody_wants_what_was_missed(void **state)
{
	struct porch *p = *state;
	struct reader r;
	int64_t numbers[CHANNELS + 1] = {0};
	begin_to_read(&r, p);
	for (size_t i = 0; i < 10; i++)
		commit(p, 60, numbers);
	caller_unsubscribe(&r.caller, "flespi/message/gw/channels/#");
	while (porch_next(p, &r.caller) && r.caller.type != MQTT_UNSUBACK)
		take(&r);
	assert_false(porch_next(p, &r.caller));
	for (size_t i = 0; i < 10; i++)
		commit(p, 60, numbers);
	caller_clear(&r.caller);
	begin_to_read(&r, p);
	memcpy(r.next, numbers, sizeof numbers);
	commit(p, 60, numbers);
	read_all(&r);
	assert_int_equal(r.got, 60);
	caller_clear(&r.caller);
}

/* It stops while it is behind: what was committed is delivered before the end. */
static void a_door_that_stops_tells_all_before(void **state)
{
	struct porch *p = *state;
	struct reader r;
	int64_t numbers[CHANNELS + 1] = {0};
	begin_to_read(&r, p);
	for (size_t i = 0; i < 3; i++)
		commit(p, 60, numbers);
	porch_reopen(p);
	assert_true(caller_fill(&r.caller));
	while (caller_fill(&r.caller))
		;
	while (caller_take(&r.caller))
		take(&r);
	assert_int_equal(r.got, 180);
	caller_clear(&r.caller);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_that_was_too_much_comes_late),
		TEST(it_catches_up_with_who_runs),
		TEST(what_the_log_does_not_have_is_counted),
		TEST(a_log_that_cannot_be_read_is_passed_over),
		TEST(nobody_wants_what_was_missed),
		TEST(a_door_that_stops_tells_all_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
