#include "live/rights.h"

#include "live/client.h"
#include "live/session.h"

#include <stdlib.h>

struct holder *holder_take(struct live *l, const struct token *token)
{
	struct holder *h = NULL;
	HASH_FIND(hh, l->holders, &token->id, sizeof token->id, h);
	if (!h) {
		h = xcalloc(1, sizeof *h);
		h->live = l;
		h->id = token->id;
		HASH_ADD(hh, l->holders, id, sizeof h->id, h);
	}
	h->token = *token;
	h->references++;
	return h;
}

size_t holder_sessions(const struct live *l, uint32_t token)
{
	struct holder *h = NULL;
	HASH_FIND(hh, l->holders, &token, sizeof token, h);
	return h ? h->references : 0;
}

void holder_release(struct live *l, struct holder *h)
{
	if (--h->references)
		return;
	HASH_DEL(l->holders, h);
	free(h);
}

/* ---- changes ---- */

static bool admits(const struct token *t, const struct peer *peer)
{
	return !peer->family || token_admits(t, peer->addr, peer->family == 4 ? 4 : 16);
}

/* All of them, with what their wills would say, or those whose client connects from where it may not any more. */
static void end_sessions(struct live *l, const struct holder *h, bool all)
{
	struct session *s, *next;
	HASH_ITER(hh, l->sessions, s, next)
	{
		if (s->holder != h || (!all && (!s->client || admits(&h->token, &s->peer))))
			continue;
		if (all) {
			will_free(l, s->will);
			s->will = NULL;
			s->expiry_s = 0;
		}
		if (s->client)
			client_end(s->client, MQTT_NOT_AUTHORIZED, CLOSE_BY_USER);
		else
			session_end(l, s);
	}
}

void holders_review(struct live *l)
{
	struct holder *h, *next;
	int64_t now_us = clock_now_us();
	HASH_ITER(hh, l->holders, h, next)
	{
		char ips[TOKEN_IPS_MAX + 1];
		memcpy(ips, h->token.ips, sizeof ips);
		bool is_good = !h->id ||
			       tokens_still(l->tokens, h->id, h->clients != 0, now_us, &h->token);
		h->references++; /* it outlives its sessions here */
		if (!is_good || strcmp(ips, h->token.ips) != 0)
			end_sessions(l, h, !is_good);
		holder_release(l, h);
	}
}

/* ---- rights ---- */

bool rights_reads(const struct holder *h, const struct draft *draft)
{
	const struct scope *scope = &draft->scope;
	if (h->token.access == ACCESS_MASTER)
		return true;
	if (scope->is_for_masters)
		return false;
	if (h->token.access == ACCESS_STANDARD)
		return true;
	if (!scope->uri.len)
		return acl_allows_topic(&h->token.acl, draft->topic, ACL_SUBSCRIBE);
	return acl_allows_id(&h->token.acl, scope->uri, scope->submodule, ACL_GET, scope->id);
}

/* One item, or all of a kind, when the filter names it; else it is for each message to tell. */
static bool may_name(const struct acl *acl, struct str filter)
{
	char uri[80];
	struct str rest = filter;
	(void)str_cut(&rest, '/');
	struct str kind = rest.at ? str_cut(&rest, '/') : rest;
	struct str api = rest.at ? str_cut(&rest, '/') : rest;
	struct str resource = rest.at ? str_cut(&rest, '/') : rest;
	struct str item = rest.at ? str_cut(&rest, '/') : rest;
	uint64_t id;
	bool is_message = str_is(kind, "message"), is_log = str_is(kind, "log");
	if (!is_message && !is_log && !str_is(kind, "state"))
		return true;
	if (!str_is(api, "gw") || !resource.len || memchr(resource.at, ',', resource.len) ||
		str_is(resource, "+") || str_is(resource, "#"))
		return true;
	int len = snprintf(uri, sizeof uri, "gw/%.*s", STR_PRINT(resource));
	if (len < 0 || (size_t)len >= sizeof uri)
		return true;
	struct str u = {uri, (size_t)len};
	struct str submodule = str_of(is_message ? "messages" : is_log ? "logs" : "");
	if (kind.len == 5) /* state: what lies below the item has names of its own */
		return true;
	if (!str_to_u64(item, &id))
		return acl_allows(acl, u, submodule, ACL_GET);
	return id <= UINT32_MAX && acl_allows_id(acl, u, submodule, ACL_GET, (uint32_t)id);
}

bool rights_subscribes(const struct holder *h, struct str filter)
{
	if (h->token.access != ACCESS_ACL)
		return true;
	struct str rest = filter, first = str_cut(&rest, '/');
	if (str_is(first, "flespi"))
		return may_name(&h->token.acl, filter);
	/* what is wanted of flespi's topics is looked at message by message */
	return str_is(first, "#") || str_is(first, "+") || acl_allows_filter(&h->token.acl, filter);
}

bool rights_publishes(const struct holder *h, struct str topic)
{
	return h->token.access != ACCESS_ACL || acl_allows_topic(&h->token.acl, topic, ACL_PUBLISH);
}
