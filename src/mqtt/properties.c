#include "packet_inside.h"

#include "base/die.h"
#include "base/utf8.h"
#include "base/varint.h"

#include <assert.h>

enum kind { KIND_BYTE, KIND_TWO, KIND_FOUR, KIND_VARINT, KIND_TEXT, KIND_BYTES, KIND_USER };

static const struct row {
	uint8_t number;
	enum kind kind;
	const char *packets;
} rows[] = {
#define PROPERTY(name, number, kind, packets) {number, KIND_##kind, packets},
#include "mqtt/properties.def"
#undef PROPERTY
};
static_assert(MQTT_PROPERTY_COUNT <= 32, "struct mqtt_properties has a bit for each");

/* By number: 1 + enum mqtt_property. */
static const uint8_t by_number[] = {
#define PROPERTY(name, number, kind, packets) [number] = 1 + MQTT_PROPERTY_##name,
#include "mqtt/properties.def"
#undef PROPERTY
};

bool cut_varint(struct str *in, uint32_t *out)
{
	uint32_t value = 0;
	for (size_t i = 0; i < 4 && i < in->len; i++) {
		uint8_t byte = (uint8_t)in->at[i];
		value |= (uint32_t)(byte & 0x7f) << (7 * i);
		if (byte >= 0x80)
			continue;
		*out = value;
		*in = str_from(*in, i + 1);
		return i == 0 || byte != 0;
	}
	return false;
}

bool cut_bytes(struct str *in, struct str *out)
{
	uint16_t len;
	if (!cut_two(in, &len) || len > in->len)
		return false;
	*out = str_upto(*in, len);
	*in = str_from(*in, len);
	return true;
}

bool cut_text(struct str *in, struct str *out)
{
	if (!cut_bytes(in, out))
		return false;
	for (size_t i = 0; i < out->len;) {
		bool plain = (uint8_t)out->at[i] - 1u < 0x7f; /* most are; NUL is none */
		size_t length = plain ? 1 : out->at[i] ? utf8_length(str_from(*out, i)) : 0;
		if (!length)
			return false;
		i += length;
	}
	return true;
}

bool cut_id(struct str *in, uint16_t *out, enum mqtt_reason *why)
{
	return cut_two(in, out) && (*out != 0 || refuse(why, MQTT_PROTOCOL_ERROR));
}

struct value {
	enum mqtt_property property;
	uint32_t number;
	struct str text, second; /* `second`: the value of USER */
};

static bool cut_number(struct str *in, enum kind kind, uint32_t *out)
{
	uint8_t byte = 0;
	uint16_t high = 0, low = 0;
	bool done;
	switch (kind) {
	case KIND_BYTE:
		done = cut_byte(in, &byte);
		*out = byte;
		return done;
	case KIND_TWO:
		done = cut_two(in, &low);
		*out = low;
		return done;
	case KIND_FOUR:
		done = cut_two(in, &high) && cut_two(in, &low);
		*out = (uint32_t)high << 16 | low;
		return done;
	default: return cut_varint(in, out);
	}
}

static bool cut_value(struct str *in, struct value *out)
{
	uint32_t number;
	*out = (struct value){.number = 0};
	if (!cut_varint(in, &number) || number >= sizeof by_number || !by_number[number])
		return false;
	out->property = (enum mqtt_property)(by_number[number] - 1);
	switch (rows[out->property].kind) {
	case KIND_TEXT: return cut_text(in, &out->text);
	case KIND_BYTES: return cut_bytes(in, &out->text);
	case KIND_USER: return cut_text(in, &out->text) && cut_text(in, &out->second);
	default: return cut_number(in, rows[out->property].kind, &out->number);
	}
}

/* What may be said of a value that has its kind. */
static bool value_check(const struct value *v, enum mqtt_reason *why)
{
	switch (v->property) {
	case MQTT_PROPERTY_SUBSCRIPTION_ID:
	case MQTT_PROPERTY_RECEIVE_MAXIMUM:
	case MQTT_PROPERTY_MAXIMUM_PACKET:
		return v->number != 0 || refuse(why, MQTT_PROTOCOL_ERROR);
	case MQTT_PROPERTY_TOPIC_ALIAS: return v->number != 0 || refuse(why, MQTT_BAD_ALIAS);
	default: /* all single bytes are yes or no, or QoS 0 or 1 */
		return rows[v->property].kind != KIND_BYTE || v->number <= 1 ||
		       refuse(why, MQTT_PROTOCOL_ERROR);
	}
}

static bool may_repeat(enum mqtt_property property, char packet)
{
	return property == MQTT_PROPERTY_USER ||
	       (property == MQTT_PROPERTY_SUBSCRIPTION_ID && packet == 'P');
}

static bool cut_property(
	struct str *in, char packet, struct mqtt_properties *out, enum mqtt_reason *why)
{
	struct value v;
	if (!cut_value(in, &v) || !strchr(rows[v.property].packets, packet))
		return refuse(why, MQTT_MALFORMED); /* 5.0, 2.2.2.2 */
	if (mqtt_has(out, v.property))
		return (may_repeat(v.property, packet) && value_check(&v, why)) ||
		       refuse(why, MQTT_PROTOCOL_ERROR);
	out->present |= 1u << v.property;
	out->number[v.property] = v.number;
	out->text[v.property] = v.text;
	return value_check(&v, why);
}

bool cut_properties(struct str *in, int version, char packet, struct mqtt_properties *out,
	enum mqtt_reason *why)
{
	uint32_t len;
	*out = (struct mqtt_properties){.present = 0};
	if (version != MQTT_5)
		return true;
	if (!cut_varint(in, &len) || len > in->len)
		return refuse(why, MQTT_MALFORMED);
	struct str rest = out->raw = str_upto(*in, len);
	*in = str_from(*in, len);
	while (rest.len)
		if (!cut_property(&rest, packet, out, why))
			return false;
	return true;
}

bool mqtt_user_next(struct str *rest, struct str *name, struct str *value)
{
	struct value v;
	while (rest->len && cut_value(rest, &v))
		if (v.property == MQTT_PROPERTY_USER) {
			*name = v.text;
			*value = v.second;
			return true;
		}
	return false;
}

/* ---- writing ---- */

static const uint32_t most[] = {[KIND_BYTE] = 0xff,
	[KIND_TWO] = 0xffff,
	[KIND_FOUR] = UINT32_MAX,
	[KIND_VARINT] = MQTT_VARINT_MOST};

bool mqtt_put_number(struct buf *out, enum mqtt_property property, uint32_t number)
{
	enum kind kind = rows[property].kind;
	check(kind <= KIND_VARINT && number <= most[kind]);
	char bytes[1 + sizeof number], *at = put_byte(bytes, rows[property].number);
	switch (kind) {
	case KIND_BYTE: at = put_byte(at, number); break;
	case KIND_TWO: at = put_two(at, number); break;
	case KIND_FOUR: at = put_two(put_two(at, number >> 16), number & 0xffff); break;
	default: at = put_varint(at, number); break;
	}
	return buf_add(out, bytes, (size_t)(at - bytes));
}

char *put_subscription_id(char *at, uint32_t id)
{
	return put_varint(put_byte(at, rows[MQTT_PROPERTY_SUBSCRIPTION_ID].number), id);
}

/* One text, or two. */
static bool put_texts(
	struct buf *out, enum mqtt_property property, struct str first, const struct str *second)
{
	if (first.len > MQTT_TEXT_MOST || (second && second->len > MQTT_TEXT_MOST))
		return false;
	size_t bytes = 1 + 2 + first.len + (second ? 2 + second->len : 0);
	if (!buf_reserve(out, bytes))
		return false;
	char *at = put_text(put_byte(out->at + out->len, rows[property].number), first);
	if (second)
		put_text(at, *second);
	out->len += bytes;
	return true;
}

bool mqtt_put_text(struct buf *out, enum mqtt_property property, struct str text)
{
	check(rows[property].kind == KIND_TEXT || rows[property].kind == KIND_BYTES);
	return put_texts(out, property, text, NULL);
}

bool mqtt_put_user(struct buf *out, struct str name, struct str value)
{
	return put_texts(out, MQTT_PROPERTY_USER, name, &value);
}
