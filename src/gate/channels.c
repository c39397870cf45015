/* A change has two steps. Before it is stored, what can fail is done: the lists are compiled, the
 * sockets bound. After it was stored, the workers take it over; that cannot fail. Both steps run
 * under the registry's change lock. */
#include "gate/channels.h"

#include "base/die.h"
#include "base/json.h"
#include "base/log.h"
#include "gate/entrance.h"
#include "gate/identity.h"
#include "gate/listen.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum { ENTRANCES_MAX = 1000 };

/* What waits for being stored. */
struct prepared {
	struct prepared *next;
	uint32_t id; /* of the channel; 0: it gets one when it is stored */
	struct settings *settings;
	struct entrance *opens, *closes; /* NULL: none */
	int *fds;                        /* of `opens`, one for each worker */
};

struct entrance *channel_entrance(const struct gate *g, uint32_t channel)
{
	for (struct entrance *e = g->entrances; e; e = e->next)
		if (e->id == channel)
			return e;
	return NULL;
}

/* ---- on the workers ---- */

static void open_on(struct worker *w, void *context)
{
	struct prepared *p = context;
	listener_open(w, p->opens, p->fds[w->index]);
}

static struct listener *listener_of(struct worker *w, const struct entrance *entrance)
{
	struct listener *l = w->listeners;
	while (l->entrance != entrance)
		l = l->next;
	return l;
}

static void retire_on(struct worker *w, void *context)
{
	struct listener *l = listener_of(w, context);
	listener_close(l);
	l->retired = true;
	uv_async_send(&w->wake);
}

static void change_on(struct worker *w, void *context)
{
	struct entrance *entrance = context;
	listener_change(listener_of(w, entrance), entrance->settings);
}

static void tell_all(struct gate *g, order_fn *run, void *context)
{
	workers_call(g->workers, g->worker_count, run, context);
}

/* ---- applying; nothing here may fail ---- */

static void link_entrance(struct gate *g, struct entrance *entrance)
{
	uv_mutex_lock(&g->lock);
	entrance->next = g->entrances;
	g->entrances = entrance;
	uv_mutex_unlock(&g->lock);
}

static void unlink_entrance(struct gate *g, struct entrance *entrance)
{
	uv_mutex_lock(&g->lock);
	struct entrance **at = &g->entrances;
	while (*at != entrance)
		at = &(*at)->next;
	*at = entrance->next;
	uv_mutex_unlock(&g->lock);
}

static void apply(struct gate *g, struct prepared *p, uint32_t id)
{
	const char *uri = "";
	struct entrance *now = channel_entrance(g, id);
	struct settings *settings = p->settings;
	p->settings = NULL;
	if (settings)
		settings->channel.id = id;
	if (p->opens) {
		p->opens->id = id;
		p->opens->settings = settings;
		uri = p->opens->uri;
		tell_all(g, open_on, p);
	} else if (settings && now && !p->closes) {
		p->settings = now->settings; /* the old ones, freed with p */
		now->settings = settings;
		uri = now->uri;
		tell_all(g, change_on, now);
	} else {
		p->settings = settings;
	}
	if (p->closes) {
		unlink_entrance(g, p->closes);
		tell_all(g, retire_on, p->closes);
	}
	if (p->opens) {
		link_entrance(g, p->opens);
		log_info("gate", "listening", "channel=%" PRIu32 " uri=%s", id, uri);
	} else if (p->closes) {
		log_info("gate", "not_listening", "channel=%" PRIu32, id);
	}
	registry_set_uri(g->options.registry, id, uri);
	p->opens = NULL; /* the workers' now */
}

static void prepared_free(struct gate *g, struct prepared *p)
{
	for (uint16_t i = 0; p->opens && i < g->worker_count; i++)
		close(p->fds[i]);
	entrance_free(p->opens);
	settings_free(p->settings);
	free(p->fds);
	free(p);
}

/* ---- preparing ---- */

/* Is the channel where it wants to be? */
static bool stays(const struct entrance *now, const struct channel *new)
{
	return now && strcmp(now->address, new->address) == 0 &&
	       (new->port == 0 || new->port == now->port);
}

static bool may_open(struct gate *g, const struct entrance *wanted, const struct entrance *replaces,
	struct error *e)
{
	size_t count = 0;
	for (const struct entrance *other = g->entrances; other; other = other->next) {
		count++;
		if (other != replaces && wanted->port == other->port &&
			addresses_overlap(wanted->address, other->address))
			return fail(e, "cannot listen on port %u of %s: channel %" PRIu32 " does",
				wanted->port, wanted->address, other->id);
	}
	return count < ENTRANCES_MAX ||
	       fail(e, "%d channels listen already, more are not possible", ENTRANCES_MAX);
}

static bool prepare_sockets(struct gate *g, struct prepared *p, const struct channel *new,
	const struct entrance *now, struct error *e)
{
	p->fds = xcalloc(g->worker_count, sizeof *p->fds);
	struct entrance *opens = entrance_new(new);
	if (may_open(g, opens, now, e) && entrance_bind(opens, now, p->fds, g->worker_count, e)) {
		p->opens = opens;
		return true;
	}
	entrance_free(opens);
	return false;
}

/* One that could not be bound when the gate started may be changed all the same. */
static bool was_deaf(
	const struct channel *old, const struct entrance *now, const struct channel *new)
{
	return old && old->enabled && !now && strcmp(old->address, new->address) == 0 &&
	       old->port == new->port;
}

static bool prepare(struct gate *g, struct prepared *p, const struct channel *old,
	const struct channel *new, struct error *e)
{
	struct entrance *now = old ? channel_entrance(g, old->id) : NULL;
	if (new) {
		p->settings = settings_new(new, e);
		if (!p->settings)
			return false;
	}
	if (!new || !new->enabled) {
		p->closes = now;
		return true;
	}
	if (stays(now, new))
		return true;
	p->closes = now;
	return prepare_sockets(g, p, new, now, e) || was_deaf(old, now, new);
}

static bool prepare_channel(
	void *context, const struct channel *old, const struct channel *new, struct error *e)
{
	struct gate *g = context;
	struct prepared *p = xcalloc(1, sizeof *p), **end = &g->prepared;
	p->id = old ? old->id : 0;
	if (!prepare(g, p, old, new, e)) {
		prepared_free(g, p);
		return false;
	}
	while (*end)
		end = &(*end)->next;
	*end = p;
	return true;
}

/* The oldest that was prepared for this channel, or for a new one. NULL: none. */
static struct prepared *take_prepared(struct gate *g, uint32_t id)
{
	struct prepared **found = NULL;
	for (struct prepared **at = &g->prepared; *at; at = &(*at)->next)
		if ((*at)->id == id || (!found && (*at)->id == 0)) {
			found = at;
			if ((*at)->id == id)
				break;
		}
	struct prepared *p = found ? *found : NULL;
	if (p)
		*found = p->next;
	return p;
}

static void finish_channel(void *context, uint32_t channel_id, bool stored)
{
	struct gate *g = context;
	struct prepared *p = take_prepared(g, channel_id);
	if (!p)
		return;
	if (stored)
		apply(g, p, channel_id);
	prepared_free(g, p);
}

static void nudge_all(struct gate *g, uint64_t ident)
{
	enum { CHANNELS = 64 }; /* that one ident may be connected to */
	struct place places[CHANNELS];
	size_t count = ident ? ident_map_find_all(g->idents, ident, places, CHANNELS) : 0;
	for (size_t i = 0; i < count; i++)
		worker_nudge(g->workers[places[i].worker], places[i], NUDGE_LOOK);
}

static void device_changed(void *context, const struct device *old, const struct device *new)
{
	struct gate *g = context;
	bool matters = !old || !new || old->ident != new->ident || old->enabled != new->enabled;
	if (old && matters)
		nudge_all(g, old->ident);
	if (new &&matters && (!old || old->ident != new->ident))
		nudge_all(g, new->ident);
}

/* ---- beginning and end ---- */

static void tell_invalid(struct gate *g, uint32_t channel, const char *reason)
{
	struct event event = {
		.code = EVENT_CHANNEL_INVALID, .origin_type = ORIGIN_CHANNEL, .origin_id = channel};
	struct buf members;
	buf_init(&members, 4096);
	if (buf_printf(&members, "\"error_text\":") && json_string(&members, str_of(reason))) {
		event.members = buf_str(&members);
		events_post(g->options.events, &event);
	}
	buf_clear(&members);
}

static bool open_first(struct gate *g, const struct channel *c, bool is_needed, struct error *e)
{
	struct error why = {""};
	struct prepared *p = xcalloc(1, sizeof *p);
	bool done = prepare(g, p, NULL, c, &why);
	if (done)
		apply(g, p, c->id);
	prepared_free(g, p);
	if (done)
		return true;
	if (is_needed)
		return fail(e, "%s (see --listen)", why.text);
	log_error("gate", "cannot_listen", "channel=%" PRIu32 " reason=%s", c->id,
		log_quote(why.text));
	registry_set_uri(g->options.registry, c->id, "");
	tell_invalid(g, c->id, why.text);
	return true;
}

bool channels_open(struct gate *g, struct error *e)
{
	struct channel *channels = NULL;
	size_t count = registry_channels(g->options.registry, &channels);
	bool done = true;
	for (size_t i = 0; i < count && done; i++)
		if (channels[i].enabled)
			done = open_first(g, &channels[i], channels[i].id == g->options.needed, e);
	free(channels);
	return done;
}

void channels_watch(struct gate *g)
{
	const struct registry_watch watch = {g, prepare_channel, finish_channel, device_changed};
	registry_set_watch(g->options.registry, &watch);
}

void channels_unwatch(struct gate *g)
{
	registry_set_watch(g->options.registry, NULL);
	while (g->prepared) {
		struct prepared *p = g->prepared;
		g->prepared = p->next;
		prepared_free(g, p);
	}
}
