/* Which one it is lies in the store: a resource of the kind below has its number. */
#include "app/first_channel.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

static const char mark[] = "first_channel";

/* What the options say goes into the channel: everything into a new one, what was given into one
 * that was stored. */
static void configure(struct channel *ch, const struct config *c, bool is_new)
{
#define TAKE(option, member, value)                                                                \
	if (is_new || c->given[OPTION_##option])                                                   \
	ch->member = (value)
	TAKE(auto_devices, auto_devices, c->auto_devices);
	TAKE(extended, extended, c->extended);
	TAKE(listen, port, c->listen.port);
	TAKE(max_connections, max_connections, (int)c->max_connections);
	TAKE(max_junk, max_junk_bytes, (int)c->max_junk);
	TAKE(max_per_address, max_per_address, (int)c->max_per_address);
	TAKE(no_ack_v1, ack_v1, !c->no_ack_v1);
	TAKE(silence_timeout, silence_s, (int)c->silence_timeout);
#undef TAKE
	if (is_new || c->given[OPTION_listen])
		snprintf(ch->address, sizeof ch->address, "%s", c->listen.host);
}

static bool take_id(void *context, uint32_t id, struct str json)
{
	(void)json;
	*(uint32_t *)context = id; /* the last one: a later mark is for a later channel */
	return true;
}

/* The lowest id, for a store without the mark; 0: there are no channels. */
static uint32_t lowest(struct registry *registry)
{
	uint32_t *ids, id;
	id = registry_channel_ids(registry, &ids) ? ids[0] : 0;
	free(ids);
	return id;
}

/* The channel that REST made in place of the first one, at the address that is asked for. */
static bool find_at(struct registry *registry, const struct address *at, struct channel *out)
{
	struct channel *channels;
	size_t count = registry_channels(registry, &channels), i = 0;
	while (i < count && (!channels[i].enabled || channels[i].port != at->port ||
				    strcmp(channels[i].address, at->host) != 0))
		i++;
	if (i < count)
		*out = channels[i];
	free(channels);
	return i < count && at->port;
}

bool first_channel(struct store *store, struct registry *registry, const struct config *config,
	uint32_t *id, struct error *e)
{
	struct channel ch;
	uint32_t marked = 0;
	*id = 0;
	if (!store_each(store, mark, take_id, &marked, e))
		return false;
	bool is_there = registry_channel(registry, marked ? marked : lowest(registry), &ch);
	if (!is_there && marked && !config->given[OPTION_listen]) {
		log_info("serve", "no_channel", "reason=%s",
			log_quote("it was deleted over REST; --listen makes a new one"));
		return true;
	}
	is_there = is_there || find_at(registry, &config->listen, &ch);
	if (!is_there)
		channel_init(&ch);
	configure(&ch, config, !is_there);
	if (!registry_put_channel(registry, &ch, e) ||
		(ch.id != marked && !store_put(store, mark, ch.id, (struct str)STR("{}"), e)))
		return false;
	*id = ch.id;
	return true;
}
