/* range: which messages a reader wants: the object that comes as ?data=, as the body of a GET, or
 * as query parameters of the same names; and how any such object is read. */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include "http/generalize.h"
#include "http/request.h"
#include "model/expression.h"

/* The end of the year 9999: what lies behind is milliseconds by mistake. */
#define RANGE_TIME_MAX_US INT64_C(253402300799999999)

struct range {
	int64_t from_us, to_us;                /* inclusive; 0: open */
	int64_t count;                         /* 0: all */
	bool reverse;                          /* newest first */
	char fields[4096];                     /* names and masks; empty: all */
	char filter[EXPRESSION_BYTES_MAX + 1]; /* empty: all pass */
	int64_t generalize_s;                  /* 0: each message as it is */
	char method_name[16];
	enum generalize_method method; /* from its name */
};

extern const struct resource range_resource;

/* False with a refusal that names the member. */
MUST_USE bool range_parse(const struct request *r, struct range *out, struct refusal *refusal);

/* The same for an object of another table, whose rows are flat. */
MUST_USE bool data_parse(
	const struct request *r, const struct resource *table, void *out, struct refusal *refusal);

#endif
