/* Names, filters, and what they match: the examples of the standard, the limits, lists, shares and conditions. */
#include "guard.h"
#include "test.h"

#include "mqtt/topic.h"

/* `count` times `part`, in a text of the test's own. */
static struct str repeated(const char *part, size_t count)
{
	static char room[3 * TOPIC_MAX];
	size_t len = strlen(part);
	assert_true(len * count <= sizeof room);
	for (size_t i = 0; i < count; i++)
		memcpy(room + i * len, part, len);
	return (struct str){room, len * count};
}

static void assert_refused(struct str text, const char *sentence)
{
	struct topic_filter f;
	struct error e = {""};
	assert_false(topic_filter_parse(guarded(text), &f, &e));
	assert_string_equal(e.text, sentence);
}

static void assert_name_refused(struct str name, const char *sentence)
{
	struct error e = {""};
	assert_false(topic_check(guarded(name), &e));
	assert_string_equal(e.text, sentence);
}

static struct topic_filter parsed(struct str text)
{
	struct topic_filter f;
	struct error e = {""};
	bool done = topic_filter_parse(guarded(text), &f, &e);
	assert_string_equal(e.text, "");
	assert_true(done);
	return f;
}

static void names_are_checked(void **state)
{
	static const char *const good[] = {"a", "/", "/finance", "ACCOUNTS/Accounts payable",
		"$SYS/x", "//", "a,b", "\xc3\xa4", "$share/x/a"};
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(topic_check(guarded(str_of(good[i])), NULL));
	assert_true(topic_check(repeated("x", TOPIC_MAX), NULL));
	assert_true(topic_check(repeated("/", TOPIC_LEVELS_MAX - 1), NULL));
	assert_name_refused(str_of(""), "the topic is empty");
	assert_name_refused(str_of("a/+"), "the topic has a + or #, which only filters may have");
	assert_name_refused(str_of("a#b"), "the topic has a + or #, which only filters may have");
	assert_name_refused((struct str){"a\0b", 3}, "the topic has a NUL");
	assert_name_refused(
		repeated("x", TOPIC_MAX + 1), "the topic has 4097 bytes, at most 4096 are allowed");
	assert_name_refused(
		repeated("/", TOPIC_LEVELS_MAX), "the topic has 33 levels, at most 32 are allowed");
}

static void filters_are_checked(void **state)
{
	static const char *const good[] = {"sport/tennis/player1/#", "#", "sport/tennis/#", "+",
		"+/tennis/#", "sport/+/player1", "/", "+/+", "/+", "$SYS/#", "$share", "$filter",
		"$shared/x", "$filters/y", "a,b/+/c,d/#", ",", "a,", "//#"};
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct topic_filter f = parsed(str_of(good[i]));
		assert_str(f.filter, good[i]);
		assert_true(!f.is_shared && !f.is_sticky && !f.spec.at && !f.share.len);
	}
	(void)parsed(repeated("/", TOPIC_LEVELS_MAX - 1));
	(void)parsed(repeated("x", TOPIC_MAX));
	assert_refused(str_of(""), "the filter is empty");
	assert_refused(str_of("sport/tennis#"),
		"the filter has + or # beside others in the level 'tennis#'");
	assert_refused(str_of("sport/tennis/#/ranking"), "the filter has levels behind #");
	assert_refused(str_of("#/"), "the filter has levels behind #");
	assert_refused(
		str_of("sport+"), "the filter has + or # beside others in the level 'sport+'");
	assert_refused(str_of("++"), "the filter has + or # beside others in the level '++'");
	assert_refused(str_of("a,+/b"), "the filter has + or # beside others in the level 'a,+'");
	assert_refused(str_of("b/#,a"), "the filter has + or # beside others in the level '#,a'");
	assert_refused((struct str){"a\0b", 3}, "the filter has a NUL");
	assert_refused(repeated("x", TOPIC_MAX + 1),
		"the filter has 4097 bytes, at most 4096 are allowed");
	assert_refused(repeated("/", TOPIC_LEVELS_MAX),
		"the filter has 33 levels, at most 32 are allowed");
}

static const struct {
	const char *filter, *name;
	bool matches;
} matches[] = {
	/* 4.7.1.2 */
	{"sport/tennis/player1/#", "sport/tennis/player1", true},
	{"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
	{"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
	{"sport/tennis/player1/#", "sport/tennis/player2", false},
	{"sport/#", "sport", true},
	{"#", "sport/tennis", true},
	{"#", "/", true},
	/* 4.7.1.3 */
	{"sport/tennis/+", "sport/tennis/player1", true},
	{"sport/tennis/+", "sport/tennis/player2", true},
	{"sport/tennis/+", "sport/tennis/player1/ranking", false},
	{"sport/+", "sport", false},
	{"sport/+", "sport/", true},
	{"+/+", "/finance", true},
	{"/+", "/finance", true},
	{"+", "/finance", false},
	{"+/tennis/#", "sport/tennis", true},
	{"sport/+/player1", "sport/tennis/player1", true},
	/* 4.7.2 */
	{"#", "$SYS/monitor", false},
	{"+/monitor/Clients", "$SYS/monitor/Clients", false},
	{"$SYS/#", "$SYS/monitor", true},
	{"$SYS/monitor/+", "$SYS/monitor/Clients", true},
	{"+", "$", false},
	{"a/+", "a/$b", true},
	{"a/#", "a/$b", true},
	/* 4.7.3 */
	{"ACCOUNTS", "Accounts", false},
	{"/finance", "finance", false},
	{"Accounts payable", "Accounts payable", true},
	/* empty levels */
	{"/", "/", true},
	{"a//b", "a//b", true},
	{"a/+/b", "a//b", true},
	{"a/b", "a//b", false},
	{"a/", "a", false},
	{"a", "a/", false},
	{"a/#", "a/", true},
	{"/#", "/", true},
	{"/#", "a", false},
	{"a/b/#", "a", false},
	/* lists */
	{"a/b,c/d", "a/b/d", true},
	{"a/b,c/d", "a/c/d", true},
	{"a/b,c/d", "a/b,c/d", true},
	{"a/b,c/d", "a/d/d", false},
	{"a/b,c/d", "a/b,/d", false},
	{"a,b/c,d/#", "b/c", true},
	{"a,b/c,d/#", "b/d/e/f", true},
	{"a,b/c,d/#", "b/e", false},
	{"a,b/+", "b/x", true},
	{"a,", "", true},
	{"a,/x", "/x", true},
	{",", ",", true},
	{"$SYS,a/b", "$SYS/b", true},
	{"ab,c", "a", false},
	{"a,bc", "b", false},
	{"flespi/state/gw/devices/101/id,name,deleted,configuration",
		"flespi/state/gw/devices/101/deleted", true},
	{"flespi/state/gw/devices/101/id,name,deleted,configuration",
		"flespi/state/gw/devices/101/cid", false},
};

static void filters_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof matches / sizeof *matches; i++) {
		struct str name = guarded(str_of(matches[i].name));
		bool said = topic_matches(str_of(matches[i].filter), name);
		if (said != matches[i].matches)
			print_error("%s and %s\n", matches[i].filter, matches[i].name);
		assert_true(said == matches[i].matches);
	}
}

static void levels_match(void **state)
{
	(void)state;
	assert_true(topic_level_matches(str_of("+"), str_of("")));
	assert_true(topic_level_matches(str_of("+"), str_of("$x")));
	assert_true(topic_level_matches(str_of(""), str_of("")));
	assert_true(topic_level_matches(str_of("id,name"), str_of("name")));
	assert_true(topic_level_matches(str_of("id,name"), str_of("id,name")));
	assert_false(topic_level_matches(str_of("id,name"), str_of("")));
	assert_true(topic_level_matches(str_of("id,,name"), str_of("")));
	assert_false(topic_level_matches(str_of("id"), str_of("i")));
}

static void shares_are_read(void **state)
{
	static const struct {
		const char *text, *share, *filter;
		bool is_sticky;
		unsigned from, count;
	} rows[] = {
		{"$share/consumer1/sport/tennis/+", "consumer1", "sport/tennis/+", false, 0, 0},
		{"$share/c//finance", "c", "/finance", false, 0, 0},
		{"$share/c/#", "c", "#", false, 0, 0},
		{"$share/a,b/c,d", "a,b", "c,d", false, 0, 0},
		{"$share/by_ident:6/flespi/message/gw/channels/+/+", "by_ident",
			"flespi/message/gw/channels/+/+", true, 0, 6},
		{"$share/by_device:4:1/flespi/+/gw/devices/+/#", "by_device",
			"flespi/+/gw/devices/+/#", true, 4, 1},
		{"$share/x:31:32/a", "x", "a", true, 31, 32},
		{"$share/x/$SYS/#", "x", "$SYS/#", false, 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct topic_filter f = parsed(str_of(rows[i].text));
		assert_true(f.is_shared && !f.spec.at);
		assert_str(f.share, rows[i].share);
		assert_str(f.filter, rows[i].filter);
		assert_int_equal(f.is_sticky, rows[i].is_sticky);
		assert_int_equal(f.from, rows[i].from);
		assert_int_equal(f.count, rows[i].count);
	}
}

static void shares_are_refused(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"$share/", "the share has no name"},
		{"$share//x", "the share has no name"},
		{"$share/:2/x", "the share has no name"},
		{"$share/name", "no filter stands behind $share"},
		{"$share/name/", "no filter stands behind $share"},
		{"$share/na+me/x", "the name of the share has a + or #"},
		{"$share/#/x", "the name of the share has a + or #"},
		{"$share/n:/x", "the share has '' behind a colon, which is not 1..32"},
		{"$share/n:0/x", "the share has '0' behind a colon, which is not 1..32"},
		{"$share/n:33/x", "the share has '33' behind a colon, which is not 1..32"},
		{"$share/n:32:1/x", "the share has '32' behind a colon, which is not 0..31"},
		{"$share/n:1:0/x", "the share has '0' behind a colon, which is not 1..32"},
		{"$share/n:one/x", "the share has 'one' behind a colon, which is not 1..32"},
		{"$share/n:1:2:3/x", "the share has '2:3' behind a colon, which is not 1..32"},
		{"$share/n/$share/m/x", "of $share and $filter each stands once, $share first"},
		{"$share/n/a+", "the filter has + or # beside others in the level 'a+'"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_refused(str_of(rows[i].text), rows[i].sentence);
}

static void conditions_are_read(void **state)
{
	static const struct {
		const char *text, *filter, *values; /* of each condition its kind and value */
	} rows[] = {
		{"$filter/payload=position.speed%3E60/flespi/message/gw/devices/+",
			"flespi/message/gw/devices/+", "0:position.speed>60;"},
		{"$filter/payload=event_code%3D%3D301%26%26close_code%3D%3D17&cid=12/a", "a",
			"0:event_code==301&&close_code==17;2:12;"},
		{"$filter/message=cid%3D%3D123%26%26tonumber(payload)%3E10/some/topic",
			"some/topic", "1:cid==123&&tonumber(payload)>10;"},
		{"$filter/modified_since>1700000000/x", "x", "3:1700000000;"},
		{"$filter/modified_since>1700000000.25/x", "x", "3:1700000000.25;"},
		{"$filter/cid=1&cid=2&modified_since>0&message=a/#", "#", "2:1;2:2;3:0;1:a;"},
		/* not encoded */
		{"$filter/payload=a==\"b c\"&&d||e/x", "x", "0:a==\"b c\"&&d||e;"},
		{"$filter/payload=a&&cid=1&cid=3/x", "x", "0:a&&cid=1;2:3;"},
		{"$filter/payload=a%2Fb%26c%22%C3%A4%2b/x", "x", "0:a/b&c\"\xc3\xa4+;"},
		{"$filter/payload=$a/$b", "$b", "0:$a;"},
	};
	(void)state;
	struct buf value, all;
	buf_init(&value, 100);
	buf_init(&all, 1000);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct topic_filter f = parsed(str_of(rows[i].text));
		enum topic_spec kind;
		all.len = 0;
		assert_str(f.filter, rows[i].filter);
		while (topic_spec_next(&f.spec, &kind, &value, NULL) > 0)
			assert_true(buf_printf(
				&all, "%d:%.*s;", (int)kind, STR_PRINT(buf_str(&value))));
		assert_null(f.spec.at);
		assert_int_equal(topic_spec_next(&f.spec, &kind, &value, NULL), 0);
		assert_buf(all, rows[i].values);
	}
	buf_clear(&value);
	buf_clear(&all);
}

static void conditions_and_shares_go_together(void **state)
{
	(void)state;
	struct topic_filter f = parsed(str_of("$share/workers:2/$filter/cid=123/a/b,c"));
	assert_str(f.share, "workers");
	assert_int_equal(f.count, 2);
	assert_str(f.spec, "cid=123");
	assert_str(f.filter, "a/b,c");
}

static void conditions_are_refused(void **state)
{
	static const char unknown[] =
		"$filter has '%s', which begins with none of payload=, message=, "
		"cid= and modified_since>";
	static const struct {
		const char *text, *sentence, *quoted;
	} rows[] = {
		{"$filter/", unknown, ""},
		{"$filter//x", unknown, ""},
		{"$filter/topic=a/x", unknown, "topic=a"},
		{"$filter/payload/x", unknown, "payload"},
		{"$filter/payload%3Da/x", unknown, "payload%3Da"},
		{"$filter/cid=1&/x", unknown, ""},
		{"$filter/&cid=1/x", unknown, ""},
		{"$filter/cid=1&&cid=2/x", "$filter has cid='1&&cid=2', which is no number", ""},
		{"$filter/payload=/x", "nothing stands behind payload= in $filter", ""},
		{"$filter/cid=x/x", "$filter has cid='x', which is no number", ""},
		{"$filter/cid=-1/x", "$filter has cid='-1', which is no number", ""},
		{"$filter/cid=12345678901234567890/x",
			"$filter has cid='12345678901234567890', which is no number", ""},
		{"$filter/modified_since>=3/x",
			"$filter has modified_since>'=3', which is no number", ""},
		{"$filter/modified_since>1./x",
			"$filter has modified_since>'1.', which is no number", ""},
		{"$filter/payload=a%2/x", "$filter has a % without two hex digits behind it", ""},
		{"$filter/payload=a%/x", "$filter has a % without two hex digits behind it", ""},
		{"$filter/payload=a%zz/x", "$filter has a % without two hex digits behind it", ""},
		{"$filter/payload=%00/x", "$filter has a NUL", ""},
		{"$filter/payload=%ff/x", "what stands behind payload= in $filter is not UTF-8",
			""},
		{"$filter/payload=a+b/x", "$filter has a +, which must be written %2B", ""},
		{"$filter/payload=a#b/x", "$filter has a #, which must be written %23", ""},
		{"$filter/cid=1&cid=1&cid=1&cid=1&cid=1&cid=1&cid=1&cid=1&cid=1/x",
			"$filter has 9 conditions, at most 8 are allowed", ""},
		{"$filter/cid=1", "no filter stands behind $filter", ""},
		{"$filter/cid=1/", "no filter stands behind $filter", ""},
		{"$filter/cid=1/$share/x/y", "of $share and $filter each stands once, $share first",
			""},
		{"$filter/cid=1/$filter/cid=2/y",
			"of $share and $filter each stands once, $share first", ""},
		{"$filter/cid=1/a/#/b", "the filter has levels behind #", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error expected;
		if (rows[i].sentence == unknown)
			snprintf(expected.text, sizeof expected.text, unknown, rows[i].quoted);
		else
			snprintf(expected.text, sizeof expected.text, "%s", rows[i].sentence);
		assert_refused(str_of(rows[i].text), expected.text);
	}
}

static void a_condition_may_be_too_long(void **state)
{
	(void)state;
	struct str specs = STR("payload=12345");
	enum topic_spec kind;
	struct buf value;
	struct error e;
	buf_init(&value, 4);
	assert_int_equal(topic_spec_next(&specs, &kind, &value, &e), -1);
	assert_string_equal(e.text, "a condition of $filter has more than 4 bytes");
	buf_clear(&value);
}

static void levels_are_taken(void **state)
{
	(void)state;
	struct str name = STR("a/bb//ccc");
	assert_str(topic_levels(name, 0, 1), "a");
	assert_str(topic_levels(name, 0, 2), "a/bb");
	assert_str(topic_levels(name, 1, 2), "bb/");
	assert_str(topic_levels(name, 2, 1), "");
	assert_str(topic_levels(name, 2, 2), "/ccc");
	assert_str(topic_levels(name, 3, 9), "ccc");
	assert_str(topic_levels(name, 4, 1), "");
	assert_str(topic_levels(name, 0, 9), "a/bb//ccc");
	assert_str(topic_levels(name, 1, 0), "");
	assert_str(topic_levels(name, 31, 32), "");
}

static bool append(void *context, struct str plain)
{
	return buf_printf(context, "%.*s;", STR_PRINT(plain));
}

static void lists_are_expanded(void **state)
{
	static const struct {
		const char *filter, *plain;
		unsigned count;
	} rows[] = {
		{"a/+/#", "a/+/#;", 1},
		{"a/b,c/d", "a/b/d;a/c/d;a/b,c/d;", 3},
		{"1,2/+/x,y", "1/+/x;1/+/y;1/+/x,y;2/+/x;2/+/y;2/+/x,y;1,2/+/x;1,2/+/y;1,2/+/x,y;",
			9},
		{"a,a,b,a", "a;b;a,a,b,a;", 3},
		{",", ";,;", 2},
		{"/a,/", "/a/;//;/a,/;", 3},
	};
	(void)state;
	struct buf all;
	buf_init(&all, 1000);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		all.len = 0;
		assert_true(topic_expand(str_of(rows[i].filter), append, &all));
		assert_buf(all, rows[i].plain);
		assert_int_equal(topic_count(str_of(rows[i].filter)), rows[i].count);
	}
	buf_clear(&all);
	buf_init(&all, 8);
	assert_false(topic_expand(str_of("a/b,c/d"), append, &all));
	assert_buf(all, "a/b/d;");
	buf_clear(&all);
}

/* "0,1,2,...": `count` names; with the list itself one filter more. */
static void add_numbers(struct buf *text, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		assert_true(buf_printf(text, i ? ",%x" : "%x", i));
}

static void lists_have_a_limit(void **state)
{
	static const char sentence[] = "the lists of the filter stand for more than 1000 filters";
	(void)state;
	struct buf text;
	buf_init(&text, TOPIC_MAX);
	add_numbers(&text, TOPIC_NAMES_MAX - 1);
	assert_int_equal(topic_count(parsed(buf_str(&text)).filter), TOPIC_NAMES_MAX);
	assert_true(buf_add(&text, ",0,0", 4));
	assert_int_equal(topic_count(parsed(buf_str(&text)).filter), TOPIC_NAMES_MAX);
	assert_true(buf_add(&text, "/a,a", 4));
	assert_refused(buf_str(&text), sentence);
	text.len = 0;
	add_numbers(&text, TOPIC_NAMES_MAX);
	assert_refused(buf_str(&text), sentence);
	assert_true(buf_add(&text, "/b/c,d", 6));
	assert_refused(buf_str(&text), sentence);
	buf_clear(&text);
	assert_refused(repeated(",/", TOPIC_LEVELS_MAX - 1), sentence);
	(void)parsed(repeated(",", TOPIC_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(filters_are_checked),
		cmocka_unit_test(filters_match),
		cmocka_unit_test(levels_match),
		cmocka_unit_test(shares_are_read),
		cmocka_unit_test(shares_are_refused),
		cmocka_unit_test(conditions_are_read),
		cmocka_unit_test(conditions_and_shares_go_together),
		cmocka_unit_test(conditions_are_refused),
		cmocka_unit_test(a_condition_may_be_too_long),
		cmocka_unit_test(levels_are_taken),
		cmocka_unit_test(lists_are_expanded),
		cmocka_unit_test(lists_have_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
