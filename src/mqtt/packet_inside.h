/* What the files of the codec share. Inside mqtt/ only.
 *
 * The cut_ functions take something off the front of *in; false: it is not there, or not as it must be, which
 * makes a packet malformed. */
#ifndef MQTT_PACKET_INSIDE_H
#define MQTT_PACKET_INSIDE_H

#include "mqtt/packet.h"

enum {
	MQTT_VARINT_MOST = 268435455, /* what four bytes hold */
	MQTT_TEXT_MOST = 65535,
};

/* For `return refuse(why, MQTT_...);`. Readers begin with *why = MQTT_MALFORMED, which needs no word then. */
static inline bool refuse(enum mqtt_reason *why, enum mqtt_reason reason)
{
	*why = reason;
	return false;
}

static inline bool cut_byte(struct str *in, uint8_t *out)
{
	if (in->len < 1)
		return false;
	*out = (uint8_t)in->at[0];
	*in = str_from(*in, 1);
	return true;
}

static inline bool cut_two(struct str *in, uint16_t *out)
{
	if (in->len < 2)
		return false;
	*out = (uint16_t)((uint8_t)in->at[0] << 8 | (uint8_t)in->at[1]);
	*in = str_from(*in, 2);
	return true;
}

/* In as few bytes as can be, four at most (5.0, 1.5.5). */
bool cut_varint(struct str *in, uint32_t *out);

/* Binary data, and text that is checked. */
bool cut_bytes(struct str *in, struct str *out);
bool cut_text(struct str *in, struct str *out);

/* A packet identifier. Refuses 0 as a protocol error. */
bool cut_id(struct str *in, uint16_t *out, enum mqtt_reason *why);

/* The properties of a packet (its letter of properties.def) with the length before them; 3.1.1 has none,
 * and nothing is cut then. False: *why tells. */
bool cut_properties(struct str *in, int version, char packet, struct mqtt_properties *out,
	enum mqtt_reason *why);

static inline size_t varint_size(size_t value)
{
	return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4;
}

/* Bytes of a property SUBSCRIPTION_ID, and the property. */
static inline size_t subscription_id_size(uint32_t id)
{
	return 1 + varint_size(id);
}
char *put_subscription_id(char *at, uint32_t id);

static inline char *put_byte(char *at, unsigned byte)
{
	*at = (char)byte;
	return at + 1;
}

static inline char *put_two(char *at, unsigned number)
{
	return put_byte(put_byte(at, number >> 8), number & 0xff);
}

static inline char *put_bytes(char *at, struct str bytes)
{
	if (bytes.len)
		memcpy(at, bytes.at, bytes.len);
	return at + bytes.len;
}

/* Text or binary data of at most MQTT_TEXT_MOST bytes, its length before it. */
static inline char *put_text(char *at, struct str text)
{
	return put_bytes(put_two(at, (unsigned)text.len), text);
}

#endif
