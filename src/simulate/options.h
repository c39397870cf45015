/* options: the command line of `cantrack simulate`. Rows in options.def. */
#ifndef SIMULATE_OPTIONS_H
#define SIMULATE_OPTIONS_H

#include "simulate/dial.h"

#include <stdio.h>

struct options {
#define NUMBER(member, name, initial, least, most, help) uint64_t member;
#define FLAG(member, name, help)                         bool member;
#define TEXT(member, name, arg, help)                    const char *member;
#include "simulate/options.def"
#undef NUMBER
#undef FLAG
#undef TEXT
	/* what follows from them; `devices` is 0 without `to`, `watchers` without `watch` */
	bool is_flood, has_acks;
	struct endpoint gate, door; /* of `to`, `watch` */
};

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_WRONG };

/* argv[0] is skipped; the texts of *o point into argv. OPTIONS_WRONG fills *e. */
enum options_result options_parse(struct options *o, int argc, char **argv, struct error *e);

void options_help(FILE *out);

#endif
