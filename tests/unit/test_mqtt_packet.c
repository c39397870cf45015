/* Packets of MQTT 3.1.1 and 5.0: bytes that were put down by hand from the standards, read and written. */
#include "mqtt_written.h"

/* ---- CONNECT, CONNACK ---- */

static const char connect_311[] = "10 2a 0004 'MQTT' 04 f6 000a 0002 'id' 0004 'will' 0003 00ff80 "
				  "0004 'name' 0009 'pass' 00 'word'";

static void connect_of_311(void **state)
{
	(void)state;
	union packet p = packet_of(connect_311, MQTT_311);
	assert_int_equal(p.connect.version, MQTT_311);
	assert_true(p.connect.clean && p.connect.has_will);
	assert_true(p.connect.has_username && p.connect.has_password);
	assert_int_equal(p.connect.keep_alive_s, 10);
	assert_str(p.connect.client_id, "id");
	assert_str(p.connect.username, "name");
	assert_bytes(p.connect.password, "'pass' 00 'word'");
	assert_str(p.connect.will.topic, "will");
	assert_bytes(p.connect.will.payload, "00ff80");
	assert_int_equal(p.connect.will.qos, 2);
	assert_true(p.connect.will.retain);
	assert_int_equal(p.connect.properties.present, 0);
	assert_int_equal(p.connect.properties.raw.len, 0);
}

static void connect_with_as_little_as_can_be(void **state)
{
	(void)state;
	union packet p = packet_of("10 0c 0004 'MQTT' 04 00 0000 0000", MQTT_311);
	assert_false(p.connect.clean || p.connect.has_will || p.connect.has_username);
	assert_int_equal(p.connect.client_id.len, 0);
	p = packet_of("10 0d 0004 'MQTT' 05 00 ffff 00 0000", MQTT_5);
	assert_int_equal(p.connect.version, MQTT_5);
	assert_int_equal(p.connect.keep_alive_s, 65535);
	assert_false(p.connect.has_password || p.connect.will.retain);
	p = packet_of("10 11 0004 'MQTT' 05 40 0000 00 0000 0002 'pw'", MQTT_5);
	assert_true(p.connect.has_password && !p.connect.has_username);
	assert_str(p.connect.password, "pw");
}

static const char connect_5[] = "10 52 0004 'MQTT' 05 ce 000a 05 11 0000000a 0002 'id' "
				"2d 18 00000005 01 01 02 00000e10 03 0001 'x' 08 0002 'r/' "
				"09 0002 dead 26 0001 'a' 0001 'b' 26 0001 'a' 0006 'secund' "
				"0004 'will' 0002 'ok' 0001 'u' 0001 'p'";

static void connect_of_5(void **state)
{
	(void)state;
	union packet p = packet_of(connect_5, MQTT_5);
	const struct mqtt_properties *will = &p.connect.will.properties;
	assert_true(mqtt_has(&p.connect.properties, MQTT_PROPERTY_SESSION_EXPIRY));
	assert_int_equal(p.connect.properties.number[MQTT_PROPERTY_SESSION_EXPIRY], 10);
	assert_false(mqtt_has(&p.connect.properties, MQTT_PROPERTY_USER));
	assert_int_equal(will->number[MQTT_PROPERTY_WILL_DELAY], 5);
	assert_int_equal(will->number[MQTT_PROPERTY_PAYLOAD_FORMAT], 1);
	assert_int_equal(will->number[MQTT_PROPERTY_MESSAGE_EXPIRY], 3600);
	assert_str(will->text[MQTT_PROPERTY_CONTENT_TYPE], "x");
	assert_str(will->text[MQTT_PROPERTY_RESPONSE_TOPIC], "r/");
	assert_bytes(will->text[MQTT_PROPERTY_CORRELATION_DATA], "dead");
	struct str rest = will->raw;
	assert_user(&rest, "a", "b");
	assert_user(&rest, "a", "secund");
	assert_str(p.connect.will.topic, "will");
	assert_int_equal(p.connect.will.qos, 1);
	assert_false(p.connect.will.retain);
	assert_str(p.connect.username, "u");
	assert_str(p.connect.password, "p");
}

static void connect_with_each_property(void **state)
{
	(void)state;
	union packet p = packet_of("10 32 0004 'MQTT' 05 02 003c 25 11 ffffffff 15 0001 'm' "
				   "16 0001 ff 17 00 19 01 21 0014 22 000a 26 0001 'n' 0003 'val' "
				   "27 00010000 0000",
		MQTT_5);
	const struct mqtt_properties *c = &p.connect.properties;
	assert_int_equal(c->number[MQTT_PROPERTY_SESSION_EXPIRY], UINT32_MAX);
	assert_str(c->text[MQTT_PROPERTY_AUTH_METHOD], "m");
	assert_bytes(c->text[MQTT_PROPERTY_AUTH_DATA], "ff");
	assert_true(mqtt_has(c, MQTT_PROPERTY_REQUEST_PROBLEM));
	assert_int_equal(c->number[MQTT_PROPERTY_REQUEST_PROBLEM], 0);
	assert_int_equal(c->number[MQTT_PROPERTY_REQUEST_RESPONSE], 1);
	assert_int_equal(c->number[MQTT_PROPERTY_RECEIVE_MAXIMUM], 20);
	assert_int_equal(c->number[MQTT_PROPERTY_TOPIC_ALIAS_MAXIMUM], 10);
	assert_int_equal(c->number[MQTT_PROPERTY_MAXIMUM_PACKET], 65536);
	struct str rest = c->raw;
	assert_int_equal(rest.len, 0x25);
	assert_user(&rest, "n", "val");
}

static void connect_is_written_without_will(void **state)
{
	(void)state;
	struct mqtt_connect c = {.version = MQTT_311, .clean = true, .keep_alive_s = 60};
	c.client_id = str_of("id");
	c.has_will = true;
	assert_true(mqtt_connect_write(&out, &c, str_of("left out")));
	assert_written("10 0e 0004 'MQTT' 04 02 003c 0002 'id'");
	c.has_username = c.has_password = true;
	c.username = str_of("u");
	assert_true(mqtt_connect_write(&out, &c, none));
	assert_written("10 13 0004 'MQTT' 04 c2 003c 0002 'id' 0001 'u' 0000");
	c = (struct mqtt_connect){.version = MQTT_5, .has_password = true};
	c.password = str_of("pw");
	assert_true(mqtt_connect_write(&out, &c, bytes_of("21 0005")));
	assert_written("10 14 0004 'MQTT' 05 40 0000 03 21 0005 0000 0002 'pw'");
}

static void connack(void **state)
{
	(void)state;
	assert_true(mqtt_connack_write(&out, MQTT_311, true, MQTT_SUCCESS, str_of("left out")));
	assert_written("20 02 01 00");
	assert_true(mqtt_connack_write(&out, MQTT_5, false, MQTT_SUCCESS, none));
	assert_written("20 03 00 00 00");
	assert_true(
		mqtt_connack_write(&out, MQTT_5, true, MQTT_SUCCESS, bytes_of("24 01 22 000a")));
	assert_written("20 08 01 00 05 24 01 22 000a");
	assert_true(mqtt_connack_write(&out, MQTT_5, true, MQTT_BAD_CREDENTIALS, none));
	assert_written("20 03 00 86 00");
	union packet p = packet_of("20 02 01 00", MQTT_311);
	assert_true(p.connack.session_present);
	assert_int_equal(p.connack.code, 0);
	p = packet_of("20 02 00 05", MQTT_311);
	assert_int_equal(p.connack.code, 5);
	p = packet_of("20 03 00 9f 00", MQTT_5);
	assert_false(p.connack.session_present);
	assert_int_equal(p.connack.code, MQTT_CONNECTION_RATE);
	p = packet_of("20 32 00 00 2f 11 00000001 21 0001 24 00 25 01 27 00000200 12 0001 'c' "
		      "22 0001 1f 0000 26 0000 0000 28 01 29 00 2a 01 13 0005 1a 0000 1c 0000",
		MQTT_5);
	const struct mqtt_properties *c = &p.connack.properties;
	assert_int_equal(__builtin_popcount(c->present), 15);
	assert_int_equal(c->number[MQTT_PROPERTY_MAXIMUM_QOS], 0);
	assert_int_equal(c->number[MQTT_PROPERTY_SERVER_KEEP_ALIVE], 5);
	assert_str(c->text[MQTT_PROPERTY_ASSIGNED_CLIENT_ID], "c");
}

static void reasons_become_return_codes_of_311(void **state)
{
	(void)state;
	static const struct {
		enum mqtt_reason reason;
		const char *bytes;
	} rows[] = {{MQTT_BAD_VERSION, "20 02 00 01"}, {MQTT_BAD_CLIENT_ID, "20 02 00 02"},
		{MQTT_SERVER_UNAVAILABLE, "20 02 00 03"}, {MQTT_SERVER_BUSY, "20 02 00 03"},
		{MQTT_UNSPECIFIED, "20 02 00 03"}, {MQTT_QUOTA, "20 02 00 03"},
		{MQTT_BAD_CREDENTIALS, "20 02 00 04"}, {MQTT_BAD_AUTH_METHOD, "20 02 00 04"},
		{MQTT_NOT_AUTHORIZED, "20 02 00 05"}, {MQTT_BANNED, "20 02 00 05"},
		{MQTT_MALFORMED, ""}, {MQTT_PROTOCOL_ERROR, ""}, {MQTT_TOO_LARGE, ""}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(mqtt_connack_write(&out, MQTT_311, true, rows[i].reason, none));
		assert_written(rows[i].bytes);
	}
}

/* ---- PUBLISH ---- */

static void publish(void **state)
{
	(void)state;
	/* 3.3.2.3 of 3.1.1: the example of a variable header */
	union packet p = packet_of("32 07 0003 'a/b' 000a", MQTT_311);
	assert_str(p.publish.topic, "a/b");
	assert_int_equal(p.publish.id, 10);
	assert_int_equal(p.publish.qos, 1);
	assert_int_equal(p.publish.payload.len, 0);
	assert_false(p.publish.retain || p.publish.duplicate);
	p = packet_of("31 05 0001 't' 00ff", MQTT_311);
	assert_true(p.publish.retain);
	assert_int_equal(p.publish.qos + p.publish.id, 0);
	assert_bytes(p.publish.payload, "00ff");
	p = packet_of("3c 0a 0003 'a/b' ffff 00 'hi'", MQTT_5);
	assert_true(p.publish.duplicate);
	assert_int_equal(p.publish.qos, 2);
	assert_int_equal(p.publish.id, 65535);
	assert_str(p.publish.payload, "hi");
	p = packet_of("30 08 0000 03 23 0001 'hi'", MQTT_5);
	assert_int_equal(p.publish.topic.len, 0);
	assert_int_equal(p.publish.properties.number[MQTT_PROPERTY_TOPIC_ALIAS], 1);
	p = packet_of("30 0b 0001 't' 07 0b 07 0b 8001 0b 07", MQTT_5);
	assert_int_equal(p.publish.properties.number[MQTT_PROPERTY_SUBSCRIPTION_ID], 7);
}

static void publish_is_written(void **state)
{
	(void)state;
	struct mqtt_delivery d = {.topic = STR("a/b"), .payload = STR("hi"), .qos = 1, .id = 10};
	d.properties = str_of("left out");
	assert_int_equal(mqtt_publish_size(MQTT_311, &d), 11);
	assert_true(mqtt_publish_write(&out, MQTT_311, &d));
	assert_written("32 09 0003 'a/b' 000a 'hi'");
	const uint32_t ids[] = {1, 300, 268435455};
	d = (struct mqtt_delivery){.topic = STR("t"), .retain = true, .ids = ids, .id_count = 3};
	assert_true(mqtt_publish_write(&out, MQTT_311, &d));
	assert_written("31 03 0001 't'");
	d.properties = bytes_of("01 01");
	assert_true(mqtt_publish_write(&out, MQTT_5, &d));
	assert_int_equal(out.len, mqtt_publish_size(MQTT_5, &d));
	assert_written("31 10 0001 't' 0c 01 01 0b 01 0b ac02 0b ffffff7f");
	d = (struct mqtt_delivery){.duplicate = true, .qos = 2, .id = 0x102};
	assert_true(mqtt_publish_write(&out, MQTT_5, &d));
	assert_written("3c 05 0000 0102 00");
}

static void publish_of_every_size(void **state)
{
	(void)state;
	static char payload[20000];
	/* The length of the body grows by a byte here: 3 + 125 is 128, 3 + 16381 is 16384. */
	static const size_t sizes[][2] = {{124, 129}, {125, 131}, {16380, 16386}, {16381, 16388}};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct mqtt_delivery d = {.topic = STR("t"), .payload = {payload, sizes[i][0]}};
		assert_int_equal(mqtt_publish_size(MQTT_311, &d), sizes[i][1]);
		struct buf exact;
		buf_init(&exact, sizes[i][1] - 1);
		assert_false(mqtt_publish_write(&exact, MQTT_311, &d));
		assert_int_equal(exact.len, 0);
		exact.max = sizes[i][1];
		assert_true(mqtt_publish_write(&exact, MQTT_311, &d));
		assert_int_equal(exact.len, sizes[i][1]);
		buf_clear(&exact);
	}
}

static void properties_of_a_publish_have_any_length(void **state)
{
	(void)state;
	uint32_t ids[64];
	for (size_t i = 0; i < 64; i++)
		ids[i] = 1;
	struct mqtt_delivery d = {.topic = STR("t"), .ids = ids, .id_count = 63};
	assert_int_equal(mqtt_publish_size(MQTT_5, &d), 3 + 3 + 1 + 126);
	d.id_count = 64;
	assert_true(mqtt_publish_write(&out, MQTT_5, &d));
	assert_bytes(str_upto(buf_str(&out), 10), "30 8501 0001 't' 8001 0b 01");
	assert_int_equal(out.len, 3 + 3 + 2 + 128);
	assert_int_equal(out.len, mqtt_publish_size(MQTT_5, &d));
}

static void what_no_packet_can_hold_is_not_written(void **state)
{
	(void)state;
	static const char room[65536];
	const struct str text = {room, sizeof room};
	struct buf large;
	buf_init(&large, SIZE_MAX);
	struct mqtt_delivery d = {.topic = text};
	assert_false(mqtt_publish_write(&large, MQTT_5, &d));
	d = (struct mqtt_delivery){
		.topic = STR("t"), .payload = {room, 268435453}}; /* not looked at */
	assert_false(mqtt_publish_write(&large, MQTT_311, &d));
	for (int i = 0; i < 3; i++) {
		struct mqtt_connect c = {
			.version = MQTT_5, .has_username = true, .has_password = true};
		*(struct str *[]){&c.client_id, &c.username, &c.password}[i] = text;
		assert_false(mqtt_connect_write(&large, &c, none));
	}
	const struct mqtt_topic topics[] = {{.filter = STR("a")}, {.filter = text}};
	assert_false(mqtt_subscribe_write(&large, MQTT_5, 1, topics, 2, none));
	assert_int_equal(large.len + large.room, 0);
}

/* ---- the packets that answer or end ---- */

static void acks_of_311(void **state)
{
	(void)state;
	static const struct {
		enum mqtt_type type;
		const char *bytes;
	} rows[] = {{MQTT_PUBACK, "40 02 1234"}, {MQTT_PUBREC, "50 02 1234"},
		{MQTT_PUBREL, "62 02 1234"}, {MQTT_PUBCOMP, "70 02 1234"},
		{MQTT_DISCONNECT, "e0 00"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(mqtt_ack_write(&out, rows[i].type, MQTT_311, 0x1234, MQTT_UNSPECIFIED,
			str_of("left out")));
		assert_written(rows[i].bytes);
		union packet p = packet_of(rows[i].bytes, MQTT_311);
		assert_int_equal(p.ack.id, rows[i].type == MQTT_DISCONNECT ? 0 : 0x1234);
		assert_int_equal(p.ack.reason, MQTT_SUCCESS);
		assert_int_equal(p.ack.properties.present, 0);
	}
}

static void acks_of_5_leave_out_what_they_can(void **state)
{
	(void)state;
	static const struct {
		enum mqtt_type type;
		enum mqtt_reason reason;
		const char *properties, *bytes;
	} rows[] = {
		{MQTT_PUBACK, MQTT_SUCCESS, "", "40 02 0001"},
		{MQTT_PUBACK, MQTT_NO_SUBSCRIBERS, "", "40 03 0001 10"},
		{MQTT_PUBACK, MQTT_QUOTA, "1f 0001 'x'", "40 08 0001 97 04 1f 0001 'x'"},
		{MQTT_PUBREC, MQTT_SUCCESS, "1f 0000", "50 07 0001 00 03 1f 0000"},
		{MQTT_PUBREC, MQTT_ID_IN_USE, "", "50 03 0001 91"},
		{MQTT_PUBREL, MQTT_NO_SUCH_ID, "", "62 03 0001 92"},
		{MQTT_PUBCOMP, MQTT_NO_SUCH_ID, "26 0000 0000", "70 09 0001 92 05 26 0000 0000"},
		{MQTT_DISCONNECT, MQTT_SUCCESS, "", "e0 00"},
		{MQTT_DISCONNECT, MQTT_SUCCESS, "11 00000000", "e0 07 00 05 11 00000000"},
		{MQTT_DISCONNECT, MQTT_DISCONNECT_WITH_WILL, "", "e0 01 04"},
		{MQTT_DISCONNECT, MQTT_NO_WILDCARDS, "1c 0000", "e0 05 a2 03 1c 0000"},
		{MQTT_AUTH, MQTT_SUCCESS, "", "f0 00"},
		{MQTT_AUTH, MQTT_CONTINUE_AUTHENTICATION, "15 0001 'm' 16 0000",
			"f0 09 18 07 15 0001 'm' 16 0000"},
		{MQTT_AUTH, MQTT_REAUTHENTICATE, "15 0000", "f0 05 19 03 15 0000"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str properties = bytes_of(rows[i].properties);
		assert_true(
			mqtt_ack_write(&out, rows[i].type, MQTT_5, 1, rows[i].reason, properties));
		assert_written(rows[i].bytes);
		union packet p = packet_of(rows[i].bytes, MQTT_5);
		bool has_id = rows[i].type < MQTT_DISCONNECT;
		assert_int_equal(p.ack.id, has_id);
		assert_int_equal(p.ack.reason, rows[i].reason);
		assert_bytes(p.ack.properties.raw, rows[i].properties);
	}
	union packet p = packet_of("40 04 0001 00 00", MQTT_5); /* nothing left out */
	assert_int_equal(p.ack.reason, MQTT_SUCCESS);
	p = packet_of("e0 02 00 00", MQTT_5);
	assert_int_equal(p.ack.properties.present, 0);
	/* In AUTH the length of the properties stays, though it could have none. */
	assert_true(mqtt_ack_write(&out, MQTT_AUTH, MQTT_5, 0, MQTT_REAUTHENTICATE, none));
	assert_written("f0 02 19 00");
}

static void pings(void **state)
{
	(void)state;
	assert_true(mqtt_ping_write(&out, MQTT_PINGREQ));
	assert_written("c0 00");
	assert_true(mqtt_ping_write(&out, MQTT_PINGRESP));
	assert_written("d0 00");
	packet_of("c0 00", MQTT_311);
	packet_of("d0 00", MQTT_5);
}

/* ---- SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK ---- */

static void assert_topic(
	struct mqtt_topics *topics, enum mqtt_type type, const char *filter, unsigned options)
{
	struct mqtt_topic t;
	assert_true(mqtt_topics_next(topics, type, &t));
	assert_str(t.filter, filter);
	assert_int_equal(t.qos, options & 3);
	assert_int_equal(t.no_local, options >> 2 & 1);
	assert_int_equal(t.retain_as_published, options >> 3 & 1);
	assert_int_equal(t.retain_handling, options >> 4);
}

static void topics_are_stepped_through(void **state)
{
	(void)state;
	struct mqtt_topic t;
	/* 3.8.3 of 3.1.1: the example of a payload */
	union packet p = packet_of("82 0e 000a 0003 'a/b' 01 0003 'c/d' 02", MQTT_311);
	assert_int_equal(p.topics.id, 10);
	assert_int_equal(p.topics.count, 2);
	assert_topic(&p.topics, MQTT_SUBSCRIBE, "a/b", 1);
	assert_topic(&p.topics, MQTT_SUBSCRIBE, "c/d", 2);
	assert_false(mqtt_topics_next(&p.topics, MQTT_SUBSCRIBE, &t));
	assert_false(mqtt_topics_next(&p.topics, MQTT_SUBSCRIBE, &t));
	p = packet_of("82 11 0001 03 0b 8001 0000 2e 0001 '#' 1d 0001 '+' 00", MQTT_5);
	assert_int_equal(p.topics.properties.number[MQTT_PROPERTY_SUBSCRIPTION_ID], 128);
	assert_int_equal(p.topics.count, 3);
	assert_topic(&p.topics, MQTT_SUBSCRIBE, "", 0x2e);
	assert_topic(&p.topics, MQTT_SUBSCRIBE, "#", 0x1d);
	assert_topic(&p.topics, MQTT_SUBSCRIBE, "+", 0);
	p = packet_of("a2 0c 000a 0003 'a/b' 0003 'c/d'", MQTT_311);
	assert_int_equal(p.topics.count, 2);
	assert_topic(&p.topics, MQTT_UNSUBSCRIBE, "a/b", 0);
	assert_topic(&p.topics, MQTT_UNSUBSCRIBE, "c/d", 0);
	assert_false(mqtt_topics_next(&p.topics, MQTT_UNSUBSCRIBE, &t));
	p = packet_of("a2 0d 000a 05 26 0000 0000 0003 'a/b'", MQTT_5);
	assert_true(mqtt_has(&p.topics.properties, MQTT_PROPERTY_USER));
	assert_topic(&p.topics, MQTT_UNSUBSCRIBE, "a/b", 0);
}

static void subscribe_is_written(void **state)
{
	(void)state;
	const struct mqtt_topic topics[] = {
		{.filter = STR("a/b"), .qos = 1}, {.filter = STR("#"),
							  .no_local = true,
							  .retain_as_published = true,
							  .retain_handling = 2}};
	assert_true(mqtt_subscribe_write(&out, MQTT_311, 10, topics, 2, str_of("left out")));
	assert_written("82 0c 000a 0003 'a/b' 01 0001 '#' 00");
	assert_true(mqtt_subscribe_write(&out, MQTT_5, 10, topics, 2, bytes_of("0b 05")));
	assert_written("82 0f 000a 02 0b 05 0003 'a/b' 01 0001 '#' 2c");
}

static void subacks(void **state)
{
	(void)state;
	const uint8_t codes[] = {0, 2, MQTT_BAD_FILTER, MQTT_UNSPECIFIED};
	assert_true(mqtt_suback_write(&out, MQTT_SUBACK, MQTT_311, 10, codes, 4));
	assert_written("90 06 000a 00 02 80 80");
	assert_true(mqtt_suback_write(&out, MQTT_SUBACK, MQTT_5, 10, codes, 4));
	assert_written("90 07 000a 00 00 02 8f 80");
	const uint8_t gone[] = {0, MQTT_NO_SUBSCRIPTION};
	assert_true(mqtt_suback_write(&out, MQTT_UNSUBACK, MQTT_311, 10, gone, 2));
	assert_written("b0 02 000a");
	assert_true(mqtt_suback_write(&out, MQTT_UNSUBACK, MQTT_5, 10, gone, 2));
	assert_written("b0 05 000a 00 00 11");
	union packet p = packet_of("90 05 000a 00 01 80", MQTT_311);
	assert_int_equal(p.suback.id, 10);
	assert_bytes(p.suback.codes, "00 01 80");
	p = packet_of("90 0f 000a 03 1f 0000 00 01 02 80 83 87 8f 97 a2", MQTT_5);
	assert_bytes(p.suback.codes, "00 01 02 80 83 87 8f 97 a2");
	p = packet_of("b0 02 000a", MQTT_311);
	assert_int_equal(p.suback.codes.len, 0);
	p = packet_of("b0 05 000a 00 00 11", MQTT_5);
	assert_bytes(p.suback.codes, "00 11");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connect_of_311),
		cmocka_unit_test(connect_with_as_little_as_can_be),
		cmocka_unit_test(connect_of_5),
		cmocka_unit_test(connect_with_each_property),
		cmocka_unit_test_setup_teardown(connect_is_written_without_will, start, stop),
		cmocka_unit_test_setup_teardown(connack, start, stop),
		cmocka_unit_test_setup_teardown(reasons_become_return_codes_of_311, start, stop),
		cmocka_unit_test(publish),
		cmocka_unit_test_setup_teardown(publish_is_written, start, stop),
		cmocka_unit_test_setup_teardown(publish_of_every_size, start, stop),
		cmocka_unit_test_setup_teardown(
			properties_of_a_publish_have_any_length, start, stop),
		cmocka_unit_test(what_no_packet_can_hold_is_not_written),
		cmocka_unit_test_setup_teardown(acks_of_311, start, stop),
		cmocka_unit_test_setup_teardown(acks_of_5_leave_out_what_they_can, start, stop),
		cmocka_unit_test_setup_teardown(pings, start, stop),
		cmocka_unit_test(topics_are_stepped_through),
		cmocka_unit_test_setup_teardown(subscribe_is_written, start, stop),
		cmocka_unit_test_setup_teardown(subacks, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
