/* The headers of all packets, and the bodies of those without topics to step through. */
#include "packet_inside.h"

/* ---- the fixed header (2.1) ---- */

/* Bits that the type must have; PUBLISH has its own. */
static unsigned reserved_flags(unsigned type)
{
	bool two = type == MQTT_PUBREL || type == MQTT_SUBSCRIBE || type == MQTT_UNSUBSCRIBE;
	return two ? 2 : 0;
}

/* The length behind the first byte. PARTIAL leaves in *body the least that it can become. */
static enum mqtt_read length_read(struct str bytes, size_t *head, size_t *body)
{
	*body = 0;
	for (size_t i = 0; i < 4; i++) {
		*head = 1 + i + 1;
		if (i + 1 == bytes.len) {
			*body += i ? (size_t)1 << (7 * i) : 0;
			return MQTT_PARTIAL;
		}
		uint8_t byte = (uint8_t)bytes.at[i + 1];
		*body += (size_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80)
			return i && !byte ? MQTT_REFUSED : MQTT_READ;
	}
	return MQTT_REFUSED;
}

enum mqtt_read mqtt_header_read(
	struct str bytes, size_t max, struct mqtt_header *out, enum mqtt_reason *why)
{
	if (!bytes.len)
		return MQTT_PARTIAL;
	unsigned type = (uint8_t)bytes.at[0] >> 4, flags = (uint8_t)bytes.at[0] & 15;
	*out = (struct mqtt_header){.type = (enum mqtt_type)type, .flags = (uint8_t)flags};
	*why = MQTT_MALFORMED;
	if (!type || (type != MQTT_PUBLISH && flags != reserved_flags(type)))
		return MQTT_REFUSED;
	enum mqtt_read read = length_read(bytes, &out->head, &out->body);
	if (read == MQTT_REFUSED)
		return MQTT_REFUSED;
	if ((type == MQTT_PINGREQ || type == MQTT_PINGRESP) && out->body)
		return MQTT_REFUSED;
	if (out->head > max || out->body > max - out->head) {
		*why = MQTT_TOO_LARGE;
		return MQTT_REFUSED;
	}
	return read;
}

/* ---- CONNECT (3.1) ---- */

enum {
	CONNECT_RESERVED = 1,
	CONNECT_CLEAN = 2,
	CONNECT_WILL = 4,
	CONNECT_WILL_RETAIN = 0x20,
	CONNECT_PASSWORD = 0x40,
	CONNECT_USERNAME = 0x80,
};

static bool connect_flags_read(uint8_t flags, struct mqtt_connect *out)
{
	out->clean = flags & CONNECT_CLEAN;
	out->has_will = flags & CONNECT_WILL;
	out->has_username = flags & CONNECT_USERNAME;
	out->has_password = flags & CONNECT_PASSWORD;
	out->will.retain = flags & CONNECT_WILL_RETAIN;
	out->will.qos = flags >> 3 & 3;
	return !(flags & CONNECT_RESERVED) && out->will.qos < 3 &&
	       (out->has_will || (!out->will.qos && !out->will.retain)) &&
	       (out->has_username || !out->has_password || out->version == MQTT_5);
}

static bool authentication_check(const struct mqtt_properties *p, enum mqtt_reason *why)
{
	return !mqtt_has(p, MQTT_PROPERTY_AUTH_DATA) || mqtt_has(p, MQTT_PROPERTY_AUTH_METHOD) ||
	       refuse(why, MQTT_PROTOCOL_ERROR);
}

static bool connect_head_read(struct str *body, struct mqtt_connect *out, enum mqtt_reason *why)
{
	struct str name;
	uint8_t version, flags;
	if (!cut_text(body, &name) || !cut_byte(body, &version))
		return false;
	bool ours = str_is(name, "MQTT");
	out->version = ours ? version : 0;
	if (!ours || (version != MQTT_311 && version != MQTT_5))
		return refuse(why, MQTT_BAD_VERSION);
	return cut_byte(body, &flags) && connect_flags_read(flags, out) &&
	       cut_two(body, &out->keep_alive_s) &&
	       cut_properties(body, version, 'C', &out->properties, why) &&
	       authentication_check(&out->properties, why);
}

bool mqtt_connect_read(struct str body, struct mqtt_connect *out, enum mqtt_reason *why)
{
	*why = MQTT_MALFORMED;
	*out = (struct mqtt_connect){.version = 0};
	if (!connect_head_read(&body, out, why) || !cut_text(&body, &out->client_id))
		return false;
	struct mqtt_will *will = &out->will;
	if (out->has_will &&
		(!cut_properties(&body, out->version, 'W', &will->properties, why) ||
			!cut_text(&body, &will->topic) || !cut_bytes(&body, &will->payload)))
		return false;
	if (out->has_username && !cut_text(&body, &out->username))
		return false;
	if (out->has_password && !cut_bytes(&body, &out->password))
		return false;
	return !body.len;
}

/* ---- PUBLISH (3.3) ---- */

enum { PUBLISH_RETAIN = 1, PUBLISH_DUPLICATE = 8 };

bool mqtt_publish_read(uint8_t flags, struct str body, int version, struct mqtt_publish *out,
	enum mqtt_reason *why)
{
	*why = MQTT_MALFORMED;
	out->qos = flags >> 1 & 3;
	out->retain = flags & PUBLISH_RETAIN;
	out->duplicate = flags & PUBLISH_DUPLICATE;
	out->id = 0;
	if (out->qos == 3 || (out->duplicate && !out->qos) || !cut_text(&body, &out->topic) ||
		(out->qos && !cut_id(&body, &out->id, why)) ||
		!cut_properties(&body, version, 'P', &out->properties, why))
		return false;
	out->payload = body;
	if (out->topic.len || mqtt_has(&out->properties, MQTT_PROPERTY_TOPIC_ALIAS))
		return true;
	return refuse(why, version == MQTT_5 ? MQTT_PROTOCOL_ERROR : MQTT_MALFORMED);
}

/* ---- PUBACK to PUBCOMP (3.4), DISCONNECT (3.14), AUTH (3.15), CONNACK (3.2) ---- */

/* The codes that each has, ended by its 0. */
static const uint8_t *ack_reasons(enum mqtt_type type)
{
	static const uint8_t received[] = {MQTT_NO_SUBSCRIBERS, MQTT_UNSPECIFIED,
		MQTT_IMPLEMENTATION, MQTT_NOT_AUTHORIZED, MQTT_BAD_TOPIC, MQTT_ID_IN_USE,
		MQTT_QUOTA, MQTT_BAD_PAYLOAD, MQTT_SUCCESS};
	static const uint8_t released[] = {MQTT_NO_SUCH_ID, MQTT_SUCCESS};
	static const uint8_t auth[] = {
		MQTT_CONTINUE_AUTHENTICATION, MQTT_REAUTHENTICATE, MQTT_SUCCESS};
	static const uint8_t disconnect[] = {MQTT_DISCONNECT_WITH_WILL, MQTT_UNSPECIFIED,
		MQTT_MALFORMED, MQTT_PROTOCOL_ERROR, MQTT_IMPLEMENTATION, MQTT_NOT_AUTHORIZED,
		MQTT_SERVER_BUSY, MQTT_SHUTTING_DOWN, MQTT_BAD_AUTH_METHOD, MQTT_KEEP_ALIVE_TIMEOUT,
		MQTT_TAKEN_OVER, MQTT_BAD_FILTER, MQTT_BAD_TOPIC, MQTT_RECEIVE_MAXIMUM,
		MQTT_BAD_ALIAS, MQTT_TOO_LARGE, MQTT_RATE, MQTT_QUOTA, MQTT_ADMINISTRATIVE,
		MQTT_BAD_PAYLOAD, MQTT_NO_RETAIN, MQTT_NO_QOS, MQTT_USE_ANOTHER, MQTT_MOVED,
		MQTT_NO_SHARED, MQTT_CONNECTION_RATE, MQTT_MAX_CONNECT_TIME,
		MQTT_NO_SUBSCRIPTION_IDS, MQTT_NO_WILDCARDS, MQTT_SUCCESS};
	switch (type) {
	case MQTT_PUBACK:
	case MQTT_PUBREC: return received;
	case MQTT_DISCONNECT: return disconnect;
	case MQTT_AUTH: return auth;
	default: return released;
	}
}

static const uint8_t connack_reasons[] = {MQTT_UNSPECIFIED, MQTT_MALFORMED, MQTT_PROTOCOL_ERROR,
	MQTT_IMPLEMENTATION, MQTT_BAD_VERSION, MQTT_BAD_CLIENT_ID, MQTT_BAD_CREDENTIALS,
	MQTT_NOT_AUTHORIZED, MQTT_SERVER_UNAVAILABLE, MQTT_SERVER_BUSY, MQTT_BANNED,
	MQTT_BAD_AUTH_METHOD, MQTT_BAD_TOPIC, MQTT_TOO_LARGE, MQTT_QUOTA, MQTT_BAD_PAYLOAD,
	MQTT_NO_RETAIN, MQTT_NO_QOS, MQTT_USE_ANOTHER, MQTT_MOVED, MQTT_CONNECTION_RATE,
	MQTT_SUCCESS};

static bool reason_check(const uint8_t *known, uint8_t reason, enum mqtt_reason *why)
{
	while (*known && *known != reason)
		known++;
	return *known == reason || refuse(why, MQTT_PROTOCOL_ERROR);
}

/* Reason and properties may be left out from the end; but AUTH has either both or neither. */
static bool ack_tail_read(
	enum mqtt_type type, struct str *body, struct mqtt_ack *out, enum mqtt_reason *why)
{
	uint8_t reason;
	char letter = type == MQTT_DISCONNECT ? 'D' : type == MQTT_AUTH ? 'A' : 'a';
	if (!body->len)
		return true;
	if (!cut_byte(body, &reason) || !reason_check(ack_reasons(type), reason, why))
		return false;
	out->reason = (enum mqtt_reason)reason;
	if (!body->len)
		return type != MQTT_AUTH;
	if (!cut_properties(body, MQTT_5, letter, &out->properties, why))
		return false;
	return type != MQTT_AUTH || mqtt_has(&out->properties, MQTT_PROPERTY_AUTH_METHOD) ||
	       refuse(why, MQTT_PROTOCOL_ERROR);
}

bool mqtt_ack_read(enum mqtt_type type, struct str body, int version, struct mqtt_ack *out,
	enum mqtt_reason *why)
{
	*why = MQTT_MALFORMED;
	*out = (struct mqtt_ack){.id = 0};
	if (type != MQTT_DISCONNECT && type != MQTT_AUTH && !cut_id(&body, &out->id, why))
		return false;
	if (version == MQTT_5)
		return ack_tail_read(type, &body, out, why) && !body.len;
	return type != MQTT_AUTH && !body.len;
}

bool mqtt_connack_read(
	struct str body, int version, struct mqtt_connack *out, enum mqtt_reason *why)
{
	enum { REASONS_311 = 6 };
	uint8_t flags;
	*why = MQTT_MALFORMED;
	if (!cut_byte(&body, &flags) || flags > 1 || !cut_byte(&body, &out->code))
		return false;
	out->session_present = flags;
	if (version == MQTT_5 ? !reason_check(connack_reasons, out->code, why)
			      : out->code >= REASONS_311)
		return refuse(why, MQTT_PROTOCOL_ERROR);
	if (out->session_present && out->code)
		return refuse(why, MQTT_PROTOCOL_ERROR);
	return cut_properties(&body, version, 'c', &out->properties, why) && !body.len;
}
