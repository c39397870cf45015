/* What a virtual tracker says and what the decoder reads are the same. */
#include "test.h"

#include "cantrack/frame.h"
#include "cantrack/framer.h"
#include "simulate/report.h"

#define complain(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

enum { TRACKERS = 60, REPORTS = 400, BEGIN_S = 1753160000 };
static const int64_t now_us = (BEGIN_S + 7200) * INT64_C(1000000);

/* Scaled by 10^7 degrees; a unit is 1/6,000,000 degree. */
static int64_t degrees(int32_t units)
{
	int64_t value = (int64_t)(units < 0 ? -(int64_t)units : units) * 10;
	value = (value + 3) / 6;
	return units < 0 ? -value : value;
}

static void assert_number(const struct message *m, enum param p, int64_t number)
{
	if (!message_has(m, p))
		complain("%s is missing", params[p].name.at);
	if (m->value[p].number != number)
		complain("%s is %lld, not %lld", params[p].name.at, (long long)m->value[p].number,
			(long long)number);
}

/* Rounding of a half may go either way. */
static void assert_near(const struct message *m, enum param p, int64_t number)
{
	assert_true(message_has(m, p));
	int64_t off = m->value[p].number - number;
	if (off > 1 || off < -1)
		complain("%s is %lld, not %lld", params[p].name.at, (long long)m->value[p].number,
			(long long)number);
}

static void check_position(const struct report *r, const struct message *m)
{
	const struct fix *f = &r->fix;
	assert_number(m, PARAM_POSITION_VALID, f->valid);
	assert_near(m, PARAM_POSITION_LATITUDE, degrees(f->lat));
	assert_near(m, PARAM_POSITION_LONGITUDE, degrees(f->lon));
	assert_near(m, PARAM_POSITION_SPEED, (f->speed * INT64_C(1852) + 50) / 100);
	assert_number(m, PARAM_POSITION_DIRECTION, f->course * INT64_C(100));
}

static void check_state(const struct report *r, const struct message *m)
{
	assert_number(m, PARAM_TIMESTAMP, r->fix.time_s * 1000000);
	assert_number(m, PARAM_VEHICLE_STATE_BITMASK, r->fix.status);
	assert_number(m, PARAM_ENGINE_IGNITION_STATUS, r->fix.status >> STATUS_IGNITION & 1);
	assert_number(m, PARAM_VIBRATION_ALARM, !(r->fix.status >> STATUS_VIBRATION & 1));
	assert_number(m, PARAM_BATTERY_LOW_ALARM, !(r->fix.status >> STATUS_LOW_BATTERY & 1));
	assert_number(m, PARAM_DISPLACEMENT_ALARM, !(r->fix.status >> STATUS_REMOVED & 1));
	assert_int_equal(m->value[PARAM_VEHICLE_STATE].text.len, 8);
}

/* The further value `index` of p. */
static int64_t further(const struct message *m, enum param p, unsigned index)
{
	for (unsigned i = 0; i < m->more_count; i++)
		if (m->more[i].param == p && m->more[i].index == index)
			return m->more[i].number;
	complain("%s.%u is missing", params[p].name.at, index);
	return 0;
}

static int64_t nth(const struct message *m, enum param p, unsigned index)
{
	assert_true(message_has(m, p));
	return index ? further(m, p, index) : m->value[p].number;
}

static void check_voltage(const struct report *r, const struct message *m)
{
	assert_number(m, PARAM_BATTERY_VOLTAGE, (r->voltage_raw * INT64_C(5600) + 512) / 1024);
}

static void check_cells(const struct report *r, const struct message *m)
{
	uint64_t mcc, mnc;
	assert_true(str_to_u64((struct str){r->network, 3}, &mcc));
	assert_true(str_to_u64(str_of(r->network + 3), &mnc));
	assert_number(m, PARAM_GSM_MCC, (int64_t)mcc);
	assert_number(m, PARAM_GSM_MNC, (int64_t)mnc);
	for (unsigned i = 0; i < r->count; i++) {
		assert_int_equal(nth(m, PARAM_GSM_LAC, i), r->cells[i].lac);
		assert_int_equal(nth(m, PARAM_GSM_CELLID, i), r->cells[i].id);
	}
	assert_number(m, PARAM_GSM_SIGNAL_DBM, r->cells[0].strength - 220);
}

static void check_wifi(const struct report *r, const struct message *m)
{
	assert_int_equal(message_has(m, PARAM_WIFI_MAC_ADDRESS), r->count > 0);
	for (unsigned i = 0; i < r->count; i++) {
		assert_int_equal(nth(m, PARAM_WIFI_MAC_ADDRESS, i), r->wifi[i].mac);
		assert_int_equal(nth(m, PARAM_WIFI_SIGNAL_STRENGTH, i), -r->wifi[i].strength);
	}
}

static void check_content(const struct report *r, const struct message *m)
{
	switch (r->say) {
	case SAY_V1:
	case SAY_V2:
		check_position(r, m);
		check_state(r, m);
		break;
	case SAY_V3:
		check_cells(r, m);
		check_voltage(r, m);
		check_state(r, m);
		break;
	case SAY_V5:
		check_wifi(r, m);
		check_voltage(r, m);
		check_state(r, m);
		break;
	case SAY_HTBT:
		assert_int_equal(message_has(m, PARAM_BATTERY_LEVEL), r->has_percent);
		if (r->has_percent)
			assert_number(m, PARAM_BATTERY_LEVEL, r->percent);
		break;
	case SAY_ICCID:
		assert_true(str_eq(
			m->value[PARAM_GSM_SIM_ICCID].text, (struct str){r->iccid, ICCID_DIGITS}));
		break;
	default: assert_false(message_has(m, PARAM_POSITION_VALID)); break;
	}
}

static void check_report(const struct report *r)
{
	char bytes[REPORT_FRAME_MAX];
	struct str input = {bytes, report_write(r, bytes)};
	struct framer framer = {0};
	struct frame frame;
	assert_int_equal(framer_next(&framer, input, true, &frame), input.len);
	assert_int_equal(frame.kind, FRAME_TEXT);
	assert_true(str_eq(frame.bytes, input));
	const struct frame_context context = {
		.now_us = now_us, .extended = true, .terminated = true};
	static struct message m;
	struct frame_head head;
	struct error e = {""};
	enum frame_result result = frame_decode(frame.bytes, &context, &m, &head, &e);
	if (result != RESULT_MESSAGE)
		complain("%.*s: %s: %s", STR_PRINT(input), frame_result_name(result), e.text);
	assert_str(m.value[PARAM_MESSAGE_TYPE].text, say_name(r->say));
	assert_str(m.value[PARAM_VENDOR_CODE].text, "HQ");
	assert_number(&m, PARAM_IDENT, (int64_t)r->ident);
	check_content(r, &m);
}

static void check_all(unsigned liberties, uint64_t seed)
{
	unsigned seen[SAY_COUNT] = {0};
	for (uint64_t n = 0; n < TRACKERS; n++) {
		struct track t;
		track_init(&t, seed, 865205000000001 + n, BEGIN_S);
		for (int i = 0; i < REPORTS; i++) {
			track_advance(&t, 13);
			struct report r;
			report_make(&t, i ? report_choose(&t) : SAY_V0, liberties, &r);
			check_report(&r);
			seen[r.say]++;
		}
	}
	for (unsigned say = 0; say < SAY_COUNT; say++)
		if (!seen[say])
			complain("no %s was said", say_name(say));
}

static void what_is_said_is_read(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++)
		check_all(0, seed);
}

static void liberties_change_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++)
		check_all(LIBERTY_ALL, seed);
}

static void dates_are_right(void **state)
{
	(void)state;
	static const struct {
		int64_t time_s;
		const char *tail;
	} rows[] = {
		{951782400, ",290200,FFFFFFFF"},
		{951868799, ",290200,FFFFFFFF"},
		{951868800, ",010300,FFFFFFFF"},
		{1704067199, ",311223,FFFFFFFF"},
		{1704067200, ",010124,FFFFFFFF"},
		{4102444799, ",311299,FFFFFFFF"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fix fix = {.time_s = rows[i].time_s, .status = UINT32_MAX};
		char text[REPORT_FRAME_MAX];
		size_t len = (size_t)(report_position(&fix, 0, text) - text);
		size_t want = strlen(rows[i].tail);
		assert_true(len > want);
		assert_str((struct str){text + len - want, want}, rows[i].tail);
	}
}

static void frames_have_the_papers_form(void **state)
{
	(void)state;
	struct report r = {.say = SAY_V1,
		.ident = 865205030330012,
		.fix = {.time_s = 1626959535,
			.lat = -(23 * TRACK_DEGREE + 3292395),
			.lon = -(46 * TRACK_DEGREE + 3794106),
			.speed = 1234,
			.course = 87,
			.valid = true,
			.status = 0xFFFFFBFF}};
	char bytes[REPORT_FRAME_MAX];
	assert_str((struct str){bytes, report_write(&r, bytes)},
		"*HQ,865205030330012,V1,131215,A,2332.92395,S,04637.94106,W,12.34,87,220721,"
		"FFFFFBFF#");
	r.liberties = LIBERTY_ALL;
	r.fix.speed = r.fix.course = 0;
	r.fix.lon = 9 * TRACK_DEGREE + 1;
	assert_str((struct str){bytes, report_write(&r, bytes)},
		"*HQ,865205030330012,V1,131215,A,2332.92395,S,900.00001,E,,,220721, fffffbff #");
	r = (struct report){.say = SAY_HTBT, .ident = 1, .has_percent = true, .percent = 100};
	assert_str((struct str){bytes, report_write(&r, bytes)}, "*HQ,1,HTBT,100#");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_is_read),
		cmocka_unit_test(liberties_change_nothing),
		cmocka_unit_test(dates_are_right),
		cmocka_unit_test(frames_have_the_papers_form),
	};
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
