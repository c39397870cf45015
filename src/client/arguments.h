/* arguments: the command line of `cantrack command`. Rows in arguments.def. */
#ifndef CLIENT_ARGUMENTS_H
#define CLIENT_ARGUMENTS_H

#include "base/error.h"
#include "base/str.h"

#include <stdio.h>

enum { ARGUMENTS_PAIRS_MAX = 32 };

/* A number that was not given; no number that is given is as large. */
#define ARGUMENT_ABSENT UINT64_MAX

/* "seconds=60"; views into argv. */
struct pair {
	struct str key, value;
};

struct arguments {
#define NUMBER(member, name, arg, help) uint64_t member;
#define FLAG(member, name, help)        bool member;
#define TEXT(member, name, arg, help)   const char *member; /* NULL: not given */
#include "client/arguments.def"
#undef NUMBER
#undef FLAG
#undef TEXT
	const char *device, *name; /* name NULL: not given */
	struct pair pairs[ARGUMENTS_PAIRS_MAX];
	size_t pair_count;
};

enum arguments_result { ARGUMENTS_RUN, ARGUMENTS_HELP, ARGUMENTS_WRONG };

/* argv[0] is skipped; options may stand anywhere, what follows "--" is none. The texts of *a point
 * into argv. ARGUMENTS_WRONG fills *e. */
enum arguments_result arguments_parse(struct arguments *a, int argc, char **argv, struct error *e);

void arguments_help(FILE *out);

#endif
