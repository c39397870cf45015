/* What packets of MQTT are made of: the fixed header and the properties. */
#include "mqtt_written.h"

/* ---- the fixed header ---- */

static enum mqtt_read header(const char *notation, size_t max, struct mqtt_header *h, int *reason)
{
	enum mqtt_reason why = MQTT_SUCCESS;
	enum mqtt_read read = mqtt_header_read(bytes_of(notation), max, h, &why);
	*reason = (int)why;
	return read;
}

static void lengths_take_one_to_four_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t head, body;
	} rows[] = {{"30 00", 2, 0}, {"30 7f", 2, 127}, {"30 8001", 3, 128}, {"30 c102", 3, 321},
		{"30 ff7f", 3, 16383}, {"30 808001", 4, 16384}, {"30 ffff7f", 4, 2097151},
		{"30 80808001", 5, 2097152}, {"30 ffffff7f", 5, 268435455}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct mqtt_header h;
		int why;
		assert_int_equal(header(rows[i].bytes, SIZE_MAX, &h, &why), MQTT_READ);
		assert_int_equal(h.type, MQTT_PUBLISH);
		assert_int_equal(h.head, rows[i].head);
		assert_int_equal(h.body, rows[i].body);
		size_t whole = rows[i].head + rows[i].body;
		assert_int_equal(header(rows[i].bytes, whole, &h, &why), MQTT_READ);
		assert_int_equal(header(rows[i].bytes, whole - 1, &h, &why), MQTT_REFUSED);
		assert_int_equal(why, MQTT_TOO_LARGE);
	}
}

static void headers_may_be_partial(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"", "10", "30", "3f", "30 80", "30 8080", "30 ffffff", "f0"};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct mqtt_header h;
		int why;
		assert_int_equal(header(rows[i], SIZE_MAX, &h, &why), MQTT_PARTIAL);
	}
}

static void too_large_is_seen_early(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t max; /* one too few for the least that these can become */
	} rows[] = {{"30", 1}, {"30 80", 130}, {"30 ff", 257}, {"30 8080", 16387},
		{"30 ff80", 16514}, {"30 808080", 2097156}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct mqtt_header h;
		int why;
		assert_int_equal(header(rows[i].bytes, rows[i].max, &h, &why), MQTT_REFUSED);
		assert_int_equal(why, MQTT_TOO_LARGE);
		assert_int_equal(header(rows[i].bytes, rows[i].max + 1, &h, &why), MQTT_PARTIAL);
	}
}

/* ---- properties ---- */

static void properties_are_written_as_numbered(void **state)
{
	(void)state;
	assert_true(mqtt_put_number(&out, MQTT_PROPERTY_PAYLOAD_FORMAT, 1));
	assert_written("01 01");
	assert_true(mqtt_put_number(&out, MQTT_PROPERTY_TOPIC_ALIAS, 0x1234));
	assert_written("23 1234");
	assert_true(mqtt_put_number(&out, MQTT_PROPERTY_SESSION_EXPIRY, UINT32_MAX));
	assert_written("11 ffffffff");
	assert_true(mqtt_put_number(&out, MQTT_PROPERTY_SUBSCRIPTION_ID, 268435455));
	assert_written("0b ffffff7f");
	assert_true(mqtt_put_text(&out, MQTT_PROPERTY_REASON_STRING, str_of("why")));
	assert_written("1f 0003 'why'");
	assert_true(mqtt_put_text(&out, MQTT_PROPERTY_AUTH_DATA, (struct str){"\0\xff", 2}));
	assert_written("16 0002 00ff");
	assert_true(mqtt_put_user(&out, str_of("k"), none));
	assert_written("26 0001 'k' 0000");
}

static void properties_are_all_or_nothing(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 7);
	assert_true(mqtt_put_number(&b, MQTT_PROPERTY_MESSAGE_EXPIRY, 1));
	assert_false(mqtt_put_number(&b, MQTT_PROPERTY_TOPIC_ALIAS, 1));
	assert_false(mqtt_put_text(&b, MQTT_PROPERTY_CONTENT_TYPE, none));
	assert_false(mqtt_put_user(&b, none, none));
	assert_bytes(buf_str(&b), "02 00000001");
	assert_true(mqtt_put_number(&b, MQTT_PROPERTY_PAYLOAD_FORMAT, 0));
	buf_clear(&b);
	static const char long_text[65536];
	struct str most = {long_text, 65535}, more = {long_text, 65536};
	assert_false(mqtt_put_text(&out, MQTT_PROPERTY_CORRELATION_DATA, more));
	assert_false(mqtt_put_user(&out, none, more));
	assert_false(mqtt_put_user(&out, more, none));
	assert_int_equal(out.len, 0);
	assert_true(mqtt_put_text(&out, MQTT_PROPERTY_CORRELATION_DATA, most));
	assert_int_equal(out.len, 3 + 65535);
}

static void users_are_stepped_through(void **state)
{
	(void)state;
	union packet p = packet_of("30 25 0001 't' 21 26 0001 'a' 0002 '12' 02 0000003c "
				   "26 0000 0000 03 0004 'text' 26 0001 'a' 0002 c3a4",
		MQTT_5);
	struct str rest = p.publish.properties.raw, name, value;
	assert_str(p.publish.properties.text[MQTT_PROPERTY_USER], "a");
	assert_user(&rest, "a", "12");
	assert_user(&rest, "", "");
	assert_user(&rest, "a", "\xc3\xa4");
	assert_false(mqtt_user_next(&rest, &name, &value));
	assert_false(mqtt_user_next(&rest, &name, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_take_one_to_four_bytes),
		cmocka_unit_test(headers_may_be_partial),
		cmocka_unit_test(too_large_is_seen_early),
		cmocka_unit_test_setup_teardown(properties_are_written_as_numbered, start, stop),
		cmocka_unit_test_setup_teardown(properties_are_all_or_nothing, start, stop),
		cmocka_unit_test(users_are_stepped_through),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
