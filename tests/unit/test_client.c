/* `cantrack command`: its words, the addresses it asks, the types of properties, what it tells. */
#include "test.h"

#include "client/arguments.h"
#include "client/key.h"
#include "client/outcome.h"
#include "client/plain.h"
#include "client/progress.h"
#include "client/request.h"
#include "client/target.h"
#include "client/typing.h"

#include <unistd.h>

static struct error why;

/* ---- arguments ---- */

static struct arguments arguments;

/* Parses "cantrack command WORDS"; the list ends with NULL. */
static enum arguments_result parse(const char *first, ...)
{
	char *argv[64] = {(char *)(uintptr_t) "command"};
	int argc = 1;
	va_list more;
	va_start(more, first);
	for (const char *a = first; a; a = va_arg(more, const char *))
		argv[argc++] = (char *)(uintptr_t)a;
	va_end(more);
	why.text[0] = '\0';
	return arguments_parse(&arguments, argc, argv, &why);
}

static void options_stand_anywhere(void **state)
{
	(void)state;
	assert_int_equal(parse("--now", "truck", "--timeout", "9", "fence.set", "a=1=2",
				 "--confirm", "b=", "--condition=x==1", NULL),
		ARGUMENTS_RUN);
	assert_string_equal(arguments.device, "truck");
	assert_string_equal(arguments.name, "fence.set");
	assert_int_equal(arguments.pair_count, 2);
	assert_str(arguments.pairs[0].key, "a");
	assert_str(arguments.pairs[0].value, "1=2");
	assert_str(arguments.pairs[1].key, "b");
	assert_str(arguments.pairs[1].value, "");
	assert_true(arguments.now && arguments.confirm && !arguments.force && !arguments.json);
	assert_int_equal(arguments.timeout, 9);
	assert_string_equal(arguments.condition, "x==1");
	assert_true(arguments.ttl == ARGUMENT_ABSENT && arguments.wait == ARGUMENT_ABSENT);
	assert_null(arguments.url);
	assert_int_equal(parse("--", "--truck", "--name", "--k=v", NULL), ARGUMENTS_RUN);
	assert_string_equal(arguments.device, "--truck");
	assert_str(arguments.pairs[0].key, "--k");
	assert_int_equal(parse("configuration.ident=86*", NULL), ARGUMENTS_RUN);
	assert_null(arguments.name);
	assert_int_equal(parse("x", "--help", NULL), ARGUMENTS_HELP);
}

static void wrong_words_get_a_sentence(void **state)
{
	(void)state;
	static const struct {
		const char *words[4], *sentence;
	} rows[] = {
		{{NULL}, "DEVICE says which tracker is meant; --help tells more"},
		{{""}, "DEVICE is empty"},
		{{"d", ""}, "NAME is empty"},
		{{"d", "a=1"}, "'a=1' stands where the NAME of a command must be"},
		{{"d", "n", "a"}, "'a' is no key=value"},
		{{"d", "n", "=a"}, "'=a' is no key=value"},
		{{"d", "n", "a=1", "a=2"}, "a is given twice"},
		{{"d", "--speed"}, "'--speed' is no option; --help lists them"},
		{{"d", "-x"}, "'-x' is no option; --help lists them"},
		{{"d", "--ttl"}, "--ttl needs a value"},
		{{"d", "--ttl", "1h"}, "--ttl takes a whole number, not '1h'"},
		{{"d", "--ttl=-1"}, "--ttl takes a whole number, not '-1'"},
		{{"d", "--now=1"}, "--now takes no value"},
		{{"d", "n", "--now", "--no-wait"}, "--now waits for the answer; --timeout says how "
						   "long, --no-wait does not go with it"},
		{{"d", "n", "--now", "--wait=1"}, "--now waits for the answer; --timeout says how "
						  "long, --wait does not go with it"},
		{{"d", "n", "--cancel=1"}, "--cancel takes an id, and no NAME besides DEVICE"},
		{{"d", "n", "a=1", "--list"}, "--list sends nothing: it takes no key=value"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *const *w = rows[i].words;
		assert_int_equal(parse(w[0], w[1], w[2], w[3], NULL), ARGUMENTS_WRONG);
		assert_string_equal(why.text, rows[i].sentence);
	}
}

static void pairs_have_a_limit(void **state)
{
	(void)state;
	char words[ARGUMENTS_PAIRS_MAX + 1][8];
	char *argv[ARGUMENTS_PAIRS_MAX + 4] = {words[0], words[0], words[0]};
	for (int i = 0; i <= ARGUMENTS_PAIRS_MAX; i++) {
		snprintf(words[i], sizeof words[i], "k%d=v", i);
		argv[i + 3] = words[i];
	}
	argv[1] = argv[2] = (char *)(uintptr_t) "x";
	assert_int_equal(
		arguments_parse(&arguments, ARGUMENTS_PAIRS_MAX + 3, argv, &why), ARGUMENTS_RUN);
	assert_int_equal(
		arguments_parse(&arguments, ARGUMENTS_PAIRS_MAX + 4, argv, &why), ARGUMENTS_WRONG);
	assert_string_equal(why.text, "there are more than 32 key=value");
}

/* ---- addresses ---- */

static void a_device_becomes_a_path(void **state)
{
	(void)state;
	static const struct {
		const char *device;
		enum target_way way;
		const char *path;
	} rows[] = {
		{"17", TARGET_ID, "17"},
		{"865205030330012", TARGET_IDENT, "configuration.ident%3D865205030330012"},
		{"Truck 1", TARGET_SELECTOR, "name%3DTruck%201"},
		{"a/b?c#d%e&f", TARGET_SELECTOR, "name%3Da%2Fb%3Fc%23d%25e%26f"},
		{"\xc3\xbc.-_~", TARGET_SELECTOR, "name%3D%C3%BC.-_~"},
		{"metadata.plate=B*", TARGET_SELECTOR, "metadata.plate%3DB%2A"},
		{"{id}", TARGET_SELECTOR, "%7Bid%7D"},
		{"../tokens", TARGET_SELECTOR, "name%3D..%2Ftokens"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf path;
		char wanted[200];
		buf_init(&path, 200);
		snprintf(wanted, sizeof wanted, "/gw/devices/%s?fields=id,name,commands",
			rows[i].path);
		assert_true(target_path(str_of(rows[i].device), rows[i].way, &path));
		assert_buf(path, wanted);
		buf_clear(&path);
	}
	struct buf small;
	buf_init(&small, 30);
	assert_false(target_path(str_of("a long name"), TARGET_SELECTOR, &small));
	buf_clear(&small);
}

static void an_url_must_be_one(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "127.0.0.1:8080", "ftp://x", "file:///etc/passwd",
		"http://x y", "http://x/?a", "http://x/#a", "http://x\r\nHost: y"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_null(rest_open(bad[i], "key", false, &why));
		assert_non_null(strstr(why.text, "the gateway's URL"));
	}
	struct rest *good = rest_open("https://[::1]:8443/cantrack/", "key", true, &why);
	assert_non_null(good);
	rest_close(good);
}

/* ---- the token ---- */

static void the_nearest_token_is_taken(void **state)
{
	(void)state;
	char directory[] = "/tmp/cantrack-test-key-XXXXXX", path[64], key[KEY_MAX + 1],
	     long_one[300];
	assert_non_null(mkdtemp(directory));
	assert_false(key_choose(NULL, NULL, directory, key, &why));
	assert_non_null(
		strstr(why.text, "there is no token: cannot open '/tmp/cantrack-test-key-"));
	snprintf(path, sizeof path, "%s/admin.token", directory);
	FILE *f = fopen(path, "w");
	assert_true(f && fputs("kept\n", f) >= 0 && fclose(f) == 0);
	assert_true(key_choose("given", "named", directory, key, &why));
	assert_string_equal(key, "given");
	assert_true(key_choose(NULL, "named", directory, key, &why));
	assert_string_equal(key, "named");
	assert_true(key_choose(NULL, "", directory, key, &why));
	assert_string_equal(key, "kept");
	memset(long_one, 'x', sizeof long_one);
	long_one[KEY_MAX] = '\0';
	assert_true(key_choose(long_one, NULL, directory, key, &why));
	long_one[KEY_MAX] = 'x';
	long_one[KEY_MAX + 1] = '\0';
	assert_false(key_choose(long_one, NULL, directory, key, &why));
	assert_string_equal(
		why.text, "--token holds no token: that is 1 to 255 letters and digits");
	f = fopen(path, "w");
	for (int i = 0; f && i < KEY_MAX + 1; i++)
		assert_int_equal(fputc('x', f), 'x');
	assert_true(f && fclose(f) == 0);
	assert_false(key_choose(NULL, NULL, directory, key, &why)); /* no part of it either */
	unlink(path);
	rmdir(directory);
}

/* ---- properties ---- */

static const char schema[] =
	"{\"name\":\"c\",\"schema\":{\"required\":[\"n\",\"free\"],\"properties\":{"
	"\"n\":{\"type\":\"integer\",\"minimum\":-5,\"maximum\":10,\"title\":\"Number\"},"
	"\"any\":{\"type\":\"integer\"},"
	"\"free\":{\"type\":\"string\",\"default\":\"x\"},"
	"\"is\":{\"type\":\"boolean\"},"
	"\"words\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
	"\"numbers\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},"
	"\"one\":{\"type\":\"integer\",\"oneOf\":[{\"const\":0,\"title\":\"off\"},{\"const\":1,"
	"\"title\":\"on\"}]},"
	"\"word\":{\"type\":\"string\",\"enum\":[\"red\",\"green\"]}}}}";

/* n=1 and key=value; the object, or the sentence, is in `room`. */
static bool type(const char *key, const char *value, char *room, size_t size)
{
	json_t *command = json_loads(schema, 0, NULL);
	struct pair pairs[] = {{str_of("n"), str_of("1")}, {str_of(key), str_of(value)}};
	struct buf out;
	buf_init(&out, TYPING_MAX);
	bool n = !strcmp(key, "n");
	bool done = typing_put(command, pairs + n, n ? 1 : 2, &out, &why);
	snprintf(room, size, "%.*s", done ? (int)out.len : 400, done ? out.at : why.text);
	buf_clear(&out);
	json_decref(command);
	return done;
}

static void values_have_types(void **state)
{
	(void)state;
	static const struct {
		const char *key, *value, *json;
	} rows[] = {
		{"n", "-5", "{\"n\":-5}"},
		{"n", "010", "{\"n\":10}"},
		{"any", "9223372036854775807", "{\"n\":1,\"any\":9223372036854775807}"},
		{"free", "", "{\"n\":1,\"free\":\"\"}"},
		{"free", "a,\"\\=\xc3\xbc", "{\"n\":1,\"free\":\"a,\\\"\\\\=\xc3\xbc\"}"},
		{"is", "true", "{\"n\":1,\"is\":true}"},
		{"is", "off", "{\"n\":1,\"is\":false}"},
		{"words", "a, b,,c d", "{\"n\":1,\"words\":[\"a\",\"b\",\"\",\"c d\"]}"},
		{"words", "", "{\"n\":1,\"words\":[]}"},
		{"words", "a,", "{\"n\":1,\"words\":[\"a\",\"\"]}"},
		{"numbers", "3,10", "{\"n\":1,\"numbers\":[3,10]}"},
		{"one", "1", "{\"n\":1,\"one\":1}"},
		{"one", "off", "{\"n\":1,\"one\":0}"},
		{"word", "green", "{\"n\":1,\"word\":\"green\"}"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char got[500];
		assert_true(type(rows[i].key, rows[i].value, got, sizeof got));
		assert_string_equal(got, rows[i].json);
	}
}

static void values_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *key, *value, *sentence;
	} rows[] = {
		{"n", "11", "n takes a number from -5 to 10, not '11'"},
		{"n", "-6", "n takes a number from -5 to 10, not '-6'"},
		{"n", "", "n takes a number from -5 to 10, not ''"},
		{"n", "-", "n takes a number from -5 to 10, not '-'"},
		{"n", "1.5", "n takes a number from -5 to 10, not '1.5'"},
		{"any", "9223372036854775808",
			"any takes a whole number, not '9223372036854775808'"},
		{"any", "+1", "any takes a whole number, not '+1'"},
		{"free", "a\xff", "free is not UTF-8"},
		{"is", "True", "is takes true or false, not 'True'"},
		{"words", "a,\xff", "words is not UTF-8"},
		{"numbers", "1,,2", "numbers takes a whole number, not ''"},
		{"one", "2", "one is one of 0 (off), 1 (on), not '2'"},
		{"word", "", "word is one of red, green, not ''"},
		{"other", "1",
			"c has no property other, but: n, any, free, is, words, numbers, one, "
			"word"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char got[500];
		assert_false(type(rows[i].key, rows[i].value, got, sizeof got));
		assert_string_equal(got, rows[i].sentence);
	}
}

static void what_must_be_given_is_missed(void **state)
{
	(void)state;
	json_t *command = json_loads(schema, 0, NULL),
	       *bare = json_loads("{\"name\":\"r\"}", 0, NULL);
	struct buf out;
	buf_init(&out, 100);
	assert_false(typing_put(command, NULL, 0, &out, &why));
	assert_string_equal(why.text, "c needs n=...: Number"); /* free has a default */
	out.len = 0;
	assert_true(typing_put(bare, NULL, 0, &out, &why));
	assert_buf(out, "{}");
	struct pair pair = {str_of("a"), str_of("")};
	assert_false(typing_put(bare, &pair, 1, &out, &why));
	assert_string_equal(why.text, "r takes no properties, not even a");
	char text[200];
	memset(text, 'x', sizeof text);
	struct pair pairs[] = {{str_of("n"), str_of("1")}, {str_of("free"), {text, sizeof text}}};
	out.len = 0;
	assert_false(typing_put(command, pairs, 2, &out, &why));
	assert_string_equal(why.text, "free makes the properties longer than 100 bytes");
	buf_clear(&out);
	json_decref(command);
	json_decref(bare);
}

static void the_request_has_what_was_given(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 1000);
	assert_int_equal(parse("d", "x\"y", NULL), ARGUMENTS_RUN);
	assert_true(request_put(&arguments, str_of("{}"), &out));
	assert_buf(out, "[{\"name\":\"x\\\"y\",\"properties\":{}}]");
	out.len = 0;
	assert_int_equal(parse("d", "x", "--ttl=60", "--attempts=0", "--priority=1", "--timeout=5",
				 "--condition=", "--confirm", "--force", "--repeat", NULL),
		ARGUMENTS_RUN);
	assert_true(request_put(&arguments, str_of("{\"a\":1}"), &out));
	assert_buf(out, "[{\"name\":\"x\",\"properties\":{\"a\":1},\"ttl\":60,\"max_attempts\":0,"
			"\"priority\":1,\"timeout\":5,\"condition\":\"\",\"confirm\":true,"
			"\"force\":true,\"repeat\":true}]");
	buf_clear(&out);
}

/* ---- what is told ---- */

/* A look at second `s`: its lines are these. */
static void look(
	struct progress *p, const char *state, int attempts, int position, int s, const char *lines)
{
	char text[200];
	struct buf out;
	snprintf(text, sizeof text,
		"{\"id\":5,\"state\":\"%s\",\"attempts\":%d,\"max_attempts\":3,\"position\":%d}",
		state, attempts, position);
	json_t *item = json_loads(text, 0, NULL);
	buf_init(&out, 1000);
	assert_true(progress_look(p, item, s * INT64_C(1000000), &out));
	assert_buf(out, lines);
	buf_clear(&out);
	json_decref(item);
}

static void changes_are_told_once(void **state)
{
	(void)state;
	struct progress p = {0};
	look(&p, "queued", 0, 2, 1, "queued 5, 1 before it\n");
	look(&p, "queued", 0, 2, 2, "");
	assert_false(progress_is_stuck(&p, 9000000)); /* another one is before it */
	look(&p, "queued", 0, 1, 10, "first in the queue\n");
	look(&p, "queued", 0, 1, 11, "");
	assert_false(progress_is_stuck(&p, 10999999));
	assert_true(progress_is_stuck(&p, 11000000));
	assert_false(progress_is_stuck(&p, 12000000)); /* it was said */
	look(&p, "sent", 1, 1, 20, "sent, attempt 1 of 3\n");
	look(&p, "sent", 1, 1, 21, "");
	look(&p, "sent", 3, 1, 22, "no answer, sent again, attempt 3 of 3\n");
	look(&p, "queued", 3, 1, 23, "no answer, to be sent again\n");
	assert_false(progress_is_stuck(&p, 23500000));
	assert_true(progress_is_stuck(&p, 24000000));
	struct progress quick = {0};
	look(&quick, "sent", 1, 1, 1, "queued 5\nsent, attempt 1 of 3\n");
}

/* What an end looks like, and whether it is a good one. */
static void end(const char *result, bool done, const char *text)
{
	char room[400] = "";
	json_t *item = json_loads(result, 0, NULL);
	assert_non_null(item);
	FILE *out = fmemopen(room, sizeof room, "w");
	assert_non_null(out);
	outcome_print(item, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(room, text);
	assert_true(outcome_is_done(item) == done);
	json_decref(item);
}

static void ends_have_words(void **state)
{
	(void)state;
	end("{\"state\":\"done\",\"response\":\"*HQ,1,V4#\",\"reply\":\"OK\","
	    "\"confirmed_by_status\":true,\"attempts\":2}",
		true, "done: *HQ,1,V4#\nreply: OK\nconfirmed by the status word\n");
	end("{\"state\":\"done\",\"response\":\"r\",\"confirmed_by_status\":false}", true,
		"done: r\nnot confirmed: the status word shows the opposite\n");
	end("{\"state\":\"done\",\"response\":null,\"confirmed_by_status\":null,\"attempts\":1}",
		true, "done: there was nothing to answer\n");
	end("{\"state\":\"failed\",\"response\":null,\"attempts\":3}", false,
		"failed: the tracker did not answer (sent 3 times)\n");
	end("{\"state\":\"expired\",\"attempts\":1}", false,
		"expired: its time was over before an answer came\n");
	end("{\"state\":\"odd\"}", false, "odd: no more is known\n");
	end("{\"executed\":true,\"response\":\"r\"}", true, "done: r\n");
	end("{\"executed\":false,\"response\":null,\"attempts\":1}", false,
		"failed: the tracker did not answer\n");
}

static void terminals_are_left_alone(void **state)
{
	(void)state;
	char room[100] = "";
	FILE *out = fmemopen(room, sizeof room, "w");
	assert_non_null(out);
	plain_print(out, "a\x1b[31m\r\n\tb\x7f\xc2\x9b\xc3\xbc\xff\xc2");
	assert_int_equal(fclose(out), 0);
	assert_string_equal(room, "a.[31m   b..\xc3\xbc..");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(wrong_words_get_a_sentence),
		cmocka_unit_test(pairs_have_a_limit),
		cmocka_unit_test(a_device_becomes_a_path),
		cmocka_unit_test(an_url_must_be_one),
		cmocka_unit_test(the_nearest_token_is_taken),
		cmocka_unit_test(values_have_types),
		cmocka_unit_test(values_that_do_not_fit_are_refused),
		cmocka_unit_test(what_must_be_given_is_missed),
		cmocka_unit_test(the_request_has_what_was_given),
		cmocka_unit_test(changes_are_told_once),
		cmocka_unit_test(ends_have_words),
		cmocka_unit_test(terminals_are_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
