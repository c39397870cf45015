/* SUBSCRIBE, UNSUBSCRIBE and what answers them: packets with a list behind the properties. */
#include "packet_inside.h"

/* 5.0, 3.8.3.1; 3.1.1 knows only the QoS, and finds all else malformed. */
static bool options_read(
	uint8_t options, int version, struct mqtt_topic *out, enum mqtt_reason *why)
{
	out->qos = options & 3;
	out->no_local = options & 4;
	out->retain_as_published = options & 8;
	out->retain_handling = options >> 4 & 3;
	if (options >> 6 || (version != MQTT_5 && options > 2))
		return false;
	return (out->qos < 3 && out->retain_handling < 3) || refuse(why, MQTT_PROTOCOL_ERROR);
}

static bool cut_topic(struct str *in, enum mqtt_type type, int version, struct mqtt_topic *out,
	enum mqtt_reason *why)
{
	uint8_t options;
	*out = (struct mqtt_topic){.qos = 0};
	return cut_text(in, &out->filter) &&
	       (type == MQTT_UNSUBSCRIBE ||
		       (cut_byte(in, &options) && options_read(options, version, out, why)));
}

bool mqtt_topics_read(enum mqtt_type type, struct str body, int version, struct mqtt_topics *out,
	enum mqtt_reason *why)
{
	struct mqtt_topic topic;
	*why = MQTT_MALFORMED;
	out->count = 0;
	if (!cut_id(&body, &out->id, why) ||
		!cut_properties(
			&body, version, type == MQTT_SUBSCRIBE ? 'S' : 'U', &out->properties, why))
		return false;
	out->rest = body;
	for (; body.len; out->count++)
		if (!cut_topic(&body, type, version, &topic, why))
			return false;
	return out->count || refuse(why, MQTT_PROTOCOL_ERROR);
}

bool mqtt_topics_next(struct mqtt_topics *topics, enum mqtt_type type, struct mqtt_topic *out)
{
	enum mqtt_reason why;
	/* What 3.1.1 does not have was refused before. */
	return topics->rest.len && cut_topic(&topics->rest, type, MQTT_5, out, &why);
}

/* May the answer hold this code? (5.0, 3.9.3 and 3.11.3; 3.1.1, 3.9.3) */
static bool code_check(enum mqtt_type type, int version, uint8_t code)
{
	switch (code) {
	case MQTT_SUCCESS:
	case MQTT_UNSPECIFIED: return true;
	case MQTT_GRANTED_1:
	case MQTT_GRANTED_2: return type == MQTT_SUBACK;
	case MQTT_NO_SUBSCRIPTION: return type == MQTT_UNSUBACK;
	case MQTT_IMPLEMENTATION:
	case MQTT_NOT_AUTHORIZED:
	case MQTT_BAD_FILTER:
	case MQTT_ID_IN_USE: return version == MQTT_5;
	case MQTT_QUOTA:
	case MQTT_NO_SHARED:
	case MQTT_NO_SUBSCRIPTION_IDS:
	case MQTT_NO_WILDCARDS: return version == MQTT_5 && type == MQTT_SUBACK;
	default: return false;
	}
}

bool mqtt_suback_read(enum mqtt_type type, struct str body, int version, struct mqtt_suback *out,
	enum mqtt_reason *why)
{
	struct mqtt_properties properties;
	*why = MQTT_MALFORMED;
	if (!cut_id(&body, &out->id, why) ||
		!cut_properties(&body, version, type == MQTT_SUBACK ? 's' : 'u', &properties, why))
		return false;
	out->codes = body;
	if (type == MQTT_UNSUBACK && version != MQTT_5)
		return !body.len;
	for (size_t i = 0; i < body.len; i++)
		if (!code_check(type, version, (uint8_t)body.at[i]))
			return refuse(why, MQTT_PROTOCOL_ERROR);
	return body.len || refuse(why, MQTT_PROTOCOL_ERROR);
}
