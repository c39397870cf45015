/* Records become messages: one for the channel, one for the device, and what they change of the state. JSON is
 * made when the topic has found somebody who wants it. */
#include "live/news.h"

#include "base/json.h"
#include "core/metrics.h"
#include "live/derive.h"
#include "live/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { TOPIC_BYTES = 96 };

/* Registered names change seldom, and copying a device from the registry costs more than all the rest. */
static const struct known_device *known_device(struct live *l, uint32_t id)
{
	struct known_device *k = &l->known[id % KNOWN_DEVICES];
	uint32_t version = registry_version(l->options.registry);
	struct device d;
	if (k->id == id && k->version == version)
		return k;
	*k = (struct known_device){.id = id, .version = version};
	k->is_there = registry_device(l->options.registry, id, &d);
	if (k->is_there) {
		k->type = d.device_type_id;
		memcpy(k->name, d.name, sizeof k->name);
	}
	return k;
}

/* ---- messages ---- */

struct making {
	const struct record *record;
	const struct known_device *device; /* NULL: for the channel */
	char peer[PEER_TEXT_MAX];
};

static bool make_message(struct live *l, void *context)
{
	struct making *m = context;
	struct str name = {NULL, 0};
	if (m->device)
		name = str_of(m->device->name);
	l->payload.len = 0;
	if (!record_message(m->record, m->device ? &name : NULL, m->device ? m->device->type : 0,
		    m->peer, &l->message)) {
		metric_add(records_damaged, 1);
		return false;
	}
	return message_json(&l->message, NULL, &l->payload);
}

static void publish_message(
	struct live *l, const struct record *r, const struct known_device *device, struct str topic)
{
	struct making making = {.record = r, .device = device};
	struct draft draft = {
		.topic = topic,
		.time_us = r->received_us,
		.qos = 1,
		.scope = {device ? (struct str)STR("gw/devices") : (struct str)STR("gw/channels"),
			STR("messages"), device ? device->id : r->origin.channel, false},
		.message = &l->message,
		.make = make_message,
		.context = &making,
	};
	(void)publish(l, &draft);
}

static size_t put_number(char *out, uint64_t number)
{
	char digits[20];
	size_t len = 0, i = sizeof digits;
	do
		digits[--i] = (char)('0' + number % 10);
	while (number /= 10);
	len = sizeof digits - i;
	memcpy(out, digits + i, len);
	return len;
}

static void publish_for_channel(struct live *l, const struct record *r)
{
	static const char head[] = "flespi/message/gw/channels/";
	char topic[TOPIC_BYTES];
	size_t len = sizeof head - 1;
	memcpy(topic, head, len);
	len += put_number(topic + len, r->origin.channel);
	topic[len++] = '/';
	len += put_number(topic + len, r->origin.ident);
	publish_message(l, r, NULL, (struct str){topic, len});
}

static void publish_for_device(struct live *l, const struct record *r)
{
	static const char head[] = "flespi/message/gw/devices/";
	char topic[TOPIC_BYTES];
	const struct known_device *device = known_device(l, r->origin.device);
	size_t len = sizeof head - 1;
	if (!device->is_there)
		return;
	memcpy(topic, head, len);
	len += put_number(topic + len, device->id);
	publish_message(l, r, device, (struct str){topic, len});
}

/* ---- state ---- */

static bool is_wanted(const struct live *l, const char *format, uint32_t id) PRINTF(2, 0);

static bool is_wanted(const struct live *l, const char *format, uint32_t id)
{
	char levels[TOPIC_BYTES];
	int len = snprintf(levels, sizeof levels, format, id);
	return index_any_below(l->index, (struct str){levels, (size_t)len});
}

static void publish_last_active(struct live *l, const struct record *r)
{
	char topic[TOPIC_BYTES];
	int len = snprintf(topic, sizeof topic, "flespi/state/gw/devices/%" PRIu32 "/last_active",
		r->origin.device);
	char text[JSON_DECIMAL_MAX];
	struct draft draft = {
		.topic = {topic, (size_t)len},
		.payload = {text, json_put_decimal(text, r->received_us, 6)},
		.time_us = r->received_us,
		.qos = 1,
		.retain = true,
		.scope = {STR("gw/devices"), STR(""), r->origin.device, false},
	};
	(void)publish(l, &draft);
}

static void publish_device_state(struct live *l, const struct record *r)
{
	if (is_wanted(l, "flespi/state/gw/devices/%" PRIu32 "/telemetry", r->origin.device))
		derive_telemetry(l, r->origin.device, r->time_us, NULL, publish_derived, NULL);
	if (known_device(l, r->origin.device)->is_there)
		publish_last_active(l, r);
}

static void publish_ident(struct live *l, const struct record *r)
{
	struct ident_info info;
	if (!is_wanted(l, "flespi/state/gw/channels/%" PRIu32 "/idents", r->origin.channel))
		return;
	if (store_ident(l->options.store, r->origin.channel, r->origin.ident, &info))
		derive_ident(l, r->origin.channel, &info, publish_derived, NULL);
}

void record_publish(struct live *l, const struct record *r)
{
	if (l->wants_channels && r->origin.channel)
		publish_for_channel(l, r);
	if (l->wants_devices && r->origin.device)
		publish_for_device(l, r);
	if (l->wants_device_state && r->origin.device)
		publish_device_state(l, r);
	if (l->wants_channel_state && r->origin.channel)
		publish_ident(l, r);
}
