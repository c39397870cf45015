#include "http/access.h"

static const char *const open_uris[] = {
	"gw/channel-protocols", "gw/message-parameters", "gw/protocols"};

/* Of the items that an ACL may restrict. */
static const struct {
	const char *resource, *uri;
} uris[] = {{"channel", "gw/channels"}, {"device", "gw/devices"}};

static enum acl_method method_of(enum method m)
{
	static const enum acl_method methods[METHOD_COUNT] = {
		[METHOD_GET] = ACL_GET,
		[METHOD_POST] = ACL_POST,
		[METHOD_PUT] = ACL_PUT,
		[METHOD_PATCH] = ACL_PATCH,
		[METHOD_DELETE] = ACL_DELETE,
	};
	return methods[m];
}

struct str access_uri(const char *pattern)
{
	struct str rest = str_from(str_of(pattern), 1);
	const char *begin = rest.at;
	struct str first = str_cut(&rest, '/');
	if (!rest.at || str_is(first, "mqtt"))
		return first;
	struct str second = str_cut(&rest, '/');
	return (struct str){begin, (size_t)(second.at + second.len - begin)};
}

struct str access_submodule(const char *pattern)
{
	struct str last = {"", 0}, uri = access_uri(pattern);
	struct str rest = str_from(str_of(pattern), 1 + uri.len);
	while (rest.at) {
		struct str part = str_cut(&rest, '/');
		if (part.len && part.at[0] != '{')
			last = part;
	}
	return last;
}

static bool is_open(struct str uri, enum method m)
{
	for (size_t i = 0; i < sizeof open_uris / sizeof *open_uris; i++)
		if (m == METHOD_GET && str_is(uri, open_uris[i]))
			return true;
	return false;
}

bool access_route(const struct route *route, const struct token *token)
{
	if (route->scope == SCOPE_PUBLIC || route->scope == SCOPE_ANY)
		return true;
	if (token->access == ACCESS_MASTER)
		return true;
	if (route->scope == SCOPE_MASTER)
		return false;
	if (token->access == ACCESS_STANDARD)
		return true;
	struct str uri = access_uri(route->pattern), submodule = access_submodule(route->pattern);
	if (is_open(uri, route->method))
		return true;
	/* a row without a {selector} makes new items */
	bool is_new = !strchr(route->pattern, '{');
	return is_new ? acl_allows_id(&token->acl, uri, submodule, method_of(route->method), 0)
		      : acl_allows(&token->acl, uri, submodule, method_of(route->method));
}

bool access_all(const struct request *r)
{
	return !r->token || r->token->access != ACCESS_ACL;
}

/* What an ACL calls the items; empty: it cannot grant them. */
static struct str uri_of(const struct resource *resource)
{
	for (size_t i = 0; i < sizeof uris / sizeof *uris; i++)
		if (strcmp(uris[i].resource, resource->name) == 0)
			return str_of(uris[i].uri);
	return str_of("");
}

bool access_reads(const struct token *token, const struct resource *resource, struct str submodule,
	uint32_t id)
{
	return !token || token->access != ACCESS_ACL ||
	       acl_allows_id(&token->acl, uri_of(resource), submodule, ACL_GET, id);
}

bool access_item(const struct request *r, const struct resource *resource, uint32_t id)
{
	if (access_all(r))
		return true;
	struct str row = access_uri(r->route->pattern);
	if (is_open(row, r->method))
		return true;
	struct str uri = uri_of(resource);
	if (!str_eq(uri, row))
		return access_reads(r->token, resource, str_of(""), id);
	return acl_allows_id(
		&r->token->acl, uri, access_submodule(r->route->pattern), method_of(r->method), id);
}

bool access_publishes(const struct request *r, struct str topic)
{
	return access_all(r) || acl_allows_topic(&r->token->acl, topic, ACL_PUBLISH);
}
