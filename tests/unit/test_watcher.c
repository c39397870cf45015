/* One watcher and the bytes of a server, in any split. */
#include "test.h"

#include "mqtt/packet.h"
#include "simulate/watcher.h"

#define IDENT "865205000000001"
#define TOPIC "flespi/message/gw/channels/7/" IDENT
#define SPAN                                                                                       \
	"{\"ident\":\"" IDENT "\",\"message.type\":\"V1\",\"server.timestamp\":1.5,\"timestamp\":"

static const struct str none = STR("");
static struct options o;
static struct ledger ledger;
static struct watch_tally tally;
static struct watcher w;
static struct hearing h;
static struct buf bytes; /* of the server */

static void begin(int version, int qos, bool each)
{
	o = (struct options){.devices = 2,
		.watchers = 1,
		.first_ident = UINT64_C(865205000000001),
		.token = "key",
		.watch_each = each,
		.watch_qos = (uint64_t)qos,
		.watch_version = (uint64_t)version};
	ledger_init(&ledger, o.devices, o.watchers, each);
	tally = (struct watch_tally){0};
	h = (struct hearing){.o = &o, .ledger = &ledger, .tally = &tally, .is_timed = true};
	buf_init(&bytes, 1 << 16);
	watcher_init(&w, &o, 0);
	watcher_greet(&w, &h);
}

static void end(void)
{
	watcher_clear(&w);
	ledger_clear(&ledger);
	buf_clear(&bytes);
}

static void greeting(int qos)
{
	uint8_t code = (uint8_t)qos;
	int version = (int)o.watch_version;
	assert_true(mqtt_connack_write(&bytes, version, false, MQTT_SUCCESS, none));
	assert_true(mqtt_suback_write(&bytes, MQTT_SUBACK, version, 1, &code, 1));
}

static void publish(const char *topic, const char *json, int qos)
{
	struct mqtt_delivery d = {.topic = str_of(topic),
		.payload = str_of(json),
		.qos = (uint8_t)qos,
		.id = (uint16_t)(bytes.len + 1)};
	struct buf properties;
	buf_init(&properties, 256);
	assert_true(mqtt_put_user(&properties, str_of("cid"), str_of("1")));
	d.properties = buf_str(&properties);
	assert_true(mqtt_publish_write(&bytes, (int)o.watch_version, &d));
	buf_clear(&properties);
}

/* Feeds the bytes in pieces of so many; the first sentence of a refusal, or "". */
static const char *feed(size_t piece)
{
	static struct error e;
	struct buf in;
	e.text[0] = '\0';
	buf_init(&in, 1 << 16);
	bool is_well = true;
	for (size_t at = 0; is_well && at < bytes.len; at += piece) {
		size_t len = bytes.len - at < piece ? bytes.len - at : piece;
		assert_true(buf_add(&in, bytes.at + at, len));
		struct str rest = buf_str(&in);
		is_well = watcher_hear(&w, &h, &rest, &e);
		buf_drop(&in, in.len - rest.len);
	}
	assert_true(!is_well || in.len == 0);
	buf_clear(&in);
	return e.text;
}

/* Takes a packet off what the watcher said. */
static struct str said(struct str *out, enum mqtt_type type)
{
	struct mqtt_header header;
	enum mqtt_reason why;
	assert_int_equal(mqtt_header_read(*out, 1 << 16, &header, &why), MQTT_READ);
	assert_int_equal(header.type, type);
	struct str body = str_upto(str_from(*out, header.head), header.body);
	*out = str_from(*out, header.head + header.body);
	return body;
}

static void check_said(int acknowledged)
{
	struct str out = buf_str(&w.out);
	struct mqtt_connect c;
	struct mqtt_topics topics;
	struct mqtt_topic topic;
	enum mqtt_reason why;
	assert_true(mqtt_connect_read(said(&out, MQTT_CONNECT), &c, &why));
	assert_int_equal(c.version, o.watch_version);
	assert_true(c.clean && c.has_username && !c.has_password);
	assert_str(c.username, "key");
	assert_true(mqtt_topics_read(
		MQTT_SUBSCRIBE, said(&out, MQTT_SUBSCRIBE), c.version, &topics, &why));
	assert_true(mqtt_topics_next(&topics, MQTT_SUBSCRIBE, &topic));
	assert_str(topic.filter, o.watch_each ? "flespi/message/gw/channels/+/" IDENT
					      : "flespi/message/gw/channels/+/+");
	assert_int_equal(topic.qos, o.watch_qos);
	for (int i = 0; i < acknowledged; i++) {
		struct mqtt_ack ack;
		assert_true(
			mqtt_ack_read(MQTT_PUBACK, said(&out, MQTT_PUBACK), c.version, &ack, &why));
		assert_int_equal(ack.reason, MQTT_SUCCESS);
		assert_true(ack.id > 0);
	}
	assert_int_equal(out.len, 0);
}

static void the_stream_of_all_kinds(int qos)
{
	for (uint32_t second = 1700000001; second <= 1700000005; second++)
		ledger_note(&ledger, 0, SAY_V1, second, 1000);
	ledger_note(&ledger, 0, SAY_HTBT, 0, 1000);
	h.now_us = 3500;
	greeting(qos);
	publish(TOPIC, SPAN "1700000001,\"x\":1}", qos);
	publish(TOPIC, SPAN "1700000003}", qos);
	publish(TOPIC, SPAN "1700000002}", 0);     /* late */
	publish(TOPIC, SPAN "1700000003}", qos);   /* double */
	publish(TOPIC, SPAN "1700000009}", qos);   /* never sent */
	publish(TOPIC, SPAN "1700000004.5}", qos); /* nor this */
	publish(TOPIC, "{\"message.type\":\"HTBT\",\"timestamp\":1700000004.5}", qos);
	publish(TOPIC, "{\"message.type\":\"V4\",\"timestamp\":1700000004}", qos); /* no report */
	publish("flespi/message/gw/channels/7/123", SPAN "1700000005}", qos);      /* not ours */
	publish("flespi/message/gw/channels/7/" IDENT "1", SPAN "1700000005}", qos);
	publish("x", "", qos);
}

static void any_split_is_heard_alike(void **state)
{
	(void)state;
	for (int version = MQTT_311; version <= MQTT_5; version++)
		for (int qos = 0; qos <= 1; qos++)
			for (size_t piece = 1; piece < 600; piece = piece * 3 / 2 + 1) {
				begin(version, qos, false);
				the_stream_of_all_kinds(qos);
				assert_string_equal(feed(piece), "");
				assert_int_equal(tally.watchers, 1);
				assert_int_equal(tally.messages, 11);
				assert_int_equal(tally.seen, 4);
				assert_int_equal(tally.disordered, 1);
				assert_int_equal(tally.doubled, 1);
				assert_int_equal(tally.strange, 2);
				assert_int_equal(tally.others, 4);
				assert_int_equal(tally.acknowledged, qos * 10);
				assert_int_equal(tally.latency.count, 4);
				assert_int_equal(tally.latency.max_us, 2500);
				assert_int_equal(ledger_under_way(&ledger), 2);
				check_said(qos * 10);
				end();
			}
}

static void with_each_only_its_own(void **state)
{
	(void)state;
	begin(MQTT_5, 0, true);
	ledger_note(&ledger, 0, SAY_V1, 5, 0);
	ledger_note(&ledger, 1, SAY_V1, 6, 0); /* nobody watches that one */
	greeting(0);
	publish(TOPIC, SPAN "5}", 0);
	publish("flespi/message/gw/channels/7/865205000000002", SPAN "6}", 0);
	assert_string_equal(feed(1000), "");
	assert_int_equal(tally.seen, 1);
	assert_int_equal(tally.strange, 1);
	assert_int_equal(ledger_under_way(&ledger), 0);
	check_said(0);
	end();
}

static void what_looks_like_a_key_in_a_text_is_none(void **state)
{
	(void)state;
	begin(MQTT_5, 0, false);
	ledger_note(&ledger, 0, SAY_V1, 5, 0);
	greeting(0);
	publish(TOPIC,
		"{\"device.name\":\"\\\"timestamp\\\":7,\\\"message.type\\\":\\\"V3\\\"\","
		"\"message.type\":\"V1\",\"server.timestamp\":8,\"timestamp\":5}",
		0);
	assert_string_equal(feed(1000), "");
	assert_int_equal(tally.seen, 1);
	end();
}

static void refusals_are_told(void **state)
{
	(void)state;
	for (int version = MQTT_311; version <= MQTT_5; version++) {
		begin(version, 0, false);
		assert_true(mqtt_connack_write(&bytes, version, false, MQTT_NOT_AUTHORIZED, none));
		assert_non_null(strstr(feed(1), "CONNECT was refused"));
		end();
		begin(version, 0, false);
		greeting(0x80);
		assert_string_equal(feed(1), "SUBSCRIBE was answered with 0x80");
		end();
		begin(version, 0, false);
		greeting(1); /* more than was asked for */
		assert_string_equal(feed(1), "SUBSCRIBE was answered with 0x01");
		end();
		begin(version, 0, false);
		publish(TOPIC, SPAN "5}", 0); /* before all */
		assert_string_equal(feed(1), "a packet of type 3 came, which should not");
		end();
		begin(version, 0, false);
		greeting(0);
		publish(TOPIC, SPAN "5}", 1);
		assert_string_equal(feed(1), "a PUBLISH has QoS 1, more than was asked for");
		end();
		begin(version, 0, false);
		greeting(0);
		greeting(0); /* once more */
		assert_string_equal(feed(1), "a CONNACK is not as it should be");
		end();
		begin(version, 0, false);
		greeting(0);
		assert_true(mqtt_ack_write(
			&bytes, MQTT_DISCONNECT, version, 0, MQTT_SHUTTING_DOWN, none));
		assert_non_null(strstr(feed(1), "the server said DISCONNECT"));
		end();
		begin(version, 0, false);
		assert_true(buf_add(&bytes, "\xff\x00", 2));
		assert_non_null(strstr(feed(1), "a packet cannot be read"));
		end();
		begin(version, 0, false);
		greeting(0);
		assert_true(buf_add(&bytes, "\x30\x01\x00", 3));
		assert_non_null(strstr(feed(1), "a PUBLISH cannot be read"));
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_split_is_heard_alike),
		cmocka_unit_test(with_each_only_its_own),
		cmocka_unit_test(what_looks_like_a_key_in_a_text_is_none),
		cmocka_unit_test(refusals_are_told),
	};
	return cmocka_run_group_tests_name("watcher", tests, NULL, NULL);
}
