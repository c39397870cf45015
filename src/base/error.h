/* error: the sentence that tells what went wrong. A fallible function returns false (or its own
 * enum) and fills the struct error of its caller, who decides whether it becomes a log line, a
 * REST "reason" or a counter. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

struct error {
	char text[400];
};

#define MUST_USE     __attribute__((warn_unused_result))
#define PRINTF(f, v) __attribute__((format(printf, f, v)))

/* Writes the sentence into *e (which may be NULL) and returns false, so that a failing function
 * can end with `return fail(e, "port '%s' is not 1..65535", text);`. */
bool fail(struct error *e, const char *format, ...) PRINTF(2, 3);

#endif
