/* What the golden files cannot show: the result and the sentence of each refusal, what is left in
 * the message then, the learned ident, and frames at the limits of the tables. */
#include "test.h"

#include "cantrack/frame.h"
#include "guard.h"

static struct message m;
static struct frame_head head;
static struct error e;

static const struct frame_context whole = {.now_us = INT64_C(1790000000000000), .terminated = true};

static enum frame_result decode(struct str bytes, const struct frame_context *context)
{
	memset(&m, 0x5a, sizeof m); /* what the caller's message held before */
	memset(&head, 0x5a, sizeof head);
	e = (struct error){""};
	return frame_decode(guarded(bytes), context, &m, &head, &e);
}

static void assert_refused(const char *frame, enum frame_result result, const char *sentence)
{
	assert_int_equal(decode(str_of(frame), &whole), result);
	assert_string_equal(e.text, sentence);
	assert_int_equal(m.present, 0);
	assert_int_equal(m.more_count, 0);
}

static void refusals_of_the_head(void **state)
{
	(void)state;
	assert_refused("*HQ,1#", RESULT_NO_TYPE, "there is no type word behind the id");
	assert_refused("*HQ,1,#", RESULT_NO_TYPE, "there is no type word behind the id");
	assert_refused("*HQ,1,14.5994,121.0333#", RESULT_NO_TYPE,
		"the field behind the id is '14.5994', not a type word");
	assert_refused(
		"*HQ,1,V 1#", RESULT_NO_TYPE, "the field behind the id is 'V 1', not a type word");
	assert_refused("*HQ,1,ABCDEFGHIJKLMNOPQ#", RESULT_NO_TYPE,
		"the field behind the id is 'ABCDEFGHIJKLMNOPQ', not a type word");
	assert_refused("*HQ,,V0#", RESULT_NO_IDENT,
		"the id '' is not a number of 1..16 digits above zero");
	assert_refused("*HQ,imei,V0#", RESULT_NO_IDENT,
		"the id 'imei' is not a number of 1..16 digits above zero");
	assert_refused("*HQ,0000000000,V0#", RESULT_NO_IDENT,
		"the id '0000000000' is not a number of 1..16 digits above zero");
	assert_refused("*HQ,12345678901234567,V0#", RESULT_NO_IDENT,
		"the id '12345678901234567' is not a number of 1..16 digits above zero");
	assert_refused("*HQ#", RESULT_NO_TYPE, "there is no type word behind the id");
	assert_refused("*H,1,V0#", RESULT_BAD_LAYOUT,
		"the frame does not begin with '*', two letters and a comma");
	assert_refused("HQ,1,V0#", RESULT_BAD_LAYOUT,
		"the frame does not begin with '*', two letters and a comma");
}

static void refusals_of_the_types(void **state)
{
	(void)state;
	assert_refused(
		"*HQ,1,V1,120000#", RESULT_TOO_SHORT, "V1 has 4 fields, it needs at least 9");
	assert_refused("*HQ,1,V2#", RESULT_TOO_SHORT, "V2 has 3 fields, it needs at least 9");
	assert_refused("*HQ,1,V3,044855,28403,01#", RESULT_TOO_SHORT,
		"V3 has 6 fields, it needs at least 11");
	assert_refused("*HQ,1,V5,8#", RESULT_TOO_SHORT, "V5 has 4 fields, it needs at least 7");
	assert_refused("*HQ,1,V1,121459,-23.545450,-46.639308,000.0,000,070315,FFFFFBFF#",
		RESULT_BAD_LAYOUT, "validity is '-23.545450', not one letter");
	assert_refused("*HQ,1,V1,121459,A,2240.5,N,11358.3,EAST,0,0,070315,FFFFFBFF#",
		RESULT_BAD_LAYOUT, "hemisphere is 'EAST', not one letter");
	assert_refused("*HQ,1,V3,044855,28403,01,001450,011473,158,-62,0292,0,030817,FFFFFBFF#",
		RESULT_BAD_LAYOUT, "V3 has no field X behind its cells");
	assert_refused("*HQ,1,V5,145725,F09FC2AABB0177,0256,160324,FFFFEBFF#", RESULT_BAD_LAYOUT,
		"V5 is neither a list of access points nor a position");
}

/* A hostile field is cut in the sentence; nothing is written beyond the error's room. */
static void long_fields_in_sentences(void **state)
{
	(void)state;
	char frame[1200] = "*HQ,1,V1,121459,";
	size_t begin = strlen(frame);
	memset(frame + begin, 'A', 1000);
	memcpy(frame + begin + 1000, ",1,N,1,E,0,0,#", 15);
	assert_int_equal(decode(str_of(frame), &whole), RESULT_BAD_LAYOUT);
	assert_true(strlen(e.text) < sizeof e.text);
	assert_memory_equal(e.text, "validity is 'AAAA", 17);
}

static void servers_own_form_is_ignored(void **state)
{
	(void)state;
	assert_refused("*HQ,1,V4,V1,20260211212008#", RESULT_IGNORED, "");
	assert_refused("*HQ,1,V4,V1#", RESULT_IGNORED, "");
	assert_refused("*HQ,1,V4,NBR,20150910083433#", RESULT_IGNORED, "");
	assert_int_equal(decode(str_of("*HQ,1,V4,V1,2026021121200#"), &whole), RESULT_MESSAGE);
	assert_int_equal(decode(str_of("*HQ,1,V4,S20,20260211212008#"), &whole), RESULT_MESSAGE);
}

static void ident_of_the_connection(void **state)
{
	(void)state;
	struct frame_context learned = whole;
	learned.ident = 4711;
	static const char *const without[] = {
		"*HQ,,V0#", "*HQ,0000000000,V0#", "*HQ,imei,V0#", "*HQ,12345678901234567,V0#"};
	for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
		assert_int_equal(decode(str_of(without[i]), &learned), RESULT_MESSAGE);
		assert_int_equal(head.ident, 4711);
		assert_int_equal(m.value[PARAM_IDENT].number, 4711);
	}
	assert_int_equal(decode(str_of("*HQ,0012,V0#"), &learned), RESULT_MESSAGE);
	assert_int_equal(head.ident, 12);
	assert_str(head.raw_id, "0012");
	assert_int_equal(decode(str_of("*HQ,9999999999999999,V0#"), &learned), RESULT_MESSAGE);
	assert_int_equal(head.ident, INT64_C(9999999999999999));
}

static void head_of_a_refused_frame(void **state)
{
	(void)state;
	assert_int_equal(decode(str_of("*xy, 0012 ,V1,1#"), &whole), RESULT_TOO_SHORT);
	assert_memory_equal(head.vendor, "xy", 2);
	assert_str(head.raw_id, "0012");
	assert_str(head.type, "V1");
	assert_int_equal(head.ident, 12);
	assert_int_equal(decode(str_of("*H,1,V1#"), &whole), RESULT_BAD_LAYOUT);
	assert_int_equal(head.type.len + head.raw_id.len, 0);
}

static void unknown_type_carries_the_head(void **state)
{
	(void)state;
	assert_int_equal(decode(str_of("*TH,7,NOR,231520#"), &whole), RESULT_UNKNOWN);
	uint64_t head_only = UINT64_C(1) << PARAM_IDENT | UINT64_C(1) << PARAM_MESSAGE_TYPE |
			     UINT64_C(1) << PARAM_VENDOR_CODE | UINT64_C(1) << PARAM_TIMESTAMP |
			     UINT64_C(1) << PARAM_SERVER_TIMESTAMP;
	assert_true(m.present == head_only);
	assert_int_equal(m.more_count, 0);
	assert_str(m.value[PARAM_MESSAGE_TYPE].text, "NOR");
	assert_str(m.value[PARAM_VENDOR_CODE].text, "TH");
	assert_int_equal(m.value[PARAM_TIMESTAMP].number, whole.now_us);
	/* a known type is known as a whole, in capitals */
	static const char *const others[] = {
		"V", "V6", "V11", "v1", "HTB", "HTBTX", "ICCI", "X", "TIMES", "ABCDEFGHIJKLMNOP"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		char frame[40];
		snprintf(frame, sizeof frame, "*HQ,7,%s#", others[i]);
		assert_int_equal(decode(str_of(frame), &whole), RESULT_UNKNOWN);
	}
}

/* The largest V3 there can be: 99 cells, indexes 1 to 98. */
static void most_cells(void **state)
{
	(void)state;
	static char frame[4096];
	size_t len =
		(size_t)snprintf(frame, sizeof frame, "*HQ,865205030330012,V3,044855,28403,99");
	for (int i = 0; i < 99; i++)
		len += (size_t)snprintf(
			frame + len, sizeof frame - len, ",%06d,%06d,158,-62", i, 1000 + i);
	snprintf(frame + len, sizeof frame - len, ",0292,0,X,030817,FFFFFBFF#");
	assert_int_equal(decode(str_of(frame), &whole), RESULT_MESSAGE);
	assert_int_equal(m.more_count, 3 * 98);
	for (unsigned i = 0; i < m.more_count; i++) {
		const struct more *more = &m.more[i];
		int64_t expected = more->param == PARAM_GSM_LAC      ? more->index
				   : more->param == PARAM_GSM_CELLID ? 1000 + more->index
								     : -62;
		assert_int_equal(more->number, expected);
	}
	assert_int_equal(m.value[PARAM_BATTERY_VOLTAGE].number, 3598);
}

/* Fields beyond the table are left out: what stands before them is decoded all the same. */
static void more_fields_than_the_table_has(void **state)
{
	(void)state;
	static char frame[FIELDS_MAX + 256];
	size_t len = (size_t)snprintf(frame, sizeof frame,
		"*HQ,7,V1,150421,A,2240.55841,N,11358.33462,E,2.06,90,100815,FFFFFBFF");
	memset(frame + len, ',', FIELDS_MAX);
	frame[len + FIELDS_MAX] = '#';
	assert_int_equal(decode((struct str){frame, len + FIELDS_MAX + 1}, &whole), RESULT_MESSAGE);
	assert_int_equal(m.value[PARAM_POSITION_LATITUDE].number, 226759735);
	assert_int_equal(m.value[PARAM_VEHICLE_STATE_BITMASK].number, 0xFFFFFBFF);
}

/* A frame cut at any byte never yields a number that the whole frame does not have. */
static void no_cut_invents_a_number(void **state)
{
	(void)state;
	static const char *const frames[] = {
		"*HQ,865205030330012,V1,150421,A,2240.55841,N,11358.33462,E,12.36,217,100815,"
		"FFFFFBFF",
		"*HQ,135790246811220,HTBT,100",
		"*HQ,867232054850970,V4,D1,002148,001157,A,0453.2879,N,00654.7874,E,12.5,217,"
		"280826,F",
		"*HQ,355488020882405,V3,095426,74001,02,010278,045142,128,-92,010278,026311,125,,"
		"02DD,"
		"0,X,090517,FFFFFBFF",
		"*HQ,869731054158803,V5,145725,2,F09FC2AABB0177,F09FC2AABB0263,0256,160324,"
		"FFFFEBFF",
		"*HQ,869731054158803,ICCID,89571016025059771124",
	};
	struct frame_context extended = whole, cut = whole;
	extended.extended = cut.extended = true;
	cut.terminated = false;
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
		struct str frame = str_of(frames[i]);
		assert_int_equal(decode(frame, &extended), RESULT_MESSAGE);
		static struct message full;
		full = m;
		for (size_t len = str_of("*HQ,867232054850970,V4").len; len < frame.len; len++) {
			enum frame_result result = decode(str_upto(frame, len), &cut);
			if (result != RESULT_MESSAGE)
				continue;
			for (enum param p = 0; p < PARAM_COUNT; p++) {
				if (!message_has(&m, p) || params[p].kind == KIND_TEXT ||
					params[p].kind == KIND_BOOLEAN)
					continue;
				bool served =
					p == PARAM_TIMESTAMP && m.value[p].number == whole.now_us;
				assert_true(served || message_has(&full, p));
				assert_true(served || m.value[p].number == full.value[p].number);
			}
		}
	}
}

static const char *json(const char *frame)
{
	static struct buf b;
	struct frame_context cut = whole;
	cut.terminated = frame[strlen(frame) - 1] == '#';
	assert_int_equal(decode(str_of(frame), &cut), RESULT_MESSAGE);
	m.present &= ~(UINT64_C(1) << PARAM_IDENT | UINT64_C(1) << PARAM_MESSAGE_TYPE |
		       UINT64_C(1) << PARAM_VENDOR_CODE | UINT64_C(1) << PARAM_SERVER_TIMESTAMP);
	if (m.value[PARAM_TIMESTAMP].number == whole.now_us)
		m.present &= ~(UINT64_C(1) << PARAM_TIMESTAMP);
	buf_clear(&b);
	buf_init(&b, 4096);
	assert_true(message_json(&m, NULL, &b));
	assert_true(buf_add_char(&b, '\0'));
	return b.at;
}

#define AP0  "\"wifi.mac.address\":\"F0:9F:C2:AA:BB:01\""
#define AP01 AP0 ",\"wifi.mac.address.1\":\"11:22:33:44:55:66\""

/* Where battery, date and status stand in a V5 shows in the fields, not in their number. */
static void tails_of_v5(void **state)
{
	(void)state;
	const char *two = "{" AP01 ",\"wifi.signal.strength\":-77,\"wifi.signal.strength.1\":-63}";
	/* an access point of digits is no date that lost its comma, whole or cut */
	assert_string_equal(json("*HQ,7,V5,145725,2,F09FC2AABB0177,11223344556663,0256"),
		"{\"battery.voltage\":3.27," AP01
		",\"wifi.signal.strength\":-77,\"wifi.signal.strength.1\":-63}");
	assert_string_equal(json("*HQ,7,V5,145725,2,F09FC2AABB0177,11223344556663"), two);
	assert_string_equal(json("*HQ,7,V5,145725,2,F09FC2AABB0177,1122334455666"),
		"{" AP0 ",\"wifi.signal.strength\":-77}");
	/* no clock, no battery, no comma before the status */
	assert_string_equal(json("*HQ,7,V5,,1,F09FC2AABB0177,,,FFFFFBFF#"),
		"{\"engine.ignition.status\":false,\"vehicle.state\":\"FFFFFBFF\","
		"\"vehicle.state.bitmask\":4294966271," AP0 ",\"wifi.signal.strength\":-77}");
	assert_string_equal(json("*HQ,7,V5,145725,0,0256,160324FFFFFBFF#"),
		"{\"battery.voltage\":3.27,\"engine.ignition.status\":false,"
		"\"timestamp\":1710601045,\"vehicle.state\":\"FFFFFBFF\","
		"\"vehicle.state.bitmask\":4294966271}");
}

/* MCC and MNC may be one field or two, with fields before X that nobody knows yet or without. */
static void networks_of_v3(void **state)
{
	(void)state;
	static const char *const networks[] = {"46001", "460,01"};
	static const char *const extensions[] = {"", "ext,", "ext,ext,"};
	for (int n = 0; n < 2; n++) {
		for (int x = 0; x < 3; x++) {
			char frame[160];
			snprintf(frame, sizeof frame,
				"*HQ,7,V3,044855,%s,01,001450,011473,158,-62,0292,0,%sX,,#",
				networks[n], extensions[x]);
			assert_string_equal(json(frame),
				"{\"battery.voltage\":3.598,\"gsm.cellid\":11473,\"gsm.lac\":1450,"
				"\"gsm.mcc\":460,\"gsm.mnc\":1,\"gsm.signal.dbm\":-62,"
				"\"gsm.signal.level\":82}");
		}
	}
	assert_string_equal(json("*HQ,7,V3,044855,460,00,0292,0,X,030817,#"),
		"{\"battery.voltage\":3.598,\"timestamp\":1501735735}");
}

/* A frame that was cut before the last hemisphere says nothing about the position's validity. */
static void positions_that_are_cut(void **state)
{
	(void)state;
	struct frame_context cut = whole;
	cut.terminated = false;
	struct str frame = str_of("*HQ,7,V1,150421,A,2240.55841,N,11358.33462,");
	assert_int_equal(decode(frame, &cut), RESULT_TOO_SHORT);
	assert_string_equal(e.text, "V1 ends within its position");
	assert_string_equal(json("*HQ,7,V1,150421,A,2240.55841,N,11358.33462,E"),
		"{\"position.latitude\":22.6759735,\"position.longitude\":113.9722437,"
		"\"position.valid\":true}");
	assert_string_equal(
		json("*HQ,7,V1,150421,A,2240.55841,N,11358.33462,#"), "{\"position.valid\":false}");
}

static void results_have_names(void **state)
{
	(void)state;
	for (int result = 0; result < RESULT_COUNT; result++)
		assert_true(frame_result_name((enum frame_result)result)[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_of_the_head),
		cmocka_unit_test(refusals_of_the_types),
		cmocka_unit_test(long_fields_in_sentences),
		cmocka_unit_test(servers_own_form_is_ignored),
		cmocka_unit_test(ident_of_the_connection),
		cmocka_unit_test(head_of_a_refused_frame),
		cmocka_unit_test(unknown_type_carries_the_head),
		cmocka_unit_test(most_cells),
		cmocka_unit_test(more_fields_than_the_table_has),
		cmocka_unit_test(no_cut_invents_a_number),
		cmocka_unit_test(tails_of_v5),
		cmocka_unit_test(networks_of_v3),
		cmocka_unit_test(positions_that_are_cut),
		cmocka_unit_test(results_have_names),
	};
	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
