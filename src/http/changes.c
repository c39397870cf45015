#include "http/changes.h"

#include "core/change.h"

/* "10.0.0.2" of "10.0.0.2:4711", "fe80::1" of "[fe80::1]:4711". */
static struct str host_of(struct str peer)
{
	while (peer.len && is_digit(peer.at[peer.len - 1]))
		peer.len--;
	if (peer.len)
		peer.len--; /* the colon */
	return peer.len > 1 && peer.at[0] == '[' ? str_from(str_upto(peer, peer.len - 1), 1) : peer;
}

void tell_change(const struct request *r, enum origin_type type, uint32_t id,
	const struct resource *resource, const void *old, const void *new)
{
	char room[PEER_TEXT_MAX];
	const struct change change = {
		.type = type,
		.id = id,
		.resource = resource,
		.old = old,
		.new = new,
		.host = r->peer.family ? host_of(peer_text(&r->peer, room)) : (struct str)STR(""),
		.trace = r->trace,
		.app = r->app,
		.token = r->token ? r->token->id : 0,
	};
	change_post(r->context->events, &change);
}
