/* expression: the filters of the API, such as `position.speed>60&&$engine.ignition.status`. A text
 * is parsed once into a program, which is then evaluated for each object without allocating.
 * Precedence, from loose to tight: ?: || && then == != (= is ==) then < <= > >= ~ then + - then
 * * / % then ! and -. Texts stand in " or ', with \ before a quote or another \. Pure; an
 * expression may be used by many threads at once.
 *
 * Names may contain dots; `$name` is null where `name` is missing; a comparison, test or sum with
 * something missing is missing itself, and missing does not hold. Only `false && missing` is false,
 * `true || missing` true, on both sides, and `missing ? a : b` is b.
 * Texts are put in order by bytes. A text beside a number is compared as the number that it reads
 * as; truth values count as 0 and 1. What cannot be compared (null with 0, a word with a number) is
 * unequal, and neither less nor more. Sums are for numbers and truth values: with anything else,
 * when divided by zero and when too large they are missing.
 * `~` matches a text with a mask; other values match nothing.
 * Functions: exists(name): is there a value other than null; tonumber(x): missing when x is no
 * number. */
#ifndef MODEL_EXPRESSION_H
#define MODEL_EXPRESSION_H

#include "base/error.h"
#include "base/str.h"

enum { EXPRESSION_BYTES_MAX = 4096, EXPRESSION_NAMES_MAX = 64 };

enum operand_kind { OPERAND_MISSING, OPERAND_NULL, OPERAND_BOOLEAN, OPERAND_NUMBER, OPERAND_TEXT };

struct operand {
	enum operand_kind kind;
	union {
		bool flag;
		double number;
		struct str text; /* borrowed from the object or the expression */
	};
};

struct expression;

/* NULL with a sentence that names the column. The text is copied. */
struct expression *expression_parse(struct str text, struct error *e);
void expression_free(struct expression *x); /* NULL is fine */

/* The names that it asks for, each once, without `$`: an object's accessor gets the place in this
 * list, so that names are looked up once, not for each object. */
size_t expression_names(const struct expression *x, const struct str **names);

/* The value of name number `name` in an object. */
typedef struct operand operand_fn(const void *object, size_t name);

struct operand expression_value(
	const struct expression *x, operand_fn *value_of, const void *object);

/* True, a number other than 0, or a text that is not empty. */
bool expression_holds(const struct expression *x, operand_fn *value_of, const void *object);

#endif
