/* A random tree of operations says the same whether it is printed with all parentheses or with those
 * it needs, parsed and evaluated at once, or evaluated operation by operation. Damaged texts are
 * refused with a column or are some other expression. */
#include "guard.h"
#include "property.h"

#include "model/expression.h"

#include <stdio.h>
#include <stdlib.h>

enum { NODES_MAX = 128 };

/* An operation on a, b and c, and how tightly it binds; higher is tighter. */
static const struct operation {
	const char *text; /* of the expression with the operands a, b, c */
	int operands, level;
} operations[] = {
	{"a?b:c", 3, 0},
	{"a||b", 2, 1},
	{"a&&b", 2, 2},
	{"a==b", 2, 3},
	{"a=b", 2, 3},
	{"a!=b", 2, 3},
	{"a<b", 2, 4},
	{"a<=b", 2, 4},
	{"a>b", 2, 4},
	{"a>=b", 2, 4},
	{"a~b", 2, 4},
	{"a+b", 2, 5},
	{"a-b", 2, 5},
	{"a*b", 2, 6},
	{"a/b", 2, 6},
	{"a%b", 2, 6},
	{"!a", 1, 7},
	{"-a", 1, 7},
	{"tonumber(a)", 1, 8},
};
enum { OPERATIONS = sizeof operations / sizeof *operations, LEAF_LEVEL = 8 };
static struct expression *single[OPERATIONS];

struct node {
	const struct operation *operation; /* NULL: a leaf */
	struct node *part[3];
	const char *leaf;
	struct operand value; /* of a leaf */
};

static struct node nodes[NODES_MAX];
static size_t node_count;

static const struct leaf {
	const char *text;
	struct operand value;
} leaves[] = {
	{"0", {.kind = OPERAND_NUMBER, .number = 0}},
	{"1", {.kind = OPERAND_NUMBER, .number = 1}},
	{"2.5", {.kind = OPERAND_NUMBER, .number = 2.5}},
	{"three", {.kind = OPERAND_NUMBER, .number = 3}},
	{"1e300", {.kind = OPERAND_NUMBER, .number = 1e300}},
	{"true", {.kind = OPERAND_BOOLEAN, .flag = true}},
	{"off", {.kind = OPERAND_BOOLEAN, .flag = false}},
	{"null", {.kind = OPERAND_NULL}},
	{"$nothing", {.kind = OPERAND_NULL}},
	{"nothing", {.kind = OPERAND_MISSING}},
	{"\"\"", {.kind = OPERAND_TEXT, .text = STR("")}},
	{"'3'", {.kind = OPERAND_TEXT, .text = STR("3")}},
	{"word.1", {.kind = OPERAND_TEXT, .text = STR("word")}},
	{"\"w*\"", {.kind = OPERAND_TEXT, .text = STR("w*")}},
	{"exists(three)", {.kind = OPERAND_BOOLEAN, .flag = true}},
	{"exists($nothing)", {.kind = OPERAND_BOOLEAN, .flag = false}},
};

static struct node *chance_node(int depth)
{
	struct node *n = &nodes[node_count++];
	*n = (struct node){.operation = NULL};
	if (depth == 0 || node_count + 20 > NODES_MAX || chance_below(4) == 0) {
		const struct leaf *leaf = &leaves[chance_below(sizeof leaves / sizeof *leaves)];
		n->leaf = leaf->text;
		n->value = leaf->value;
		return n;
	}
	n->operation = &operations[chance_below(OPERATIONS)];
	for (int i = 0; i < n->operation->operands; i++)
		n->part[i] = chance_node(depth - 1);
	return n;
}

/* ---- printing ---- */

static void blank(struct buf *out)
{
	if (!chance_below(4))
		HOLDS(buf_add_char(out, " \t\n\r"[chance_below(4)]));
}

static int level_of(const struct node *n)
{
	return n->operation ? n->operation->level : LEAF_LEVEL;
}

/* Operators go from left to right; the condition and the first branch of ?: stand alone. */
static bool needs_parentheses(const struct operation *o, int part, const struct node *n)
{
	int level = level_of(n);
	if (o->level == LEAF_LEVEL || (o->operands == 3 && part > 0))
		return false;
	if (o->operands == 2 && part == 0)
		return level < o->level;
	return o->operands == 1 ? level < o->level : level <= o->level;
}

static void print(const struct node *n, bool all, struct buf *out)
{
	if (!n->operation) {
		HOLDS(buf_add_str(out, str_of(n->leaf)));
		return;
	}
	bool in_word = false;
	for (const char *c = n->operation->text; *c; c++) {
		int part = *c - 'a';
		bool is_part = part >= 0 && part < 3 && !in_word && !is_letter(c[1]);
		in_word = is_letter(*c) && !is_part;
		if (!is_part) {
			HOLDS(buf_add_char(out, *c));
			continue;
		}
		bool inside = all || needs_parentheses(n->operation, part, n->part[part]);
		blank(out);
		HOLDS(buf_add_str(out, str_of(inside ? "(" : "")));
		print(n->part[part], all, out);
		HOLDS(buf_add_str(out, str_of(inside ? ")" : "")));
		blank(out);
	}
}

/* ---- values ---- */

static struct operand leaf_value(const void *object, size_t name)
{
	const struct str *names;
	(void)expression_names(object, &names);
	for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++)
		if (str_is(names[name], leaves[i].text))
			return leaves[i].value;
	return (struct operand){.kind = OPERAND_MISSING};
}

static struct operand given_value(const void *object, size_t name)
{
	return ((const struct operand *)object)[name];
}

/* Each operation alone, with the values of its operands. The names come in the order a, b, c. */
static struct operand value_of(const struct node *n)
{
	struct operand parts[3];
	if (!n->operation)
		return n->value;
	for (int i = 0; i < n->operation->operands; i++)
		parts[i] = value_of(n->part[i]);
	return expression_value(single[n->operation - operations], given_value, parts);
}

static void holds_same(struct operand a, struct operand b)
{
	HOLDS(a.kind == b.kind);
	if (a.kind == OPERAND_BOOLEAN)
		HOLDS(a.flag == b.flag);
	if (a.kind == OPERAND_NUMBER)
		HOLDS(memcmp(&a.number, &b.number, sizeof a.number) == 0);
	if (a.kind == OPERAND_TEXT)
		HOLDS(str_eq(a.text, b.text));
}

static struct operand parsed_value(struct str text)
{
	struct error e;
	struct expression *x = expression_parse(guarded(text), &e);
	if (!x)
		fprintf(stderr, "%.*s\n%s\n", STR_PRINT(text), e.text);
	HOLDS(x);
	static char room[64];
	struct operand value = expression_value(x, leaf_value, x);
	if (value.kind == OPERAND_TEXT) { /* may lie in the expression */
		HOLDS(value.text.len < sizeof room);
		memcpy(room, value.text.at, value.text.len);
		value.text.at = room;
	}
	expression_free(x);
	return value;
}

static void damage(struct buf *text)
{
	static const char usual[] = "()!-?:&|=<>~+*/%$\"'\\., aet01\t\xff";
	for (size_t changes = 1 + chance_below(4); changes; changes--)
		text->at[chance_below(text->len)] = usual[chance_below(sizeof usual)];
	struct error e = {""};
	struct str damaged = str_upto(buf_str(text), 1 + chance_below(text->len));
	struct expression *x = expression_parse(guarded(damaged), &e);
	if (x)
		(void)expression_holds(x, leaf_value, x);
	else
		HOLDS(str_starts(str_of(e.text), "column "));
	expression_free(x);
}

static void round_of_expressions(void)
{
	struct buf text;
	buf_init(&text, EXPRESSION_BYTES_MAX);
	node_count = 0;
	const struct node *tree = chance_node(6);
	struct operand expected = value_of(tree);
	print(tree, true, &text);
	holds_same(parsed_value(buf_str(&text)), expected);
	text.len = 0;
	print(tree, false, &text);
	holds_same(parsed_value(buf_str(&text)), expected);
	damage(&text);
	buf_clear(&text);
}

/* A number that is printed with 17 digits is read as itself. */
static void round_of_numbers(void)
{
	double number;
	uint64_t bits = chance() & ~(UINT64_C(1) << 63);
	memcpy(&number, &bits, sizeof number);
	if (!(number > 1e-300 && number < 1e308))
		number = (double)(chance() >> 11) / (double)(1 + chance_below(1000));
	char text[40];
	snprintf(text, sizeof text, "%.17g", number);
	struct operand value = parsed_value(str_of(text));
	HOLDS(value.kind == OPERAND_NUMBER && value.number == number);
}

static void one_round(void)
{
	round_of_expressions();
	round_of_numbers();
}

int main(int argc, char **argv)
{
	struct error e;
	for (size_t i = 0; i < OPERATIONS; i++) {
		single[i] = expression_parse(str_of(operations[i].text), &e);
		HOLDS(single[i]);
	}
	int status = property_main(argc, argv, one_round);
	for (size_t i = 0; i < OPERATIONS; i++)
		expression_free(single[i]);
	return status;
}
