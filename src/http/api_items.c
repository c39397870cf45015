/* api_items: reading channels, devices, protocols and device types. */
#include "http/items.h"

#include "base/die.h"
#include "http/access.h"
#include "http/queue_print.h"
#include "http/routes.h"
#include "http/telemetry.h"

/* ---- the collections ---- */

static size_t channel_ids(const struct context *c, uint32_t **out)
{
	return registry_channel_ids(c->registry, out);
}

static uint64_t bytes_of(const void *context, enum query_by by, uint32_t id)
{
	return store_bytes(((const struct context *)context)->store, by, id);
}

/* ---- what is known of an item besides what is stored; asked for when it is printed ---- */

static uint64_t channel_messages_size(const void *context, const struct channel *c)
{
	return bytes_of(context, QUERY_CHANNEL, c->id);
}

static const struct channel_live channel_live = {channel_messages_size};

static bool device_is_connected(const void *context, const struct device *d)
{
	const struct connections *c = ((const struct context *)context)->connections;
	return c && d->ident && c->is_connected(c->context, d->ident);
}

static int64_t device_last_active_us(const void *context, const struct device *d)
{
	return store_last_active(((const struct context *)context)->store, d->id);
}

static uint64_t device_messages_size(const void *context, const struct device *d)
{
	return bytes_of(context, QUERY_DEVICE, d->id);
}

static bool device_telemetry(const void *context, const struct device *d, struct buf *out)
{
	return telemetry_print(
		((const struct context *)context)->store, d->id, (struct str)STR("all"), out);
}

static bool device_queue(const void *context, const struct device *d, struct buf *out)
{
	return queue_print(((const struct context *)context)->commands, d->id, out);
}

static bool hidden(const void *context, const struct device *d, struct buf *out)
{
	(void)context;
	(void)d;
	return buf_add(out, "null", 4);
}

#define DEVICE_LIVE(telemetry, queue)                                                              \
	{                                                                                          \
		device_is_connected, device_last_active_us, device_messages_size, telemetry, queue \
	}
/* By what may be read of it: telemetry, queue. */
static const struct device_live device_lives[2][2] = {
	{DEVICE_LIVE(hidden, hidden), DEVICE_LIVE(hidden, device_queue)},
	{DEVICE_LIVE(device_telemetry, hidden), DEVICE_LIVE(device_telemetry, device_queue)},
};

/* A device shows what lies below it only to those who may read that. */
static void device_restrict(const struct token *t, union object *object)
{
	uint32_t id = object->device.id;
	bool telemetry = access_reads(t, &device_resource, (struct str)STR("telemetry"), id);
	bool queue = access_reads(t, &device_resource, (struct str)STR("commands-queue"), id);
	object->device.live = &device_lives[telemetry][queue];
}

static bool channel_get(const struct context *c, uint32_t id, union object *out)
{
	if (!registry_channel(c->registry, id, &out->channel))
		return false;
	out->channel.live = &channel_live;
	out->channel.live_context = c;
	return true;
}

static size_t device_ids(const struct context *c, uint32_t **out)
{
	return registry_device_ids(c->registry, out);
}

static bool device_get(const struct context *c, uint32_t id, union object *out)
{
	if (!registry_device(c->registry, id, &out->device))
		return false;
	out->device.live = &device_lives[true][true];
	out->device.live_context = c;
	return true;
}

static uint32_t device_of_ident(const struct context *c, uint64_t ident)
{
	return registry_device_of(c->registry, ident);
}

static size_t one_id(uint32_t id, uint32_t **out)
{
	*out = xmalloc(sizeof **out);
	**out = id;
	return 1;
}

static size_t type_ids(const struct context *c, uint32_t **out)
{
	(void)c;
	*out = xmalloc(DEVICE_TYPE_LAST * sizeof **out);
	for (uint32_t id = 1; id <= DEVICE_TYPE_LAST; id++)
		(*out)[id - 1] = id;
	return DEVICE_TYPE_LAST;
}

static bool type_get(const struct context *c, uint32_t id, union object *out)
{
	(void)c;
	return device_type_get(id, &out->device_type);
}

static size_t protocol_ids(const struct context *c, uint32_t **out)
{
	(void)c;
	return one_id(PROTOCOL_ID, out);
}

static bool protocol_get(const struct context *c, uint32_t id, union object *out)
{
	(void)c;
	(void)out;
	return id == PROTOCOL_ID;
}

static size_t parameter_ids(const struct context *c, uint32_t **out)
{
	(void)c;
	*out = xmalloc(PARAM_COUNT * sizeof **out);
	for (uint32_t id = 1; id <= PARAM_COUNT; id++)
		(*out)[id - 1] = id;
	return PARAM_COUNT;
}

static bool parameter_get(const struct context *c, uint32_t id, union object *out)
{
	(void)c;
	out->parameter.id = id;
	return id >= 1 && id <= PARAM_COUNT;
}

const struct collection channels = {&channel_resource, channel_ids, channel_get, NULL, NULL};
const struct collection devices = {
	&device_resource, device_ids, device_get, device_of_ident, device_restrict};
const struct collection device_types = {&device_type_resource, type_ids, type_get, NULL, NULL};
const struct collection protocols = {&protocol_resource, protocol_ids, protocol_get, NULL, NULL};
const struct collection message_parameters = {
	&parameter_resource, parameter_ids, parameter_get, NULL, NULL};

/* ---- handlers ---- */

static void get_items(
	const struct request *r, struct answer *a, const struct collection *c, struct str selector)
{
	struct chosen chosen;
	struct page page;
	if (page_parse(r, a, &page) && choose(r, a, c, selector, &chosen))
		answer_items(r, a, c, &chosen, &page);
}

void get_channels(const struct request *r, struct answer *a)
{
	get_items(r, a, &channels, r->segment[0]);
}

void get_devices(const struct request *r, struct answer *a)
{
	get_items(r, a, &devices, r->segment[0]);
}

void get_protocols(const struct request *r, struct answer *a)
{
	get_items(r, a, &protocols, r->segment[0]);
}

void get_message_parameters(const struct request *r, struct answer *a)
{
	get_items(r, a, &message_parameters, r->segment[0]);
}

void get_device_types(const struct request *r, struct answer *a)
{
	struct chosen chosen;
	if (!choose(r, a, &protocols, r->segment[0], &chosen))
		return;
	bool any = chosen.count != 0;
	chosen_clear(&chosen);
	if (any)
		get_items(r, a, &device_types, r->segment[1]);
}
