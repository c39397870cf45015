#include "live/derive_inside.h"

#include "base/json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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
	if (is_connected(l, &d))
		derive_connections(&t, 0, d.ident);
	derive_commands(&t);
}

static void tell_channel(
	struct live *l, uint32_t id, const struct pattern *p, derive_fn *each, void *context)
{
	static const struct channel_live known = {channel_size};
	const struct telling t = {l, derive_channels, id, p, each, context};
	struct channel *c = xmalloc(sizeof *c);
	bool is_there = registry_channel(l->options.registry, id, c);
	c->live = &known;
	c->live_context = l;
	if (is_there)
		tell_item(&t, c);
	free(c);
}

bool derive_channel_part(struct live *l, uint32_t id, const struct pattern *p,
	struct derive_place *place, derive_fn *each, void *context)
{
	const struct telling t = {l, derive_channels, id, p, each, context};
	switch (place->part) {
	case PART_ITEM: tell_channel(l, id, p, each, context); break;
	case PART_CONNECTIONS:
		if (derive_connections_page(&t, id, 0, &place->after))
			return true;
		break;
	case PART_IDENTS: return derive_idents_page(&t, place);
	}
	place->part++;
	return true;
}

void derive_channel(
	struct live *l, uint32_t id, const struct pattern *p, derive_fn *each, void *context)
{
	struct derive_place place = {PART_ITEM, 0, NULL, 0, 0};
	while (derive_channel_part(l, id, p, &place, each, context))
		continue;
	derive_place_clear(&place);
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
	if (is_device)
		derive_no_values(&t, UINT64_MAX);
}
