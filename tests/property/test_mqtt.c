/* Any packet of MQTT that is written reads as what was written, takes no more room than it may, and when
 * damaged is refused or read, but never beyond its end. */
#include "guard.h"
#include "property.h"

#include "mqtt/packet.h"

enum {
	TEXTS = 1 << 18,
	PACKET_MAX = 60000,
	PROPERTIES_MAX = 20000,
	IDS_MAX = 300,
	TOPICS_MAX = 20
};

static struct buf out, properties;
static int version;

/* ---- chance ---- */

/* Mostly short. */
static size_t chance_length(size_t most)
{
	size_t limit = chance_below(16) ? 20 : chance_below(8) ? 300 : most;
	return chance_below((limit < most ? limit : most) + 1);
}

/* Room for the texts of one round. */
static char texts[TEXTS];
static size_t texts_used;

static struct str chance_bytes(size_t most)
{
	size_t len = chance_length(most);
	if (len > sizeof texts - texts_used)
		return (struct str){"", 0};
	char *at = texts + texts_used;
	for (size_t i = 0; i < len; i++)
		at[i] = (char)(i % 64 ? i : chance());
	texts_used += len;
	return (struct str){at, len};
}

static struct str chance_text(size_t most)
{
	static const char *const signs[] = {"a", "/", "+", "#", "$", ",", " ", "\x01", "\xc2\x80",
		"\xc3\xa4", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbb\xbf", "\xf4\x8f\xbf\xbf"};
	struct str text = chance_bytes(most);
	char *at = texts + texts_used - text.len;
	for (size_t i = 0; i < text.len;) {
		const char *sign = signs[chance_below(sizeof signs / sizeof *signs)];
		size_t len = strlen(sign);
		if (len > text.len - i)
			sign = "x", len = 1;
		memcpy(at + i, sign, len);
		i += len;
	}
	return text;
}

enum kind { BYTE, TWO, FOUR, VARINT, TEXT, BYTES, USER };

static const struct {
	enum kind kind;
	const char *packets;
} rows[] = {
#define PROPERTY(name, number, kind, packets) {kind, packets},
#include "mqtt/properties.def"
#undef PROPERTY
};

static uint32_t chance_value(enum kind kind)
{
	static const uint32_t most[] = {1, 65535, UINT32_MAX, 268435455};
	uint32_t value = (uint32_t)(chance() >> (32 + chance_below(32)));
	return kind == BYTE ? value & 1 : value % most[kind] + 1; /* 0 is forbidden to some */
}

/* ---- properties ---- */

struct user {
	struct str name, value;
};
static struct user users[8];
static size_t user_count;
static struct mqtt_properties wanted;

static bool put(enum mqtt_property p)
{
	if (rows[p].kind == USER) {
		if (user_count == sizeof users / sizeof *users)
			return true;
		struct user *u = &users[user_count];
		*u = (struct user){chance_text(300), chance_text(300)};
		if (!mqtt_put_user(&properties, u->name, u->value))
			return false;
		user_count++;
		wanted.text[p] = users[0].name;
	} else if (rows[p].kind >= TEXT) {
		wanted.text[p] = rows[p].kind == TEXT ? chance_text(3000) : chance_bytes(3000);
		if (!mqtt_put_text(&properties, p, wanted.text[p]))
			return false;
	} else {
		wanted.number[p] = chance_value(rows[p].kind);
		if (!mqtt_put_number(&properties, p, wanted.number[p]))
			return false;
	}
	wanted.present |= 1u << p;
	return true;
}

/* Some of those that the packet (its letter) may have, each but USER once, in any order. */
static struct str chance_properties(char packet)
{
	user_count = 0;
	buf_clear(&properties);
	buf_init(&properties, chance_below(4) ? PROPERTIES_MAX : chance_below(100));
	wanted = (struct mqtt_properties){.present = 0};
	for (size_t tries = chance_below(20); tries; tries--) {
		enum mqtt_property p = (enum mqtt_property)chance_below(MQTT_PROPERTY_COUNT);
		if (!strchr(rows[p].packets, packet) ||
			(rows[p].kind != USER && mqtt_has(&wanted, p)))
			continue;
		size_t before = properties.len;
		HOLDS(put(p) || properties.len == before);
		HOLDS(properties.len <= properties.max);
	}
	return buf_str(&properties);
}

static void holds_properties(const struct mqtt_properties *p)
{
	struct str rest = p->raw, name, value;
	if (version != MQTT_5) {
		HOLDS(!p->present && !rest.len);
		return;
	}
	HOLDS(p->present == wanted.present);
	for (enum mqtt_property each = 0; each < MQTT_PROPERTY_COUNT; each++) {
		if (!mqtt_has(p, each))
			continue;
		if (rows[each].kind >= TEXT)
			HOLDS(str_eq(p->text[each], wanted.text[each]));
		else
			HOLDS(p->number[each] == wanted.number[each]);
	}
	for (size_t i = 0; i < user_count; i++) {
		HOLDS(mqtt_user_next(&rest, &name, &value));
		HOLDS(str_eq(name, users[i].name) && str_eq(value, users[i].value));
	}
	HOLDS(!mqtt_user_next(&rest, &name, &value));
}

/* ---- packets ---- */

/* The body of what was written, before the guard page, and its header. */
static struct str body_of(struct mqtt_header *h)
{
	enum mqtt_reason why;
	struct str bytes = buf_str(&out);
	HOLDS(bytes.len <= out.max);
	HOLDS(mqtt_header_read(bytes, bytes.len, h, &why) == MQTT_READ);
	HOLDS(h->head + h->body == bytes.len);
	return guarded(str_from(bytes, h->head));
}

static void round_of_connects(void)
{
	struct mqtt_connect c = {.version = (uint8_t)version, .clean = chance() & 1}, back;
	c.keep_alive_s = (uint16_t)chance();
	c.client_id = chance_text(2000);
	c.has_username = chance() & 1;
	c.has_password = (c.has_username || version == MQTT_5) && chance() & 1;
	if (c.has_username)
		c.username = chance_text(2000);
	if (c.has_password)
		c.password = chance_bytes(2000);
	struct mqtt_header h;
	enum mqtt_reason why;
	struct str p = chance_properties('C');
	bool lonely = mqtt_has(&wanted, MQTT_PROPERTY_AUTH_DATA) &&
		      !mqtt_has(&wanted, MQTT_PROPERTY_AUTH_METHOD);
	if (!mqtt_connect_write(&out, &c, p))
		return;
	bool read = mqtt_connect_read(body_of(&h), &back, &why);
	HOLDS(h.type == MQTT_CONNECT && read == (version != MQTT_5 || !lonely));
	if (!read)
		return;
	HOLDS(back.version == version && back.clean == c.clean && !back.has_will);
	HOLDS(back.keep_alive_s == c.keep_alive_s && str_eq(back.client_id, c.client_id));
	HOLDS(back.has_username == c.has_username && str_eq(back.username, c.username));
	HOLDS(back.has_password == c.has_password && str_eq(back.password, c.password));
	holds_properties(&back.properties);
}

static void round_of_publishes(void)
{
	static uint32_t ids[IDS_MAX];
	struct mqtt_delivery d = {.topic = chance_text(5000), .payload = chance_bytes(30000)};
	struct mqtt_publish back;
	d.qos = (uint8_t)chance_below(3);
	d.id = d.qos ? (uint16_t)(1 + chance_below(65535)) : 0;
	d.duplicate = d.qos && chance() & 1;
	d.retain = chance() & 1;
	d.properties = chance_properties('P');
	d.ids = ids;
	d.id_count = chance_below(4) ? 0 : chance_length(IDS_MAX);
	for (size_t i = 0; i < d.id_count; i++)
		ids[i] = chance_value(VARINT);
	const enum mqtt_property id = MQTT_PROPERTY_SUBSCRIPTION_ID;
	if (d.id_count && !mqtt_has(&wanted, id)) {
		wanted.present |= 1u << id;
		wanted.number[id] = ids[0];
	}
	struct mqtt_header h;
	enum mqtt_reason why;
	size_t size = mqtt_publish_size(version, &d);
	HOLDS(mqtt_publish_write(&out, version, &d) == (size <= out.max));
	HOLDS(out.len == (size <= out.max ? size : 0));
	if (!out.len)
		return;
	struct str body = body_of(&h);
	bool empty = !d.topic.len &&
		     (version != MQTT_5 || !mqtt_has(&wanted, MQTT_PROPERTY_TOPIC_ALIAS));
	HOLDS(h.type == MQTT_PUBLISH);
	HOLDS(mqtt_publish_read(h.flags, body, version, &back, &why) == !empty);
	if (empty)
		return;
	HOLDS(back.qos == d.qos && back.id == d.id && back.retain == d.retain);
	HOLDS(back.duplicate == d.duplicate);
	HOLDS(str_eq(back.topic, d.topic) && str_eq(back.payload, d.payload));
	holds_properties(&back.properties);
}

static void round_of_acks(void)
{
	static const enum mqtt_type types[] = {
		MQTT_PUBACK, MQTT_PUBREC, MQTT_PUBREL, MQTT_PUBCOMP, MQTT_DISCONNECT, MQTT_AUTH};
	enum mqtt_type type = types[chance_below(version == MQTT_5 ? 6 : 5)];
	uint16_t id = (uint16_t)(1 + chance_below(65535));
	enum mqtt_reason reason = MQTT_SUCCESS;
	if (chance() & 1)
		reason = type == MQTT_AUTH                             ? MQTT_REAUTHENTICATE
			 : type == MQTT_PUBREL || type == MQTT_PUBCOMP ? MQTT_NO_SUCH_ID
								       : MQTT_QUOTA;
	struct str p = chance_properties(type == MQTT_DISCONNECT ? 'D'
					 : type == MQTT_AUTH     ? 'A'
								 : 'a');
	struct mqtt_header h;
	struct mqtt_ack back;
	enum mqtt_reason why;
	if (!mqtt_ack_write(&out, type, version, id, reason, p))
		return;
	bool may = type != MQTT_AUTH || mqtt_has(&wanted, MQTT_PROPERTY_AUTH_METHOD) ||
		   (!p.len && !reason);
	HOLDS(mqtt_ack_read(type, body_of(&h), version, &back, &why) == may && h.type == type);
	if (!may)
		return;
	HOLDS(back.id == (type == MQTT_DISCONNECT || type == MQTT_AUTH ? 0 : id));
	HOLDS(back.reason == (version == MQTT_5 ? reason : MQTT_SUCCESS));
	holds_properties(&back.properties);
}

static void round_of_subscribes(void)
{
	struct mqtt_topic topics[TOPICS_MAX], topic;
	size_t count = chance_below(TOPICS_MAX + 1);
	bool five = version == MQTT_5;
	for (size_t i = 0; i < count; i++)
		topics[i] = (struct mqtt_topic){chance_text(1000), (uint8_t)chance_below(3),
			five && chance() & 1, five && chance() & 1,
			(uint8_t)(five ? chance_below(3) : 0)};
	uint16_t id = (uint16_t)(1 + chance_below(65535));
	struct mqtt_header h;
	struct mqtt_topics back;
	enum mqtt_reason why;
	if (!mqtt_subscribe_write(&out, version, id, topics, count, chance_properties('S')))
		return;
	bool read = mqtt_topics_read(MQTT_SUBSCRIBE, body_of(&h), version, &back, &why);
	HOLDS(read == (count > 0) && h.type == MQTT_SUBSCRIBE);
	if (!read)
		return;
	HOLDS(back.id == id && back.count == count);
	holds_properties(&back.properties);
	for (size_t i = 0; i < count; i++) {
		HOLDS(mqtt_topics_next(&back, MQTT_SUBSCRIBE, &topic));
		HOLDS(str_eq(topic.filter, topics[i].filter) && topic.qos == topics[i].qos);
		HOLDS(topic.no_local == topics[i].no_local);
		HOLDS(topic.retain_as_published == topics[i].retain_as_published);
		HOLDS(topic.retain_handling == topics[i].retain_handling);
	}
	HOLDS(!mqtt_topics_next(&back, MQTT_SUBSCRIBE, &topic));
}

/* ---- damage ---- */

static void read_body(const struct mqtt_header *h, struct str body)
{
	struct mqtt_connect connect;
	struct mqtt_publish publish;
	struct mqtt_topics topics;
	struct mqtt_topic topic;
	struct mqtt_ack ack;
	enum mqtt_reason why = MQTT_SUCCESS;
	bool read;
	switch (h->type) {
	case MQTT_CONNECT: read = mqtt_connect_read(body, &connect, &why); break;
	case MQTT_PUBLISH: read = mqtt_publish_read(h->flags, body, version, &publish, &why); break;
	case MQTT_SUBSCRIBE:
		read = mqtt_topics_read(h->type, body, version, &topics, &why);
		while (read && topics.count--)
			HOLDS(mqtt_topics_next(&topics, h->type, &topic));
		break;
	default: read = mqtt_ack_read(h->type, body, version, &ack, &why); break;
	}
	HOLDS(read || why >= MQTT_UNSPECIFIED);
}

static void holds_when_damaged(void)
{
	struct mqtt_header h;
	struct str body = body_of(&h);
	char *at = out.at + h.head;
	size_t len = chance() & 1 ? body.len : chance_below(body.len + 1);
	for (size_t changes = chance_below(4); changes && len; changes--)
		at[chance_below(len < 64 ? len : 64)] = (char)chance();
	read_body(&h, guarded((struct str){at, len}));
}

static void round_of_packets(void)
{
	static void (*const rounds[])(void) = {
		round_of_connects, round_of_publishes, round_of_acks, round_of_subscribes};
	texts_used = 0;
	version = chance() & 1 ? MQTT_5 : MQTT_311;
	buf_clear(&out);
	buf_init(&out, chance_below(4) ? PACKET_MAX : chance_length(PACKET_MAX));
	rounds[chance_below(4)]();
	if (out.len)
		holds_when_damaged();
}

int main(int argc, char **argv)
{
	return property_main(argc, argv, round_of_packets);
}
