#include "test.h"

#include "cantrack/message.h"

static void sample(struct message *m)
{
	message_clear(m);
	message_number(m, PARAM_IDENT, 865205030330012);
	message_text(m, PARAM_MESSAGE_TYPE, str_of("V3"));
	message_number(m, PARAM_BATTERY_VOLTAGE, 3270);
	message_number(m, PARAM_ENGINE_IGNITION_STATUS, 0);
	message_number(m, PARAM_POSITION_VALID, 1);
	message_number(m, PARAM_POSITION_LONGITUDE, -754589995);
	message_number(m, PARAM_GSM_LAC, 9350);
	message_number(m, PARAM_WIFI_MAC_ADDRESS, 0xF09FC2AABB01);
	for (unsigned i = index_next(0, 11); i; i = index_next(i, 11))
		message_more(m, PARAM_GSM_LAC, i, (int64_t)i - 5);
}

static const char sample_json[] =
	"{\"battery.voltage\":3.27,\"engine.ignition.status\":false,\"gsm.lac\":9350,"
	"\"gsm.lac.1\":-4,\"gsm.lac.10\":5,\"gsm.lac.11\":6,\"gsm.lac.2\":-3,\"gsm.lac.3\":-2,"
	"\"gsm.lac.4\":-1,\"gsm.lac.5\":0,\"gsm.lac.6\":1,\"gsm.lac.7\":2,\"gsm.lac.8\":3,"
	"\"gsm.lac.9\":4,\"ident\":\"865205030330012\",\"message.type\":\"V3\","
	"\"position.longitude\":-75.4589995,\"position.valid\":true,"
	"\"wifi.mac.address\":\"F0:9F:C2:AA:BB:01\"}";

static void json_is_sorted_and_exact(void **state)
{
	(void)state;
	struct message m;
	sample(&m);
	struct buf b;
	buf_init(&b, 4096);
	assert_true(message_json(&m, NULL, &b));
	assert_buf(b, sample_json);
	buf_clear(&b);
	message_clear(&m);
	assert_true(message_json(&m, NULL, &b));
	assert_buf(b, "{}");
	buf_clear(&b);
}

static void json_respects_the_maximum(void **state)
{
	(void)state;
	struct message m;
	sample(&m);
	for (size_t max = 0; max < sizeof sample_json + 40; max++) {
		struct buf b;
		buf_init(&b, max);
		if (message_json(&m, NULL, &b))
			assert_buf(b, sample_json);
		assert_true(b.len <= max);
		buf_clear(&b);
	}
}

static void selects_members(void **state)
{
	(void)state;
	static const struct {
		const char *list, *json;
	} rows[] = {
		{"position.*,ident", "{\"ident\":\"865205030330012\",\"position.longitude\":-75."
				     "4589995,\"position.valid\":true}"},
		{"gsm.lac.1*", "{\"gsm.lac.1\":-4,\"gsm.lac.10\":5,\"gsm.lac.11\":6}"},
		{"gsm.lac", "{\"gsm.lac\":9350}"},
		{"nothing", "{}"},
		{" , ", "{}"},
		{"*", sample_json},
	};
	struct message m;
	sample(&m);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct selection only;
		selection_parse(&only, str_of(rows[i].list));
		struct buf b;
		buf_init(&b, 4096);
		assert_true(message_json(&m, &only, &b));
		assert_buf(b, rows[i].json);
		buf_clear(&b);
	}
}

static void pack_round_trip(void **state)
{
	(void)state;
	struct message m, back;
	sample(&m);
	char packed[MESSAGE_PACK_MAX];
	size_t len = message_pack(&m, 0, packed);
	message_clear(&back);
	assert_true(message_unpack((struct str){packed, len}, &back));
	struct buf b;
	buf_init(&b, 4096);
	assert_true(message_json(&back, NULL, &b));
	assert_buf(b, sample_json);
	buf_clear(&b);
	for (size_t cut = 0; cut < len; cut++) {
		message_clear(&back);
		assert_false(message_unpack((struct str){packed, cut}, &back));
	}
}

/* Every parameter present, every text too long, every number as long as can be. */
static void pack_of_the_largest(void **state)
{
	(void)state;
	static struct message m, back;
	static char text[2000], packed[MESSAGE_PACK_MAX];
	memset(text, 'a', sizeof text);
	message_clear(&m);
	for (enum param p = 0; p < PARAM_COUNT; p++) {
		if (params[p].kind == KIND_TEXT)
			message_text(&m, p, (struct str){text, sizeof text});
		else
			message_number(&m, p, params[p].kind == KIND_BOOLEAN ? 1 : INT64_MIN);
	}
	for (unsigned i = 0; i < MORE_MAX; i++)
		message_more(&m, PARAM_GSM_LAC, i % 99 + 1, INT64_MIN);
	size_t len = message_pack(&m, 0, packed);
	message_clear(&back);
	assert_true(message_unpack((struct str){packed, len}, &back));
	assert_true(back.present == m.present);
	assert_int_equal(back.value[PARAM_DEVICE_NAME].text.len, 512);
	assert_int_equal(back.value[PARAM_TIMESTAMP].number, INT64_MIN);
	assert_int_equal(back.more_count, MORE_MAX);
	assert_int_equal(back.more[MORE_MAX - 1].number, INT64_MIN);
}

/* No presence, one further value of a parameter that is a text or does not exist. */
static void unpack_refuses_further_texts(void **state)
{
	(void)state;
	static struct message m;
	char packed[] = {0, 1, (char)PARAM_GSM_LAC, 1, 4};
	message_clear(&m);
	assert_true(message_unpack((struct str){packed, sizeof packed}, &m));
	static const int wrong[] = {PARAM_VEHICLE_STATE, PARAM_COUNT, 255};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		packed[2] = (char)wrong[i];
		message_clear(&m);
		assert_false(message_unpack((struct str){packed, sizeof packed}, &m));
	}
}

static void names_are_sorted_and_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < PARAM_COUNT; i++) {
		assert_ptr_equal(param_find(params[i].name), &params[i]);
		if (i)
			assert_true(str_cmp(params[i - 1].name, params[i].name) < 0);
	}
	assert_null(param_find(str_of("nothing")));
}

static void indexes_step_in_text_order(void **state)
{
	(void)state;
	for (unsigned count = 0; count <= 99; count++) {
		unsigned seen = 0;
		char before[12] = "";
		for (unsigned i = index_next(0, count); i; i = index_next(i, count)) {
			char now[12];
			snprintf(now, sizeof now, "%u", i);
			assert_true(strcmp(before, now) < 0);
			memcpy(before, now, sizeof before);
			assert_true(i <= count);
			seen++;
		}
		assert_int_equal(seen, count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_sorted_and_exact),
		cmocka_unit_test(json_respects_the_maximum),
		cmocka_unit_test(selects_members),
		cmocka_unit_test(pack_round_trip),
		cmocka_unit_test(pack_of_the_largest),
		cmocka_unit_test(unpack_refuses_further_texts),
		cmocka_unit_test(names_are_sorted_and_found),
		cmocka_unit_test(indexes_step_in_text_order),
	};
	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
