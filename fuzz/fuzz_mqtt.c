/* The bytes of one MQTT connection, either way. The version is that of the last CONNECT, before it that of
 * the first byte of the input (even: 3.1.1). What was read lies in its packet; written again it reads the
 * same, where there is a writer for it. */
#include "fuzz.h"

#include "mqtt/packet.h"

enum { WRITTEN_MAX = 1 << 20, TOPICS_MAX = 64 };

static struct buf written, properties;

/* ---- properties ---- */

#define PUT_NUMBER(p, property) CHECK(mqtt_put_number(&properties, property, (p)->number[property]))
#define PUT_BYTE                PUT_NUMBER
#define PUT_TWO                 PUT_NUMBER
#define PUT_FOUR                PUT_NUMBER
#define PUT_VARINT              PUT_NUMBER
#define PUT_TEXT(p, property)   CHECK(mqtt_put_text(&properties, property, (p)->text[property]))
#define PUT_BYTES               PUT_TEXT
#define PUT_USER(p, property)   put_users((p)->raw)

static void put_users(struct str rest)
{
	struct str name, value;
	while (mqtt_user_next(&rest, &name, &value))
		CHECK(mqtt_put_user(&properties, name, value));
}

/* All of them anew, in the order of their numbers; of several identifiers of subscriptions the first. */
static struct str put_properties(const struct mqtt_properties *p)
{
	properties.len = 0;
#define PROPERTY(name, number, kind, packets)                                                      \
	if (mqtt_has(p, MQTT_PROPERTY_##name))                                                     \
		PUT_##kind(p, MQTT_PROPERTY_##name);
#include "mqtt/properties.def"
#undef PROPERTY
	return buf_str(&properties);
}

static void check_same(const struct mqtt_properties *a, const struct mqtt_properties *b)
{
	struct str left = a->raw, right = b->raw, names[2], values[2];
	CHECK(a->present == b->present);
	for (enum mqtt_property p = 0; p < MQTT_PROPERTY_COUNT; p++)
		CHECK(!mqtt_has(a, p) ||
			(a->number[p] == b->number[p] && str_eq(a->text[p], b->text[p])));
	while (mqtt_user_next(&left, &names[0], &values[0])) {
		CHECK(mqtt_user_next(&right, &names[1], &values[1]));
		CHECK(str_eq(names[0], names[1]) && str_eq(values[0], values[1]));
	}
	CHECK(!mqtt_user_next(&right, &names[1], &values[1]));
}

static void check_inside(const struct mqtt_properties *p, struct str body)
{
	struct str rest = p->raw, name, value;
	CHECK(lies_in(p->raw, body));
	for (enum mqtt_property each = 0; each < MQTT_PROPERTY_COUNT; each++)
		CHECK(lies_in(p->text[each], p->raw) && (mqtt_has(p, each) || !p->number[each]));
	while (mqtt_user_next(&rest, &name, &value))
		CHECK(lies_in(name, p->raw) && lies_in(value, p->raw));
}

/* ---- packets ---- */

struct packet {
	struct mqtt_header header;
	struct str bytes, body;
};

/* The header of what was written, which is one whole packet; *body is its body. */
static struct mqtt_header read_written(struct str *body)
{
	struct mqtt_header h;
	enum mqtt_reason why;
	struct str bytes = buf_str(&written);
	CHECK(mqtt_header_read(bytes, bytes.len, &h, &why) == MQTT_READ);
	CHECK(h.head + h.body == bytes.len);
	*body = str_from(bytes, h.head);
	return h;
}

static void check_connect(const struct packet *p, int *version)
{
	struct mqtt_connect c, again;
	enum mqtt_reason why;
	if (!mqtt_connect_read(p->body, &c, &why))
		return;
	*version = c.version;
	check_inside(&c.properties, p->body);
	check_inside(&c.will.properties, p->body);
	CHECK(lies_in(c.client_id, p->body) && lies_in(c.username, p->body));
	CHECK(lies_in(c.password, p->body) && lies_in(c.will.topic, p->body));
	CHECK(lies_in(c.will.payload, p->body) && c.will.qos < 3);
	CHECK(mqtt_connect_write(&written, &c, put_properties(&c.properties)));
	CHECK(c.has_will || written.len == p->bytes.len);
	struct str body;
	read_written(&body);
	CHECK(mqtt_connect_read(body, &again, &why));
	check_same(&c.properties, &again.properties);
	CHECK(again.version == c.version && again.clean == c.clean && !again.has_will);
	CHECK(again.keep_alive_s == c.keep_alive_s && str_eq(again.client_id, c.client_id));
	CHECK(again.has_username == c.has_username && str_eq(again.username, c.username));
	CHECK(again.has_password == c.has_password && str_eq(again.password, c.password));
}

static void check_connack(const struct packet *p, int version)
{
	struct mqtt_connack c, again;
	enum mqtt_reason why;
	if (!mqtt_connack_read(p->body, version, &c, &why))
		return;
	check_inside(&c.properties, p->body);
	if (version != MQTT_5 && c.code)
		return; /* is written from reasons, of which several have the same code */
	CHECK(mqtt_connack_write(&written, version, c.session_present, (enum mqtt_reason)c.code,
		put_properties(&c.properties)));
	struct str body;
	read_written(&body);
	CHECK(mqtt_connack_read(body, version, &again, &why));
	check_same(&c.properties, &again.properties);
	CHECK(again.code == c.code && again.session_present == c.session_present);
}

/* The same bytes again; and with an identifier more. */
static void check_publish(const struct packet *p, int version)
{
	struct mqtt_publish m, again;
	enum mqtt_reason why;
	if (!mqtt_publish_read(p->header.flags, p->body, version, &m, &why))
		return;
	check_inside(&m.properties, p->body);
	CHECK(lies_in(m.topic, p->body) && lies_in(m.payload, p->body));
	struct mqtt_delivery d = {.topic = m.topic,
		.payload = m.payload,
		.properties = m.properties.raw,
		.qos = m.qos,
		.retain = m.retain,
		.duplicate = m.duplicate,
		.id = m.id};
	CHECK(mqtt_publish_write(&written, version, &d));
	CHECK(str_eq(buf_str(&written), p->bytes));
	CHECK(mqtt_publish_size(version, &d) == p->bytes.len);
	uint32_t id = 1 + (uint32_t)m.payload.len * 37 % 268435455;
	d.ids = &id;
	d.id_count = 1;
	d.properties = put_properties(&m.properties);
	written.len = 0;
	CHECK(mqtt_publish_write(&written, version, &d));
	CHECK(mqtt_publish_size(version, &d) == written.len);
	struct str body;
	struct mqtt_header h = read_written(&body);
	CHECK(mqtt_publish_read(h.flags, body, version, &again, &why));
	CHECK(str_eq(again.topic, m.topic) && str_eq(again.payload, m.payload));
	if (version == MQTT_5 && !mqtt_has(&m.properties, MQTT_PROPERTY_SUBSCRIPTION_ID)) {
		m.properties.present |= 1u << MQTT_PROPERTY_SUBSCRIPTION_ID;
		m.properties.number[MQTT_PROPERTY_SUBSCRIPTION_ID] = id;
	}
	check_same(&m.properties, &again.properties);
}

static void check_ack(const struct packet *p, int version)
{
	struct mqtt_ack a, again;
	enum mqtt_reason why;
	enum mqtt_type type = p->header.type;
	if (!mqtt_ack_read(type, p->body, version, &a, &why))
		return;
	check_inside(&a.properties, p->body);
	CHECK(mqtt_ack_write(
		&written, type, version, a.id, a.reason, put_properties(&a.properties)));
	CHECK(written.len <= p->bytes.len);
	struct str body;
	read_written(&body);
	CHECK(mqtt_ack_read(type, body, version, &again, &why));
	CHECK(again.id == a.id && again.reason == a.reason);
	check_same(&a.properties, &again.properties);
}

static void check_topics(const struct packet *p, int version)
{
	static struct mqtt_topic topics[TOPICS_MAX];
	struct mqtt_topic topic;
	struct mqtt_topics t;
	enum mqtt_reason why;
	if (!mqtt_topics_read(p->header.type, p->body, version, &t, &why))
		return;
	check_inside(&t.properties, p->body);
	size_t count = 0;
	for (struct mqtt_topics rest = t; mqtt_topics_next(&rest, p->header.type, &topic);) {
		CHECK(lies_in(topic.filter, p->body) && topic.qos < 3 && topic.retain_handling < 3);
		if (count < TOPICS_MAX)
			topics[count] = topic;
		count++;
	}
	CHECK(count == t.count);
	if (p->header.type == MQTT_UNSUBSCRIBE || count > TOPICS_MAX)
		return;
	CHECK(mqtt_subscribe_write(&written, version, t.id, topics, count, t.properties.raw));
	CHECK(str_eq(buf_str(&written), p->bytes));
}

static void check_suback(const struct packet *p, int version)
{
	struct mqtt_suback s, again;
	enum mqtt_reason why;
	enum mqtt_type type = p->header.type;
	if (!mqtt_suback_read(type, p->body, version, &s, &why))
		return;
	CHECK(lies_in(s.codes, p->body));
	CHECK(mqtt_suback_write(
		&written, type, version, s.id, (const uint8_t *)s.codes.at, s.codes.len));
	struct str body;
	read_written(&body);
	CHECK(mqtt_suback_read(type, body, version, &again, &why));
	CHECK(again.id == s.id && str_eq(again.codes, s.codes));
}

static void check_packet(const struct packet *p, int *version)
{
	written.len = 0;
	switch (p->header.type) {
	case MQTT_CONNECT: check_connect(p, version); break;
	case MQTT_CONNACK: check_connack(p, *version); break;
	case MQTT_PUBLISH: check_publish(p, *version); break;
	case MQTT_SUBSCRIBE:
	case MQTT_UNSUBSCRIBE: check_topics(p, *version); break;
	case MQTT_SUBACK:
	case MQTT_UNSUBACK: check_suback(p, *version); break;
	case MQTT_PINGREQ:
	case MQTT_PINGRESP:
		CHECK(mqtt_ping_write(&written, p->header.type));
		CHECK(str_eq(buf_str(&written), p->bytes));
		break;
	default: check_ack(p, *version); break;
	}
}

/* Any beginning of a header is partial, and any limit that the packet keeps is let pass. */
static void check_header(struct str stream, const struct mqtt_header *h)
{
	struct mqtt_header again;
	enum mqtt_reason why;
	size_t whole = h->head + h->body;
	for (size_t i = 0; i < h->head; i++)
		CHECK(mqtt_header_read(str_upto(stream, i), whole, &again, &why) == MQTT_PARTIAL);
	CHECK(mqtt_header_read(stream, whole, &again, &why) == MQTT_READ);
	CHECK(mqtt_header_read(stream, whole - 1, &again, &why) == MQTT_REFUSED);
	CHECK(why == MQTT_TOO_LARGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	buf_init(&written, WRITTEN_MAX);
	buf_init(&properties, WRITTEN_MAX);
	int version = data[0] & 1 ? MQTT_5 : MQTT_311;
	struct str stream = {(const char *)data + 1, size - 1};
	struct mqtt_header h;
	enum mqtt_reason why;
	while (mqtt_header_read(stream, SIZE_MAX, &h, &why) == MQTT_READ) {
		check_header(stream, &h);
		size_t whole = h.head + h.body;
		if (whole > stream.len)
			break;
		char *copy = malloc(whole); /* exact: a sanitizer sees a byte too far */
		memcpy(copy, stream.at, whole);
		struct str bytes = {copy, whole};
		check_packet(&(struct packet){h, bytes, str_from(bytes, h.head)}, &version);
		free(copy);
		stream = str_from(stream, whole);
	}
	buf_clear(&written);
	buf_clear(&properties);
	return 0;
}
