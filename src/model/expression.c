/* The evaluator. Logic has three values: what is missing neither holds nor does its opposite, but
 * `false && missing` is false and `true || missing` true, whichever side comes first. */
#include "model/expression_program.h"

#include "base/number.h"

#include <math.h>
#include <stdlib.h>

void expression_free(struct expression *x)
{
	free(x);
}

size_t expression_names(const struct expression *x, const struct str **names)
{
	*names = x->names;
	return x->name_count;
}

static struct operand missing(void)
{
	return (struct operand){.kind = OPERAND_MISSING};
}

static struct operand boolean(bool flag)
{
	return (struct operand){.kind = OPERAND_BOOLEAN, .flag = flag};
}

static struct operand number(double value)
{
	if (!isfinite(value))
		return missing();
	return (struct operand){.kind = OPERAND_NUMBER, .number = value};
}

static bool holds(const struct operand *o)
{
	switch (o->kind) {
	case OPERAND_MISSING:
	case OPERAND_NULL: break;
	case OPERAND_BOOLEAN: return o->flag;
	case OPERAND_NUMBER: return o->number != 0;
	case OPERAND_TEXT: return o->text.len != 0;
	}
	return false;
}

static bool is_missing(const struct operand *o)
{
	return o->kind == OPERAND_MISSING;
}

/* Truth values count as 0 and 1. */
static bool as_number(const struct operand *o, double *out)
{
	if (o->kind == OPERAND_NUMBER)
		*out = o->number;
	else if (o->kind == OPERAND_BOOLEAN)
		*out = o->flag;
	else
		return false;
	return true;
}

static struct operand to_number(const struct operand *o)
{
	double value;
	if (as_number(o, &value) || (o->kind == OPERAND_TEXT && str_to_double(o->text, &value)))
		return number(value);
	return missing();
}

/* A text beside a number is read as one. False: the two cannot be put in an order. */
static bool order_of(const struct operand *a, const struct operand *b, int *order)
{
	double x, y;
	if (a->kind == OPERAND_TEXT && b->kind == OPERAND_TEXT) {
		*order = str_cmp(a->text, b->text);
		return true;
	}
	bool have_x = a->kind == OPERAND_TEXT && b->kind == OPERAND_NUMBER
			      ? str_to_double(a->text, &x)
			      : as_number(a, &x);
	bool have_y = b->kind == OPERAND_TEXT && a->kind == OPERAND_NUMBER
			      ? str_to_double(b->text, &y)
			      : as_number(b, &y);
	if (have_x && have_y)
		*order = x < y ? -1 : x > y;
	else
		*order = 0;
	return (have_x && have_y) || (a->kind == OPERAND_NULL && b->kind == OPERAND_NULL);
}

static struct operand compare(enum op op, const struct operand *a, const struct operand *b)
{
	int order;
	if (is_missing(a) || is_missing(b))
		return missing();
	if (!order_of(a, b, &order))
		return boolean(op == OP_UNEQUAL);
	switch (op) {
	case OP_EQUAL: return boolean(order == 0);
	case OP_UNEQUAL: return boolean(order != 0);
	case OP_LESS: return boolean(order < 0);
	case OP_LESS_EQUAL: return boolean(order <= 0);
	case OP_MORE: return boolean(order > 0);
	default: return boolean(order >= 0);
	}
}

static struct operand calculate(enum op op, const struct operand *a, const struct operand *b)
{
	double x, y;
	if (!as_number(a, &x) || !as_number(b, &y))
		return missing();
	switch (op) {
	case OP_ADD: return number(x + y);
	case OP_SUBTRACT: return number(x - y);
	case OP_MULTIPLY: return number(x * y);
	case OP_DIVIDE: return y != 0 ? number(x / y) : missing();
	default: return y != 0 ? number(fmod(x, y)) : missing();
	}
}

static struct operand combine(enum op op, const struct operand *a, const struct operand *b)
{
	switch (op) {
	case OP_OR: /* the left side does not hold, or is missing */
		if (holds(b))
			return boolean(true);
		return is_missing(a) || is_missing(b) ? missing() : boolean(false);
	case OP_AND: /* the left side holds, or is missing */
		if (!holds(b) && !is_missing(b))
			return boolean(false);
		return is_missing(a) || is_missing(b) ? missing() : boolean(true);
	case OP_MATCHES:
		if (is_missing(a) || is_missing(b))
			return missing();
		return boolean(a->kind == OPERAND_TEXT && b->kind == OPERAND_TEXT &&
			       str_matches(a->text, b->text));
	case OP_ADD:
	case OP_SUBTRACT:
	case OP_MULTIPLY:
	case OP_DIVIDE:
	case OP_REMAINDER: return calculate(op, a, b);
	default: return compare(op, a, b);
	}
}

static struct operand change(enum op op, const struct operand *o)
{
	double value;
	if (op == OP_TONUMBER)
		return to_number(o);
	if (op == OP_NOT)
		return is_missing(o) ? missing() : boolean(!holds(o));
	return as_number(o, &value) ? number(-value) : missing();
}

static struct operand fetch(
	const struct expression *x, const struct step *s, operand_fn *value_of, const void *object)
{
	if (s->op == OP_CONSTANT)
		return x->constants[s->at];
	struct operand o = value_of(object, s->at);
	bool is_nothing = o.kind == OPERAND_MISSING || o.kind == OPERAND_NULL;
	if (s->op == OP_EXISTS)
		return boolean(!is_nothing);
	if (s->op == OP_NULLABLE && is_nothing)
		o.kind = OPERAND_NULL;
	return o;
}

struct operand expression_value(
	const struct expression *x, operand_fn *value_of, const void *object)
{
	struct operand stack[1 + EXPRESSION_STACK], *top = stack; /* the first stays unused */
	const struct step *s = x->steps, *end = s + x->step_count;
	while (s < end) {
		const struct step *next = s + 1;
		switch ((enum op)s->op) {
		case OP_NAME:
		case OP_NULLABLE:
		case OP_EXISTS:
		case OP_CONSTANT: *++top = fetch(x, s, value_of, object); break;
		case OP_NOT:
		case OP_MINUS:
		case OP_TONUMBER: *top = change(s->op, top); break;
		case OP_UNLESS_FALSE:
		case OP_UNLESS_TRUE: {
			bool wanted = s->op == OP_UNLESS_TRUE;
			if (!is_missing(top) && holds(top) == wanted) {
				*top = boolean(wanted);
				next = x->steps + s->at;
			}
			break;
		}
		case OP_BRANCH:
			if (!holds(top--))
				next = x->steps + s->at;
			break;
		case OP_JUMP: next = x->steps + s->at; break;
		default: top--; *top = combine(s->op, top, top + 1);
		}
		s = next;
	}
	return *top;
}

bool expression_holds(const struct expression *x, operand_fn *value_of, const void *object)
{
	struct operand value = expression_value(x, value_of, object);
	return holds(&value);
}
