#include "packet_inside.h"

#include "base/die.h"
#include "base/varint.h"

/* Makes room for a whole packet and puts its fixed header; NULL: there is none. Nothing is appended before
 * packet_end, which says where the packet has come to. */
static char *packet_begin(struct buf *out, enum mqtt_type type, unsigned flags, size_t body)
{
	if (body > MQTT_VARINT_MOST || !buf_reserve(out, 1 + varint_size(body) + body))
		return NULL;
	char *at = put_byte(out->at + out->len, (unsigned)type << 4 | flags);
	return put_varint(at, body);
}

static bool packet_end(struct buf *out, char *at)
{
	out->len = (size_t)(at - out->at);
	return true;
}

static size_t properties_size(int version, struct str properties)
{
	return version == MQTT_5 ? varint_size(properties.len) + properties.len : 0;
}

static char *put_properties(char *at, int version, struct str properties)
{
	return version == MQTT_5 ? put_bytes(put_varint(at, properties.len), properties) : at;
}

/* ---- for servers ---- */

/* Return codes of 3.1.1 (3.2.2.3); 0 for failures that have none. */
static unsigned code_311(enum mqtt_reason reason)
{
	switch (reason) {
	case MQTT_BAD_VERSION: return 1;
	case MQTT_BAD_CLIENT_ID: return 2;
	case MQTT_UNSPECIFIED:
	case MQTT_IMPLEMENTATION:
	case MQTT_SERVER_UNAVAILABLE:
	case MQTT_SERVER_BUSY:
	case MQTT_QUOTA:
	case MQTT_USE_ANOTHER:
	case MQTT_MOVED:
	case MQTT_CONNECTION_RATE: return 3;
	case MQTT_BAD_CREDENTIALS:
	case MQTT_BAD_AUTH_METHOD: return 4;
	case MQTT_NOT_AUTHORIZED:
	case MQTT_BANNED: return 5;
	default: return 0;
	}
}

bool mqtt_connack_write(struct buf *out, int version, bool session_present, enum mqtt_reason reason,
	struct str properties)
{
	unsigned code = version == MQTT_5 ? reason : code_311(reason);
	if (reason && !code)
		return true;
	char *at = packet_begin(out, MQTT_CONNACK, 0, 2 + properties_size(version, properties));
	if (!at)
		return false;
	at = put_byte(put_byte(at, session_present && !code), code);
	return packet_end(out, put_properties(at, version, properties));
}

/* What the length before the properties counts. */
static size_t delivery_properties(int version, const struct mqtt_delivery *d)
{
	if (version != MQTT_5)
		return 0;
	size_t bytes = d->properties.len;
	for (size_t i = 0; i < d->id_count; i++) {
		check(d->ids[i] - 1 < MQTT_VARINT_MOST);
		bytes += subscription_id_size(d->ids[i]);
	}
	return bytes;
}

static size_t delivery_body(int version, const struct mqtt_delivery *d, size_t properties)
{
	return 2 + d->topic.len + (d->qos ? 2 : 0) +
	       (version == MQTT_5 ? varint_size(properties) + properties : 0) + d->payload.len;
}

bool mqtt_publish_write(struct buf *out, int version, const struct mqtt_delivery *d)
{
	size_t properties = delivery_properties(version, d);
	unsigned flags = (unsigned)d->duplicate << 3 | (unsigned)d->qos << 1 | d->retain;
	if (d->topic.len > MQTT_TEXT_MOST)
		return false;
	char *at = packet_begin(out, MQTT_PUBLISH, flags, delivery_body(version, d, properties));
	if (!at)
		return false;
	at = put_text(at, d->topic);
	if (d->qos)
		at = put_two(at, d->id);
	if (version == MQTT_5) {
		at = put_bytes(put_varint(at, properties), d->properties);
		for (size_t i = 0; i < d->id_count; i++)
			at = put_subscription_id(at, d->ids[i]);
	}
	return packet_end(out, put_bytes(at, d->payload));
}

size_t mqtt_publish_size(int version, const struct mqtt_delivery *d)
{
	size_t body = delivery_body(version, d, delivery_properties(version, d));
	return 1 + varint_size(body) + body;
}

/* Of the reason and the properties of an answer, what cannot be left out. */
static size_t ack_tail_size(
	enum mqtt_type type, int version, enum mqtt_reason reason, struct str properties)
{
	if (version != MQTT_5 || (!reason && !properties.len))
		return 0;
	if (!properties.len && type != MQTT_AUTH)
		return 1;
	return 1 + properties_size(version, properties);
}

bool mqtt_ack_write(struct buf *out, enum mqtt_type type, int version, uint16_t id,
	enum mqtt_reason reason, struct str properties)
{
	bool has_id = type != MQTT_DISCONNECT && type != MQTT_AUTH;
	check(version == MQTT_5 || type != MQTT_AUTH);
	size_t tail = ack_tail_size(type, version, reason, properties);
	char *at = packet_begin(out, type, type == MQTT_PUBREL ? 2 : 0, (has_id ? 2 : 0) + tail);
	if (!at)
		return false;
	if (has_id)
		at = put_two(at, id);
	if (tail)
		at = put_byte(at, reason);
	if (tail > 1)
		at = put_properties(at, version, properties);
	return packet_end(out, at);
}

bool mqtt_suback_write(struct buf *out, enum mqtt_type type, int version, uint16_t id,
	const uint8_t *codes, size_t count)
{
	const struct str none = {"", 0};
	if (version != MQTT_5 && type == MQTT_UNSUBACK)
		count = 0;
	char *at = packet_begin(out, type, 0, 2 + properties_size(version, none) + count);
	if (!at)
		return false;
	at = put_properties(put_two(at, id), version, none);
	for (size_t i = 0; i < count; i++)
		at = put_byte(at, version != MQTT_5 && codes[i] >= 0x80 ? 0x80 : codes[i]);
	return packet_end(out, at);
}

bool mqtt_ping_write(struct buf *out, enum mqtt_type type)
{
	char *at = packet_begin(out, type, 0, 0);
	return at && packet_end(out, at);
}

/* ---- for clients ---- */

bool mqtt_connect_write(struct buf *out, const struct mqtt_connect *c, struct str properties)
{
	static const struct str name = STR("MQTT");
	check(c->version == MQTT_5 || c->has_username || !c->has_password);
	if (c->client_id.len > MQTT_TEXT_MOST || c->username.len > MQTT_TEXT_MOST ||
		c->password.len > MQTT_TEXT_MOST)
		return false;
	size_t body = 10 + properties_size(c->version, properties) + 2 + c->client_id.len +
		      (c->has_username ? 2 + c->username.len : 0) +
		      (c->has_password ? 2 + c->password.len : 0);
	char *at = packet_begin(out, MQTT_CONNECT, 0, body);
	if (!at)
		return false;
	at = put_byte(put_text(at, name), c->version);
	at = put_byte(at, (unsigned)c->has_username << 7 | (unsigned)c->has_password << 6 |
				  (unsigned)c->clean << 1);
	at = put_two(at, c->keep_alive_s);
	at = put_text(put_properties(at, c->version, properties), c->client_id);
	if (c->has_username)
		at = put_text(at, c->username);
	if (c->has_password)
		at = put_text(at, c->password);
	return packet_end(out, at);
}

static unsigned options(int version, const struct mqtt_topic *t)
{
	if (version != MQTT_5)
		return t->qos;
	return (unsigned)t->retain_handling << 4 | (unsigned)t->retain_as_published << 3 |
	       (unsigned)t->no_local << 2 | t->qos;
}

bool mqtt_subscribe_write(struct buf *out, int version, uint16_t id,
	const struct mqtt_topic *topics, size_t count, struct str properties)
{
	size_t body = 2 + properties_size(version, properties);
	for (size_t i = 0; i < count; i++) {
		if (topics[i].filter.len > MQTT_TEXT_MOST)
			return false;
		body += 2 + topics[i].filter.len + 1;
	}
	char *at = packet_begin(out, MQTT_SUBSCRIBE, 2, body);
	if (!at)
		return false;
	at = put_properties(put_two(at, id), version, properties);
	for (size_t i = 0; i < count; i++)
		at = put_byte(put_text(at, topics[i].filter), options(version, &topics[i]));
	return packet_end(out, at);
}
