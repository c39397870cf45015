/* Expressions: what they mean, what is refused and where. The objects are texts "name=value;...",
 * whose values are written as in an expression. */
#include "test.h"

#include "base/number.h"
#include "model/expression.h"
#include "model/expression_program.h"

struct asked {
	const struct expression *expression;
	struct str object;
};

static struct operand constant(struct str text)
{
	struct operand o = {.kind = OPERAND_TEXT, .text = text};
	double number;
	if (str_is(text, "true") || str_is(text, "false"))
		o = (struct operand){.kind = OPERAND_BOOLEAN, .flag = str_is(text, "true")};
	else if (str_is(text, "null"))
		o = (struct operand){.kind = OPERAND_NULL};
	else if (str_to_double(text, &number))
		o = (struct operand){.kind = OPERAND_NUMBER, .number = number};
	else if (text.len >= 2 && text.at[0] == '"')
		o.text = str_upto(str_from(text, 1), text.len - 2);
	return o;
}

static struct operand value_of(const void *object, size_t name)
{
	const struct asked *a = object;
	const struct str *names;
	assert_true(name < expression_names(a->expression, &names));
	for (struct str rest = a->object; rest.at;) {
		struct str value = str_cut(&rest, ';');
		if (str_eq(str_cut(&value, '='), names[name]))
			return constant(value);
	}
	return (struct operand){.kind = OPERAND_MISSING};
}

/* The value as a text: "missing", "null", "true", "1.5", "\"x\"". */
static const char *said(const char *text, const char *object)
{
	static char room[200];
	struct error e;
	struct expression *x = expression_parse(str_of(text), &e);
	if (!x)
		return snprintf(room, sizeof room, "%s", e.text) ? room : NULL;
	struct asked a = {x, str_of(object)};
	struct operand o = expression_value(x, value_of, &a);
	bool holds = expression_holds(x, value_of, &a), expected = false;
	switch (o.kind) {
	case OPERAND_MISSING: snprintf(room, sizeof room, "missing"); break;
	case OPERAND_NULL: snprintf(room, sizeof room, "null"); break;
	case OPERAND_BOOLEAN:
		expected = o.flag;
		snprintf(room, sizeof room, "%s", o.flag ? "true" : "false");
		break;
	case OPERAND_NUMBER:
		expected = o.number != 0;
		snprintf(room, sizeof room, "%.15g", o.number);
		break;
	case OPERAND_TEXT:
		expected = o.text.len != 0;
		snprintf(room, sizeof room, "\"%.*s\"", STR_PRINT(o.text));
		break;
	}
	assert_int_equal(holds, expected);
	expression_free(x);
	return room;
}

static const char object[] =
	"n=5;zero=0;t=\"Truck 1\";d=\"007\";on=true;off=false;empty=\"\";nil=null;a.b.1=7;_x=1;"
	"event_code=301;close_code=17;position.speed=61.5;engine.ignition.status=true";

static const struct {
	const char *text, *value;
} meanings[] = {
	/* constants and names */
	{"1", "1"},
	{" \t1.50\r\n", "1.5"},
	{"007", "7"},
	{"1e3", "1000"},
	{"1E-2", "0.01"},
	{"2.5e+1", "25"},
	{"true", "true"},
	{"false", "false"},
	{"null", "null"},
	{"\"a b\"", "\"a b\""},
	{"'a \"b\"'", "\"a \"b\"\""},
	{"\"\"", "\"\""},
	{"\"\\\"\\\\\\'\"", "\"\"\\'\""},
	{"n", "5"},
	{"$n", "5"},
	{"a.b.1", "7"},
	{"_x", "1"},
	{"nothing", "missing"},
	{"$nothing", "null"},
	{"nil", "null"},
	{"truely", "missing"},
	{"$true", "null"},
	/* arithmetic */
	{"1+2*3", "7"},
	{"(1+2)*3", "9"},
	{"7-2-1", "4"},
	{"2-3", "-1"},
	{"8/4/2", "1"},
	{"7%4", "3"},
	{"-7%4", "-3"},
	{"7.5%2", "1.5"},
	{"-n", "-5"},
	{"--n", "5"},
	{"- 2+5", "3"},
	{"2*-3", "-6"},
	{"n-1", "4"},
	{"n -1", "4"},
	{"n+on", "6"},
	{"-on", "-1"},
	{"1/0", "missing"},
	{"1%0", "missing"},
	{"0/zero", "missing"},
	{"1e308*10", "missing"},
	{"t+1", "missing"},
	{"d+1", "missing"},
	{"nil+1", "missing"},
	{"nothing+1", "missing"},
	{"-nothing", "missing"},
	{"-t", "missing"},
	{"-nil", "missing"},
	/* comparisons */
	{"n==5", "true"},
	{"n=5", "true"},
	{"n!=5", "false"},
	{"n<5", "false"},
	{"n<=5", "true"},
	{"n>4.999", "true"},
	{"n>=5.001", "false"},
	{"1<2<3", "true"},
	{"3>2>1", "false"},
	{"1==1==true", "true"},
	{"nothing==1", "missing"},
	{"nothing!=1", "missing"},
	{"nothing<1", "missing"},
	{"nothing==nothing", "missing"},
	{"$nothing==null", "true"},
	{"$nothing!=null", "false"},
	{"$n==null", "false"},
	{"$n!=null", "true"},
	{"$nothing==0", "false"},
	{"$nothing<1", "false"},
	{"null==null", "true"},
	{"null<null", "false"},
	{"null<=null", "true"},
	{"on==true", "true"},
	{"on==1", "true"},
	{"off<on", "true"},
	{"on=='true'", "false"},
	{"on!='true'", "true"},
	{"t=='Truck 1'", "true"},
	{"t=='truck 1'", "false"},
	{"t<'Truck 2'", "true"},
	{"t>'Truck'", "true"},
	{"''<'a'", "true"},
	{"d==7", "true"},
	{"7==d", "true"},
	{"d=='7'", "false"},
	{"d>6.5", "true"},
	{"t==7", "false"},
	{"t!=7", "true"},
	{"t<7", "false"},
	{"t>7", "false"},
	{"empty==0", "false"},
	{"t==null", "false"},
	/* masks */
	{"t~'Truck*'", "true"},
	{"t~'*1'", "true"},
	{"t~'truck*'", "false"},
	{"t~t", "true"},
	{"t~''", "false"},
	{"empty~'*'", "true"},
	{"n~'*'", "false"},
	{"t~5", "false"},
	{"nothing~'*'", "missing"},
	{"t~nothing", "missing"},
	{"$nothing~'*'", "false"},
	/* logic */
	{"!on", "false"},
	{"!off", "true"},
	{"!0", "true"},
	{"!!n", "true"},
	{"!t", "false"},
	{"!empty", "true"},
	{"!null", "true"},
	{"!nothing", "missing"},
	{"!$nothing", "true"},
	{"on&&n", "true"},
	{"on&&off", "false"},
	{"off||n", "true"},
	{"off||zero", "false"},
	{"off&&nothing", "false"},
	{"nothing&&off", "false"},
	{"on&&nothing", "missing"},
	{"nothing&&on", "missing"},
	{"nothing&&nothing", "missing"},
	{"on||nothing", "true"},
	{"nothing||on", "true"},
	{"off||nothing", "missing"},
	{"nothing||off", "missing"},
	{"t||off", "true"},
	{"null||null", "false"},
	{"1||0&&0", "true"},
	{"(1||0)&&0", "false"},
	{"1&&0==0", "true"},
	{"!n==5", "false"},
	{"!(n==5)", "false"},
	{"-n==-5", "true"},
	{"1+1==2&&2<3", "true"},
	{"2<3==true", "true"},
	/* choices */
	{"on?1:2", "1"},
	{"off?1:2", "2"},
	{"nothing?1:2", "2"},
	{"null?1:2", "2"},
	{"off?1:on?2:3", "2"},
	{"on?off?1:2:3", "2"},
	{"on||off?'a':'b'", "\"a\""},
	{"(off?1:2)+3", "5"},
	{"off?1:2+3", "5"},
	{"1+(on?2:3)*2", "5"},
	/* functions */
	{"exists(n)", "true"},
	{"exists(nothing)", "false"},
	{"exists( $n )", "true"},
	{"exists (nil)", "false"},
	{"!exists(nothing)", "true"},
	{"tonumber(d)", "7"},
	{"tonumber('1.5')+1", "2.5"},
	{"tonumber(t)", "missing"},
	{"tonumber(on)", "1"},
	{"tonumber(nil)", "missing"},
	{"tonumber(nothing)", "missing"},
	{"tonumber(n+1)", "6"},
	{"exists", "missing"},
	/* what clients send */
	{"event_code==301&&close_code==17", "true"},
	{"position.speed>60&&$engine.ignition.status", "true"},
	{"position.speed > 60 && !$nothing.here", "true"},
};

static void values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
		const char *value = said(meanings[i].text, object);
		if (strcmp(value, meanings[i].value) != 0)
			print_error("%s: %s\n", meanings[i].text, value);
		assert_string_equal(value, meanings[i].value);
	}
}

static void refusals(void **state)
{
	(void)state;
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"", "column 1: a value is expected, not the end"},
		{"  ", "column 3: a value is expected, not the end"},
		{"1+", "column 3: a value is expected, not the end"},
		{"1+*2", "column 3: a value is expected, not '*'"},
		{")", "column 1: a value is expected, not ')'"},
		{"(1", "column 3: ')' is expected, not the end"},
		{"(1]", "column 3: ')' is expected, not ']'"},
		{"1 2", "column 3: an operator is expected, not '2'"},
		{"1)", "column 2: an operator is expected, not ')'"},
		{"a,b", "column 2: an operator is expected, not ','"},
		{"a&b", "column 2: an operator is expected, not '&'"},
		{"a ! b", "column 3: an operator is expected, not '!'"},
		{"a?b", "column 4: ':' is expected, not the end"},
		{"a?b,", "column 4: ':' is expected, not ','"},
		{"a===b", "column 4: a value is expected, not '='"},
		{"'abc", "column 1: the text that begins here has no end"},
		{"a=='abc\\'", "column 4: the text that begins here has no end"},
		{"'a\\nb'", "column 3: a \\ in a text stands before a quote or another \\"},
		{"'a\\", "column 3: a \\ in a text stands before a quote or another \\"},
		{"12abc", "column 1: '12abc' is no number, or one too large"},
		{"1.", "column 1: '1.' is no number, or one too large"},
		{"1e", "column 1: '1e' is no number, or one too large"},
		{"1e999", "column 1: '1e999' is no number, or one too large"},
		{".5", "column 1: a value is expected, not '.'"},
		{"$", "column 1: a name is expected behind $"},
		{"$1", "column 1: a name is expected behind $"},
		{"foo(1)", "column 1: there is no function 'foo', only exists(name) and "
			   "tonumber(value)"},
		{"true(1)", "column 1: there is no function 'true', only exists(name) and "
			    "tonumber(value)"},
		{"exists()", "column 8: exists() asks for a name"},
		{"exists(1)", "column 8: exists() asks for a name"},
		{"exists(a", "column 9: ')' is expected, not the end"},
		{"exists(a+1)", "column 9: ')' is expected, not '+'"},
		{"tonumber()", "column 10: a value is expected, not ')'"},
		{"tonumber(1", "column 11: ')' is expected, not the end"},
		{"\xff", "column 1: a value is expected, not '\\xff'"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(said(rows[i].text, object), rows[i].sentence);
}

/* `count` times `part`, then the rest. */
static struct expression *repeated(
	const char *part, size_t count, const char *rest, struct error *e)
{
	struct buf text;
	buf_init(&text, 1 << 16);
	for (size_t i = 0; i < count; i++)
		assert_true(buf_add_str(&text, str_of(part)));
	assert_true(buf_add_str(&text, str_of(rest)));
	struct expression *x = expression_parse(buf_str(&text), e);
	buf_clear(&text);
	return x;
}

static void limits(void **state)
{
	(void)state;
	struct error e;
	static const struct {
		const char *part;
		size_t most;
		const char *rest, *sentence;
	} rows[] = {
		{" ", 4095, "1", "column 4097: the expression has 4097 bytes, the limit is 4096"},
		{"(", 31, "1))))))))))))))))))))))))))))))))", "column 33: nested deeper than 32"},
		{"!", 31, "1", "column 33: nested deeper than 32"},
		{"-", 31, "1", "column 33: nested deeper than 32"},
		{"a?1:", 31, "1", "column 127: nested deeper than 32"},
		/* each level leaves an operand of each precedence waiting */
		{"a||a&&a==a<a+a*(", 31, "a", "column 513: nested deeper than 32"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char rest[64];
		bool deep = strstr(rows[i].part, "*(") != NULL;
		snprintf(rest, sizeof rest, "%s%s", rows[i].rest,
			deep ? ")))))))))))))))))))))))))))))))" : "");
		if (rows[i].part[0] == '(')
			rest[1 + 31] = '\0';
		struct expression *x = repeated(rows[i].part, rows[i].most, rest, &e);
		if (!x)
			print_error("%s: %s\n", rows[i].part, e.text);
		assert_non_null(x);
		struct asked a = {x, str_of("a=1")};
		(void)expression_value(x, value_of, &a);
		expression_free(x);
		assert_null(repeated(rows[i].part, rows[i].most + 1, rest, &e));
		assert_string_equal(e.text, rows[i].sentence);
	}
}

static void names_are_told_once(void **state)
{
	(void)state;
	struct error e;
	const struct str *names;
	struct expression *x = expression_parse(str_of("a.b>1&&$a.b<5||exists($c)||a.b=='d'"), &e);
	assert_int_equal(expression_names(x, &names), 2);
	assert_str(names[0], "a.b");
	assert_str(names[1], "c");
	expression_free(x);
	char text[1000] = "n0";
	for (int i = 1; i < EXPRESSION_NAMES_MAX; i++) {
		size_t len = strlen(text);
		snprintf(text + len, sizeof text - len, "+n%d", i);
	}
	x = expression_parse(str_of(text), &e);
	assert_int_equal(expression_names(x, &names), EXPRESSION_NAMES_MAX);
	expression_free(x);
	size_t len = strlen(text);
	snprintf(text + len, sizeof text - len, "+n0+more");
	assert_null(expression_parse(str_of(text), &e));
	char sentence[100];
	snprintf(sentence, sizeof sentence, "column %zu: more than 64 different names", len + 5);
	assert_string_equal(e.text, sentence);
}

static void the_text_may_go(void **state)
{
	(void)state;
	struct error e;
	char text[] = "name=='value'";
	struct expression *x = expression_parse(str_of(text), &e);
	memset(text, 'x', sizeof text - 1);
	struct asked a = {x, str_of("name=\"value\"")};
	assert_true(expression_holds(x, value_of, &a));
	expression_free(x);
	expression_free(NULL);
}

static void numbers_are_read_exactly(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value;
	} rows[] = {
		{"0", 0},
		{"-0.5", -0.5},
		{"55.56", 55.56},
		{"1795391999.999999", 1795391999.999999},
		{"22.6758636", 22.6758636},
		{"9007199254740993", 9007199254740992.0},
		{"0.1", 0.1},
		{"1e22", 1e22},
		{"1.7976931348623157e308", 1.7976931348623157e308},
		{"5e-324", 5e-324},
		{"1e-999", 0},
		{"0e999", 0},
		{"123456789012345678901234567890", 123456789012345678901234567890.0},
		{"0.30000000000000004", 0.30000000000000004},
	};
	double value;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(str_to_double(str_of(rows[i].text), &value));
		assert_true(value == rows[i].value);
	}
	static const char *const bad[] = {
		"", "-", "+1", "1.", ".1", "1e", "1e+", "1e5x", "1x", " 1", "1e309", "--1", "nan"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(str_to_double(str_of(bad[i]), &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(refusals),
		cmocka_unit_test(limits),
		cmocka_unit_test(names_are_told_once),
		cmocka_unit_test(the_text_may_go),
		cmocka_unit_test(numbers_are_read_exactly),
	};
	return cmocka_run_group_tests_name("expression", tests, NULL, NULL);
}
