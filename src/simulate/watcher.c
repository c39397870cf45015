#include "simulate/watcher.h"

#include "base/die.h"
#include "mqtt/packet.h"

#include <stdlib.h>
#include <unistd.h>

enum { OUT_MAX = 1 << 20, SUBSCRIBE_ID = 1 };

void watcher_init(struct watcher *w, const struct options *o, uint64_t number)
{
	*w = (struct watcher){.number = number, .fd = -1};
	buf_init(&w->in, WATCHER_PACKET_MAX);
	buf_init(&w->out, OUT_MAX);
	if (o->devices)
		w->seen = xcalloc(o->watch_each ? 1 : o->devices, sizeof *w->seen);
}

void watcher_clear(struct watcher *w)
{
	buf_clear(&w->in);
	buf_clear(&w->out);
	free(w->seen);
	w->seen = NULL;
}

/* The tracker that it watches, with --watch-each. */
static uint64_t own_tracker(const struct watcher *w, const struct options *o)
{
	return o->devices ? w->number % o->devices : w->number;
}

void watcher_greet(struct watcher *w, const struct hearing *h)
{
	char id[64];
	snprintf(id, sizeof id, "cantrack-simulate-%ld-%llu", (long)getpid(),
		(unsigned long long)w->number);
	struct mqtt_connect connect = {.version = (uint8_t)h->o->watch_version,
		.clean = true,
		.client_id = str_of(id),
		.has_username = h->o->token != NULL};
	if (h->o->token)
		connect.username = str_of(h->o->token);
	check(mqtt_connect_write(&w->out, &connect, (struct str){"", 0}));
	w->state = WATCHER_GREETING;
}

static void subscribe(struct watcher *w, const struct options *o)
{
	char filter[64] = "flespi/message/gw/channels/+/+";
	if (o->watch_each)
		snprintf(filter, sizeof filter, "flespi/message/gw/channels/+/%llu",
			(unsigned long long)(o->first_ident + own_tracker(w, o)));
	struct mqtt_topic topic = {.filter = str_of(filter), .qos = (uint8_t)o->watch_qos};
	check(mqtt_subscribe_write(
		&w->out, (int)o->watch_version, SUBSCRIBE_ID, &topic, 1, (struct str){"", 0}));
	w->state = WATCHER_SUBSCRIBING;
}

/* ---- messages ---- */

/* What stands behind a key of a flat JSON object; empty: there is no such key. Within a string a quote
 * has a backslash before it, so that no text looks like a key. */
static struct str value_of(struct str json, struct str key)
{
	const char *at = memmem(json.at, json.len, key.at, key.len);
	return at ? str_from(json, (size_t)(at - json.at) + key.len) : (struct str){"", 0};
}

/* The type of a message; SAY_COUNT: none that trackers report with. */
static enum say say_of(struct str json)
{
	struct str rest = value_of(json, (struct str)STR("\"message.type\":\""));
	if (!rest.len)
		return SAY_COUNT;
	struct str type = str_cut(&rest, '"');
	enum say say = 0;
	while (say < SAY_COUNT && !str_is(type, say_name(say)))
		say++;
	return say;
}

/* The whole second that a message gives; 0: it gives none. */
static uint32_t time_of(struct str json)
{
	struct str rest = value_of(json, (struct str)STR("\"timestamp\":"));
	uint64_t second = 0;
	size_t i = 0;
	for (; i < rest.len && i < 10 && is_digit(rest.at[i]); i++)
		second = second * 10 + (uint64_t)(rest.at[i] - '0');
	bool is_whole = i < rest.len && (rest.at[i] == ',' || rest.at[i] == '}');
	return is_whole && second <= UINT32_MAX ? (uint32_t)second : 0;
}

/* The last level is the ident. False: it is none of our trackers. */
static bool tracker_of(struct str topic, const struct options *o, uint64_t *tracker)
{
	const char *slash = memrchr(topic.at, '/', topic.len);
	struct str level = slash ? str_from(topic, (size_t)(slash - topic.at) + 1) : topic;
	uint64_t ident;
	if (!str_to_u64(level, &ident) || ident < o->first_ident)
		return false;
	*tracker = ident - o->first_ident;
	return *tracker < o->devices;
}

static enum sight see(struct watcher *w, const struct hearing *h, uint64_t tracker, enum say say,
	struct str json, uint32_t *at_us)
{
	bool each = h->o->watch_each;
	if (each && tracker != own_tracker(w, h->o))
		return SIGHT_STRANGE;
	uint32_t time_s = say_has_time(say) ? time_of(json) : 0;
	if (say_has_time(say) && !time_s)
		return SIGHT_STRANGE;
	return ledger_see(
		h->ledger, tracker, each ? w->seen : &w->seen[tracker], say, time_s, at_us);
}

static void judge(struct watcher *w, const struct hearing *h, const struct mqtt_publish *p)
{
	struct watch_tally *t = h->tally;
	uint64_t tracker;
	enum say say = SAY_COUNT;
	if (tracker_of(p->topic, h->o, &tracker))
		say = say_of(p->payload);
	if (say == SAY_COUNT) {
		tally_add(&t->others, 1);
		return;
	}
	uint32_t at_us = 0;
	enum sight sight = see(w, h, tracker, say, p->payload, &at_us);
	switch (sight) {
	case SIGHT_DOUBLE: tally_add(&t->doubled, 1); return;
	case SIGHT_STRANGE: tally_add(&t->strange, 1); return;
	case SIGHT_LATE: tally_add(&t->disordered, 1); break;
	case SIGHT_NEW: break;
	}
	tally_add(&t->seen, 1);
	int32_t age_us = (int32_t)((uint32_t)h->now_us - at_us);
	if (h->is_timed)
		histogram_add(&t->latency, age_us > 0 ? (uint64_t)age_us : 0);
}

static bool hear_publish(
	struct watcher *w, const struct hearing *h, uint8_t flags, struct str body, struct error *e)
{
	struct mqtt_publish p;
	enum mqtt_reason why;
	int version = (int)h->o->watch_version;
	if (!mqtt_publish_read(flags, body, version, &p, &why))
		return fail(e, "a PUBLISH cannot be read (0x%02x)", why);
	if (p.qos > h->o->watch_qos)
		return fail(e, "a PUBLISH has QoS %u, more than was asked for", p.qos);
	tally_add(&h->tally->messages, 1);
	tally_add(&h->tally->bytes, p.payload.len);
	judge(w, h, &p);
	if (!p.qos)
		return true;
	tally_add(&h->tally->acknowledged, 1);
	return mqtt_ack_write(
		       &w->out, MQTT_PUBACK, version, p.id, MQTT_SUCCESS, (struct str){"", 0}) ||
	       fail(e, "the acknowledgements cannot be sent");
}

/* ---- the rest ---- */

static bool hear_connack(
	struct watcher *w, const struct hearing *h, struct str body, struct error *e)
{
	struct mqtt_connack c;
	enum mqtt_reason why;
	if (w->state != WATCHER_GREETING ||
		!mqtt_connack_read(body, (int)h->o->watch_version, &c, &why))
		return fail(e, "a CONNACK is not as it should be");
	if (c.code)
		return fail(e, "CONNECT was refused with 0x%02x", c.code);
	subscribe(w, h->o);
	return true;
}

static bool hear_suback(
	struct watcher *w, const struct hearing *h, struct str body, struct error *e)
{
	struct mqtt_suback s;
	enum mqtt_reason why;
	if (w->state != WATCHER_SUBSCRIBING ||
		!mqtt_suback_read(MQTT_SUBACK, body, (int)h->o->watch_version, &s, &why) ||
		s.id != SUBSCRIBE_ID || s.codes.len != 1)
		return fail(e, "a SUBACK is not as it should be");
	if ((uint8_t)s.codes.at[0] != h->o->watch_qos)
		return fail(e, "SUBSCRIBE was answered with 0x%02x", (uint8_t)s.codes.at[0]);
	w->state = WATCHER_WATCHING;
	tally_add(&h->tally->watchers, 1);
	tally_add(&h->tally->up, 1);
	return true;
}

static bool hear_one(struct watcher *w, const struct hearing *h, const struct mqtt_header *header,
	struct str body, struct error *e)
{
	switch (header->type) {
	case MQTT_PUBLISH:
		if (w->state == WATCHER_SUBSCRIBING || w->state == WATCHER_WATCHING)
			return hear_publish(w, h, header->flags, body, e);
		break;
	case MQTT_CONNACK: return hear_connack(w, h, body, e);
	case MQTT_SUBACK: return hear_suback(w, h, body, e);
	case MQTT_DISCONNECT:
		return fail(e, "the server said DISCONNECT (0x%02x)",
			body.len ? (uint8_t)body.at[0] : 0);
	default: break;
	}
	return fail(e, "a packet of type %d came, which should not", (int)header->type);
}

bool watcher_hear(struct watcher *w, const struct hearing *h, struct str *input, struct error *e)
{
	uint64_t before = h->tally->seen;
	bool is_well = true;
	while (is_well && input->len) {
		struct mqtt_header header;
		enum mqtt_reason why;
		enum mqtt_read read = mqtt_header_read(*input, WATCHER_PACKET_MAX, &header, &why);
		if (read == MQTT_REFUSED)
			return fail(e, "a packet cannot be read (0x%02x)", why);
		if (read == MQTT_PARTIAL || header.head + header.body > input->len)
			break;
		struct str body = str_upto(str_from(*input, header.head), header.body);
		*input = str_from(*input, header.head + header.body);
		is_well = hear_one(w, h, &header, body, e);
	}
	if (h->tally->seen > before)
		ledger_came(h->ledger, h->tally->seen - before);
	return is_well;
}
