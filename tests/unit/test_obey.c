/* What a virtual tracker answers, held against the reader of answers. */
#include "test.h"

#include "cantrack/catalogue.h"
#include "cantrack/frame.h"
#include "guard.h"
#include "simulate/obey.h"

enum { BEGIN_S = 1753160000 };
#define IDENT "865205000000001"
#define HEAD  "*HQ," IDENT ","

static struct track track;
static char answer[OBEY_ROOM + 1];

static void begin(void)
{
	track_init(&track, 7, UINT64_C(865205000000001), BEGIN_S);
}

/* The answer of a tracker, as text. */
static struct obeyed tell(const char *payload, unsigned how)
{
	struct obeyed done = obey(&track, guarded(str_of(payload)), how, answer);
	assert_true(done.len <= OBEY_ROOM);
	answer[done.len] = '\0';
	return done;
}

static bool is_cut(void)
{
	struct fix fix;
	track_fix(&track, &fix);
	return !(fix.status >> STATUS_FUEL_CUT & 1);
}

static void assert_begins(const char *text)
{
	if (strncmp(answer, text, strlen(text)) != 0)
		assert_string_equal(answer, text);
}

static void words_are_answered_with_the_position(void **state)
{
	(void)state;
	static const char *const payloads[] = {"S20,130305,1,1", "D1,130305,20",
		"S2,130305,13812341234", "R1,130305", "WKMD,130305,1", "S24,130305,a,,",
		"S23,130305,1,2,3,4,5000", "S99,130305"};
	for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
		begin();
		tell(payloads[i], 0);
		struct str rest = str_of(payloads[i]), word = str_cut(&rest, ',');
		char head[80];
		snprintf(head, sizeof head, HEAD "V4,%.*s,130305,", STR_PRINT(word));
		assert_begins(head);
		struct answer a;
		assert_true(answer_parse(str_of(answer), &a));
		assert_true(a.has_position);
		assert_int_equal(a.device_time.len, 6);
		assert_str(a.text, "");
		assert_true(answer_matches(&a, str_of(payloads[i])));
		static struct message m;
		struct frame_context context = {
			.now_us = BEGIN_S * INT64_C(1000000), .terminated = true};
		struct frame_head frame_head;
		struct error e;
		assert_int_equal(frame_decode(str_of(answer), &context, &m, &frame_head, &e),
			RESULT_MESSAGE);
		assert_true(message_has(&m, PARAM_POSITION_VALID));
	}
}

static void texts_are_answered_with_texts(void **state)
{
	(void)state;
	begin();
	tell("CMD,130305,check123456", 0);
	assert_begins(HEAD "V4,CMD,,check,CHECK,IMEI:" IDENT ",");
	assert_non_null(strstr(answer, "BAT:"));
	assert_string_equal(answer + strlen(answer) - 2, "%#");
	static const struct {
		const char *payload, *answer;
	} rows[] = {
		{"CMD,130305,reset123456", HEAD "V4,CMD,,reset,RESET OK#"},
		{"CMD,,stop654321", HEAD "V4,CMD,,stop,OK#"},
		{"CMD,arm654321", HEAD "V4,CMD,,arm,OK#"},
		{"CMD,130305,MD123456 2 3 1:00 2:00", HEAD "V4,CMD,,MD,OK#"},
		{"MD123456 1 3 8 1", HEAD "V4,CMD,,MD123456 1 3 8 1,OK#"},
		{"stop654321", HEAD "V4,CMD,,stop654321,OK#"},
		{"CR", HEAD "V4,CR#"},
		{"CMD", HEAD "V4,CMD,,,OK#"},
		{"", HEAD "V4,#"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		tell(rows[i].payload, 0);
		assert_string_equal(answer, rows[i].answer);
	}
}

static void the_relay_follows(void **state)
{
	(void)state;
	static const struct {
		const char *payload;
		unsigned how;
		bool cut;
	} rows[] = {
		{"S20,130305,1,0", 0, false},
		{"S20,130305,1,1", 0, true},
		{"D1,130305,20", 0, true},
		{"S20,130305", 0, true},
		{"S20,130305,1,0", OBEY_FAILING, true},
		{"S20,130305,1,0", OBEY_WRONG, false},
		{"S20,130305,1,3,10,3,5", 0, true},
		{"CMD,130305,resume654321", 0, false},
		{"CMD,130305,stop654321", OBEY_FAILING, false},
		{"CMD,130305,STOP654321", 0, true},
		{"resume654321", 0, false},
		{"stop654321", OBEY_PLAIN, true},
		{"CMD,,resume654321", OBEY_PLAIN | OBEY_FAILING, true},
		{"CMD,,resume654321", OBEY_PLAIN, false},
		{"CMD,,stopover", 0, false},
	};
	begin();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		tell(rows[i].payload, rows[i].how);
		if (is_cut() != rows[i].cut)
			assert_string_equal(rows[i].payload, "");
	}
}

static void some_commands_restart(void **state)
{
	(void)state;
	begin();
	assert_true(tell("R1,130305", 0).restarts);
	assert_true(tell("CMD,130305,reset123456", 0).restarts);
	assert_false(tell("R1", 0).restarts);
	assert_false(tell("R1,130305", OBEY_FAILING).restarts);
	assert_false(tell("S20,130305,1,1", 0).restarts);
	assert_false(tell("CMD,130305,check123456", 0).restarts);
}

static void stops_are_answered_plainly(void **state)
{
	(void)state;
	begin();
	static const char stop[] = "CMD,130305,stop654321", resume[] = "CMD,130305,resume654321";
	tell(stop, OBEY_PLAIN);
	assert_string_equal(answer, "stop engine succeed");
	assert_true(plain_answer_matches(str_of(answer), str_of(stop)));
	tell(resume, OBEY_PLAIN);
	assert_string_equal(answer, "resume engine succeed");
	tell(resume, OBEY_PLAIN | OBEY_FAILING);
	assert_string_equal(answer, "resume engine fail");
	assert_int_equal(plain_answer_says(str_of(answer)), SAYS_FAILED);
	tell(stop, OBEY_PLAIN | OBEY_WRONG);
	assert_false(plain_answer_matches(str_of(answer), str_of(stop)));
	tell("CMD,130305,arm654321", OBEY_PLAIN);
	assert_string_equal(answer, HEAD "V4,CMD,,arm,OK#");
}

/* Of every row of the table: an answer belongs to it and confirms it; a wrong one does not belong, and
 * a failing one says so. */
static void all_commands_are_answered(void **state)
{
	(void)state;
	static const char *const tries[] = {
		"20", "1", "0", "1.2.3.4", "13812341234", "7:30", "abc"};
	begin();
	for (size_t i = 0; i < command_type_count; i++) {
		const struct command_type *type = &command_types[i];
		struct str values[COMMAND_PROPERTIES_MAX] = {{NULL, 0}};
		for (size_t p = 0; p < type->property_count; p++)
			for (size_t n = 0; !type->properties[p].initial && !values[p].at; n++)
				if (property_check(&type->properties[p], str_of(tries[n]), NULL))
					values[p] = str_of(tries[n]);
		struct buf b;
		struct error e;
		size_t time_at;
		buf_init(&b, COMMAND_MAX);
		assert_true(command_payload(type, values, &b, &time_at, &e));
		assert_true(buf_add_char(&b, '\0'));
		for (unsigned how = 0; how <= OBEY_WRONG; how += 2) {
			struct answer a;
			tell(b.at, how);
			assert_true(answer_parse(str_of(answer), &a));
			struct str payload = str_of(b.at);
			if (answer_matches(&a, payload) != (how != OBEY_WRONG))
				assert_string_equal(answer, b.at);
			bool fails = answer_says(&a, payload) == SAYS_FAILED;
			if (fails != (how == OBEY_FAILING))
				assert_string_equal(answer, b.at);
		}
		buf_clear(&b);
	}
}

static void long_payloads(void **state)
{
	(void)state;
	char payload[COMMAND_MAX + 2];
	memset(payload, 'a', sizeof payload);
	payload[COMMAND_MAX + 1] = '\0';
	begin();
	assert_int_equal(tell(payload, 0).len, 0);
	payload[COMMAND_MAX] = '\0';
	assert_int_equal(tell(payload, 0).len, strlen(HEAD "V4,CMD,,,OK#") + COMMAND_MAX);
	memcpy(payload + COMMAND_MAX - 7, ",130305", 7);
	assert_true(tell(payload, 0).len > COMMAND_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_answered_with_the_position),
		cmocka_unit_test(texts_are_answered_with_texts),
		cmocka_unit_test(the_relay_follows),
		cmocka_unit_test(some_commands_restart),
		cmocka_unit_test(stops_are_answered_plainly),
		cmocka_unit_test(all_commands_are_answered),
		cmocka_unit_test(long_payloads),
	};
	return cmocka_run_group_tests_name("obey", tests, NULL, NULL);
}
