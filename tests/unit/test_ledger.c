/* Frames are known again when their messages come: in order, late, twice, or not at all. */
#include "test.h"

#include "simulate/ledger.h"

static struct ledger l;

static void note(uint64_t tracker, enum say say, uint32_t time_s)
{
	ledger_note(&l, tracker, say, time_s, time_s * 10);
}

/* The sight of tracker 0's frame; a frame that was found has its own stamp. */
static enum sight see(struct seen *seen, enum say say, uint32_t time_s)
{
	uint32_t at_us = 0;
	enum sight sight = ledger_see(&l, 0, seen, say, time_s, &at_us);
	if (sight == SIGHT_NEW || sight == SIGHT_LATE)
		assert_int_equal(at_us, time_s * 10);
	return sight;
}

static void in_order(void **state)
{
	(void)state;
	struct seen seen = {0}, other = {0};
	ledger_init(&l, 2, 1, false);
	for (uint32_t time = 1; time <= 1000; time++)
		note(0, SAY_V1, time);
	note(1, SAY_V1, 5);
	for (uint32_t time = 1; time <= 1000; time++)
		assert_int_equal(see(&seen, SAY_V1, time), SIGHT_NEW);
	uint32_t at_us;
	assert_int_equal(ledger_see(&l, 1, &other, SAY_V1, 5, &at_us), SIGHT_NEW);
	assert_int_equal(at_us, 50);
	assert_int_equal(ledger_see(&l, 1, &other, SAY_V1, 6, &at_us), SIGHT_STRANGE);
	ledger_clear(&l);
}

static void late_and_double(void **state)
{
	(void)state;
	struct seen seen = {0};
	ledger_init(&l, 1, 1, false);
	for (uint32_t time = 10; time <= 100; time += 10)
		note(0, SAY_V1, time);
	assert_int_equal(see(&seen, SAY_V1, 10), SIGHT_NEW);
	assert_int_equal(see(&seen, SAY_V1, 10), SIGHT_DOUBLE);
	assert_int_equal(see(&seen, SAY_V1, 40), SIGHT_NEW);
	assert_int_equal(see(&seen, SAY_V1, 30), SIGHT_LATE);
	assert_int_equal(see(&seen, SAY_V1, 30), SIGHT_DOUBLE);
	assert_int_equal(see(&seen, SAY_V1, 20), SIGHT_LATE);
	assert_int_equal(see(&seen, SAY_V1, 25), SIGHT_STRANGE);
	assert_int_equal(see(&seen, SAY_V2, 50), SIGHT_STRANGE);
	assert_int_equal(see(&seen, SAY_V1, 50), SIGHT_NEW);
	assert_int_equal(see(&seen, SAY_V1, 10), SIGHT_DOUBLE);
	assert_int_equal(see(&seen, SAY_V1, 110), SIGHT_STRANGE);
	ledger_clear(&l);
}

/* What has no time is the next one of its type, whatever time its message says. */
static void without_time(void **state)
{
	(void)state;
	struct seen seen = {0};
	uint32_t at_us;
	ledger_init(&l, 1, 1, false);
	ledger_note(&l, 0, SAY_HTBT, 0, 1);
	ledger_note(&l, 0, SAY_HTBT, 0, 2);
	ledger_note(&l, 0, SAY_V1, 100, 3);
	ledger_note(&l, 0, SAY_HTBT, 0, 4);
	assert_int_equal(ledger_see(&l, 0, &seen, SAY_HTBT, 77, &at_us), SIGHT_NEW);
	assert_int_equal(at_us, 1);
	assert_int_equal(ledger_see(&l, 0, &seen, SAY_V1, 100, &at_us), SIGHT_NEW);
	assert_int_equal(ledger_see(&l, 0, &seen, SAY_HTBT, 0, &at_us), SIGHT_NEW);
	assert_int_equal(at_us, 4);
	assert_int_equal(ledger_see(&l, 0, &seen, SAY_HTBT, 0, &at_us), SIGHT_LATE);
	assert_int_equal(at_us, 2);
	assert_int_equal(ledger_see(&l, 0, &seen, SAY_HTBT, 0, &at_us), SIGHT_DOUBLE);
	assert_int_equal(ledger_see(&l, 0, &seen, SAY_XT, 0, &at_us), SIGHT_STRANGE);
	ledger_clear(&l);
}

static void far_apart(void **state)
{
	(void)state;
	struct seen seen = {0};
	ledger_init(&l, 1, 1, false);
	for (uint32_t time = 1; time <= 200; time++)
		note(0, SAY_V1, time);
	assert_int_equal(see(&seen, SAY_V1, 100), SIGHT_NEW);
	assert_int_equal(see(&seen, SAY_V1, 37), SIGHT_LATE);
	assert_int_equal(see(&seen, SAY_V1, 36), SIGHT_STRANGE);
	assert_int_equal(see(&seen, SAY_V1, 164), SIGHT_NEW); /* 64 on: nothing before is known */
	assert_int_equal(see(&seen, SAY_V1, 100), SIGHT_STRANGE);
	assert_int_equal(see(&seen, SAY_V1, 101), SIGHT_LATE);
	assert_int_equal(see(&seen, SAY_V1, 165), SIGHT_NEW); /* and 1 on: the rest still is */
	assert_int_equal(see(&seen, SAY_V1, 164), SIGHT_DOUBLE);
	assert_int_equal(see(&seen, SAY_V1, 163), SIGHT_LATE);
	ledger_clear(&l);
}

/* Pages keep the newest frames only. */
static void forgotten(void **state)
{
	(void)state;
	struct seen seen = {0};
	ledger_init(&l, 1 << 20, 1, false);
	uint32_t room = (uint32_t)l.room, end = 3 * room;
	for (uint32_t time = 1; time <= end; time++)
		note(0, SAY_V1, time);
	assert_int_equal(see(&seen, SAY_V1, end - room + 1), SIGHT_STRANGE);
	assert_int_equal(see(&seen, SAY_V1, end - room + 2), SIGHT_NEW);
	assert_int_equal(see(&seen, SAY_V1, end), SIGHT_NEW);
	ledger_clear(&l);
}

static void what_is_due(void **state)
{
	(void)state;
	ledger_init(&l, 3, 5, false);
	note(0, SAY_V1, 1);
	note(2, SAY_V1, 1);
	assert_int_equal(ledger_under_way(&l), 10);
	ledger_came(&l, 7);
	assert_int_equal(ledger_under_way(&l), 3);
	ledger_clear(&l);
	ledger_init(&l, 3, 5, true); /* two watch each of the first two, one the last */
	note(0, SAY_V1, 1);
	assert_int_equal(ledger_under_way(&l), 2);
	note(1, SAY_V1, 1);
	assert_int_equal(ledger_under_way(&l), 4);
	note(2, SAY_V1, 1);
	assert_int_equal(ledger_under_way(&l), 5);
	ledger_came(&l, 6);
	assert_int_equal(ledger_under_way(&l), 0);
	ledger_clear(&l);
	ledger_init(&l, 3, 1, true);
	note(2, SAY_V1, 1);
	assert_int_equal(ledger_under_way(&l), 0);
	ledger_clear(&l);
}

static void restamped(void **state)
{
	(void)state;
	struct seen seen = {0};
	uint32_t at_us = 0;
	ledger_init(&l, 1, 1, false);
	ledger_restamp(&l, 0, 9); /* there is none */
	note(0, SAY_V1, 1);
	note(0, SAY_V1, 2);
	ledger_restamp(&l, 0, 77);
	assert_int_equal(see(&seen, SAY_V1, 1), SIGHT_NEW);
	assert_int_equal(ledger_see(&l, 0, &seen, SAY_V1, 2, &at_us), SIGHT_NEW);
	assert_int_equal(at_us, 77);
	ledger_clear(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(late_and_double),
		cmocka_unit_test(without_time),
		cmocka_unit_test(far_apart),
		cmocka_unit_test(forgotten),
		cmocka_unit_test(what_is_due),
		cmocka_unit_test(restamped),
	};
	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
