#include "http/openapi.h"

#include "http/access.h"
#include "model/token.h"

#include <stdio.h>

/* What the gateway answers to keep programs going that ask for it: nothing, or always a refusal. */
static bool is_refused(const struct example *x)
{
	return x && is_digit(x->answer[0]);
}

static bool is_absent(const struct example *x)
{
	return is_refused(x) || (x && strcmp(x->answer, "none") == 0);
}

/* ---- parameters ---- */

static const char *const places[] = {
	[PLACE_DATA] = "data", [PLACE_PATH] = "path", [PLACE_QUERY] = "query"};

static void put_parameter(struct writer *w, const struct parameter *p)
{
	bool in_path = p->place == PLACE_PATH;
	put_format(w,
		"\"%s.%s\":{\"name\":\"%s\",\"in\":\"%s\",%s\"description\":", places[p->place],
		p->name, p->name, in_path ? "path" : "query", in_path ? "\"required\":true," : "");
	put_string(w, str_of(p->text));
	if (strcmp(p->type, "object") == 0)
		put(w, ",\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\"}}}}");
	else
		put_format(w, ",\"schema\":{\"type\":\"%s\"}}", p->type);
}

static void put_all_parameters(struct writer *w)
{
	for (size_t i = 0; i < parameter_count; i++) {
		put(w, i ? "," : "");
		put_parameter(w, &parameters[i]);
	}
}

static void put_reference(struct writer *w, const struct parameter *p, bool *any)
{
	if (!p)
		return;
	put_format(w, "%s{\"$ref\":\"#/components/parameters/%s.%s\"}", *any ? "," : "",
		places[p->place], p->name);
	*any = true;
}

static void put_path_parameters(struct writer *w, const struct route *route)
{
	bool any = false;
	struct str rest = str_of(route->pattern);
	put(w, "\"parameters\":[");
	while (rest.at) {
		struct str part = str_cut(&rest, '/');
		if (part.len > 2 && part.at[0] == '{')
			put_reference(w,
				parameter_of(route, true, (struct str){part.at + 1, part.len - 2}),
				&any);
	}
	put(w, "]");
}

static void put_query_parameters(struct writer *w, const struct route *route)
{
	bool any = false;
	struct str rest = str_of(route->parameters);
	put(w, ",\"parameters\":[");
	while (rest.at && rest.len && !str_is(rest, "*"))
		put_reference(w, parameter_of(route, false, str_cut(&rest, ',')), &any);
	put(w, "]");
}

/* ---- operations ---- */

/* Segment n of the pattern, from 0. */
static struct str segment(const struct route *route, int n)
{
	struct str rest = str_of(route->pattern + 1), part = {"", 0};
	for (; n >= 0; n--)
		part = rest.at ? str_cut(&rest, '/') : (struct str){"", 0};
	return part;
}

/* "devices" of /gw/devices/...; what the gateway tells about itself is "service", what flespi has
 * and the gateway has not is "absent". */
static struct str tag_of(const struct route *route)
{
	if (is_absent(example_of(route)))
		return str_of("absent");
	struct str first = segment(route, 0), second = segment(route, 1);
	if (!second.len || str_is(first, "docs"))
		return str_of("service");
	bool is_whole = str_is(first, "auth") || str_is(first, "const") || str_is(first, "mqtt");
	return is_whole ? first : second;
}

/* Which tokens may: what an ACL must say, where it can. */
static void put_access(struct writer *w, const struct route *route)
{
	static const struct token grants_nothing = {.access = ACCESS_ACL};
	struct str uri = access_uri(route->pattern), part = access_submodule(route->pattern);
	if (route->scope == SCOPE_PUBLIC) {
		put(w, ",\"description\":\"Needs no token.\",\"security\":[]");
	} else if (route->scope == SCOPE_MASTER) {
		put(w, ",\"description\":\"Needs a master token.\"");
	} else if (access_route(route, &grants_nothing)) {
		put(w, ",\"description\":\"Any token will do.\"");
	} else {
		put_format(w,
			",\"description\":\"A token with an access list needs `%.*s`: "
			"%s%s%.*s%s.\"",
			STR_PRINT(uri), method_name(route->method),
			part.len ? " in the submodule `" : "", STR_PRINT(part),
			part.len ? "`" : "");
	}
}

/* A field table has a schema for what a new item takes and one for a change; others have one. */
static void put_body_schema(struct writer *w, const struct route *route, const char *name)
{
	const char *set = route->method == METHOD_POST ? ".new" : ".change";
	put_format(w, "{\"$ref\":\"#/components/schemas/%s%s\"}", name,
		schema_is_input(name) ? set : "");
}

static void put_body(struct writer *w, const struct route *route, const struct example *x)
{
	if (!x || !*x->body)
		return;
	put(w, ",\"requestBody\":{\"required\":true,\"content\":{\"application/json\":{"
	       "\"schema\":");
	if (route->method == METHOD_POST) {
		put(w, "{\"oneOf\":[{\"type\":\"array\",\"items\":");
		put_body_schema(w, route, x->body);
		put(w, "},");
		put_body_schema(w, route, x->body);
		put(w, "]}");
	} else {
		put_body_schema(w, route, x->body);
	}
	put(w, ",\"example\":");
	put(w, x->sent);
	put(w, "}}}");
}

static void put_success(struct writer *w, const struct route *route, const struct example *x)
{
	put(w, "\"200\":{\"description\":");
	put_string(w, str_of(route->summary));
	put(w, ",\"content\":{");
	if (x && strchr(x->answer, '/'))
		put_format(w, "\"%s\":{}", x->answer);
	else
		put_format(w,
			"\"application/json\":{\"schema\":{\"allOf\":[{\"$ref\":\"#/components/"
			"schemas/envelope\"},{\"type\":\"object\",\"properties\":{\"result\":{"
			"\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/%s\"}}}}]}}",
			x && schema_exists(x->answer) ? x->answer : "item");
	if (route_takes(route, "format"))
		put(w, ",\"text/csv\":{},\"application/geo+json\":{},\"application/gpx+xml\":{}");
	put(w, "}},");
}

static void put_answers(struct writer *w, const struct route *route, const struct example *x)
{
	static const struct {
		unsigned status;
		bool with_token, with_body;
	} refusals[] = {{401, true, false}, {403, true, false}, {404, false, false},
		{405, false, false}, {413, true, true}, {429, true, false}};
	put(w, ",\"responses\":{");
	if (!is_refused(x))
		put_success(w, route, x);
	put(w, "\"400\":{\"$ref\":\"#/components/responses/400\"}");
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (!(refusals[i].with_token && route->scope == SCOPE_PUBLIC) &&
			!(refusals[i].with_body && !(x && *x->body)))
			put_format(w, ",\"%u\":{\"$ref\":\"#/components/responses/%u\"}",
				refusals[i].status, refusals[i].status);
	put(w, "}");
}

static void put_example(struct writer *w, const struct route *route, const struct example *x)
{
	struct buf target;
	buf_init(&target, 512);
	w->full = w->full || !example_target(route, &target);
	put(w, ",\"x-example\":{\"target\":");
	put_string(w, buf_str(&target));
	put(w, ",\"body\":");
	put_string(w, str_of(x->sent));
	put_format(w, ",\"status\":%s}", is_refused(x) ? x->answer : "200");
	buf_clear(&target);
}

/* The handler's name, or one made of the address where an earlier route has the same handler, or
 * the handler is everybody's. */
static void put_operation_id(struct writer *w, const struct route *route, const struct example *x)
{
	const struct route *first = routes;
	while (first->handler != route->handler)
		first++;
	if (first == route && !is_absent(x)) {
		put_format(w, "\"%s\"", handler_name(route));
		return;
	}
	put_format(w, "\"%s", method_name(route->method));
	for (const char *c = route->pattern; *c; c++)
		if (*c != '{' && *c != '}')
			put_format(w, "%c", is_letter(*c) ? *c : '_');
	put(w, "\"");
}

static void put_operation(struct writer *w, const struct route *route)
{
	const struct example *x = example_of(route);
	char method[8];
	snprintf(method, sizeof method, "%s", method_name(route->method));
	for (char *c = method; *c; c++)
		*c = (char)(*c | 0x20);
	put_format(w, "\"%s\":{\"operationId\":", method);
	put_operation_id(w, route, x);
	put(w, ",\"tags\":[");
	put_string(w, tag_of(route));
	put(w, "],\"summary\":");
	put_string(w, str_of(route->summary));
	put_access(w, route);
	put_query_parameters(w, route);
	put_body(w, route, x);
	put_answers(w, route, x);
	if (x)
		put_example(w, route, x);
	put(w, "}");
}

/* Rows of one pattern stand together. */
static void put_paths(struct writer *w)
{
	const char *pattern = NULL;
	for (size_t i = 0; i < route_count; i++) {
		const struct route *route = &routes[i];
		if (!is_described(route))
			continue;
		if (!pattern || strcmp(route->pattern, pattern) != 0) {
			put(w, pattern ? "}," : "");
			put_string(w, str_of(route->pattern));
			put(w, ":{");
			put_path_parameters(w, route);
		}
		pattern = route->pattern;
		put(w, ",");
		put_operation(w, route);
	}
	put(w, "}");
}

/* ---- the whole ---- */

static void put_tags(struct writer *w)
{
	bool any = false;
	for (size_t i = 0; i < route_count; i++) {
		struct str tag = tag_of(&routes[i]);
		bool seen = !is_described(&routes[i]);
		for (size_t j = 0; j < i && !seen; j++)
			seen = is_described(&routes[j]) && str_eq(tag, tag_of(&routes[j]));
		if (seen)
			continue;
		put(w, any ? ",{\"name\":" : "{\"name\":");
		any = true;
		put_string(w, tag);
		put(w, "}");
	}
}

static void put_responses(struct writer *w)
{
	static const struct {
		unsigned status;
		const char *text;
	} rows[] = {
		{400, "The request makes no sense: the errors say what and where; nothing changed"},
		{401, "No token, or not a valid one"},
		{403, "Denied, or none of these items exists"},
		{404, "There is nothing at this address"},
		{405, "The address has no such method; the header Allow names what it has"},
		{413, "The body is longer than 1 MiB"},
		{429, "Too many wrong tokens from this address: wait"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		put_format(w,
			"%s\"%u\":{\"description\":\"%s\",\"content\":{\"application/json\":{"
			"\"schema\":{\"$ref\":\"#/components/schemas/envelope\"}}}}",
			i ? "," : "", rows[i].status, rows[i].text);
}

bool openapi_print(struct buf *out)
{
	struct writer w = {out, false};
	put(&w, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"cantrack\",\"version\":"
		"\"" CANTRACK_VERSION "\",\"summary\":\"Gateway for GPS trackers of the Cantrack "
		"protocol\",\"description\":\"The REST API, in the form of flespi's. Every answer "
		"is an envelope: `result` is an array, `errors` beside it tells what of the "
		"request could not be done.\",\"license\":{\"name\":\"MIT\",\"identifier\":\"MIT\""
		"}},\"security\":[{\"token\":[]}],\"tags\":[");
	put_tags(&w);
	put(&w, "],\"paths\":{");
	put_paths(&w);
	put(&w, "},\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"apiKey\",\"in\":"
		"\"header\",\"name\":\"Authorization\",\"description\":\"`FlespiToken ` and the "
		"key of 64 characters, or the key alone\"}},\"parameters\":{");
	put_all_parameters(&w);
	put(&w, "},\"responses\":{");
	put_responses(&w);
	put(&w, "},\"schemas\":{");
	put_schemas(&w);
	put(&w, "}}}\n");
	return !w.full;
}
