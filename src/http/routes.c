#include "http/routes.h"

#include "base/die.h"
#include "base/log.h"
#include "core/metrics.h"
#include "http/access.h"
#include "http/url.h"

#include <stdio.h>
#include <stdlib.h>

const struct route routes[] = {
#define ROUTE(method, pattern, scope, handler, parameters, summary)                                \
	{METHOD_##method, pattern, SCOPE_##scope, handler, parameters, summary},
#include "http/routes.def"
#undef ROUTE
};
const size_t route_count = sizeof routes / sizeof *routes;

static const char *const method_names[METHOD_COUNT] = {
	[METHOD_GET] = "GET",
	[METHOD_POST] = "POST",
	[METHOD_PUT] = "PUT",
	[METHOD_PATCH] = "PATCH",
	[METHOD_DELETE] = "DELETE",
};

const char *method_name(enum method m)
{
	return method_names[m];
}

bool method_parse(const char *text, enum method *out)
{
	for (int m = 0; m < METHOD_COUNT; m++)
		if (strcmp(text, method_names[m]) == 0) {
			*out = (enum method)m;
			return true;
		}
	return false;
}

/* ---- matching ---- */

/* Are they the same up to the first {part}? Most rows of the table are not, and end here. */
static bool begins_alike(const char *pattern, struct str path)
{
	size_t i = 0;
	while (i < path.len && pattern[i] == path.at[i] && pattern[i] && pattern[i] != '{')
		i++;
	return i == path.len || !pattern[i] || pattern[i] == '{';
}

bool route_matches(const struct route *r, struct str path, struct str parts[PATH_PARAMETERS_MAX])
{
	struct str pattern = str_of(r->pattern);
	size_t n = 0;
	if (!begins_alike(r->pattern, path))
		return false;
	if (path.len > 1 && path.at[path.len - 1] == '/')
		path.len--;
	while (pattern.at && path.at) {
		struct str want = str_cut(&pattern, '/'), have = str_cut(&path, '/');
		if (want.len && want.at[0] == '{') {
			if (!have.len)
				return false;
			parts[n++] = have;
		} else if (!str_eq(want, have)) {
			return false;
		}
	}
	while (n < PATH_PARAMETERS_MAX)
		parts[n++] = (struct str){NULL, 0};
	return !pattern.at && !path.at;
}

static struct str path_of(struct str target)
{
	return str_cut(&target, '?');
}

/* The row for path and method. NULL: none; *allowed then names the methods the path has. */
static const struct route *find_route(
	struct str path, enum method method, struct str parts[], struct buf *allowed)
{
	for (size_t i = 0; i < route_count; i++) {
		if (!route_matches(&routes[i], path, parts))
			continue;
		if (routes[i].method == method)
			return &routes[i];
		const char *name = method_names[routes[i].method];
		bool is_get = routes[i].method == METHOD_GET;
		if (!buf_printf(allowed, "%s%s%s", allowed->len ? ", " : "", name,
			    is_get ? ", HEAD" : ""))
			break;
	}
	return NULL;
}

/* ---- decoding ---- */

static bool is_listed(const char *list, struct str name)
{
	struct str rest = str_of(list);
	while (rest.at)
		if (str_eq(str_cut(&rest, ','), name) && name.len)
			return true;
	return false;
}

static bool decode_part(struct str *part, enum url_part kind, char **room, struct error *e)
{
	size_t len;
	if (!url_decode(*part, kind, *room, &len, e))
		return false;
	*part = (struct str){*room, len};
	*room += len;
	return true;
}

static bool decode_query(
	struct request *r, const struct route *route, struct str query, char *room, struct error *e)
{
	while (query.at) {
		struct str value = str_cut(&query, '&');
		if (!value.len)
			continue;
		struct str name = str_cut(&value, '=');
		if (!value.at)
			value = (struct str){"", 0};
		if (!decode_part(&name, URL_QUERY, &room, e) ||
			!decode_part(&value, URL_QUERY, &room, e))
			return false;
		char shown[64];
		const char *text = escape_bytes(name, shown, sizeof shown);
		if (!is_listed(route->parameters, name))
			return fail(e, "unknown query parameter '%s'", text);
		for (size_t i = 0; i < r->query_count; i++)
			if (str_eq(r->query[i].name, name))
				return fail(e, "query parameter '%s' is given twice", text);
		check(r->query_count < QUERY_MAX); /* rows name fewer, and each comes once */
		r->query[r->query_count++] = (struct query_parameter){name, value};
	}
	return true;
}

/* Decoded text is never longer than the encoded: one copy holds all parts. */
static bool decode(struct request *r, const struct route *route, struct error *e)
{
	struct str query = r->target;
	(void)str_cut(&query, '?');
	char *room = r->decoded = xmalloc(r->target.len);
	for (size_t i = 0; i < PATH_PARAMETERS_MAX && r->segment[i].at; i++)
		if (!decode_part(&r->segment[i], URL_PATH, &room, e))
			return false;
	return strcmp(route->parameters, "*") == 0 || decode_query(r, route, query, room, e);
}

struct str request_query(const struct request *r, const char *name)
{
	for (size_t i = 0; i < r->query_count; i++)
		if (str_is(r->query[i].name, name))
			return r->query[i].value;
	return (struct str){NULL, 0};
}

/* ---- dispatch ---- */

/* The one answer without "result": an unauthorised caller is told nothing. */
static void refuse_token(struct answer *a)
{
	metric_add(http_unauthorized, 1);
	static const char text[] = "{\"errors\":[{\"code\":1,\"reason\":\"unauthorized\"}]}\n";
	a->status = 401;
	a->begun = a->ended = buf_add(&a->body, text, sizeof text - 1);
}

/* There is one account. */
static bool is_other_account(const struct request *r, const struct route *route)
{
	return route->scope != SCOPE_PUBLIC && r->account.len && !str_is(r->account, "1");
}

void dispatch(struct request *r, struct answer *a)
{
	struct buf allowed;
	struct error e;
	char shown[200];
	struct str path = path_of(r->target);
	buf_init(&allowed, sizeof a->allow - 1);
	const struct route *route = find_route(path, r->method, r->segment, &allowed);
	r->route = route;
	if (!route && allowed.len) {
		snprintf(a->allow, sizeof a->allow, "%.*s", STR_PRINT(buf_str(&allowed)));
		answer_error(a, 405, "%s is not possible here, only %s", method_names[r->method],
			a->allow);
	} else if (!route) {
		answer_error(a, 404, "there is nothing at %s; see /docs for what there is",
			escape_bytes(path, shown, sizeof shown));
	} else if (route->scope != SCOPE_PUBLIC && !r->token) {
		refuse_token(a);
	} else if (is_other_account(r, route)) {
		answer_error(a, 403, "x-flespi-cid is '%s', there is only account 1",
			escape_bytes(r->account, shown, sizeof shown));
	} else if (!access_route(route, r->token)) {
		answer_error(a, 403, "the token does not grant %s %s", method_names[r->method],
			route->pattern);
	} else if (!decode(r, route, &e)) {
		answer_error(a, 400, "%s", e.text);
	} else {
		route->handler(r, a);
	}
	if (!a->status)
		a->status = 200;
	buf_clear(&allowed);
}
