/* mqtt_bytes: packets written down as they are in the standards: "10 0c 0004 'MQTT' 04" is hexadecimal digits and
 * quoted text. What is read of them lies before a guard page. */
#ifndef TESTS_UNIT_MQTT_BYTES_H
#define TESTS_UNIT_MQTT_BYTES_H

#include "test.h"

#include "guard.h"
#include "mqtt/packet.h"

/* Ends the test, naming what it was about. */
#define FAIL(...)                                                                                  \
	do {                                                                                       \
		print_error(__VA_ARGS__);                                                          \
		assert_true(false);                                                                \
	} while (0)

/* The bytes, in `room`. */
static inline struct str bytes_into(const char *notation, char *room, size_t size)
{
	size_t len = 0;
	for (const char *at = notation; *at; at++) {
		if (*at == ' ')
			continue;
		assert_true(len < size);
		if (*at == '\'') {
			for (at++; *at != '\''; at++) {
				assert_true(*at && len < size);
				room[len++] = *at;
			}
			continue;
		}
		int high = hex_digit(at[0]), low = high < 0 ? -1 : hex_digit(at[1]);
		assert_true(low >= 0);
		room[len++] = (char)(high << 4 | low);
		at++;
	}
	return (struct str){room, len};
}

/* The bytes before the guard page; valid until the next call. */
static inline struct str bytes_of(const char *notation)
{
	char room[4096];
	return guarded(bytes_into(notation, room, sizeof room));
}

static inline void assert_bytes(struct str bytes, const char *notation)
{
	char room[4096];
	struct str expected = bytes_into(notation, room, sizeof room);
	assert_int_equal(bytes.len, expected.len);
	assert_memory_equal(bytes.at, expected.at, expected.len);
}

/* The next user property is this one. */
static inline void assert_user(struct str *rest, const char *name, const char *value)
{
	struct str n, v;
	assert_true(mqtt_user_next(rest, &n, &v));
	assert_str(n, name);
	assert_str(v, value);
}

union packet {
	struct mqtt_connect connect;
	struct mqtt_connack connack;
	struct mqtt_publish publish;
	struct mqtt_ack ack;
	struct mqtt_topics topics;
	struct mqtt_suback suback;
};

static inline bool body_read(const struct mqtt_header *h, struct str body, int version,
	union packet *out, enum mqtt_reason *why)
{
	switch (h->type) {
	case MQTT_CONNECT: return mqtt_connect_read(body, &out->connect, why);
	case MQTT_CONNACK: return mqtt_connack_read(body, version, &out->connack, why);
	case MQTT_PUBLISH: return mqtt_publish_read(h->flags, body, version, &out->publish, why);
	case MQTT_SUBSCRIBE:
	case MQTT_UNSUBSCRIBE: return mqtt_topics_read(h->type, body, version, &out->topics, why);
	case MQTT_SUBACK:
	case MQTT_UNSUBACK: return mqtt_suback_read(h->type, body, version, &out->suback, why);
	case MQTT_PINGREQ:
	case MQTT_PINGRESP: return true;
	default: return mqtt_ack_read(h->type, body, version, &out->ack, why);
	}
}

/* Reads one whole packet, which must be as long as it says. The reason why not; -1: it was read. */
static inline int packet_read(const char *notation, int version, union packet *out)
{
	struct str bytes = bytes_of(notation);
	struct mqtt_header h;
	enum mqtt_reason why = MQTT_SUCCESS;
	memset(out, 0x5a, sizeof *out); /* nothing may be taken from what was there */
	switch (mqtt_header_read(bytes, SIZE_MAX, &h, &why)) {
	case MQTT_REFUSED: return (int)why;
	case MQTT_PARTIAL: FAIL("%s is partial\n", notation); break;
	case MQTT_READ: break;
	}
	if (h.head + h.body != bytes.len)
		FAIL("%s says that it has %zu bytes behind %zu\n", notation, h.body, h.head);
	return body_read(&h, str_from(bytes, h.head), version, out, &why) ? -1 : (int)why;
}

/* The same for a packet that must be read. */
static inline union packet packet_of(const char *notation, int version)
{
	union packet p;
	int why = packet_read(notation, version, &p);
	if (why >= 0)
		FAIL("%s was refused: 0x%02x\n", notation, (unsigned)why);
	return p;
}

#endif
