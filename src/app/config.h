/* config: the options of `cantrack serve`. The command line wins over the file, the file over the
 * defaults. */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include "base/error.h"
#include "base/log.h"
#include "base/str.h"

#include <stdio.h>

struct address {
	char host[64]; /* numeric, without brackets */
	uint16_t port; /* 0: any free one */
};

struct text {
	char at[256];
};

typedef bool option_FLAG;
typedef int64_t option_NUMBER;
typedef struct text option_TEXT, option_TILES;
typedef struct address option_ADDRESS;
typedef struct address option_ADDRESS_OR_NONE; /* none: the host is empty */
typedef enum log_level option_LEVEL;

enum option {
#define OPTION(member, name, kind, fallback, min, max, argument, help) OPTION_##member,
#include "app/config.def"
#undef OPTION
	OPTION_COUNT
};

struct config {
#define OPTION(member, name, kind, fallback, min, max, argument, help) option_##kind member;
#include "app/config.def"
#undef OPTION
	bool given[OPTION_COUNT]; /* by the file or the command line */
	bool help;                /* --help was asked for; nothing else was looked at */
};

/* argv[0] is skipped. False with a sentence. */
MUST_USE bool config_parse(struct config *c, int argc, char **argv, struct error *e);

void config_help(FILE *to);

/* "1.2.3.4:5", "[::1]:5" or ":5"; the last leaves out->host as it is. False with a sentence,
 * *out unchanged. */
MUST_USE bool address_parse(struct address *out, struct str text, struct error *e);

/* The reverse: "host:port" or "[host]:port". `out` has 80 bytes; returns it. */
const char *address_text(const struct address *a, uint16_t port, char *out);

#endif
