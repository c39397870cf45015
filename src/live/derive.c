#include "live/derive_inside.h"

#include "base/json.h"
#include "core/connection_form.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONNECTIONS_MAX = 256, PLACES_MAX = 64 };

/* The members that have a topic of their own. */
static const char *const device_members[] = {"blocked", "cid", "configuration", "connected",
	"device_type_id", "device_type_name", "enabled", "id", "last_active", "media_rotate",
	"media_ttl", "messages_rotate", "messages_size", "messages_ttl", "metadata", "name",
	"protocol_id", "protocol_name"};
static const char *const channel_members[] = {"blocked", "cid", "configuration", "enabled", "id",
	"messages_size", "messages_ttl", "metadata", "name", "protocol_id", "protocol_name",
	"secondary_uri", "uri"};

static const struct kind kinds[] = {
	{&channel_resource, "channels", "gw/channels", channel_members,
		sizeof channel_members / sizeof *channel_members},
	{&device_resource, "devices", "gw/devices", device_members,
		sizeof device_members / sizeof *device_members},
};
const struct kind *const derive_channels = &kinds[0], *const derive_devices = &kinds[1];

/* ---- one message ---- */

void derive_tell(
	const struct telling *t, const char *submodule, int64_t time_us, const char *below, ...)
{
	char topic[320];
	int head =
		snprintf(topic, sizeof topic, "flespi/state/gw/%s/%" PRIu32, t->kind->name, t->id);
	va_list args;
	va_start(args, below);
	int len = vsnprintf(topic + head, sizeof topic - (size_t)head, below, args);
	va_end(args);
	check(len >= 0 && (size_t)(head + len) < sizeof topic);
	struct draft draft = {
		.topic = {topic, (size_t)(head + len)},
		.payload = buf_str(&t->live->payload),
		.time_us = time_us ? time_us : clock_now_us(),
		.qos = 1,
		.retain = true,
		.scope = {str_of(t->kind->uri), str_of(submodule), t->id, false},
	};
	t->each(t->live, t->context, &draft);
}

/* ---- members of items ---- */

/* The value of one member. False: it has none. */
static bool put_member(
	struct live *l, const struct kind *kind, const void *object, const char *name)
{
	uint64_t rows;
	struct str unknown;
	struct buf *out = fresh(l);
	size_t head = strlen(name) + 4; /* {"": */
	if (!resource_select(kind->resource, str_of(name), &rows, &unknown) ||
		!resource_print(kind->resource, object, rows, out) || out->len <= head)
		return false;
	out->len--;
	buf_drop(out, head);
	return !str_is(buf_str(out), "null");
}

static void tell_item(const struct telling *t, const void *object)
{
	const struct resource *r = t->kind->resource;
	if (pattern_reaches(t->pattern, 5) &&
		resource_print(r, object, resource_shown(r), fresh(t->live)))
		derive_tell(t, "", 0, "%s", "");
	for (size_t i = 0; i < t->kind->count && pattern_reaches(t->pattern, 6); i++)
		if (pattern_fits(t->pattern, 5, t->kind->members[i]) &&
			put_member(t->live, t->kind, object, t->kind->members[i]))
			derive_tell(t, "", 0, "/%s", t->kind->members[i]);
}

/* ---- connections ---- */

static void tell_connection(const struct telling *t, const struct connection *c, bool is_open)
{
	struct connection_form form;
	uint32_t device = c->device;
	if (!device && c->ident)
		device = registry_device_of(t->live->options.registry, c->ident);
	connection_form_make(c, device, &form);
	struct buf *out = fresh(t->live);
	if (!is_open || resource_print(&connection_resource, &form,
				resource_shown(&connection_resource), out))
		derive_tell(t, "connections", is_open ? c->established_us : 0,
			"/connections/%" PRIu64, c->id);
}

static void tell_connections(const struct telling *t, uint32_t channel, uint64_t ident)
{
	const struct connections *all = t->live->connections;
	struct connection *page;
	uint64_t after = 0;
	size_t count;
	if (!all || !pattern_reaches(t->pattern, 7) || !pattern_fits(t->pattern, 5, "connections"))
		return;
	page = xmalloc(CONNECTIONS_MAX * sizeof *page);
	do {
		count = all->list(all->context, channel, ident, after, page, CONNECTIONS_MAX);
		for (size_t i = 0; i < count; i++)
			tell_connection(t, &page[i], true);
		after = count ? page[count - 1].id : after;
	} while (count == CONNECTIONS_MAX);
	free(page);
}

void derive_connection(
	struct live *l, const struct connection *c, bool is_open, derive_fn *each, void *context)
{
	struct telling t = {l, derive_channels, c->channel, NULL, each, context};
	tell_connection(&t, c, is_open);
	if (!c->device)
		return;
	t.kind = derive_devices;
	t.id = c->device;
	tell_connection(&t, c, is_open);
}

/* ---- commands ---- */

void derive_command(struct live *l, uint32_t device, uint64_t id, derive_fn *each, void *context)
{
	const struct telling t = {l, derive_devices, device, NULL, each, context};
	struct command *c = xmalloc(sizeof *c);
	struct buf *out = fresh(l);
	bool is_there = l->options.commands && commands_get(l->options.commands, id, c);
	if (!is_there ||
		resource_print(&command_resource, c, resource_shown(&command_resource), out))
		derive_tell(&t, "commands-queue", 0, "/commands-queue/%" PRIu64, id);
	free(c);
}

static void tell_commands(const struct telling *t)
{
	uint64_t *ids = NULL;
	if (!t->live->options.commands || !pattern_reaches(t->pattern, 7) ||
		!pattern_fits(t->pattern, 5, "commands-queue"))
		return;
	size_t count = commands_of(t->live->options.commands, t->id, &ids);
	for (size_t i = 0; i < count; i++)
		derive_command(t->live, t->id, ids[i], t->each, t->context);
	free(ids);
}

/* ---- idents ---- */

void derive_ident(struct live *l, uint32_t channel, const struct ident_info *info, derive_fn *each,
	void *context)
{
	const struct telling t = {l, derive_channels, channel, NULL, each, context};
	char peer[PEER_TEXT_MAX];
	struct buf *out = fresh(l);
	if (buf_printf(out,
		    "{\"ident\":\"%" PRIu64 "\",\"size\":%" PRIu64 ",\"messages\":%" PRIu64
		    ",\"last\":",
		    info->ident, info->bytes, info->count) &&
		json_decimal(out, info->last_us, 6) &&
		buf_printf(out, ",\"peer\":\"%.*s\"}", STR_PRINT(peer_text(&info->peer, peer))))
		derive_tell(&t, "idents", info->last_us, "/idents/%" PRIu64, info->ident);
}

struct idents {
	struct ident_info *at;
	size_t count, room;
};

static void copy_ident(void *context, const struct ident_info *info)
{
	struct idents *c = context;
	if (c->count == c->room) {
		c->room = c->room ? 2 * c->room : 64;
		c->at = xrealloc(c->at, c->room * sizeof *c->at);
	}
	c->at[c->count++] = *info;
}

static void tell_idents(const struct telling *t)
{
	struct idents idents = {NULL, 0, 0};
	if (!pattern_reaches(t->pattern, 7) || !pattern_fits(t->pattern, 5, "idents"))
		return;
	store_idents(t->live->options.store, t->id, copy_ident, &idents);
	for (size_t i = 0; i < idents.count; i++)
		derive_ident(t->live, t->id, &idents.at[i], t->each, t->context);
	free(idents.at);
}

/* ---- items ---- */

static bool is_connected(const void *context, const struct device *d)
{
	const struct connections *c = ((const struct live *)context)->connections;
	return c && d->ident && c->is_connected(c->context, d->ident);
}

static int64_t last_active_us(const void *context, const struct device *d)
{
	return store_last_active(((const struct live *)context)->options.store, d->id);
}

static uint64_t device_size(const void *context, const struct device *d)
{
	return store_bytes(((const struct live *)context)->options.store, QUERY_DEVICE, d->id);
}

static bool nothing(const void *context, const struct device *d, struct buf *out)
{
	(void)context;
	(void)d;
	return buf_add(out, "null", 4);
}

static uint64_t channel_size(const void *context, const struct channel *c)
{
	return store_bytes(((const struct live *)context)->options.store, QUERY_CHANNEL, c->id);
}

void derive_device(
	struct live *l, uint32_t id, const struct pattern *p, derive_fn *each, void *context)
{
	static const struct device_live known = {
		is_connected, last_active_us, device_size, nothing, nothing};
	const struct telling t = {l, derive_devices, id, p, each, context};
	struct device d;
	if (!registry_device(l->options.registry, id, &d))
		return;
	d.live = &known;
	d.live_context = l;
	tell_item(&t, &d);
	if (pattern_reaches(p, 7) && pattern_fits(p, 5, "telemetry"))
		derive_telemetry(l, id, INT64_MIN, p, each, context);
	tell_connections(&t, 0, d.ident);
	tell_commands(&t);
}

void derive_channel(
	struct live *l, uint32_t id, const struct pattern *p, derive_fn *each, void *context)
{
	static const struct channel_live known = {channel_size};
	const struct telling t = {l, derive_channels, id, p, each, context};
	struct channel *c = xmalloc(sizeof *c);
	bool is_there = registry_channel(l->options.registry, id, c);
	c->live = &known;
	c->live_context = l;
	if (is_there) {
		tell_item(&t, c);
		tell_connections(&t, id, 0);
		tell_idents(&t);
	}
	free(c);
}

void derive_customer(struct live *l, derive_fn *each, void *context)
{
	struct draft draft = {
		.topic = STR("flespi/state/platform/customer"),
		.payload = STR("{\"id\":1,\"name\":\"cantrack\"}"),
		.time_us = clock_now_us(),
		.qos = 1,
		.retain = true,
		.scope = {STR("platform/customer"), STR(""), 0, false},
	};
	each(l, context, &draft);
}

/* "deleted" comes first: clients that keep a list of items take that for their end. */
void derive_gone(struct live *l, bool is_device, uint32_t id, derive_fn *each, void *context)
{
	const struct kind *kind = is_device ? derive_devices : derive_channels;
	const struct telling t = {l, kind, id, NULL, each, context};
	if (buf_add(fresh(l), "true", 4))
		derive_tell(&t, "", 0, "/deleted");
	fresh(l);
	derive_tell(&t, "", 0, "%s", "");
	for (size_t i = 0; i < kind->count; i++)
		derive_tell(&t, "", 0, "/%s", kind->members[i]);
}
