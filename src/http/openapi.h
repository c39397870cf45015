/* openapi: the API's description of itself: OpenAPI 3.1, expanded from the tables of routes,
 * parameters, examples, shapes, fields and messages. The same bytes at every call. */
#ifndef HTTP_OPENAPI_H
#define HTTP_OPENAPI_H

#include "http/routes.h"

/* False: the buffer is full. */
MUST_USE bool openapi_print(struct buf *out);

/* ---- the tables ---- */

extern const struct resource ident_resource, mqtt_session_resource; /* of their api_*.c */

enum place { PLACE_DATA, PLACE_PATH, PLACE_QUERY };

struct parameter {
	enum place place;
	const char *name, *type, *text;
};
extern const struct parameter parameters[];
extern const size_t parameter_count;

/* What a route means by this name of its path or query; NULL: no row of the table tells. */
const struct parameter *parameter_of(const struct route *route, bool in_path, struct str name);

/* Does the row name this query parameter? */
bool route_takes(const struct route *route, const char *name);

const char *handler_name(const struct route *route);

struct example {
	const char *handler;
	const char *body, *answer, *target, *sent;
};

/* NULL: no row of the table tells. */
const struct example *example_of(const struct route *route);

/* Is it a part of the API, and not of a page for people? */
bool is_described(const struct route *route);

/* The example's path and query; where several routes share a handler, their own with "all" for
 * every part. False: the buffer is full. */
MUST_USE bool example_target(const struct route *route, struct buf *out);

/* ---- writing: the first failure stays ---- */

struct writer {
	struct buf *out;
	bool full;
};

void put(struct writer *w, const char *json);
void put_string(struct writer *w, struct str text);
void put_format(struct writer *w, const char *format, ...) PRINTF(2, 3);

/* The members of "schemas". */
void put_schemas(struct writer *w);

/* Is there a schema with this name? And one of bodies, .new and .change? */
bool schema_exists(const char *name);
bool schema_is_input(const char *name);

#endif
