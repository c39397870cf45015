/* What an expression is made into: steps on a stack of operands. Only the parser and the evaluator
 * look inside. */
#ifndef MODEL_EXPRESSION_PROGRAM_H
#define MODEL_EXPRESSION_PROGRAM_H

#include "model/expression.h"

enum {
	/* Parentheses, ! and - in front, and branches, within one another. */
	EXPRESSION_NESTING_MAX = 32,
	/* Each level leaves at most one operand of each precedence waiting for its right side. */
	EXPRESSION_STACK = EXPRESSION_NESTING_MAX * 6 + 8,
};

enum op {
	OP_NAME,     /* pushes the value of name `at` */
	OP_NULLABLE, /* the same, null where it is missing */
	OP_EXISTS,   /* pushes whether name `at` has a value */
	OP_CONSTANT, /* pushes constant `at` */
	OP_NOT,
	OP_MINUS,
	OP_TONUMBER,
	OP_UNLESS_FALSE, /* top is known not to hold: it becomes false, go to `at` */
	OP_UNLESS_TRUE,  /* top holds: it becomes true, go to `at` */
	OP_BRANCH,       /* pops; go to `at` unless it held */
	OP_JUMP,         /* go to `at` */
	/* from here on: two operands become one */
	OP_OR,
	OP_AND,
	OP_EQUAL,
	OP_UNEQUAL,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_MORE,
	OP_MORE_EQUAL,
	OP_MATCHES,
	OP_ADD,
	OP_SUBTRACT,
	OP_MULTIPLY,
	OP_DIVIDE,
	OP_REMAINDER,
};

struct step {
	uint16_t op, at;
};

/* One allocation: the arrays and the bytes of names and texts follow the struct. */
struct expression {
	size_t step_count, name_count;
	struct operand *constants;
	struct str *names;
	struct step *steps;
};

#endif
