#include "test.h"

#include "model/device.h"
#include "model/protocol.h"

#include <jansson.h>

static const struct resource *const all[] = {&channel_resource, &device_resource,
	&device_type_resource, &protocol_resource, &parameter_resource};

/* What the code relies on when it walks a table. */
static void tables_are_sound(void **state)
{
	(void)state;
	for (size_t t = 0; t < sizeof all / sizeof *all; t++) {
		const struct resource *r = all[t];
		assert_in_range(r->count, 1, 64);
		for (size_t i = 0; i < r->count; i++) {
			const struct field *f = &r->fields[i];
			assert_ptr_equal(resource_field(r, str_of(f->path)), f);
			assert_true(f->offset + f->bytes <= r->bytes);
			assert_true(f->min >= 0 && f->max >= f->min);
			if (f->kind == FIELD_TEXT || f->kind == FIELD_LIST ||
				f->kind == FIELD_OBJECT)
				assert_int_equal((size_t)f->max + 1, f->bytes);
			if (f->kind == FIELD_LITERAL) {
				json_t *json = json_loads(f->literal, JSON_DECODE_ANY, NULL);
				assert_non_null(json);
				json_decref(json);
			}
			if (f->use & FIELD_REQUIRED)
				assert_int_equal(f->kind, FIELD_IDENT);
			assert_true(strlen(f->path) < sizeof((struct refusal *)NULL)->member);
			assert_true(f->text[0]);
		}
	}
}

static bool parse(const char *text, enum parse_mode mode, struct device *d, struct refusal *why)
{
	struct error e;
	json_t *json = resource_json(str_of(text), &e);
	assert_non_null(json);
	bool done = resource_parse(&device_resource, json, mode, d, why);
	json_decref(json);
	return done;
}

static void assert_printed(const struct device *d, const char *fields, const char *expected)
{
	struct buf out;
	buf_init(&out, 4096);
	uint64_t rows = resource_shown(&device_resource);
	struct str unknown;
	if (fields)
		assert_true(resource_select(&device_resource, str_of(fields), &rows, &unknown));
	assert_true(resource_print(&device_resource, d, rows, &out));
	assert_buf(out, expected);
	buf_clear(&out);
}

static bool is_connected(const void *context, const struct device *d)
{
	return !context && d->ident != 0;
}

static int64_t last_active_us(const void *context, const struct device *d)
{
	(void)d;
	return context ? 0 : 1732262402512345;
}

static uint64_t messages_size(const void *context, const struct device *d)
{
	(void)d;
	return context ? 0 : 4711;
}

static bool telemetry(const void *context, const struct device *d, struct buf *out)
{
	(void)d;
	return !context && buf_add(out, "{}", 2);
}

static bool queue(const void *context, const struct device *d, struct buf *out)
{
	(void)d;
	return !context && buf_add(out, "[{}]", 4);
}

static const struct device_live live = {
	is_connected, last_active_us, messages_size, telemetry, queue};

static void a_device_is_read_and_printed(void **state)
{
	(void)state;
	struct device d;
	struct refusal why;
	device_init(&d);
	assert_true(
		parse("{\"name\":\"Tr\\u00fcck \\\"1\\\"\",\"device_type_id\":1,\"configuration\":"
		      "{\"ident\":\"0007301151405\",\"phone\":\"+49\"},\"messages_rotate\":5}",
			PARSE_REPLACE, &d, &why));
	d.id = 101;
	assert_printed(&d, NULL,
		"{\"id\":101,\"cid\":1,\"name\":\"Tr\xc3\xbc"
		"ck \\\"1\\\"\",\"enabled\":true,\"device_type_id\":1,\"protocol_id\":441,"
		"\"configuration\":{\"ident\":\"7301151405\",\"phone\":\"+49\",\"settings_"
		"polling\":\"once\"},"
		"\"messages_ttl\":31536000,\"messages_rotate\":5,\"media_ttl\":0,"
		"\"media_rotate\":0}");
	assert_printed(&d, "protocol_name,configuration,id",
		"{\"id\":101,\"protocol_name\":\"cantrack\",\"configuration\":{\"ident\":"
		"\"7301151405\",\"phone\":\"+49\",\"settings_polling\":\"once\"}}");
	assert_printed(&d, "configuration.ident", "{\"configuration\":{\"ident\":\"7301151405\"}}");
	assert_printed(&d, "last_active,device_type_name,commands_queue",
		"{\"device_type_name\":\"generic\",\"last_active\":null,\"commands_queue\":[]}");
	d.live = &live;
	assert_printed(&d, "last_active,connected,messages_size,telemetry,commands_queue",
		"{\"connected\":true,\"last_active\":1732262402.512345,\"telemetry\":{},"
		"\"messages_size\":4711,\"commands_queue\":[{}]}");
}

static void unknown_fields_are_named(void **state)
{
	(void)state;
	uint64_t rows;
	struct str unknown;
	assert_false(resource_select(&device_resource, str_of("id,title"), &rows, &unknown));
	assert_str(unknown, "title");
	assert_false(resource_select(&device_resource, str_of("id,"), &rows, &unknown));
	assert_str(unknown, "");
	assert_false(resource_select(&device_resource, str_of("configuration."), &rows, &unknown));
}

static void put_replaces_and_patch_merges(void **state)
{
	(void)state;
	struct device d;
	struct refusal why;
	device_init(&d);
	static const char first[] = "{\"name\":\"a\",\"messages_ttl\":60,\"configuration\":"
				    "{\"ident\":\"1\",\"phone\":\"2\"}}";
	assert_true(parse(first, PARSE_REPLACE, &d, &why));
	assert_true(parse("{\"configuration\":{\"ident\":\"3\"}}", PARSE_MERGE, &d, &why));
	assert_int_equal(d.ident, 3);
	assert_string_equal(d.phone, "2");
	assert_true(parse("{\"configuration\":{\"ident\":\"4\"}}", PARSE_REPLACE, &d, &why));
	assert_int_equal(d.ident, 4);
	assert_string_equal(d.phone, "");
	assert_string_equal(d.name, "a");
	assert_int_equal(d.messages_ttl, 60);
	/* null is as good as absent, and takes nothing away */
	assert_true(parse("{\"configuration\":null}", PARSE_REPLACE, &d, &why));
	assert_int_equal(d.ident, 4);
	assert_false(parse("{\"configuration\":{\"phone\":\"5\"}}", PARSE_REPLACE, &d, &why));
	assert_string_equal(why.why.text, "configuration.ident is missing");
}

static void a_device_may_have_a_speed_for_fuel_cuts(void **state)
{
	(void)state;
	struct device d;
	struct refusal why;
	device_init(&d);
	assert_true(parse("{\"configuration\":{\"ident\":\"1\",\"fuel_cut_max_speed\":\"080\"}}",
		PARSE_REPLACE, &d, &why));
	assert_string_equal(d.cut_speed, "80");
	assert_printed(&d, "configuration.fuel_cut_max_speed",
		"{\"configuration\":{\"fuel_cut_max_speed\":\"80\"}}");
	assert_true(parse(
		"{\"configuration\":{\"fuel_cut_max_speed\":\"00\"}}", PARSE_MERGE, &d, &why));
	assert_string_equal(d.cut_speed, "0");
	assert_true(
		parse("{\"configuration\":{\"fuel_cut_max_speed\":\"\"}}", PARSE_MERGE, &d, &why));
	assert_printed(&d, "configuration.fuel_cut_max_speed", "{\"configuration\":{}}");
}

static char long_name[400];

static const struct {
	const char *body, *member, *sentence;
} refused[] = {
	{"[]", "", "a device must be an object"},
	{"{}", "configuration.ident", "configuration.ident is missing"},
	{long_name, "name", "name has 257 bytes, the limit is 256"},
	{"{\"name\":1}", "name", "name must be a string"},
	{"{\"name\":null}", "name", "name must be a string"},
	{"{\"nom\":1}", "nom", "unknown property nom"},
	{"{\"id\":1}", "id", "id cannot be set"},
	{"{\"cid\":1}", "cid", "cid cannot be set"},
	{"{\"last_active\":1}", "last_active", "last_active cannot be set"},
	{"{\"enabled\":1}", "enabled", "enabled must be true or false"},
	{"{\"messages_ttl\":1.5}", "messages_ttl", "messages_ttl must be a whole number"},
	{"{\"messages_ttl\":-1}", "messages_ttl",
		"messages_ttl is -1, the limits are 0 and 315360000"},
	{"{\"device_type_id\":12}", "device_type_id",
		"device_type_id is 12, the limits are 1 and 11"},
	{"{\"configuration\":1}", "configuration", "configuration must be an object"},
	{"{\"configuration\":{\"ident\":7}}", "configuration.ident",
		"configuration.ident must be a string of 1..16 digits"},
	{"{\"configuration\":{\"ident\":\"\"}}", "configuration.ident",
		"configuration.ident must be a string of 1..16 digits"},
	{"{\"configuration\":{\"ident\":\"12a\"}}", "configuration.ident",
		"configuration.ident must be a string of 1..16 digits"},
	{"{\"configuration\":{\"ident\":\"12345678901234567\"}}", "configuration.ident",
		"configuration.ident must be a string of 1..16 digits"},
	{"{\"configuration\":{\"ident\":\"000\"}}", "configuration.ident",
		"configuration.ident must not be zero"},
	{"{\"configuration\":{\"fuel_cut_max_speed\":\"-1\"}}", "configuration.fuel_cut_max_speed",
		"configuration.fuel_cut_max_speed: '-1' is no speed of 0..999 km/h"},
	{"{\"configuration\":{\"fuel_cut_max_speed\":\"1000\"}}",
		"configuration.fuel_cut_max_speed",
		"configuration.fuel_cut_max_speed has 4 bytes, the limit is 3"},
	{"{\"configuration\":{\"x\":1}}", "configuration.x", "unknown property configuration.x"},
	{"{\"configuration.ident\":\"1\"}", "configuration.ident",
		"unknown property configuration.ident"},
};

static void refusals_name_the_thing_and_the_limit(void **state)
{
	(void)state;
	snprintf(long_name, sizeof long_name, "{\"name\":\"%0257d\"}", 0);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct device d;
		struct refusal why;
		device_init(&d);
		assert_false(parse(refused[i].body, PARSE_REPLACE, &d, &why));
		assert_string_equal(why.why.text, refused[i].sentence);
		assert_string_equal(why.member, refused[i].member);
	}
}

static void broken_json_has_a_place(void **state)
{
	(void)state;
	struct error e;
	assert_null(resource_json(str_of("{\n \"a\" 1}"), &e));
	assert_non_null(strstr(e.text, "line 2 column 6"));
	assert_null(resource_json(str_of("{\"a\":1,\"a\":2}"), &e));
	assert_non_null(strstr(e.text, "duplicate"));
	assert_null(resource_json(str_of("{\"a\":\"\\u0000\"}"), &e));
	assert_null(resource_json(str_of(""), &e));
}

static void the_stored_form_comes_back(void **state)
{
	(void)state;
	struct channel c, back;
	struct error e;
	channel_init(&c);
	snprintf(c.name, sizeof c.name, "north");
	snprintf(c.uri, sizeof c.uri, "127.0.0.1:1");
	c.port = 65535;
	c.ack_v1 = false;
	c.silence_s = 61;
	struct buf out;
	buf_init(&out, 4096);
	assert_true(resource_save(&channel_resource, &c, &out));
	assert_null(memmem(out.at, out.len, "127.0.0.1:1", 11)); /* no news at the next start */
	assert_true(resource_load(&channel_resource, buf_str(&out), &back, &e));
	assert_string_equal(back.name, "north");
	assert_int_equal(back.port, 65535);
	assert_int_equal(back.silence_s, 61);
	assert_false(back.ack_v1);
	buf_clear(&out);
	/* a member of a later version is passed over, a missing one has its default */
	assert_true(resource_load(&channel_resource,
		str_of("{\"later\":1,\"configuration\":{\"port\":7,\"later\":{}}}"), &back, &e));
	assert_int_equal(back.port, 7);
	assert_int_equal(back.silence_s, 600);
	assert_false(resource_load(
		&channel_resource, str_of("{\"configuration\":{\"port\":65536}}"), &back, &e));
	assert_string_equal(e.text, "stored channel: configuration.port is 65536, the limits are 0 "
				    "and 65535");
}

static bool parse_channel(const char *text, struct channel *c, struct refusal *why)
{
	struct error e;
	json_t *json = resource_json(str_of(text), &e);
	assert_non_null(json);
	bool done = resource_parse(&channel_resource, json, PARSE_MERGE, c, why);
	json_decref(json);
	return done;
}

static void lists_and_metadata_come_back(void **state)
{
	(void)state;
	struct channel c, back;
	struct refusal why;
	struct error e;
	struct buf out;
	struct str unknown;
	uint64_t rows;
	buf_init(&out, 64 * 1024);
	channel_init(&c);
	assert_true(resource_select(&channel_resource,
		str_of("configuration.allowed_idents,configuration.blocked_networks,metadata"),
		&rows, &unknown));
	assert_true(resource_print(&channel_resource, &c, rows, &out));
	assert_buf(out, "{\"configuration\":{\"allowed_idents\":[],\"blocked_networks\":[]},"
			"\"metadata\":{}}");
	assert_true(parse_channel("{\"protocol_name\":\"cantrack\",\"protocol_id\":441,"
				  "\"configuration\":{\"allowed_idents\":[\"8681*\",\"00130305\"],"
				  "\"blocked_networks\":\"10.0.0.0/8, ::1 \"},\"metadata\":"
				  "{ \"a\" : [1, 0.1, -2.5e300, true, null, \"\\u00fc\\n\", {}] }}",
		&c, &why));
	assert_string_equal(c.allowed_idents, "8681*,130305");
	assert_string_equal(c.blocked_networks, "10.0.0.0/8,::1");
	out.len = 0;
	assert_true(resource_save(&channel_resource, &c, &out));
	assert_true(resource_load(&channel_resource, buf_str(&out), &back, &e));
	out.len = 0;
	assert_true(resource_print(&channel_resource, &back, rows, &out));
	assert_buf(out, "{\"configuration\":{\"allowed_idents\":[\"8681*\",\"130305\"],"
			"\"blocked_networks\":[\"10.0.0.0/8\",\"::1\"]},\"metadata\":"
			"{\"a\":[1,0.1,-2.5e+300,true,null,\"\xc3\xbc\\n\",{}]}}");
	snprintf(c.metadata, sizeof c.metadata, "%s", "{\"a\":1,\"b\":{\"c\":2}}");
	assert_true(parse_channel(
		"{\"configuration\":{\"allowed_idents\":\"\"},\"metadata\":{}}", &c, &why));
	assert_string_equal(c.allowed_idents, "");
	assert_string_equal(c.metadata, "{\"a\":1,\"b\":{\"c\":2}}");
	assert_true(parse_channel("{\"metadata\":{\"b\":3,\"d\":\"x\"}}", &c, &why));
	assert_string_equal(c.metadata, "{\"a\":1,\"b\":3,\"d\":\"x\"}");
	assert_true(parse_channel(
		"{\"metadata\":{\"a\":null,\"b\":null,\"d\":null,\"e\":null}}", &c, &why));
	assert_string_equal(c.metadata, "");
	buf_clear(&out);
}

static void bad_entries_are_shown(void **state)
{
	(void)state;
	static const struct {
		const char *body, *sentence;
	} cases[] = {
		{"{\"protocol_id\":440}", "protocol_id can only be 441"},
		{"{\"protocol_name\":\"teltonika\"}", "protocol_name can only be \"cantrack\""},
		{"{\"configuration\":{\"allowed_idents\":[\"1\",\"12x\"]}}",
			"configuration.allowed_idents: '12x' is neither an ident of 1..16 digits "
			"nor a mask with '*'"},
		{"{\"configuration\":{\"allowed_idents\":[\"12345678901234567\"]}}",
			"configuration.allowed_idents: '12345678901234567' is neither an ident of "
			"1..16 digits nor a mask with '*'"},
		{"{\"configuration\":{\"blocked_idents\":[\"00*\"]}}",
			"configuration.blocked_idents: '00*' fits no ident: idents have no leading "
			"zeros"},
		{"{\"configuration\":{\"blocked_idents\":[\"1,2\"]}}",
			"configuration.blocked_idents has an entry with a comma"},
		{"{\"configuration\":{\"blocked_idents\":[\"\"]}}",
			"configuration.blocked_idents has an empty entry"},
		{"{\"configuration\":{\"blocked_idents\":\"1,,2\"}}",
			"configuration.blocked_idents has an empty entry"},
		{"{\"configuration\":{\"blocked_idents\":[7]}}",
			"configuration.blocked_idents must be an array of strings"},
		{"{\"configuration\":{\"blocked_idents\":{}}}",
			"configuration.blocked_idents must be an array of strings"},
		{"{\"configuration\":{\"allowed_networks\":[\"10.0.0/8\"]}}",
			"configuration.allowed_networks: '10.0.0/8' is no network such as "
			"10.0.0.0/8 or 2001:db8::/32"},
		{"{\"configuration\":{\"allowed_networks\":[\"10.0.0.0/33\"]}}",
			"configuration.allowed_networks: '10.0.0.0/33' is no network such as "
			"10.0.0.0/8 or 2001:db8::/32"},
		{"{\"configuration\":{\"allowed_networks\":[\"::/\"]}}",
			"configuration.allowed_networks: '::/' is no network such as 10.0.0.0/8 or "
			"2001:db8::/32"},
		{"{\"configuration\":{\"address\":\"localhost\"}}",
			"configuration.address: 'localhost' is no numeric address such as 0.0.0.0 "
			"or ::"},
		{"{\"metadata\":[]}", "metadata must be an object"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct channel c;
		struct refusal why;
		channel_init(&c);
		assert_false(parse_channel(cases[i].body, &c, &why));
		assert_string_equal(why.why.text, cases[i].sentence);
	}
}

/* As long as there is room, and not one byte more. */
static void long_lists_and_metadata_are_refused(void **state)
{
	(void)state;
	struct channel c;
	struct refusal why;
	char body[8192];
	channel_init(&c);
	for (int extra = 0; extra < 2; extra++) {
		/* 4096 bytes: {"k":"..."} has 8 around the text */
		snprintf(body, sizeof body, "{\"metadata\":{\"k\": \"%0*d\"}}", 4088 + extra, 0);
		assert_int_equal(parse_channel(body, &c, &why), !extra);
	}
	assert_string_equal(why.why.text, "metadata has more than 4096 bytes without blanks");
	assert_int_equal(strlen(c.metadata), 4096);
	for (int extra = 0; extra < 2; extra++) {
		struct buf list;
		buf_init(&list, sizeof body);
		assert_true(buf_printf(&list, "{\"configuration\":{\"allowed_idents\":\"1"));
		for (int i = 0; i < 2047 + extra; i++)
			assert_true(buf_printf(&list, ",1"));
		assert_true(buf_add(&list, "\"}}", 4));
		assert_int_equal(parse_channel(list.at, &c, &why), !extra);
		buf_clear(&list);
	}
	assert_string_equal(why.why.text, "configuration.allowed_idents has more than 4095 bytes");
}

static void the_protocol_lists_its_parameters(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 64 * 1024);
	char nothing = 0;
	assert_true(resource_print(&protocol_resource, &nothing, UINT64_MAX, &out));
	struct error e;
	json_t *json = resource_json(buf_str(&out), &e);
	assert_non_null(json);
	json_t *list = json_object_get(json, "message_parameters");
	assert_int_equal(json_array_size(list), 33);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "name")),
		"battery.level");
	json_decref(json);
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_sound),
		cmocka_unit_test(a_device_is_read_and_printed),
		cmocka_unit_test(unknown_fields_are_named),
		cmocka_unit_test(put_replaces_and_patch_merges),
		cmocka_unit_test(a_device_may_have_a_speed_for_fuel_cuts),
		cmocka_unit_test(refusals_name_the_thing_and_the_limit),
		cmocka_unit_test(broken_json_has_a_place),
		cmocka_unit_test(the_stored_form_comes_back),
		cmocka_unit_test(lists_and_metadata_come_back),
		cmocka_unit_test(bad_entries_are_shown),
		cmocka_unit_test(long_lists_and_metadata_are_refused),
		cmocka_unit_test(the_protocol_lists_its_parameters),
	};
	return cmocka_run_group_tests_name("resource", tests, NULL, NULL);
}
