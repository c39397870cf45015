#include "live/news.h"

#include "live/catchup.h"
#include "live/derive.h"
#include "live/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* False: there is nothing more. */
static bool take_from_hub(struct live *l)
{
	uint64_t behind, last;
	l->records = hub_take(l->hub, &behind, &last);
	if (behind)
		catchup_begin(l, behind - 1, last);
	return l->records || behind;
}

/* The record that is next; NULL: the hub has no more. It is valid until the next call. */
static const struct record *next_record(struct live *l)
{
	if (l->records && l->record_at == l->records->count) {
		struct hub_group *done = l->records;
		l->records = done->next;
		l->record_at = 0;
		free(done);
	}
	while (!l->records) {
		l->record_at = 0;
		if (!catchup_is_on(l) && !take_from_hub(l))
			break;
		if (catchup_is_on(l))
			l->records = catchup_next(l);
	}
	return l->records ? &l->records->records[l->record_at++] : NULL;
}

bool news_records(struct live *l)
{
	int64_t until_us = clock_monotonic_us() + SLICE_US;
	const struct record *r;
	while ((r = next_record(l)) != NULL) {
		record_publish(l, r);
		if (l->is_full || clock_monotonic_us() >= until_us)
			return true;
	}
	return false;
}

void news_clear(struct live *l)
{
	for (struct hub_group *g = l->records, *next; g; g = next) {
		next = g->next;
		free(g);
	}
	l->records = NULL;
	catchup_end(l);
}

/* ---- presence ---- */

static void publish_member(struct live *l, uint32_t device, const char *member)
{
	char filter[96];
	struct pattern p;
	snprintf(filter, sizeof filter, "flespi/state/gw/devices/%" PRIu32 "/%s", device, member);
	pattern_parse(&p, str_of(filter));
	derive_device(l, device, &p, publish_derived, NULL);
}

void news_presence(struct live *l, const struct connection *c, bool is_open)
{
	derive_connection(l, c, is_open, publish_derived, NULL);
	if (c->device)
		publish_member(l, c->device, "connected");
}

/* ---- events ---- */

/* Below flespi/log/gw/KIND/ID/. %llu: the connection; %s: the command's name. */
static const struct {
	enum event_code code;
	const char *topic;
} names[] = {
	{EVENT_CREATED, "created"},
	{EVENT_CHANGED, "updated"},
	{EVENT_DELETED, "deleted"},
	{EVENT_ACCEPTED, "connections/%llu/accepted"},
	{EVENT_IDENTIFIED, "connections/%llu/identified"},
	{EVENT_CLOSED, "connections/%llu/closed"},
	{EVENT_CHANNEL_DATA, "error"},
	{EVENT_CHANNEL_INVALID, "error"},
	{EVENT_CONNECTED, "connected"},
	{EVENT_DISCONNECTED, "disconnected"},
	{EVENT_DEVICE_DATA, "error"},
	{EVENT_DEVICE_DATA_PART, "warning"},
	{EVENT_COMMAND_QUEUED, "commands-queue/%s/queued"},
	{EVENT_COMMAND_SENT, "commands-queue/%s/sent"},
	{EVENT_COMMAND_PROCESSED, "commands-queue/%s/processed"},
	{EVENT_COMMAND_REMOVED, "commands-queue/%s/canceled"},
	{EVENT_COMMAND_EXPIRED, "commands-queue/%s/expired"},
	{EVENT_MQTT_ACCEPTED, "%llu/connected"},
	{EVENT_MQTT_BLOCKED, "%llu/blocked"},
	{EVENT_MQTT_REFUSED, "%llu/refused"},
	{EVENT_MQTT_CLOSED, "%llu/disconnected"},
	{EVENT_MQTT_OVERFLOWED, "%llu/overflowed"},
	{EVENT_MQTT_SUBSCRIBED, "%llu/subscribed"},
	{EVENT_MQTT_UNSUBSCRIBED, "%llu/unsubscribed"},
	{EVENT_TOKEN_EXPIRED, "expired"},
};

/* What becomes of a name that is no level: / + # are others' signs. */
static void put_name(char *out, size_t room, struct str name)
{
	size_t len = name.len < room - 1 ? name.len : room - 1;
	for (size_t i = 0; i < len; i++)
		out[i] = strchr("/+#", name.at[i]) ? '_' : name.at[i];
	out[len] = '\0';
}

static int put_event(const struct event *e, char *out, size_t room)
{
	char name[80], subject[24];
	const char *topic = "other";
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].code == e->code)
			topic = names[i].topic;
	put_name(name, sizeof name, e->subject_text);
	snprintf(subject, sizeof subject, "%" PRIu64, e->subject);
	const char *number = strstr(topic, "%llu"), *text = strstr(topic, "%s");
	if (number)
		return snprintf(
			out, room, "%.*s%s%s", (int)(number - topic), topic, subject, number + 4);
	if (text)
		return snprintf(out, room, "%.*s%s%s", (int)(text - topic), topic, name, text + 2);
	return snprintf(out, room, "%s", topic);
}

static const struct {
	enum origin_type type;
	const char *place, *uri;
	bool is_for_masters;
} places[] = {
	{ORIGIN_CHANNEL, "gw/channels", "gw/channels", false},
	{ORIGIN_DEVICE, "gw/devices", "gw/devices", false},
	{ORIGIN_STREAM, "gw/streams", "gw/streams", false},
	{ORIGIN_TOKEN, "platform/tokens", "platform/tokens", true},
	{ORIGIN_MQTT, "mqtt/sessions", "mqtt", false},
	{ORIGIN_PLATFORM, "platform/customer", "platform/customer", true},
};

static void publish_log(struct live *l, const struct event *e, struct str json)
{
	char topic[256], event[160];
	size_t i = 0, last = sizeof places / sizeof *places - 1;
	while (i < last && places[i].type != e->origin_type)
		i++;
	put_event(e, event, sizeof event);
	/* a session of MQTT is its subject; an item its origin */
	int len =
		e->origin_type == ORIGIN_MQTT
			? snprintf(topic, sizeof topic, "flespi/log/%s/%s", places[i].place, event)
			: snprintf(topic, sizeof topic, "flespi/log/%s/%" PRIu32 "/%s",
				  places[i].place, e->origin_id, event);
	struct draft draft = {
		.topic = {topic, (size_t)len},
		.payload = json,
		.time_us = e->time_us,
		.qos = 1,
		.scope = {str_of(places[i].uri), STR("logs"), e->origin_id,
			places[i].is_for_masters},
	};
	(void)publish(l, &draft);
}

static bool names_member(struct str members, const char *name)
{
	while (members.at)
		if (str_is(str_cut(&members, ','), name))
			return true;
	return false;
}

/* The whole item, and those of its members, with what is made of them. */
static void publish_item(struct live *l, const struct event *e, struct str members)
{
	char filter[640];
	struct pattern p;
	bool is_device = e->origin_type == ORIGIN_DEVICE;
	int head = snprintf(filter, sizeof filter, "flespi/state/gw/%s/%" PRIu32,
		is_device ? "devices" : "channels", e->origin_id);
	for (int i = 0; i < 2; i++) {
		if (i)
			snprintf(filter + head, sizeof filter - (size_t)head, "/%.*s%s%s",
				STR_PRINT(members),
				names_member(members, "device_type_id") ? ",device_type_name" : "",
				names_member(members, "configuration") ? ",connected" : "");
		pattern_parse(&p, str_of(filter));
		if (is_device)
			derive_device(l, e->origin_id, &p, publish_derived, NULL);
		else
			derive_channel(l, e->origin_id, &p, publish_derived, NULL);
	}
}

static void publish_change(struct live *l, const struct event *e)
{
	bool is_device = e->origin_type == ORIGIN_DEVICE;
	switch (e->code) {
	case EVENT_CREATED: publish_item(l, e, (struct str)STR("+")); break;
	case EVENT_CHANGED:
		if (e->subject_text.len)
			publish_item(l, e, e->subject_text);
		break;
	case EVENT_DELETED: derive_gone(l, is_device, e->origin_id, publish_derived, NULL); break;
	case EVENT_COMMAND_QUEUED:
	case EVENT_COMMAND_SENT:
	case EVENT_COMMAND_PROCESSED:
	case EVENT_COMMAND_REMOVED:
	case EVENT_COMMAND_EXPIRED:
		derive_command(l, e->origin_id, e->subject, publish_derived, NULL);
		break;
	default: break;
	}
}

void news_event(struct live *l, const struct news *n)
{
	if (l->wants_logs)
		publish_log(l, &n->event, n->json);
	if (n->event.origin_type == ORIGIN_DEVICE
			? l->wants_device_state
			: l->wants_channel_state && n->event.origin_type == ORIGIN_CHANNEL)
		publish_change(l, &n->event);
}
