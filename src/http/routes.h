/* routes: the one table of what the REST API answers, and the way from a request to its handler. */
#ifndef HTTP_ROUTES_H
#define HTTP_ROUTES_H

#include "http/request.h"

enum scope {
	SCOPE_PUBLIC, /* no token */
	SCOPE_ANY,    /* any token that is good */
	SCOPE_READ,   /* a standard or master token, or an ACL that grants it */
	SCOPE_WRITE,
	SCOPE_MASTER, /* a master token */
};

/* Fills the answer; begins with status 0, which means 200. */
typedef void handler_fn(const struct request *r, struct answer *a);

struct route {
	enum method method;
	const char *pattern;
	enum scope scope;
	handler_fn *handler;
	const char *parameters; /* of the query, separated by commas; "*": all are passed over */
	const char *summary;
};

extern const struct route routes[];
extern const size_t route_count;

/* False: the API knows no such method. */
bool method_parse(const char *text, enum method *out);
const char *method_name(enum method m);

/* Does the raw path (no query) match the pattern? Sets the {parts}, still encoded. */
bool route_matches(const struct route *r, struct str path, struct str parts[PATH_PARAMETERS_MAX]);

/* Finds the row, checks the token, decodes, calls the handler. The answer always has a status. */
void dispatch(struct request *r, struct answer *a);

/* ---- handlers ---- */
#define ROUTE(method, pattern, scope, handler, parameters, summary) handler_fn handler;
#include "http/routes.def"
#undef ROUTE

#endif
