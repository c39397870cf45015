#include "caller.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BYTES_MAX = 64 << 20, PATIENCE_S = 20 };

static const struct str nothing = STR("");

void caller_init(struct caller *c, int version)
{
	*c = (struct caller){.fd = -1, .version = version};
	buf_init(&c->in, BYTES_MAX);
	buf_init(&c->out, BYTES_MAX);
}

void caller_clear(struct caller *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	buf_clear(&c->in);
	buf_clear(&c->out);
}

/* ---- packets of the door ---- */

static void read_body(struct caller *c, const struct mqtt_header *h, struct str body)
{
	enum mqtt_reason why;
	switch (h->type) {
	case MQTT_CONNACK:
		assert_true(mqtt_connack_read(body, c->version, &c->connack, &why));
		break;
	case MQTT_PUBLISH:
		assert_true(mqtt_publish_read(h->flags, body, c->version, &c->publish, &why));
		assert_in_range(c->publish.qos, 0, 1);
		break;
	case MQTT_SUBACK:
	case MQTT_UNSUBACK:
		assert_true(mqtt_suback_read(h->type, body, c->version, &c->suback, &why));
		break;
	case MQTT_PUBACK:
		assert_true(mqtt_ack_read(h->type, body, c->version, &c->ack, &why));
		break;
	case MQTT_DISCONNECT:
		assert_int_equal(c->version, MQTT_5);
		assert_true(mqtt_ack_read(h->type, body, c->version, &c->ack, &why));
		break;
	default: assert_int_equal(h->type, MQTT_PINGRESP); break;
	}
}

bool caller_take(struct caller *c)
{
	struct mqtt_header h;
	enum mqtt_reason why;
	struct str rest = str_from(buf_str(&c->in), c->taken);
	enum mqtt_read read = mqtt_header_read(rest, BYTES_MAX, &h, &why);
	assert_int_not_equal(read, MQTT_REFUSED);
	if (read == MQTT_PARTIAL || rest.len < h.head + h.body) {
		buf_drop(&c->in, c->taken);
		c->taken = 0;
		return false;
	}
	c->type = h.type;
	read_body(c, &h, str_upto(str_from(rest, h.head), h.body));
	c->taken += h.head + h.body;
	return true;
}

/* ---- packets of the client ---- */

static uint16_t next_id(struct caller *c)
{
	c->last_id = c->last_id == UINT16_MAX ? 1 : (uint16_t)(c->last_id + 1);
	return c->last_id;
}

static void put_two(struct buf *out, size_t number)
{
	const char two[] = {(char)(number >> 8), (char)number};
	assert_true(number <= UINT16_MAX && buf_add(out, two, 2));
}

static void put_text(struct buf *out, struct str text)
{
	put_two(out, text.len);
	assert_true(buf_add_str(out, text));
}

static void put_length(struct buf *out, size_t length)
{
	do {
		char seven = (char)(length & 0x7f);
		length >>= 7;
		assert_true(buf_add_char(out, (char)(seven | (length ? 0x80 : 0))));
	} while (length);
}

static void put_packet(struct caller *c, uint8_t first, struct buf *body)
{
	assert_true(buf_add_char(&c->out, (char)first));
	put_length(&c->out, body->len);
	assert_true(buf_add_str(&c->out, buf_str(body)));
	buf_clear(body);
}

static void put_number(struct buf *out, enum mqtt_property property, uint32_t number)
{
	assert_true(!number || mqtt_put_number(out, property, number));
}

static void put_will(const struct caller *c, struct buf *out, const struct greeting *g)
{
	struct buf properties;
	buf_init(&properties, 64);
	put_number(&properties, MQTT_PROPERTY_WILL_DELAY, g->will_delay_s);
	if (c->version == MQTT_5) {
		put_length(out, properties.len);
		assert_true(buf_add_str(out, buf_str(&properties)));
	}
	buf_clear(&properties);
	put_text(out, str_of(g->will));
	put_text(out, str_of("gone"));
}

/* By hand: the codec's own has no will. */
void caller_greet(struct caller *c, const struct greeting *g)
{
	enum { NAME = 0x80, WILL = 4, CLEAN = 2 };
	struct buf body, properties;
	buf_init(&body, BYTES_MAX);
	buf_init(&properties, 64);
	put_text(&body, str_of("MQTT"));
	const char rest[] = {(char)c->version,
		(char)(NAME | (g->will ? WILL : 0) | (g->goes_on ? 0 : CLEAN)), 0, 0};
	assert_true(buf_add(&body, rest, sizeof rest));
	put_number(&properties, MQTT_PROPERTY_SESSION_EXPIRY, g->expiry_s);
	put_number(&properties, MQTT_PROPERTY_RECEIVE_MAXIMUM, g->window);
	put_number(&properties, MQTT_PROPERTY_MAXIMUM_PACKET, g->packet_max);
	if (c->version == MQTT_5) {
		put_length(&body, properties.len);
		assert_true(buf_add_str(&body, buf_str(&properties)));
	}
	buf_clear(&properties);
	put_text(&body, str_of(g->client_id));
	if (g->will)
		put_will(c, &body, g);
	put_text(&body, str_of(g->key));
	put_packet(c, MQTT_CONNECT << 4, &body);
}

uint16_t caller_subscribe(struct caller *c, const char *filter, uint8_t qos)
{
	const struct mqtt_topic topic = {.filter = str_of(filter), .qos = qos};
	uint16_t id = next_id(c);
	assert_true(mqtt_subscribe_write(&c->out, c->version, id, &topic, 1, nothing));
	return id;
}

uint16_t caller_unsubscribe(struct caller *c, const char *filter)
{
	struct buf body;
	buf_init(&body, BYTES_MAX);
	put_two(&body, next_id(c));
	if (c->version == MQTT_5)
		put_length(&body, 0);
	put_text(&body, str_of(filter));
	put_packet(c, MQTT_UNSUBSCRIBE << 4 | 2, &body);
	return c->last_id;
}

uint16_t caller_publish(
	struct caller *c, const char *topic, struct str payload, uint8_t qos, bool retain)
{
	struct mqtt_delivery d = {
		.topic = str_of(topic), .payload = payload, .qos = qos, .retain = retain};
	d.id = qos ? next_id(c) : 0;
	assert_true(mqtt_publish_write(&c->out, c->version, &d));
	return d.id;
}

void caller_acknowledge(struct caller *c, uint16_t id)
{
	assert_true(mqtt_ack_write(&c->out, MQTT_PUBACK, c->version, id, MQTT_SUCCESS, nothing));
}

void caller_ping(struct caller *c)
{
	assert_true(mqtt_ping_write(&c->out, MQTT_PINGREQ));
}

void caller_leave(struct caller *c)
{
	assert_true(mqtt_ack_write(&c->out, MQTT_DISCONNECT, c->version, 0, MQTT_SUCCESS, nothing));
}

/* ---- over a socket ---- */

bool caller_call(struct caller *c, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(c->fd >= 0);
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
	bool is_there = connect(c->fd, (struct sockaddr *)&a, sizeof a) == 0;
	assert_true(is_there || errno == ECONNREFUSED || errno == ECONNRESET);
	return is_there;
}

bool caller_send(struct caller *c)
{
	size_t done = 0;
	while (done < c->out.len) {
		ssize_t sent = send(c->fd, c->out.at + done, c->out.len - done, MSG_NOSIGNAL);
		if (sent < 0)
			break;
		done += (size_t)sent;
	}
	bool is_sent = done == c->out.len;
	assert_true(is_sent || errno == EPIPE || errno == ECONNRESET);
	buf_drop(&c->out, c->out.len);
	return is_sent;
}

static bool receive(struct caller *c, int flags)
{
	char room[16384];
	ssize_t got = recv(c->fd, room, sizeof room, flags);
	if (got > 0)
		assert_true(buf_add(&c->in, room, (size_t)got));
	if (got < 0 && (flags & MSG_DONTWAIT) && errno == EAGAIN)
		return true;
	assert_true(got >= 0 || errno == ECONNRESET);
	return got > 0;
}

bool caller_fill(struct caller *c)
{
	return receive(c, MSG_DONTWAIT);
}

bool caller_read(struct caller *c)
{
	while (!caller_take(c))
		if (!receive(c, 0))
			return false;
	return true;
}

void caller_expect(struct caller *c, enum mqtt_type type)
{
	assert_true(caller_read(c));
	assert_int_equal(c->type, type);
}

bool caller_enter(struct caller *c, uint16_t port, const struct greeting *g)
{
	if (!caller_call(c, port))
		return false;
	caller_greet(c, g);
	return caller_send(c) && caller_read(c) && c->type == MQTT_CONNACK && !c->connack.code;
}
