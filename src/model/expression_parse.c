/* The parser: by precedence, straight into steps. The names and texts of the expression are copied
 * behind one another as they are read, so that all of it moves into one allocation at the end. */
#include "model/expression_program.h"

#include "base/die.h"
#include "base/log.h"
#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct parser {
	struct str text;
	size_t at; /* of the next byte */
	struct step *steps;
	struct operand *constants;
	struct str names[EXPRESSION_NAMES_MAX];
	char *bytes; /* of names and texts */
	size_t step_count, constant_count, name_count, byte_count;
	size_t nesting;
	struct error *e;
};

static bool refuse(struct parser *p, size_t at, const char *format, ...) PRINTF(3, 4);

static bool refuse(struct parser *p, size_t at, const char *format, ...)
{
	char sentence[200];
	va_list args;
	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	return fail(p->e, "column %zu: %s", at + 1, sentence);
}

/* ---- reading ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What is left, without blanks in front. */
static struct str look(struct parser *p)
{
	while (p->at < p->text.len && is_blank(p->text.at[p->at]))
		p->at++;
	return str_from(p->text, p->at);
}

static bool take(struct parser *p, const char *text)
{
	bool found = str_starts(look(p), text);
	p->at += found ? strlen(text) : 0;
	return found;
}

/* `what` is expected where something else stands. */
static bool refuse_other(struct parser *p, const char *what)
{
	struct str rest = look(p);
	char byte[16];
	if (!rest.len)
		return refuse(p, p->at, "%s is expected, not the end", what);
	return refuse(p, p->at, "%s is expected, not '%s'", what,
		escape_bytes(str_upto(rest, 1), byte, sizeof byte));
}

static bool is_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '_' || c == '.';
}

static struct str take_word(struct parser *p)
{
	struct str rest = str_from(p->text, p->at);
	size_t n = 0;
	while (n < rest.len && is_word(rest.at[n]))
		n++;
	p->at += n;
	return str_upto(rest, n);
}

static struct str take_number(struct parser *p)
{
	struct str rest = str_from(p->text, p->at);
	size_t n = 0;
	for (; n < rest.len; n++) {
		bool is_sign = n && (rest.at[n] == '-' || rest.at[n] == '+') &&
			       (rest.at[n - 1] == 'e' || rest.at[n - 1] == 'E');
		if (!is_word(rest.at[n]) && !is_sign)
			break;
	}
	p->at += n;
	return str_upto(rest, n);
}

/* ---- writing ---- */

/* Texts are never longer than what they are read from: the arrays have room for all of them. */
static size_t emit(struct parser *p, enum op op, size_t at)
{
	p->steps[p->step_count] = (struct step){(uint16_t)op, (uint16_t)at};
	return p->step_count++;
}

static void aim(struct parser *p, size_t step)
{
	p->steps[step].at = (uint16_t)p->step_count;
}

static void emit_constant(struct parser *p, struct operand value)
{
	p->constants[p->constant_count] = value;
	emit(p, OP_CONSTANT, p->constant_count++);
}

static bool emit_name(struct parser *p, size_t at, struct str name, enum op op)
{
	size_t n = 0;
	while (n < p->name_count && !str_eq(p->names[n], name))
		n++;
	if (n == EXPRESSION_NAMES_MAX)
		return refuse(p, at, "more than %d different names", (int)EXPRESSION_NAMES_MAX);
	if (n == p->name_count) {
		char *copy = p->bytes + p->byte_count;
		memcpy(copy, name.at, name.len);
		p->byte_count += name.len;
		p->names[p->name_count++] = (struct str){copy, name.len};
	}
	emit(p, op, n);
	return true;
}

/* ---- values ---- */

static bool parse_text(struct parser *p, char quote)
{
	size_t begin = p->at;
	char *copy = p->bytes + p->byte_count;
	for (p->at++; p->at < p->text.len && p->text.at[p->at] != quote; p->at++) {
		char c = p->text.at[p->at];
		if (c == '\\') {
			c = ++p->at < p->text.len ? p->text.at[p->at] : '\0';
			if (c != '\\' && c != '"' && c != '\'')
				return refuse(p, p->at - 1,
					"a \\ in a text stands before a quote or another \\");
		}
		p->bytes[p->byte_count++] = c;
	}
	if (p->at == p->text.len)
		return refuse(p, begin, "the text that begins here has no end");
	p->at++;
	emit_constant(p, (struct operand){.kind = OPERAND_TEXT,
				 .text = {copy, (size_t)(p->bytes + p->byte_count - copy)}});
	return true;
}

static bool parse_number(struct parser *p)
{
	size_t begin = p->at;
	char room[64];
	struct operand o = {.kind = OPERAND_NUMBER};
	struct str text = take_number(p);
	if (!str_to_double(text, &o.number))
		return refuse(p, begin, "'%s' is no number, or one too large",
			escape_bytes(text, room, sizeof room));
	emit_constant(p, o);
	return true;
}

static bool parse_choice(struct parser *p);

static bool parse_inside(struct parser *p)
{
	return parse_choice(p) && (take(p, ")") || refuse_other(p, "')'"));
}

static bool parse_exists(struct parser *p)
{
	(void)take(p, "$");
	(void)look(p);
	size_t begin = p->at;
	struct str name = take_word(p);
	if (!name.len || is_digit(name.at[0]))
		return refuse(p, begin, "exists() asks for a name");
	return emit_name(p, begin, name, OP_EXISTS) && (take(p, ")") || refuse_other(p, "')'"));
}

static bool parse_call(struct parser *p, size_t begin, struct str name)
{
	char room[64];
	if (str_is(name, "exists"))
		return parse_exists(p);
	if (!str_is(name, "tonumber"))
		return refuse(p, begin,
			"there is no function '%s', only exists(name) and tonumber(value)",
			escape_bytes(name, room, sizeof room));
	if (!parse_inside(p))
		return false;
	emit(p, OP_TONUMBER, 0);
	return true;
}

static bool parse_word(struct parser *p)
{
	size_t begin = p->at;
	struct str word = take_word(p);
	if (take(p, "("))
		return parse_call(p, begin, word);
	bool is_true = str_is(word, "true");
	if (is_true || str_is(word, "false"))
		emit_constant(p, (struct operand){.kind = OPERAND_BOOLEAN, .flag = is_true});
	else if (str_is(word, "null"))
		emit_constant(p, (struct operand){.kind = OPERAND_NULL});
	else
		return emit_name(p, begin, word, OP_NAME);
	return true;
}

static bool parse_nullable(struct parser *p)
{
	size_t begin = p->at++;
	struct str name = take_word(p);
	if (!name.len || is_digit(name.at[0]))
		return refuse(p, begin, "a name is expected behind $");
	return emit_name(p, begin, name, OP_NULLABLE);
}

static bool parse_value(struct parser *p)
{
	struct str rest = look(p);
	char c = rest.len ? rest.at[0] : '\0';
	if (c == '"' || c == '\'')
		return parse_text(p, c);
	if (is_digit(c))
		return parse_number(p);
	if (c == '$')
		return parse_nullable(p);
	if (is_letter(c) || c == '_')
		return parse_word(p);
	if (take(p, "("))
		return parse_inside(p);
	return refuse_other(p, "a value");
}

/* ---- operators ---- */

static bool enter(struct parser *p)
{
	return ++p->nesting <= EXPRESSION_NESTING_MAX ||
	       refuse(p, p->at, "nested deeper than %d", (int)EXPRESSION_NESTING_MAX);
}

static bool parse_unary(struct parser *p)
{
	bool is_not = take(p, "!");
	if (!is_not && !take(p, "-"))
		return parse_value(p);
	if (!enter(p) || !parse_unary(p))
		return false;
	p->nesting--;
	emit(p, is_not ? OP_NOT : OP_MINUS, 0);
	return true;
}

static const struct operation {
	const char *text;
	enum op op;
	int level; /* higher binds tighter */
} operators[] = {
	{"||", OP_OR, 1},
	{"&&", OP_AND, 2},
	{"==", OP_EQUAL, 3},
	{"=", OP_EQUAL, 3},
	{"!=", OP_UNEQUAL, 3},
	{"<=", OP_LESS_EQUAL, 4},
	{"<", OP_LESS, 4},
	{">=", OP_MORE_EQUAL, 4},
	{">", OP_MORE, 4},
	{"~", OP_MATCHES, 4},
	{"+", OP_ADD, 5},
	{"-", OP_SUBTRACT, 5},
	{"*", OP_MULTIPLY, 6},
	{"/", OP_DIVIDE, 6},
	{"%", OP_REMAINDER, 6},
};

static const struct operation *find_operator(struct parser *p)
{
	struct str rest = look(p);
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (str_starts(rest, operators[i].text))
			return &operators[i];
	return NULL;
}

/* Operators of this level and tighter ones, from left to right. */
static bool parse_operators(struct parser *p, int level)
{
	if (!parse_unary(p))
		return false;
	for (;;) {
		const struct operation *o = find_operator(p);
		if (!o || o->level < level)
			return true;
		p->at += strlen(o->text);
		bool may_skip = o->op == OP_OR || o->op == OP_AND;
		size_t skip = p->step_count;
		if (may_skip)
			emit(p, o->op == OP_OR ? OP_UNLESS_TRUE : OP_UNLESS_FALSE, 0);
		if (!parse_operators(p, o->level + 1))
			return false;
		emit(p, o->op, 0);
		if (may_skip)
			aim(p, skip);
	}
}

static bool parse_choice(struct parser *p)
{
	if (!enter(p) || !parse_operators(p, 1))
		return false;
	if (take(p, "?")) {
		size_t branch = emit(p, OP_BRANCH, 0);
		if (!parse_choice(p))
			return false;
		size_t jump = emit(p, OP_JUMP, 0);
		aim(p, branch);
		if (!take(p, ":"))
			return refuse_other(p, "':'");
		if (!parse_choice(p))
			return false;
		aim(p, jump);
	}
	p->nesting--;
	return true;
}

/* ---- the whole ---- */

static struct str moved(struct str s, const struct parser *p, const char *bytes)
{
	return (struct str){bytes + (s.at - p->bytes), s.len};
}

static struct expression *finish(const struct parser *p)
{
	size_t constants = p->constant_count * sizeof *p->constants,
	       names = p->name_count * sizeof *p->names, steps = p->step_count * sizeof *p->steps;
	struct expression *x = xmalloc(sizeof *x + constants + names + steps + p->byte_count);
	x->constants = (struct operand *)(x + 1);
	x->names = (struct str *)(x->constants + p->constant_count);
	x->steps = (struct step *)(x->names + p->name_count);
	char *bytes = (char *)(x->steps + p->step_count);
	x->name_count = p->name_count;
	x->step_count = p->step_count;
	memcpy(x->constants, p->constants, constants);
	memcpy(x->names, p->names, names);
	memcpy(x->steps, p->steps, steps);
	memcpy(bytes, p->bytes, p->byte_count);
	for (size_t i = 0; i < p->constant_count; i++)
		if (x->constants[i].kind == OPERAND_TEXT)
			x->constants[i].text = moved(x->constants[i].text, p, bytes);
	for (size_t i = 0; i < p->name_count; i++)
		x->names[i] = moved(x->names[i], p, bytes);
	return x;
}

struct expression *expression_parse(struct str text, struct error *e)
{
	if (text.len > EXPRESSION_BYTES_MAX) {
		fail(e, "column %d: the expression has %zu bytes, the limit is %d",
			(int)EXPRESSION_BYTES_MAX + 1, text.len, (int)EXPRESSION_BYTES_MAX);
		return NULL;
	}
	/* an operator makes at most two steps, a value one */
	struct parser p = {.text = text, .e = e};
	p.steps = xcalloc(2 * text.len + 1, sizeof *p.steps);
	p.constants = xcalloc(text.len + 1, sizeof *p.constants);
	p.bytes = xmalloc(text.len + 1);
	struct expression *x = NULL;
	if (parse_choice(&p)) {
		if (look(&p).len)
			refuse_other(&p, "an operator");
		else
			x = finish(&p);
	}
	free(p.steps);
	free(p.constants);
	free(p.bytes);
	return x;
}
