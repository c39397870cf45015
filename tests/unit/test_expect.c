#include "test.h"

#include "simulate/expect.h"
#include "simulate/options.h"

static const struct str head = STR("*HQ,865205000000001,");

static void push(struct expected *q, enum say say, int percent)
{
	struct expectation e = {.say = (uint8_t)say,
		.has_percent = percent >= 0,
		.percent = (uint8_t)(percent < 0 ? 0 : percent)};
	expected_push(q, &e);
}

/* What one piece is worth after the frame `say`; alone in the queue. */
static enum verdict judge(enum say say, int percent, const char *bytes)
{
	struct expected q = {0};
	struct expectation e;
	unsigned skipped;
	push(&q, say, percent);
	enum verdict verdict = expected_match(&q, head, str_of(bytes), &e, &skipped);
	assert_int_equal(q.count, verdict == VERDICT_ANSWER ? 0 : 1);
	expected_clear(&q);
	return verdict;
}

static void replies_are_checked_byte_for_byte(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		enum say say;
		int percent;
		enum verdict verdict;
	} rows[] = {
		{"*HQ,865205000000001,V0#", SAY_V0, -1, VERDICT_ANSWER},
		{"*HQ,865205000000001,V0 #", SAY_V0, -1, VERDICT_WRONG},
		{"\r\n*HQ,865205000000001,V0#", SAY_V0, -1, VERDICT_WRONG},
		{"*HQ,865205000000002,V0#", SAY_V0, -1, VERDICT_WRONG},
		{"*hq,865205000000001,V0#", SAY_V0, -1, VERDICT_WRONG},
		{"V0#", SAY_V0, -1, VERDICT_WRONG},
		{"#", SAY_V0, -1, VERDICT_WRONG},
		{"*HQ,865205000000001,#", SAY_V0, -1, VERDICT_WRONG},
		{"*HQ,865205000000001,HTBT#", SAY_V0, -1, VERDICT_WRONG},
		{"*HQ,865205000000001,HTBT#", SAY_HTBT, -1, VERDICT_ANSWER},
		{"*HQ,865205000000001,HTBT,100#", SAY_HTBT, 100, VERDICT_ANSWER},
		{"*HQ,865205000000001,HTBT,0100#", SAY_HTBT, 100, VERDICT_WRONG},
		{"*HQ,865205000000001,HTBT,99#", SAY_HTBT, 100, VERDICT_WRONG},
		{"*HQ,865205000000001,HTBT#", SAY_HTBT, 100, VERDICT_WRONG},
		{"*HQ,865205000000001,HTBT,0#", SAY_HTBT, -1, VERDICT_WRONG},
		{"*HQ,865205000000001,ICCID#", SAY_ICCID, -1, VERDICT_ANSWER},
		{"*HQ,865205000000001,V4,V1,20260722101112#", SAY_V1, -1, VERDICT_ANSWER},
		{"*HQ,865205000000001,V4,V1,2026072210111#", SAY_V1, -1, VERDICT_WRONG},
		{"*HQ,865205000000001,V4,V1,2026072210111x#", SAY_V1, -1, VERDICT_WRONG},
		{"*HQ,865205000000001,V1#", SAY_V1, -1, VERDICT_COMMAND},
		{"*HQ,865205000000001,S20,130305,1,1#", SAY_V1, -1, VERDICT_COMMAND},
		{"*HQ,865205000000001,MD123456 1 3 8 1#", SAY_V1, -1, VERDICT_COMMAND},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (judge(rows[i].say, rows[i].percent, rows[i].bytes) != rows[i].verdict) {
			print_error("%s\n", rows[i].bytes);
			_fail(__FILE__, __LINE__);
		}
}

static void replies_come_in_order(void **state)
{
	(void)state;
	struct expected q = {0};
	struct expectation e;
	unsigned skipped;
	push(&q, SAY_V1, -1);
	push(&q, SAY_HTBT, 40);
	push(&q, SAY_HTBT, 41);
	push(&q, SAY_V1, -1);
	/* the V1 before it was not answered */
	struct str second = STR("*HQ,865205000000001,HTBT,41#");
	assert_int_equal(expected_match(&q, head, second, &e, &skipped), VERDICT_ANSWER);
	assert_int_equal(skipped, 2);
	assert_int_equal(e.percent, 41);
	assert_int_equal(q.count, 1);
	/* once answered is answered */
	assert_int_equal(expected_match(&q, head, second, &e, &skipped), VERDICT_WRONG);
	assert_int_equal(q.count, 1);
	assert_int_equal(expected_clear(&q), 1);
	assert_null(q.ring);
}

static void the_ring_keeps_the_order(void **state)
{
	(void)state;
	struct expected q = {0};
	struct expectation e;
	uint32_t in = 0, out = 0;
	for (uint32_t round = 0; round < 2000; round++) {
		for (uint32_t i = 0; i < round % 13; i++, in++)
			expected_push(&q, &(struct expectation){.time_s = in});
		for (uint32_t i = 0; i < round % 11 && out < in; i++, out++) {
			assert_true(expected_pop(&q, &e));
			assert_int_equal(e.time_s, out);
		}
		assert_int_equal(q.count, in - out);
	}
	assert_true(in > out);
	expected_restamp(&q, 1, 77);
	for (; expected_pop(&q, &e); out++)
		assert_int_equal(e.sent_us, out + 1 == in ? 77 : 0);
	assert_int_equal(out, in);
	assert_null(q.ring); /* an idle connection has no memory */
}

static void copies_are_freed(void **state)
{
	(void)state;
	struct expected q = {0}; /* the sanitizer build sees a leak */
	for (int i = 0; i < 10; i++)
		expected_push(&q, &(struct expectation){.copy = malloc(8), .say = SAY_V0});
	struct expectation e;
	unsigned skipped;
	push(&q, SAY_ICCID, -1);
	assert_int_equal(
		expected_match(&q, head, str_of("*HQ,865205000000001,ICCID#"), &e, &skipped),
		VERDICT_ANSWER);
	assert_int_equal(skipped, 10);
	assert_null(e.copy);
}

/* ---- options ---- */

static enum options_result parse(struct options *o, struct error *e, const char *a, const char *b)
{
	char to[] = "--to=127.0.0.1:5013", name[] = "simulate", first[64], second[64];
	snprintf(first, sizeof first, "%s", a ? a : "");
	snprintf(second, sizeof second, "%s", b ? b : "");
	char *argv[] = {name, to, first, second, NULL};
	return options_parse(o, a ? b ? 4 : 3 : 2, argv, e);
}

static void options_have_defaults(void **state)
{
	(void)state;
	struct options o;
	struct error e;
	assert_int_equal(parse(&o, &e, NULL, NULL), OPTIONS_RUN);
	assert_int_equal(o.devices, 10);
	assert_int_equal(o.rate, 2);
	assert_int_equal(o.window, 16);
	assert_true(o.has_acks);
	assert_false(o.is_flood || o.idle || o.json);
	assert_int_equal(o.gate.address.ss_family, AF_INET);
}

static void options_are_read(void **state)
{
	(void)state;
	struct options o;
	struct error e;
	assert_int_equal(parse(&o, &e, "--devices", "1000"), OPTIONS_RUN);
	assert_int_equal(o.devices, 1000);
	assert_int_equal(o.rate, 200);
	assert_int_equal(parse(&o, &e, "--mode=flood", "--batch=64"), OPTIONS_RUN);
	assert_true(o.is_flood);
	assert_int_equal(o.rate, 0);
	assert_int_equal(o.window, 64); /* at least a batch */
	assert_int_equal(parse(&o, &e, "--acks=none", "--json"), OPTIONS_RUN);
	assert_true(!o.has_acks && o.json);
	assert_int_equal(parse(&o, &e, "--help", NULL), OPTIONS_HELP);
	assert_int_equal(parse(&o, &e, "--to=[::1]:5013", NULL), OPTIONS_RUN);
	assert_int_equal(o.gate.address.ss_family, AF_INET6);
}

static void who_watches(void **state)
{
	(void)state;
	struct options o;
	struct error e;
	assert_int_equal(parse(&o, &e, "--watchers=7", NULL), OPTIONS_RUN);
	assert_int_equal(o.watchers, 0); /* nowhere */
	assert_int_equal(parse(&o, &e, "--watch=127.0.0.1:1883", NULL), OPTIONS_RUN);
	assert_true(o.watchers == 1 && o.watch_version == 5 && !o.watch_qos && !o.watch_each);
	assert_int_equal(o.door.address.ss_family, AF_INET);
	char name[] = "simulate", at[] = "--watch=127.0.0.1:1883", *argv[] = {name, at, NULL};
	assert_int_equal(options_parse(&o, 2, argv, &e), OPTIONS_RUN);
	assert_true(o.watchers == 1 && !o.devices);
}

static void options_are_refused_with_a_sentence(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b, *sentence;
	} rows[] = {
		{"--devices", "0", "--devices takes a number from 1 to 4000000, not '0'"},
		{"--devices", "1k", "--devices takes a number from 1 to 4000000, not '1k'"},
		{"--rate", NULL, "--rate needs a value"},
		{"--idle=1", NULL, "--idle takes no value"},
		{"--speed", "1", "'--speed' is no option; --help lists them"},
		{"devices", "1", "'devices' is no option; --help lists them"},
		{"--mode", "fast", "--mode takes real or flood, not 'fast'"},
		{"--acks=all", NULL, "--acks takes messages or none, not 'all'"},
		{"--to=localhost", NULL, "--to takes HOST:PORT, not 'localhost'"},
		{"--to=127.0.0.1:0", NULL, "--to takes HOST:PORT, not '127.0.0.1:0'"},
		{"--to=:5013", NULL, "--to takes HOST:PORT, not ':5013'"},
		{"--first-ident=9999999999999999", NULL,
			"--first-ident 9999999999999999 leaves no idents for 10 trackers"},
		{"--watch=localhost", NULL, "--watch takes HOST:PORT, not 'localhost'"},
		{"--watch=127.0.0.1:1883", "--resend",
			"--watch does not go with --resend: what is sent again may come twice"},
		{"--watch=127.0.0.1:1883", "--watch-version=3",
			"--watch-version takes a number from 4 to 5, not '3'"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct options o;
		struct error e = {""};
		assert_int_equal(parse(&o, &e, rows[i].a, rows[i].b), OPTIONS_WRONG);
		assert_string_equal(e.text, rows[i].sentence);
	}
	struct options o;
	struct error e;
	char name[] = "simulate", *argv[] = {name, NULL};
	assert_int_equal(options_parse(&o, 1, argv, &e), OPTIONS_WRONG);
}

static void help_names_every_option(void **state)
{
	(void)state;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	options_help(out);
	fclose(out);
#define NUMBER(member, name, initial, least, most, help)                                           \
	assert_non_null(strstr(text, "--" name " "));
#define FLAG(member, name, help)      assert_non_null(strstr(text, "--" name "\n"));
#define TEXT(member, name, arg, help) assert_non_null(strstr(text, "--" name " " arg));
#include "simulate/options.def"
#undef NUMBER
#undef FLAG
#undef TEXT
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_checked_byte_for_byte),
		cmocka_unit_test(replies_come_in_order),
		cmocka_unit_test(the_ring_keeps_the_order),
		cmocka_unit_test(copies_are_freed),
		cmocka_unit_test(options_have_defaults),
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(who_watches),
		cmocka_unit_test(options_are_refused_with_a_sentence),
		cmocka_unit_test(help_names_every_option),
	};
	return cmocka_run_group_tests_name("expect", tests, NULL, NULL);
}
