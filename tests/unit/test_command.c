#include "test.h"

#include "cantrack/command.h"
#include "guard.h"

/* ---- payload -> wire ---- */

static const char *wire_of(const char *vendor, const char *id, const char *payload)
{
	static char text[COMMAND_MAX + 1];
	struct error e = {""};
	struct buf out;
	buf_init(&out, COMMAND_MAX);
	bool done = command_make(str_of(vendor), str_of(id), guarded(str_of(payload)), &out, &e);
	if (done)
		memcpy(text, out.at, out.len);
	else
		assert_int_equal(out.len, 0);
	text[done ? out.len : 0] = '\0';
	assert_true(done == (e.text[0] == '\0'));
	buf_clear(&out);
	return text;
}

/* The three commands of the vendor's description, for the models it names. */
static void described_commands(void **state)
{
	(void)state;
	const char *id = "865205030330012";
	assert_string_equal(wire_of("HQ", id, "CMD,130305,stop654321"),
		"*HQ,865205030330012,CMD,130305,stop654321#");
	assert_string_equal(
		wire_of("HQ", id, "MD123456 1 3 8 1"), "*HQ,865205030330012,MD123456 1 3 8 1#");
	assert_string_equal(wire_of("HQ", id, "S2,130305,13812341234"),
		"*HQ,865205030330012,S2,130305,13812341234#");
}

/* Frames that servers were seen to send, made again from their payload. The id is sent as the
 * device writes it, zeros included. */
static void seen_commands(void **state)
{
	(void)state;
	static const struct {
		const char *id, *payload, *wire;
	} seen[] = {
		{"865205034654490", "S20,130305,1,1", "*HQ,865205034654490,S20,130305,1,1#"},
		{"865205034654490", "CF", "*HQ,865205034654490,CF#"},
		{"123456789012345", "V4,V1,20260211212008",
			"*HQ,123456789012345,V4,V1,20260211212008#"},
		{"123456789012345", "V4,V1", "*HQ,123456789012345,V4,V1#"},
		{"8696010765", "SCF,113032,0,0", "*HQ,8696010765,SCF,113032,0,0#"},
		{"1234567890", "S8,010000,501501501,502502502,503503503",
			"*HQ,1234567890,S8,010000,501501501,502502502,503503503#"},
		{"0000000000", "V4,V1,20260101000000", "*HQ,0000000000,V4,V1,20260101000000#"},
		{"2141100299", "V4,V1,20150910083433", "*HQ,2141100299,V4,V1,20150910083433#"},
		{"0000000000", "D1,004800,60,1", "*HQ,0000000000,D1,004800,60,1#"},
		{"2141028712", "S17,003800,60", "*HQ,2141028712,S17,003800,60#"},
		{"0000", "S17,130305,30,1", "*HQ,0000,S17,130305,30,1#"},
		{"865205030993330", "R1,130305", "*HQ,865205030993330,R1,130305#"},
		{"6110916012", "S21,130305,17,1,N,2245.318,2246.452,E,11233.232,11365.175",
			"*HQ,6110916012,S21,130305,17,1,N,2245.318,2246.452,E,11233.232,11365."
			"175#"},
		{"0000000000", "S14,130305,100,10,1,3", "*HQ,0000000000,S14,130305,100,10,1,3#"},
		{"0000000000", "VI,130305,60,0,26,TEXT", "*HQ,0000000000,VI,130305,60,0,26,TEXT#"},
		{"0", "V4", "*HQ,0,V4#"},
		{"123456789012345", "SCF,010203,0,0", "*HQ,123456789012345,SCF,010203,0,0#"},
		{"123456789012345", "SCF,010203,1,1", "*HQ,123456789012345,SCF,010203,1,1#"},
		{"123456789012345", "S20,010203,1,1", "*HQ,123456789012345,S20,010203,1,1#"},
		{"123456789012345", "S20,010203,1,0", "*HQ,123456789012345,S20,010203,1,0#"},
		{"865205030330012", "S1,130305,123456,000000",
			"*HQ,865205030330012,S1,130305,123456,000000#"},
		{"865205030330012", "S21,130305,1000,1", "*HQ,865205030330012,S21,130305,1000,1#"},
		{"865205030330012", "S23,130305,116,205,4,25,8800",
			"*HQ,865205030330012,S23,130305,116,205,4,25,8800#"},
		{"7340001234", "S20,034313,1,0", "*HQ,7340001234,S20,034313,1,0#"},
		{"456", "V4,V1,ts", "*HQ,456,V4,V1,ts#"},
	};
	for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
		assert_string_equal(wire_of("HQ", seen[i].id, seen[i].payload), seen[i].wire);
	assert_string_equal(wire_of("th", "1", "S2,1"), "*th,1,S2,1#");
}

static void assert_refused(
	const char *vendor, const char *id, struct str payload, const char *sentence)
{
	struct error e = {""};
	struct buf out;
	buf_init(&out, COMMAND_MAX);
	assert_true(buf_add(&out, "before", 6));
	assert_false(command_make(str_of(vendor), str_of(id), payload, &out, &e));
	assert_string_equal(e.text, sentence);
	assert_buf(out, "before");
	buf_clear(&out);
}

static void refused_payloads(void **state)
{
	(void)state;
	assert_refused("HQ", "1", str_of(""), "the payload is empty");
	assert_refused("HQ", "1", str_of("*HQ,1,S20"),
		"the payload begins with '*'; give the part behind the id only");
	assert_refused("HQ", "1", str_of("S20,1#"),
		"the payload has '#' at byte 5, which would end the frame");
	assert_refused("HQ", "1", str_of("S20\r\n"),
		"the payload has the control character 0x0d at byte 3");
	assert_refused(
		"HQ", "1", str_of("\x7f"), "the payload has the control character 0x7f at byte 0");
	assert_refused("HQ", "1", (struct str){"S\0", 2},
		"the payload has the control character 0x00 at byte 1");
	for (char c = 1; c < 0x20; c++) {
		const char payload[] = {'S', c, '\0'};
		assert_string_equal(wire_of("HQ", "1", payload), "");
	}
	assert_string_equal(wire_of("HQ", "1", "a*b \xc3\xa9"), "*HQ,1,a*b \xc3\xa9#");
}

static void refused_addresses(void **state)
{
	(void)state;
	static const char *const ids[] = {"", "imei", "12345678901234567", "12 34", "-1"};
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		assert_refused("HQ", ids[i], str_of("S20"), "the id is not 1..16 digits");
	static const char *const vendors[] = {"", "H", "HQX", "H1", "H,", "*H"};
	for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++)
		assert_refused(
			vendors[i], "1", str_of("S20"), "the vendor code is not two letters");
	assert_string_equal(wire_of("HQ", "9999999999999999", "S"), "*HQ,9999999999999999,S#");
}

static void length_limit(void **state)
{
	(void)state;
	char payload[COMMAND_MAX + 1];
	memset(payload, 'a', sizeof payload);
	size_t longest = COMMAND_MAX - strlen("*HQ,1,#");
	payload[longest] = '\0';
	assert_int_equal(strlen(wire_of("HQ", "1", payload)), COMMAND_MAX);
	assert_refused(
		"HQ", "12", str_of(payload), "the frame would have 513 bytes, the limit is 512");
	struct error e;
	struct buf small;
	buf_init(&small, 9);
	assert_false(command_make(str_of("HQ"), str_of("1"), str_of("S20"), &small, &e));
	assert_string_equal(e.text, "the frame does not fit into the buffer");
	buf_clear(&small);
}

/* ---- answers ---- */

static struct answer parse(const char *frame)
{
	struct answer a;
	assert_true(answer_parse(guarded(str_of(frame)), &a));
	return a;
}

static void assert_answer(const char *frame, const char *word, const char *command_time,
	const char *device_time, const char *text)
{
	struct answer a = parse(frame);
	assert_str(a.word, word);
	assert_str(a.command_time, command_time);
	assert_str(a.device_time, device_time);
	assert_str(a.text, text);
	assert_true(a.has_position == (strstr(frame, ",A,") || strstr(frame, ",V,")));
}

#define POSITION ",A,2212.8745,N,11346.6574,E,14.28,028,220902,FFFFFBFF"

static void answers_with_a_position(void **state)
{
	(void)state;
	assert_answer("*HQ,867232054850970,V4,D1,002148,001157,A,0453.2879,N,00654.7874,E,0.00,0,"
		      "280826,FFFEFBFF#",
		"D1", "002148", "001157", "");
	assert_answer(
		"*HQ,1,V4,S2,150950,151007,A,2240.55503,N,11358.35174,E,0.85,0,100815, FFFFFBFF #",
		"S2", "150950", "151007", "");
	assert_answer(
		"*TH,1,V4,S20,DONE,130305,050316" POSITION "#", "S20", "130305", "050316", "DONE");
	assert_answer("*HQ,1,V4,S20,DONE,061158,061116,A,2235.0086,N,11354.3668,E,000.00,000,"
		      "160716F7FFBBFF,460,00",
		"S20", "061158", "061116", "DONE");
	assert_answer("*HQ,1,V4,S14,100,10,1,3,130305,050316" POSITION "#", "S14", "130305",
		"050316", "100,10,1,3");
	assert_answer("*HQ,1,V4,S40,2,1800,1200,180,180,FF,093234,001232,V,2212.8745,N,11346.6574,E"
		      ",0,0,220902,FFFFFBFF#",
		"S40", "093234", "001232", "2,1800,1200,180,180,FF");
	assert_answer("*HQ,1,V4,S23,165.165.33.250:8800,130305,050316" POSITION "#", "S23",
		"130305", "050316", "165.165.33.250:8800");
	assert_answer("*HQ,1,V4,S20,80,130305,050316" POSITION ",460,000,27A6,0F70#", "S20",
		"130305", "050316", "80");
	assert_answer("*HQ,1,V4,SF,050316" POSITION ",mcc,mnc,lac,cid#", "SF", "", "050316", "");
	assert_answer("*TH,1,V4,S1,OK,pass_word,130305,050316" POSITION "#", "S1", "130305",
		"050316", "OK,pass_word");
	assert_answer("*HQ,1,V4,CMD,130305,stop654321,050316" POSITION "#", "CMD", "130305",
		"050316", "stop654321");
	assert_answer("*HQ,1,V4,S20" POSITION "#", "S20", "", "", "");
}

static void answers_without_a_position(void **state)
{
	(void)state;
	assert_answer("*HQ,7340001234,V4,S20,034313,1,1#", "S20", "034313", "", "1,1");
	assert_answer("*HQ,869247061234567,V4,S20,134530#", "S20", "134530", "", "");
	assert_answer("*HQ,1,V4,S20,05,134530#", "S20", "134530", "", "05");
	assert_answer("*HQ,1,V4,CR#", "CR", "", "", "");
	assert_answer("*HQ,1,V4,CQ #", "CQ", "", "", "");
	assert_answer("*HQ,1,V4,APN,#", "APN", "", "", "");
	assert_answer("*HQ,1,V4,CMD,reset,RESET OK#", "CMD", "", "", "reset,RESET OK");
	assert_answer("*HQ,1,V4,CMD,,check,CHECK,IMEI:861358034573915,TZ:+8:30,SP:80,1,BAT:80%#",
		"CMD", "", "", "check,CHECK,IMEI:861358034573915,TZ:+8:30,SP:80,1,BAT:80%");
	assert_answer("*HQ,1,V4,CMD,130305,stop654321,OK#", "CMD", "130305", "", "stop654321,OK");
	assert_answer("*HQ,1,V4,S21,17,1,130305,050316,N,2245.318,2246.452,E,11233.232,11365.175#",
		"S21", "", "", "17,1,130305,050316,N,2245.318,2246.452,E,11233.232,11365.175");
}

static void frames_that_are_no_answers(void **state)
{
	(void)state;
	static const char *const none[] = {"", "*HQ", "*HQ,1,V1#", "*HQ,1,V0#", "*HQ,1,V4#",
		"*HQ,1,V4V1,20221019154330#", "*HQ,1,V4,V1,20260211212008#", "*HQ,1,V4,V1#",
		"*HQ,1,V4,NBR,20150910083433#", "stop engine succeed",
		"*HQ,1,V4,S2"}; /* cut: it may have been S20 */
	struct answer a;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_false(answer_parse(guarded(str_of(none[i])), &a));
}

static bool matches(const char *frame, const char *payload)
{
	struct answer a = parse(frame);
	return answer_matches(&a, str_of(payload));
}

static void answers_match_by_word_and_time(void **state)
{
	(void)state;
	const char *frame = "*HQ,1,V4,S20,034313,1,1#";
	assert_true(matches(frame, "S20,034313,1,0"));
	assert_true(matches(frame, "S20, 034313 ,1,0"));
	assert_false(matches(frame, "S20,034314,1,0"));
	assert_false(matches(frame, "S2,034313,1,0"));
	assert_false(matches(frame, "S200,034313"));
	assert_false(matches(frame, "s20,034313"));
	assert_false(matches(frame, ""));
	assert_true(matches("*HQ,1,V4,S20,DONE,130305,050316" POSITION "#", "S20,130305,1,1"));
	assert_false(matches("*HQ,1,V4,S20,DONE,130305,050316" POSITION "#", "S20,050316,1,1"));
	/* where one of them has no time, the word decides */
	assert_true(matches("*HQ,1,V4,SF,050316" POSITION "#", "SF,130305"));
	assert_true(matches("*HQ,1,V4,CR#", "CR"));
	assert_true(matches("*HQ,1,V4,APN,#", "APN,130305,internet"));
	assert_true(matches(frame, "S20,1,0"));
}

static void wrapped_answers_match_by_keyword(void **state)
{
	(void)state;
	const char *check = "*HQ,1,V4,CMD,,check,CHECK,IMEI:861358034573915#";
	assert_true(matches(check, "CMD,130305,check123456"));
	assert_true(matches(check, "CMD,,check123456"));
	assert_true(matches(check, "CMD,check123456"));
	assert_false(matches(check, "CMD,130305,reset123456"));
	assert_false(matches(check, "CMD,130305"));
	assert_false(matches(check, "CMD,130305,"));
	assert_false(matches(check, "CMD"));
	assert_false(matches(check, "check123456"));
	assert_true(matches("*HQ,1,V4,CMD,reset,RESET OK#", "CMD,130305,reset123456"));
	assert_false(matches("*HQ,1,V4,CMD,res#", "CMD,130305,reset123456"));
	assert_true(matches("*HQ,1,V4,CMD,,MD123456 1 3 8 1,OK#", "CMD,130305,MD123456 1 3 8 1"));
	assert_true(matches("*HQ,1,V4,CMD,130305,stop654321,OK#", "CMD,130305,stop654321"));
	assert_false(matches("*HQ,1,V4,CMD,130306,stop654321,OK#", "CMD,130305,stop654321"));
}

static void text_messages_match_by_keyword(void **state)
{
	(void)state;
	static const char md[] = "MD123456 1 3 8 1", stop[] = "CMD,130305,stop654321";
	assert_true(matches("*HQ,1,V4,MD,130305,050316" POSITION "#", md));
	assert_true(matches("*HQ,1,V4,MD123456 1 3 8 1,OK#", md));
	assert_true(matches("*HQ,1,V4,md123456 1 3 8 1,OK#", md));
	assert_true(matches("*HQ,1,V4,CMD,,MD123456 1 3 8 1,OK#", md));
	assert_true(matches("*HQ,1,V4,CMD,MD,OK#", md));
	assert_true(matches("*HQ,1,V4,CMD,130305,MD OK#", md));
	assert_true(matches("*HQ,1,V4,MD,OK#", "CMD,130305,MD123456 1 3 8 1"));
	assert_false(matches("*HQ,1,V4,CMD,,M,OK#", md));
	assert_false(matches("*HQ,1,V4,CMD,,check,OK#", md));
	assert_false(matches("*HQ,1,V4,MP,03,130305,050316" POSITION "#", md));
	assert_false(matches("*HQ,1,V4,CMD,,#", md));
	assert_true(matches("*HQ,1,V4,MD123456 2 3 1:00 2:00,OK#", "MD123456 2 3 1:00,2:00"));
	assert_true(matches("*HQ,1,V4,CMD,,STOP,OK#", stop));
	assert_true(matches("*HQ,1,V4,stop,130305#", stop));
	assert_false(matches("*HQ,1,V4,stop,130306#", stop));
	assert_true(matches("*HQ,1,V4,CMD,,stop654321,OK#", "cmd,130305,stop654321"));
	assert_true(matches("*HQ,1,V4,stop654321,OK#", "stop654321"));
	assert_true(matches("*HQ,1,V4,CMD,,stop654321,OK#", "stop654321"));
	assert_false(matches("*HQ,1,V4,CMD,,stop,OK#", "CF"));
}

static bool fails(const char *frame, const char *payload)
{
	struct answer a = parse(frame);
	assert_true(answer_matches(&a, str_of(payload)));
	return answer_says(&a, str_of(payload)) == SAYS_FAILED;
}

static void answers_with_a_result(void **state)
{
	(void)state;
	static const char stop[] = "S20,130305,1,1";
	static const struct {
		const char *result;
		bool fails;
	} results[] = {{"00", true}, {"7F", true}, {"7f", true}, {"80", false}, {"FF", false},
		{"DONE", false}, {"OK", false}, {"0", false}, {"000", false}, {"0G", false},
		{"00,1", false}, {"1,1", false}, {"01", true}, {"ERROR", true}, {"Fail", true},
		{"FAILED", true}, {"OK,FAIL", true}, {"FAILOVER", false}, {"1,1,FAILED", true}};
	for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
		char frame[200];
		snprintf(frame, sizeof frame, "*HQ,1,V4,S20,%s,130305,050316" POSITION "#",
			results[i].result);
		if (fails(frame, stop) != results[i].fails)
			assert_string_equal(results[i].result, "");
	}
	assert_false(fails("*HQ,1,V4,S20,130305,050316" POSITION "#", stop));
	assert_false(fails("*HQ,1,V4,S20,034313,1,1#", "S20,034313,1,0"));
	assert_true(fails("*HQ,1,V4,R8,ERROR,130305,050316" POSITION "#", "R8,130305"));
	assert_true(fails("*HQ,1,V4,MP,03,130305,050316" POSITION "#", "MP,130305"));
	assert_false(fails("*HQ,1,V4,S1,OK,pass_word,130305,050316" POSITION "#", "S1,130305,1,2"));
}

/* "20" behind D1 is an interval, behind S20 it would be a code. */
static void echoes_are_no_result(void **state)
{
	(void)state;
	static const char d1[] = "*HQ,1,V4,D1,20,002148,001157" POSITION "#";
	assert_false(fails(d1, "D1,002148,20"));
	assert_false(fails(d1, "D1,002148,20,"));
	assert_false(fails(d1, "D1, 002148 , 20 "));
	assert_false(fails(d1, "D1,002148,20,1"));
	assert_false(fails(d1, "D1,20"));
	assert_true(fails(d1, "D1,002148,30"));
	assert_true(fails(d1, "D1,002148,120"));
	assert_false(fails("*HQ,1,V4,S80,05,002148,001157" POSITION "#", "S80,002148,05"));
	assert_false(fails("*HQ,1,V4,S24,FAIL,002148,001157" POSITION "#", "S24,002148,FAIL,a,b"));
}

static void text_answers_with_a_result(void **state)
{
	(void)state;
	static const char stop[] = "CMD,130305,stop654321";
	assert_false(fails("*HQ,1,V4,CMD,130305,stop654321#", stop));
	assert_false(fails("*HQ,1,V4,CMD,130305,stop654321,OK#", stop));
	assert_true(fails("*HQ,1,V4,CMD,130305,stop654321,FAIL#", stop));
	assert_true(fails("*HQ,1,V4,CMD,,stop engine failed!#", stop));
	assert_false(fails("*HQ,1,V4,CMD,130305,00#", stop));
	assert_false(fails("*HQ,1,V4,CMD,,check,CHECK,GSM:FAIL,BAT:80%#", "CMD,,check123456"));
	assert_true(fails("*HQ,1,V4,MD,ERROR#", "MD123456 1 3 8 1"));
}

static bool plain_matches(const char *text, const char *payload)
{
	return plain_answer_matches(guarded(str_of(text)), str_of(payload));
}

static void plain_text_answers(void **state)
{
	(void)state;
	static const char stop[] = "CMD,130305,stop654321";
	assert_true(plain_matches("stop engine succeed", stop));
	assert_true(plain_matches("#stopoil#OK#", stop));
	assert_true(plain_matches("\r\nSTOP", stop));
	assert_true(plain_matches("engine stop", "stop654321"));
	assert_true(plain_matches("Md ok", "MD123456 1 3 8 1"));
	assert_true(plain_matches("resume engine succeed", "CMD,,resume654321"));
	assert_false(plain_matches("resume engine succeed", stop));
	assert_false(plain_matches("nonstop", stop));
	assert_false(plain_matches("sto", stop));
	assert_false(plain_matches("", stop));
	assert_false(plain_matches("disarm ok", "CMD,,arm654321"));
	assert_false(plain_matches("S20 done", "S20,130305,1,1"));
	assert_false(plain_matches("CF", "CF"));
	assert_false(plain_matches("anything", "CMD,130305"));
	assert_false(plain_matches("anything", ""));
	assert_int_equal(plain_answer_says(str_of("stop engine succeed")), SAYS_DONE);
	assert_int_equal(plain_answer_says(str_of("stop engine fail")), SAYS_FAILED);
	assert_int_equal(plain_answer_says(str_of("#stopoil#FAILED#")), SAYS_FAILED);
	assert_int_equal(plain_answer_says(str_of("error!")), SAYS_FAILED);
	assert_int_equal(plain_answer_says(str_of("")), SAYS_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(described_commands),
		cmocka_unit_test(seen_commands),
		cmocka_unit_test(refused_payloads),
		cmocka_unit_test(refused_addresses),
		cmocka_unit_test(length_limit),
		cmocka_unit_test(answers_with_a_position),
		cmocka_unit_test(answers_without_a_position),
		cmocka_unit_test(frames_that_are_no_answers),
		cmocka_unit_test(answers_match_by_word_and_time),
		cmocka_unit_test(wrapped_answers_match_by_keyword),
		cmocka_unit_test(text_messages_match_by_keyword),
		cmocka_unit_test(answers_with_a_result),
		cmocka_unit_test(echoes_are_no_result),
		cmocka_unit_test(text_answers_with_a_result),
		cmocka_unit_test(plain_text_answers),
	};
	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
