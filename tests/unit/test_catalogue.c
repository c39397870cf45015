#include "test.h"

#include "cantrack/catalogue.h"
#include "cantrack/command.h"
#include "guard.h"

/* Ends the test with a sentence that names the case. */
#define FAIL(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

#define A1 "tk100,tk100b,g05,g06l,g07"
#define GF "gf40,gf50,gf60,gf70l"

/* A command with values ("a|b", "-": not given) and what must become of it. */
struct golden {
	const char *name, *values, *payload, *models;
};

static const struct golden goldens[] = {
	{"custom", "CF", "CF", ""},
	{"engine.stop", "", "S20,000000,1,1", A1},
	{"engine.stop.pulsed", "-", "S20,000000,1,3,10,3,5,5,3,5,3,5", A1},
	{"engine.stop.pulsed", "3, 10,5", "S20,000000,1,3,10,5", A1},
	{"engine.stop.text", "-", "CMD,000000,stop654321", "g06l"},
	{"engine.resume", "", "S20,000000,1,0", A1},
	{"engine.resume.text", "000000", "CMD,000000,resume000000", "g06l"},
	{"interval.set", "20", "D1,000000,20", A1},
	{"interval.set", "65535", "D1,000000,65535", A1},
	{"fix.set", "0060", "D2,000000,60", A1},
	{"center.set", "13812341234", "S2,000000,13812341234", A1},
	{"center.set", "+8613812341234", "S2,000000,+8613812341234", A1},
	{"admins.set", "1, +2,333", "S3,000000,1,+2,333", A1},
	{"alarm.mode.set", "2", "S18,000000,2", A1},
	{"alarm.mode.set", "Text Message", "S18,000000,1", A1},
	{"alarm.switch.set", "acc|off", "S19,000000,1,0", A1},
	{"fence.set", "1000|1", "S21,000000,1000,1", A1},
	{"fence.set", "1000000|-", "S21,000000,1000000,3", A1},
	{"overspeed.set", "80", "S33,000000,80", A1},
	{"cells.set", "5", "S80,000000,05", A1},
	{"cells.set", "99", "S80,000000,99", A1},
	{"server.set", "116.205.4.25|8800", "S23,000000,116,205,4,25,8800", A1},
	{"apn.set", "internet|-|-", "S24,000000,internet,,", A1},
	{"apn.set", "a.b|user|geheim", "S24,000000,a.b,user,geheim", A1},
	{"mode.set", "real time (10 s)", "WKMD,000000,0", A1},
	{"restart", "", "R1,000000", A1},
	{"factory.reset", "", "S25,000000", A1},
	{"state.read", "-", "S26,000000,0", A1},
	{"password.set", "-|000000", "S1,000000,123456,000000", A1},
	{"arm", "-", "CMD,000000,arm654321", "g06l"},
	{"disarm", "-", "CMD,000000,disarm654321", "g06l"},
	{"move.alarm.set", "-|-", "CMD,000000,move654321 0050", "g06l"},
	{"move.alarm.off", "-", "CMD,000000,nomove654321", "g06l"},
	{"kc.set", "-|1", "CMD,000000,KC654321 1", "g06l"},
	{"check", "-", "CMD,000000,check123456", "g06l,g20ls"},
	{"restart.text", "-", "CMD,000000,reset123456", "g06l,g20ls"},
	{"mode.md", "-|-|-|-", "MD123456 1 3 8 1", GF},
	{"mode.md.times", "-|-|1:00 2:00", "MD123456 2 3 1:00 2:00", GF},
	{"mode.md.times", "-|-|01:00, 23:59", "MD123456 2 3 1:00 23:59", GF},
	{"mode.md.interval", "-|-|120", "MD123456 3 3 120", GF},
	{"mode.md.text", "-|-|-|-", "CMD,000000,MD123456 1 3 8 1", "gf40,gf50,gf60,gf70l,g20ls"},
	{"mode.md.times.text", "-|-|7:30", "CMD,000000,MD123456 2 3 7:30",
		"gf40,gf50,gf60,gf70l,g20ls"},
	{"mode.md.interval.text", "-|5|120", "CMD,000000,MD123456 3 5 120",
		"gf40,gf50,gf60,gf70l,g20ls"},
};
enum { GOLDENS = sizeof goldens / sizeof *goldens };

static const struct command_type *type_of(const char *name)
{
	const struct command_type *type = command_type_find(str_of(name));
	assert_non_null(type);
	return type;
}

static size_t split(const char *text, struct str values[COMMAND_PROPERTIES_MAX])
{
	size_t count = 0;
	for (struct str rest = str_of(text); *text && rest.at; count++) {
		assert_true(count < COMMAND_PROPERTIES_MAX);
		values[count] = str_cut(&rest, '|');
		if (str_is(values[count], "-"))
			values[count] = (struct str){NULL, 0};
	}
	return count;
}

static void rows_make_their_payloads(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOLDENS; i++) {
		const struct golden *g = &goldens[i];
		const struct command_type *type = type_of(g->name);
		struct str values[COMMAND_PROPERTIES_MAX];
		assert_int_equal(split(g->values, values), type->property_count);
		struct buf out;
		struct error e = {""};
		size_t time_at;
		buf_init(&out, COMMAND_MAX);
		assert_true(buf_add(&out, "x", 1));
		if (!command_payload(type, values, &out, &time_at, &e))
			FAIL("%s: %s", g->name, e.text);
		assert_str(str_from(buf_str(&out), 1), g->payload);
		const char *time = strstr(type->payload, "{time}");
		assert_int_equal(time_at, time ? (size_t)(time - type->payload) + 1 : SIZE_MAX);
		if (time)
			assert_memory_equal(out.at + time_at, "000000", 6);
		assert_string_equal(type->models, g->models);
		buf_clear(&out);
	}
}

/* What the table shows, and no more: every row has a case above. */
static void rows_have_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_type_count; i++) {
		bool found = false;
		for (size_t j = 0; j < GOLDENS; j++)
			found = found || strcmp(goldens[j].name, command_types[i].name) == 0;
		if (!found)
			FAIL("no case of %s", command_types[i].name);
		assert_ptr_equal(
			command_type_find(str_of(command_types[i].name)), &command_types[i]);
	}
	assert_null(command_type_find(str_of("engine")));
	assert_null(command_type_find(str_of("")));
}

static const char *wire_of(const char *name, const char *values, const char *time)
{
	static char text[COMMAND_MAX + 1];
	struct str given[COMMAND_PROPERTIES_MAX];
	struct buf payload, wire;
	struct error e;
	size_t time_at;
	split(values, given);
	buf_init(&payload, COMMAND_MAX);
	buf_init(&wire, COMMAND_MAX);
	assert_true(command_payload(type_of(name), given, &payload, &time_at, &e));
	if (time)
		memcpy(payload.at + time_at, time, 6);
	assert_true(command_make((struct str)STR("HQ"), (struct str)STR("865205030330012"),
		buf_str(&payload), &wire, &e));
	memcpy(text, wire.at, wire.len);
	text[wire.len] = '\0';
	buf_clear(&payload);
	buf_clear(&wire);
	return text;
}

/* The vendor's three commands, from their rows and as custom payloads; then the papers' examples. */
static void bytes_on_the_wire(void **state)
{
	(void)state;
	static const struct {
		const char *name, *values, *time, *wire;
	} cases[] = {
		{"engine.stop.text", "-", "130305", "CMD,130305,stop654321"},
		{"mode.md", "-|-|-|-", NULL, "MD123456 1 3 8 1"},
		{"center.set", "13812341234", "130305", "S2,130305,13812341234"},
		{"custom", "CMD,130305,stop654321", NULL, "CMD,130305,stop654321"},
		{"custom", "MD123456 1 3 8 1", NULL, "MD123456 1 3 8 1"},
		{"custom", "S2,130305,13812341234", NULL, "S2,130305,13812341234"},
		{"engine.stop", "", "130305", "S20,130305,1,1"},
		{"engine.resume", "", "130305", "S20,130305,1,0"},
		{"password.set", "-|000000", "130305", "S1,130305,123456,000000"},
		{"fence.set", "1000|1", "130305", "S21,130305,1000,1"},
		{"server.set", "116.205.4.25|8800", "130305", "S23,130305,116,205,4,25,8800"},
		{"interval.set", "20", "130305", "D1,130305,20"},
		{"restart", "", "130305", "R1,130305"},
	};
	char expected[COMMAND_MAX];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(expected, sizeof expected, "*HQ,865205030330012,%s#", cases[i].wire);
		assert_string_equal(
			wire_of(cases[i].name, cases[i].values, cases[i].time), expected);
	}
}

static void models_have_their_commands(void **state)
{
	(void)state;
	static const char *const models[] = {"tk100", "tk100b", "g05", "g06l", "g07", "gf40",
		"gf50", "gf60", "gf70l", "g20ls", "generic"};
	static const size_t counts[] = {20, 20, 20, 29, 20, 7, 7, 7, 7, 6, 0};
	for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
		size_t count = 0;
		for (size_t i = 0; i < command_type_count; i++)
			count += command_type_suits(&command_types[i], str_of(models[m]));
		assert_int_equal(count, counts[m] ? counts[m] : command_type_count);
	}
	assert_true(command_type_suits(type_of("custom"), str_of("tk900")));
	assert_false(command_type_suits(type_of("restart"), str_of("tk900")));
	assert_false(command_type_suits(type_of("restart"), str_of("tk10")));
	assert_false(command_type_suits(type_of("restart"), str_of("")));
	assert_false(command_type_suits(type_of("mode.md"), str_of("g20ls")));
}

/* ---- refusals ---- */

static void assert_refused(const char *name, const char *values, const char *sentence)
{
	struct str given[COMMAND_PROPERTIES_MAX];
	struct buf out;
	struct error e = {""};
	size_t time_at;
	split(values, given);
	buf_init(&out, COMMAND_MAX);
	assert_true(buf_add(&out, "before", 6));
	if (command_payload(type_of(name), given, &out, &time_at, &e))
		FAIL("%s takes %s", name, values);
	assert_string_equal(e.text, sentence);
	assert_buf(out, "before");
	buf_clear(&out);
}

#define SECONDS ", a whole number from 1 to 65535 is needed"

static void refused_numbers(void **state)
{
	(void)state;
	assert_refused("interval.set", "-", "seconds is missing" SECONDS);
	static const char *const bad[] = {"abc", "0", "65536", "-1", "+5", "1.5", "5 ", " 5",
		"99999999999999999999", "0x10", "1e3"};
	char sentence[200];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(sentence, sizeof sentence, "seconds is '%s'" SECONDS, bad[i]);
		assert_refused("interval.set", bad[i], sentence);
	}
	struct error e;
	const struct command_property *p = type_of("interval.set")->properties;
	assert_false(property_check(p, str_of(""), &e));
	assert_string_equal(e.text, "seconds is ''" SECONDS);
	assert_false(property_check(p, str_of("1234567890123456789012345678901234567890x"), &e));
	assert_string_equal(
		e.text, "seconds is '1234567890123456789012345678901234567890...'" SECONDS);
	assert_false(property_check(p, str_of("x"), NULL));
	assert_refused(
		"alarm.mode.set", "3", "mode is '3', one of 0=off,1=text message,2=call is needed");
	assert_refused("alarm.mode.set", "text",
		"mode is 'text', one of 0=off,1=text message,2=call is needed");
	assert_refused("fence.set", "1|0", "mode is '0', one of 1=out,2=in,3=both is needed");
	assert_refused("engine.stop.pulsed", "0",
		"steps is '0', a list of 2 to 20 whole numbers from 0 to 65535, ',' between them, "
		"is needed");
	assert_refused("engine.stop.pulsed", "1,2,,3",
		"steps is '1,2,,3', a list of 2 to 20 whole numbers from 0 to 65535, ',' between "
		"them, is needed");
	assert_refused("engine.stop.pulsed", "1,2,65536",
		"steps is '1,2,65536', a list of 2 to 20 whole numbers from 0 to 65535, ',' "
		"between them, is needed");
}

static void refused_texts(void **state)
{
	(void)state;
	static const char sentence[] =
		"password is '%s', a text of 1 to 16 bytes without ',', '*', '#' and control "
		"characters is needed";
	static const char *const bad[] = {
		"a,b", "a#", "*", "a\n", "\x1f", "a\x7f", "12345678901234567"};
	const struct command_property *p = type_of("check")->properties;
	char expected[200];
	struct error e;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(property_check(p, guarded(str_of(bad[i])), &e));
		snprintf(expected, sizeof expected, "password is '%s', a text of", bad[i]);
		assert_memory_equal(e.text, expected, strlen(expected));
	}
	assert_non_null(strstr(e.text, strstr(sentence, ", a text")));
	assert_false(property_check(p, (struct str){"a\0b", 3}, &e));
	assert_false(property_check(p, str_of(""), &e));
	assert_true(property_check(p, str_of("p \xc3\xa9!"), &e));
	assert_refused("custom", "*HQ,1,S20",
		"the payload begins with '*'; give the part behind the id only");
	assert_refused(
		"custom", "S20#", "the payload has '#' at byte 3, which would end the frame");
	assert_false(property_check(type_of("custom")->properties, str_of(""), &e));
	assert_string_equal(e.text, "payload is '', a payload of 1 to 490 bytes is needed");
}

static void refused_numbers_of_telephones(void **state)
{
	(void)state;
	static const char *const bad[] = {"+", "12a", "1+2", "++1", "123456789012345678901", "1 2"};
	char sentence[200];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(sentence, sizeof sentence,
			"number is '%s', a telephone number of 1 to 20 characters, digits behind "
			"at most one '+', is needed",
			bad[i]);
		assert_refused("center.set", bad[i], sentence);
		snprintf(sentence, sizeof sentence,
			"numbers is '%s', a list of 1 to 5 telephone numbers of at most 20 "
			"characters, ',' between them, is needed",
			bad[i]);
		assert_refused("admins.set", bad[i], sentence);
	}
	struct error e;
	const struct command_property *p = type_of("admins.set")->properties;
	assert_true(property_check(p, str_of("1,2,3,4,5"), &e));
	assert_false(property_check(p, str_of("1,2,3,4,5,6"), &e));
	assert_false(property_check(p, str_of("1,"), &e));
	assert_false(property_check(p, str_of(""), &e));
}

static void refused_addresses_and_times(void **state)
{
	(void)state;
	static const char *const addresses[] = {"1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04",
		"1.2..3", "1,2,3,4", "a.b.c.d", "1.2.3.4 ", "example.org", "1.2.3.-4"};
	char sentence[200];
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		char values[40];
		snprintf(values, sizeof values, "%s|80", addresses[i]);
		snprintf(sentence, sizeof sentence,
			"address is '%s', an IPv4 address like 192.0.2.1 is needed", addresses[i]);
		assert_refused("server.set", values, sentence);
	}
	static const char *const times[] = {
		"24:00", "1:60", "1:5", "1", ":30", "001:00", "1:000", "-1:00", "1:00;2:00", ","};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		char values[40];
		snprintf(values, sizeof values, "-|-|%s", times[i]);
		snprintf(sentence, sizeof sentence,
			"times is '%s', a list of 1 to 24 times from 0:00 to 23:59, blanks or ',' "
			"between them, is needed",
			times[i]);
		assert_refused("mode.md.times", values, sentence);
	}
}

static void full_buffers(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOLDENS; i++) {
		struct str values[COMMAND_PROPERTIES_MAX];
		split(goldens[i].values, values);
		for (size_t room = 0; room < strlen(goldens[i].payload); room++) {
			struct buf out;
			struct error e;
			size_t time_at;
			buf_init(&out, room);
			assert_false(command_payload(
				type_of(goldens[i].name), values, &out, &time_at, &e));
			assert_string_equal(e.text, "the payload does not fit into the buffer");
			assert_int_equal(out.len, 0);
			buf_clear(&out);
		}
	}
}

/* ---- what a payload is about ---- */

static void assert_nature(const char *payload, enum command_risk risk, enum answer_kind answer,
	enum command_proof proof)
{
	struct command_nature n = payload_nature(guarded(str_of(payload)));
	if (n.risk != risk || n.answer != answer || n.proof != proof)
		FAIL("%s: %d %d %d", payload, n.risk, n.answer, n.proof);
}

static void natures_of_the_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOLDENS; i++) {
		const struct command_type *type = type_of(goldens[i].name);
		if (strcmp(type->name, "custom") != 0)
			assert_nature(goldens[i].payload, type->risk, type->answer, type->proof);
	}
	assert_nature("S20 , 130305 ,1 , 0 ", RISK_NONE, ANSWER_V4, PROOF_RUNS);
	assert_nature("S23,130305,1.2.3.4,80", RISK_REACH, ANSWER_V4, PROOF_NONE);
	assert_nature("s24", RISK_REACH, ANSWER_V4, PROOF_NONE);
	assert_nature("S25", RISK_REACH, ANSWER_V4, PROOF_NONE);
	assert_nature("S24,130305,stopnet,S20,", RISK_REACH, ANSWER_V4, PROOF_NONE);
	assert_nature("CMD,130305,S25", RISK_REACH, ANSWER_TEXT, PROOF_NONE);
	assert_nature("CMD,,RESUME 654321", RISK_NONE, ANSWER_TEXT, PROOF_RUNS);
	assert_nature("resume654321", RISK_NONE, ANSWER_TEXT, PROOF_RUNS);
	assert_nature("md123456 0", RISK_NONE, ANSWER_OPEN, PROOF_NONE);
	assert_nature("CMD,130305,md123456 0", RISK_NONE, ANSWER_TEXT, PROOF_NONE);
	assert_nature("D1,20", RISK_NONE, ANSWER_V4, PROOF_NONE);
	/* of no row */
	assert_nature("SCF,113032,0,0", RISK_NONE, ANSWER_V4, PROOF_NONE);
	assert_nature("S2013, 113032", RISK_FUEL, ANSWER_V4, PROOF_CUT);
	assert_nature("CMD,130305,army", RISK_NONE, ANSWER_TEXT, PROOF_NONE);
	assert_nature("cmd", RISK_NONE, ANSWER_TEXT, PROOF_NONE);
	assert_nature("CF", RISK_NONE, ANSWER_OPEN, PROOF_NONE);
	assert_nature("", RISK_NONE, ANSWER_OPEN, PROOF_NONE);
	assert_nature(",", RISK_NONE, ANSWER_OPEN, PROOF_NONE);
}

/* No way to write a fuel cut passes for harmless. */
static void cuts_are_seen(void **state)
{
	(void)state;
	static const char *const words[] = {"S20,130305,1,1", "S20 , 130305 ,1,1",
		" S20,130305,1,1", "s20,130305,1,1", "S20,,1,1", "S20,1,1", "S20", "S20,",
		"S20,130305", "S20,130305,", "S20,130305,1", "S20,130305,1,2", "S20,130305,1,01",
		"S20,130305,1,0,1", "S20,130305,1,0 1", "S20,130305,0,1", "S20,130305,0,0",
		"S20,1303,1,0", "s20,130305,1,0", "S20,1,0", ",S20,130305,1,1", "S 20,130305,1,1",
		"S20 130305 1 1", "S20;130305;1;1", "S20130305,1,1", "S20,130305,1,3,10,3,5,5,7",
		"S20,092353,1,3", "S\302\24020,130305,1,1", "D1,130305,20 S20,130305,1,1"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		assert_nature(words[i], RISK_FUEL, ANSWER_V4, PROOF_CUT);
	static const char *const texts[] = {"CMD,130305,stop654321", "CMD,,STOP654321",
		"CMD,130305, stop 654321", "CMD, 130305,Stop654321", "cmd,130305,stop654321",
		"CMD,stop654321", "CMD stop654321", "CMDstop654321", "CMD,1303,stop654321",
		"CMD,130305,,stop654321", "CMD,130305,654321stop", "CMD,130305,s top654321",
		"CMD,130305,S20,1,1", "CMD,130305,check123456,stop654321",
		"CMD,130305,check1stop654321", "CMD,130305,resume654321 stop654321", "stop654321",
		"STOP 654321", " stop654321", "stop", "stopengine", "MD123456 1 3 8 stop"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_nature(texts[i], RISK_FUEL, ANSWER_TEXT, PROOF_CUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_make_their_payloads),
		cmocka_unit_test(rows_have_cases),
		cmocka_unit_test(bytes_on_the_wire),
		cmocka_unit_test(models_have_their_commands),
		cmocka_unit_test(refused_numbers),
		cmocka_unit_test(refused_texts),
		cmocka_unit_test(refused_numbers_of_telephones),
		cmocka_unit_test(refused_addresses_and_times),
		cmocka_unit_test(full_buffers),
		cmocka_unit_test(natures_of_the_rows),
		cmocka_unit_test(cuts_are_seen),
	};
	return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
