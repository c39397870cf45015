/* packet: the control packets of MQTT 3.1.1 and 5.0 as structs, and back. Pure: bytes in, views out; no
 * I/O, no state, no allocation but in the buffers that are written to. Names and numbers are those of the
 * OASIS standards "MQTT Version 3.1.1" and "MQTT Version 5.0".
 *
 * Texts of what was read are views into the bytes that were read. All text must be UTF-8 without NUL (and
 * without surrogates); topic names are checked by mqtt/topic.h, not here. */
#ifndef MQTT_PACKET_H
#define MQTT_PACKET_H

#include "base/buf.h"

enum { MQTT_311 = 4, MQTT_5 = 5 }; /* the byte in CONNECT */

enum mqtt_type {
	MQTT_CONNECT = 1,
	MQTT_CONNACK,
	MQTT_PUBLISH,
	MQTT_PUBACK,
	MQTT_PUBREC,
	MQTT_PUBREL,
	MQTT_PUBCOMP,
	MQTT_SUBSCRIBE,
	MQTT_SUBACK,
	MQTT_UNSUBSCRIBE,
	MQTT_UNSUBACK,
	MQTT_PINGREQ,
	MQTT_PINGRESP,
	MQTT_DISCONNECT,
	MQTT_AUTH,
};

/* Reason codes of 5.0 (2.4). */
enum mqtt_reason {
	MQTT_SUCCESS = 0x00, /* also: granted QoS 0, normal disconnection */
	MQTT_GRANTED_1 = 0x01,
	MQTT_GRANTED_2 = 0x02,
	MQTT_DISCONNECT_WITH_WILL = 0x04,
	MQTT_NO_SUBSCRIBERS = 0x10,
	MQTT_NO_SUBSCRIPTION = 0x11,
	MQTT_CONTINUE_AUTHENTICATION = 0x18,
	MQTT_REAUTHENTICATE = 0x19,
	MQTT_UNSPECIFIED = 0x80,
	MQTT_MALFORMED = 0x81,
	MQTT_PROTOCOL_ERROR = 0x82,
	MQTT_IMPLEMENTATION = 0x83,
	MQTT_BAD_VERSION = 0x84,
	MQTT_BAD_CLIENT_ID = 0x85,
	MQTT_BAD_CREDENTIALS = 0x86,
	MQTT_NOT_AUTHORIZED = 0x87,
	MQTT_SERVER_UNAVAILABLE = 0x88,
	MQTT_SERVER_BUSY = 0x89,
	MQTT_BANNED = 0x8A,
	MQTT_SHUTTING_DOWN = 0x8B,
	MQTT_BAD_AUTH_METHOD = 0x8C,
	MQTT_KEEP_ALIVE_TIMEOUT = 0x8D,
	MQTT_TAKEN_OVER = 0x8E,
	MQTT_BAD_FILTER = 0x8F,
	MQTT_BAD_TOPIC = 0x90,
	MQTT_ID_IN_USE = 0x91,
	MQTT_NO_SUCH_ID = 0x92,
	MQTT_RECEIVE_MAXIMUM = 0x93,
	MQTT_BAD_ALIAS = 0x94,
	MQTT_TOO_LARGE = 0x95,
	MQTT_RATE = 0x96,
	MQTT_QUOTA = 0x97,
	MQTT_ADMINISTRATIVE = 0x98,
	MQTT_BAD_PAYLOAD = 0x99,
	MQTT_NO_RETAIN = 0x9A,
	MQTT_NO_QOS = 0x9B,
	MQTT_USE_ANOTHER = 0x9C,
	MQTT_MOVED = 0x9D,
	MQTT_NO_SHARED = 0x9E,
	MQTT_CONNECTION_RATE = 0x9F,
	MQTT_MAX_CONNECT_TIME = 0xA0,
	MQTT_NO_SUBSCRIPTION_IDS = 0xA1,
	MQTT_NO_WILDCARDS = 0xA2,
};

/* ---- properties (5.0, 2.2.2): rows of properties.def ---- */

enum mqtt_property {
#define PROPERTY(name, number, kind, packets) MQTT_PROPERTY_##name,
#include "mqtt/properties.def"
#undef PROPERTY
	MQTT_PROPERTY_COUNT
};

struct mqtt_properties {
	uint32_t present; /* bits by enum mqtt_property */
	uint32_t number
		[MQTT_PROPERTY_COUNT]; /* of BYTE, TWO, FOUR, VARINT; a repeated one: the first */
	struct str text[MQTT_PROPERTY_COUNT]; /* of TEXT, BYTES; of USER: the first name */
	struct str raw; /* all of them as they stand, without the length before */
};

static inline bool mqtt_has(const struct mqtt_properties *p, enum mqtt_property property)
{
	return p->present >> property & 1;
}

/* Steps through the user properties of raw ones that were read by a function below: cuts up to and with the
 * next one off *rest. False: there is none any more. */
bool mqtt_user_next(struct str *rest, struct str *name, struct str *value);

/* Properties that are to be written: appends one, without the length that stands before all. The property
 * must be of the function's kind, the number one that the kind holds. False: the buffer is full, or a text
 * has more than 65,535 bytes; nothing was appended. */
MUST_USE bool mqtt_put_number(struct buf *out, enum mqtt_property property, uint32_t number);
MUST_USE bool mqtt_put_text(struct buf *out, enum mqtt_property property, struct str text);
MUST_USE bool mqtt_put_user(struct buf *out, struct str name, struct str value);

/* ---- reading ---- */

struct mqtt_header {
	enum mqtt_type type;
	uint8_t flags;
	size_t head, body; /* bytes */
};

enum mqtt_read {
	MQTT_READ,    /* *out is filled */
	MQTT_PARTIAL, /* more bytes are needed */
	MQTT_REFUSED, /* *why tells */
};

/* The fixed header at the beginning of `bytes`. Refuses types that do not exist, flags that the type does
 * not have, lengths of more than four bytes or of more than they need, pings with a body (MQTT_MALFORMED),
 * and packets of more than `max` bytes in all (MQTT_TOO_LARGE) as soon as that can be seen. Says MQTT_READ
 * also when the body is not there yet. */
enum mqtt_read mqtt_header_read(
	struct str bytes, size_t max, struct mqtt_header *out, enum mqtt_reason *why);

/* The functions below read the body of one packet; `version` is that of the connection. False: *why tells
 * (MQTT_MALFORMED, MQTT_PROTOCOL_ERROR, MQTT_BAD_ALIAS for a topic alias 0), *out is of no use. What the
 * standards allow to one side alone (reasons, properties of a server) is read from either. */

struct mqtt_will {
	struct str topic, payload;
	uint8_t qos;
	bool retain;
	struct mqtt_properties properties;
};

struct mqtt_connect {
	/* MQTT_311 or MQTT_5; what is neither is refused with MQTT_BAD_VERSION. Filled in refused packets
	 * too, to know how to answer: what stands there, 0 when nothing does or the name is not "MQTT". */
	uint8_t version;
	bool clean;
	uint16_t keep_alive_s; /* 0: none */
	struct str client_id, username, password;
	bool has_username, has_password, has_will;
	struct mqtt_will will;
	struct mqtt_properties properties;
};
MUST_USE bool mqtt_connect_read(struct str body, struct mqtt_connect *out, enum mqtt_reason *why);

struct mqtt_publish {
	struct str topic, payload;
	uint8_t qos;
	bool retain, duplicate;
	uint16_t id; /* with qos > 0 */
	struct mqtt_properties properties;
};
MUST_USE bool mqtt_publish_read(uint8_t flags, struct str body, int version,
	struct mqtt_publish *out, enum mqtt_reason *why);

/* PUBACK, PUBREC, PUBREL, PUBCOMP; and DISCONNECT, AUTH, which have no id. */
struct mqtt_ack {
	uint16_t id;
	enum mqtt_reason reason;
	struct mqtt_properties properties;
};
MUST_USE bool mqtt_ack_read(enum mqtt_type type, struct str body, int version, struct mqtt_ack *out,
	enum mqtt_reason *why);

/* SUBSCRIBE, UNSUBSCRIBE: read with all of their topics checked, which are then stepped through. */
struct mqtt_topics {
	uint16_t id;
	struct mqtt_properties properties;
	size_t count; /* at least 1 */
	struct str rest;
};
struct mqtt_topic {
	struct str filter;
	uint8_t qos; /* of SUBSCRIBE, as are: */
	bool no_local, retain_as_published;
	uint8_t retain_handling; /* 0, 1, 2 */
};
MUST_USE bool mqtt_topics_read(enum mqtt_type type, struct str body, int version,
	struct mqtt_topics *out, enum mqtt_reason *why);
bool mqtt_topics_next(struct mqtt_topics *topics, enum mqtt_type type, struct mqtt_topic *out);

/* For clients: CONNACK, and SUBACK or UNSUBACK, whose codes are the bytes of `codes`. */
struct mqtt_connack {
	bool session_present;
	uint8_t code; /* of 5.0, or of 3.1.1 */
	struct mqtt_properties properties;
};
MUST_USE bool mqtt_connack_read(
	struct str body, int version, struct mqtt_connack *out, enum mqtt_reason *why);
struct mqtt_suback {
	uint16_t id;
	struct str codes;
};
MUST_USE bool mqtt_suback_read(enum mqtt_type type, struct str body, int version,
	struct mqtt_suback *out, enum mqtt_reason *why);

/* ---- writing: appends one packet. False: the buffer is full, or a text has more than 65,535 bytes;
 * nothing was appended. `properties` are what mqtt_put_... made, left out where the version has none. ---- */

/* For 3.1.1 the reason becomes the return code that means the same (3.1.1, 3.2.2.3). Where there is none (for
 * a malformed packet, say) nothing is appended, and the answer is true: such a connection is closed in
 * silence. A session is present only with success. */
MUST_USE bool mqtt_connack_write(struct buf *out, int version, bool session_present,
	enum mqtt_reason reason, struct str properties);

/* A PUBLISH has `properties` and then a subscription identifier for each of `ids`. */
struct mqtt_delivery {
	struct str topic, payload, properties;
	const uint32_t *ids; /* each at least 1 */
	size_t id_count;
	uint8_t qos;
	bool retain, duplicate;
	uint16_t id;
};
MUST_USE bool mqtt_publish_write(struct buf *out, int version, const struct mqtt_delivery *d);

/* Bytes that mqtt_publish_write appends. */
size_t mqtt_publish_size(int version, const struct mqtt_delivery *d);

/* PUBACK ..., DISCONNECT, AUTH (of 5.0 alone); in 3.1.1 without reason and properties. `id` is left out
 * where there is none. */
MUST_USE bool mqtt_ack_write(struct buf *out, enum mqtt_type type, int version, uint16_t id,
	enum mqtt_reason reason, struct str properties);

/* SUBACK, UNSUBACK: for 3.1.1, failures become 0x80, and UNSUBACK has no codes. */
MUST_USE bool mqtt_suback_write(struct buf *out, enum mqtt_type type, int version, uint16_t id,
	const uint8_t *codes, size_t count);

/* PINGREQ, PINGRESP. */
MUST_USE bool mqtt_ping_write(struct buf *out, enum mqtt_type type);

/* For clients. No will: that of *c is left out. Not for 3.1.1: a password without username. */
MUST_USE bool mqtt_connect_write(
	struct buf *out, const struct mqtt_connect *c, struct str properties);
MUST_USE bool mqtt_subscribe_write(struct buf *out, int version, uint16_t id,
	const struct mqtt_topic *topics, size_t count, struct str properties);

#endif
