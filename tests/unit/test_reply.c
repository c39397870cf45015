#include "test.h"

#include "cantrack/framer.h"
#include "cantrack/reply.h"
#include "guard.h"

static const struct frame_context context = {
	.now_us = INT64_C(1790000000999999), .ident = 4711, .terminated = true};

/* The reply to a frame of a connection whose first good frame had the id 04711. */
static const char *reply_to(struct str frame, bool ack_v1)
{
	static struct message m;
	static char reply[REPLY_MAX + 1];
	struct frame_head head;
	struct error e;
	frame = guarded(frame);
	enum frame_result result = frame_decode(frame, &context, &m, &head, &e);
	assert_true(result == RESULT_MESSAGE || result == RESULT_UNKNOWN);
	size_t len = reply_make(frame, &head, str_of("04711"), ack_v1, context.now_us, reply);
	assert_true(len <= REPLY_MAX);
	reply[len] = '\0';
	return reply;
}

#define V1 "150421,A,2240.55841,N,11358.33462,E,2.06,0,100815,FFFFFBFF#"

static void echoes(void **state)
{
	(void)state;
	static const char *const echoed[] = {"*HQ,865205030330012,V0#",
		"*HQ,135790246811220,HTBT,100#", "*HQ,135790246811220,HTBT#", "*hq,0012,HTBT, 87 #",
		"*HQ,,V0#"};
	for (size_t i = 0; i < sizeof echoed / sizeof *echoed; i++)
		assert_string_equal(reply_to(str_of(echoed[i]), false), echoed[i]);
}

static void iccid(void **state)
{
	(void)state;
	assert_string_equal(
		reply_to(str_of("*HQ,0012,ICCID,89571016025059771124#"), false), "*HQ,0012,ICCID#");
	assert_string_equal(reply_to(str_of("*th,,ICCID,1#"), false), "*th,04711,ICCID#");
	assert_string_equal(
		reply_to(str_of("*HQ,12345678901234567,ICCID#"), false), "*HQ,04711,ICCID#");
}

/* 1790000000.999999 is 2026-09-21 14:13:20: the second is cut, not rounded. */
static void v1_is_acknowledged(void **state)
{
	(void)state;
	assert_string_equal(
		reply_to(str_of("*HQ,0012,V1," V1), true), "*HQ,0012,V4,V1,20260921141320#");
	assert_string_equal(
		reply_to(str_of("*hq,,V1," V1), true), "*hq,04711,V4,V1,20260921141320#");
	assert_string_equal(reply_to(str_of("*HQ,0012,V1," V1), false), "");
}

static void others_get_no_reply(void **state)
{
	(void)state;
	static const char *const silent[] = {("*HQ,1,V2," V1), "*HQ,1,XT#", "*HQ,1,TIME#",
		"*HQ,1,V4,S20,034313,1,1#", "*HQ,1,NOR,231520#",
		"*HQ,1,V3,044855,28403,01,001450,011473,158,-62,0292,0,X,030817,FFFFFBFF#",
		"*HQ,1,V5,0,0256,010815,FFFFFBFF#"};
	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
		assert_string_equal(reply_to(str_of(silent[i]), true), "");
}

static void no_echo_beyond_the_limit(void **state)
{
	(void)state;
	char frame[REPLY_MAX + 2] = "*HQ,1,V0,";
	memset(frame + 9, 'a', sizeof frame - 9);
	frame[REPLY_MAX - 1] = '#';
	assert_int_equal(strlen(reply_to((struct str){frame, REPLY_MAX}, true)), REPLY_MAX);
	frame[REPLY_MAX - 1] = 'a';
	frame[REPLY_MAX] = '#';
	assert_string_equal(reply_to((struct str){frame, REPLY_MAX + 1}, true), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echoes),
		cmocka_unit_test(iccid),
		cmocka_unit_test(v1_is_acknowledged),
		cmocka_unit_test(others_get_no_reply),
		cmocka_unit_test(no_echo_beyond_the_limit),
	};
	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
