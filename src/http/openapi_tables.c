/* openapi_tables: what the tables say about a route, and the writer of JSON. */
#include "http/openapi.h"

#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>

const struct parameter parameters[] = {
#define PARAMETER(place, name, type, text) {PLACE_##place, #name, #type, text},
#include "http/parameters.def"
#undef PARAMETER
};
const size_t parameter_count = sizeof parameters / sizeof *parameters;

static const struct example examples[] = {
#define EXAMPLE(handler, body, answer, target, ...) {#handler, body, answer, target, #__VA_ARGS__},
#include "http/examples.def"
#undef EXAMPLE
};

static const char *const handlers[] = {
#define ROUTE(method, pattern, scope, handler, parameters, summary) #handler,
#include "http/routes.def"
#undef ROUTE
};

const char *handler_name(const struct route *route)
{
	return handlers[route - routes];
}

const struct example *example_of(const struct route *route)
{
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
		if (strcmp(examples[i].handler, handler_name(route)) == 0)
			return &examples[i];
	return NULL;
}

bool is_described(const struct route *route)
{
	const struct example *x = example_of(route);
	return !x || strcmp(x->answer, "page") != 0;
}

bool example_target(const struct route *route, struct buf *out)
{
	struct str parts[PATH_PARAMETERS_MAX], rest = str_of(route->pattern + 1);
	const struct example *x = example_of(route);
	struct str path = str_of(x ? x->target : "");
	if (x && route_matches(route, str_cut(&path, '?'), parts))
		return buf_add_str(out, str_of(x->target));
	while (rest.at) {
		struct str part = str_cut(&rest, '/');
		bool is_part = part.len && part.at[0] == '{';
		if (!buf_add_char(out, '/') || !buf_add_str(out, is_part ? str_of("all") : part))
			return false;
	}
	return true;
}

static const struct parameter *find(enum place place, struct str name)
{
	for (size_t i = 0; i < parameter_count; i++)
		if (parameters[i].place == place && str_is(name, parameters[i].name))
			return &parameters[i];
	return NULL;
}

bool route_takes(const struct route *route, const char *name)
{
	struct str rest = str_of(route->parameters);
	while (rest.at)
		if (str_is(str_cut(&rest, ','), name))
			return true;
	return false;
}

const struct parameter *parameter_of(const struct route *route, bool in_path, struct str name)
{
	const struct parameter *p = NULL;
	if (in_path)
		return find(PLACE_PATH, name);
	if (route_takes(route, "data"))
		p = find(PLACE_DATA, name);
	return p ? p : find(PLACE_QUERY, name);
}

/* ---- writing ---- */

void put(struct writer *w, const char *json)
{
	w->full = w->full || !buf_add_str(w->out, str_of(json));
}

void put_string(struct writer *w, struct str text)
{
	w->full = w->full || !json_string(w->out, text);
}

void put_format(struct writer *w, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	w->full = w->full || len < 0 || (size_t)len >= sizeof text;
	put(w, text);
}
