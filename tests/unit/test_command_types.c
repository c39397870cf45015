/* The commands that REST tells of: their schemas agree with what command_parse takes. */
#include "test.h"

#include "model/command.h"
#include "model/protocol.h"

#include <jansson.h>

#define NOW 1789070047

static json_t *types_of(uint32_t model)
{
	struct buf out;
	struct error e;
	buf_init(&out, 64 * 1024);
	assert_true(device_type_commands(model, &out));
	json_t *types = resource_json(buf_str(&out), &e);
	assert_true(json_is_array(types));
	buf_clear(&out);
	return types;
}

static bool is_taken(const json_t *type, json_t *properties)
{
	static struct command c;
	struct refusal refusal;
	json_t *body = json_pack(
		"{sOsO}", "name", json_object_get(type, "name"), "properties", properties);
	command_init(&c);
	bool done = command_parse(body, false, NOW, &c, &refusal);
	json_decref(body);
	return done;
}

/* The command's example with another value of one property. */
static bool is_taken_with(const json_t *type, const char *name, json_t *value)
{
	json_t *example = json_array_get(json_object_get(type, "examples"), 0);
	json_t *properties = json_copy(json_object_get(example, "properties"));
	json_object_set(properties, name, value);
	bool done = is_taken(type, properties);
	json_decref(properties);
	return done;
}

static bool is_number_taken(const json_t *type, const char *name, json_int_t number)
{
	json_t *value = json_integer(number);
	bool done = is_taken_with(type, name, value);
	json_decref(value);
	return done;
}

static bool is_length_taken(const json_t *type, const char *name, json_int_t length)
{
	char text[200];
	assert_true(length < (json_int_t)sizeof text);
	memset(text, '5', (size_t)length);
	json_t *value = json_stringn(text, (size_t)length);
	bool done = is_taken_with(type, name, value);
	json_decref(value);
	return done;
}

static bool is_count_taken(const json_t *type, const char *name, json_int_t count)
{
	json_t *example = json_array_get(json_object_get(type, "examples"), 0);
	json_t *list = json_object_get(json_object_get(example, "properties"), name);
	json_t *value = json_array();
	while (count-- > 0)
		json_array_append(value, json_array_get(list, 0));
	bool done = is_taken_with(type, name, value);
	json_decref(value);
	return done;
}

/* Calls `each` for each property of each command; the type "generic" has all. */
typedef void property_fn(const json_t *type, const char *name, const json_t *schema);
static size_t each_property(property_fn *each)
{
	json_t *types = types_of(DEVICE_TYPE_GENERIC), *type, *property;
	size_t i, count = 0;
	const char *name;
	assert_int_equal(json_array_size(types), command_type_count);
	json_array_foreach(types, i, type)
	{
		json_t *properties = json_object_get(json_object_get(type, "schema"), "properties");
		json_object_foreach(properties, name, property)
		{
			each(type, name, property);
			count++;
		}
	}
	json_decref(types);
	return count;
}

static void all_have_an_example_that_is_taken(void **state)
{
	(void)state;
	for (uint32_t model = 1; model <= DEVICE_TYPE_LAST; model++) {
		json_t *types = types_of(model), *type, *example;
		size_t i, k;
		assert_true(json_array_size(types) >= 1);
		json_array_foreach(types, i, type)
		{
			json_t *examples = json_object_get(type, "examples");
			assert_true(json_array_size(examples) >= 1);
			json_array_foreach(examples, k, example)
			{
				assert_non_null(json_object_get(example, "description"));
				assert_true(is_taken(type, json_object_get(example, "properties")));
			}
		}
		json_decref(types);
	}
}

static void has_title_and_type(const json_t *type, const char *name, const json_t *schema)
{
	(void)type;
	const char *title = json_string_value(json_object_get(schema, "title"));
	const char *kind = json_string_value(json_object_get(schema, "type"));
	assert_true(title && *title && name);
	assert_true(strcmp(kind, "string") == 0 || strcmp(kind, "integer") == 0 ||
		    strcmp(kind, "array") == 0);
}

/* A default is of the type that the schema says, and whoever leaves the property out gets it. */
static void has_a_good_default(const json_t *type, const char *name, const json_t *schema)
{
	json_t *value = json_object_get(schema, "default"), *entry;
	const char *kind = json_string_value(json_object_get(schema, "type"));
	size_t i;
	bool required = false;
	json_array_foreach(json_object_get(json_object_get(type, "schema"), "required"), i, entry)
		required = required || strcmp(json_string_value(entry), name) == 0;
	assert_int_equal(required, value == NULL);
	if (!value)
		return;
	assert_true(strcmp(kind, "integer") == 0 ? json_is_integer(value)
		    : strcmp(kind, "array") == 0 ? json_is_array(value)
						 : json_is_string(value));
	assert_true(is_taken_with(type, name, value));
}

static json_int_t limit(const json_t *schema, const char *name)
{
	const json_t *value = json_object_get(schema, name);
	return value ? json_integer_value(value) : -1;
}

/* What the schema allows is taken, and what lies beyond is not. */
static void has_true_limits(const json_t *type, const char *name, const json_t *schema)
{
	static const struct {
		const char *min, *max;
		bool (*is_taken)(const json_t *type, const char *name, json_int_t number);
	} rows[] = {
		{"minimum", "maximum", is_number_taken},
		{"minLength", "maxLength", is_length_taken},
		{"minItems", "maxItems", is_count_taken},
	};
	json_t *choice;
	size_t k;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_int_t min = limit(schema, rows[i].min), max = limit(schema, rows[i].max);
		if (max < 0)
			continue;
		assert_true(min >= 0 && max >= min);
		assert_true(rows[i].is_taken(type, name, min));
		assert_true(rows[i].is_taken(type, name, max));
		assert_true(min == 0 || !rows[i].is_taken(type, name, min - 1));
		assert_false(rows[i].is_taken(type, name, max + 1));
	}
	json_array_foreach(json_object_get(schema, "oneOf"), k, choice)
	{
		assert_true(json_is_string(json_object_get(choice, "title")));
		assert_true(is_taken_with(type, name, json_object_get(choice, "const")));
	}
	if (k)
		assert_false(is_number_taken(type, name, 99));
}

static void properties_are_as_their_schemas_say(void **state)
{
	(void)state;
	assert_true(each_property(has_title_and_type) > 30);
	(void)each_property(has_a_good_default);
	(void)each_property(has_true_limits);
}

static void forms_have_an_order_and_dangers_a_mark(void **state)
{
	(void)state;
	static const char *const marks[] = {NULL, "reach", "fuel"};
	json_t *types = types_of(DEVICE_TYPE_GENERIC), *type, *entry;
	size_t i, k;
	json_array_foreach(types, i, type)
	{
		json_t *schema = json_object_get(type, "schema");
		json_t *order = json_object_get(schema, "x-view-order");
		json_t *properties = json_object_get(schema, "properties");
		const char *mark = json_string_value(json_object_get(schema, "x-dangerous"));
		assert_int_equal(json_array_size(order), json_object_size(properties));
		json_array_foreach(order, k, entry)
			assert_non_null(json_object_get(properties, json_string_value(entry)));
		assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
		assert_int_equal(json_object_size(json_object_get(type, "tags")), 1);
		const char *expected = marks[command_types[i].risk];
		assert_true(mark ? expected && strcmp(mark, expected) == 0 : !expected);
	}
	json_decref(types);
}

static void assert_printed(const char *name, uint32_t model, const char *expected)
{
	json_t *types = types_of(model), *type, *found = NULL;
	struct buf out;
	size_t i;
	buf_init(&out, 65536);
	json_array_foreach(types, i,
		type) if (strcmp(json_string_value(json_object_get(type, "name")), name) == 0)
		found = type;
	assert_non_null(found);
	assert_true(json_compact(found, &out));
	assert_buf(out, expected);
	buf_clear(&out);
	json_decref(types);
}

static void entries_are_printed(void **state)
{
	(void)state;
	assert_printed("custom", 5,
		"{\"name\":\"custom\",\"address\":[\"connection\"],"
		"\"schema\":{\"type\":\"object\",\"title\":\"Custom command\",\"description\":"
		"\"Send a command in the tracker's own words: the gateway puts '*', vendor, ident "
		"and '#' around the payload\",\"additionalProperties\":false,\"required\":"
		"[\"payload\"],\"properties\":{\"payload\":{\"type\":\"string\",\"title\":"
		"\"Payload string\"}},\"x-view-order\":[\"payload\"]},\"examples\":["
		"{\"description\":\"Cut fuel to stop the car\",\"properties\":{\"payload\":"
		"\"CMD,130305,stop654321\"}}],\"tags\":{\"custom\":1}}");
	assert_printed("engine.stop", 5,
		"{\"name\":\"engine.stop\",\"address\":[\"connection\"],\"schema\":{\"type\":"
		"\"object\",\"title\":\"Stop the engine\",\"description\":\"Cut fuel or power by "
		"the relay\",\"additionalProperties\":false,\"required\":[],\"properties\":{},"
		"\"x-view-order\":[],\"x-dangerous\":\"fuel\"},\"examples\":[{\"description\":"
		"\"Cut fuel or power by the relay\",\"properties\":{}}],\"tags\":{\"engine\":1}}");
	assert_printed("fence.set", 2,
		"{\"name\":\"fence.set\",\"address\":[\"connection\"],\"schema\":{\"type\":"
		"\"object\",\"title\":\"Round fence\",\"description\":\"Alarm when the tracker "
		"leaves or enters a circle around its place\",\"additionalProperties\":false,"
		"\"required\":[\"radius\"],\"properties\":{\"radius\":{\"type\":\"integer\","
		"\"minimum\":0,\"maximum\":1000000,\"title\":\"Radius, metres\"},\"mode\":"
		"{\"type\":\"integer\",\"oneOf\":[{\"const\":1,\"title\":\"out\"},{\"const\":2,"
		"\"title\":\"in\"},{\"const\":3,\"title\":\"both\"}],\"title\":\"When\","
		"\"default\":3}},\"x-view-order\":[\"radius\",\"mode\"]},\"examples\":["
		"{\"description\":\"Alarm when the tracker leaves or enters a circle around its "
		"place\",\"properties\":{\"radius\":500,\"mode\":3}}],\"tags\":{\"setting\":1}}");
}

static void models_have_their_own(void **state)
{
	(void)state;
	static const struct {
		uint32_t model;
		size_t payloads;
		const char *has, *lacks;
	} rows[] = {
		{DEVICE_TYPE_GENERIC, 3, "mode.md", NULL},
		{2, 1, "engine.stop", "engine.stop.text"},
		{5, 1, "engine.stop.text", "mode.md"},
		{6, 3, "engine.stop", "check"},
		{7, 1, "mode.md", "engine.stop"},
		{11, 3, "mode.md.text", "mode.md"},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		json_t *types = types_of(rows[r].model), *type;
		bool has = false;
		size_t i;
		assert_int_equal(
			json_array_size(json_object_get(json_array_get(types, 0), "examples")),
			rows[r].payloads);
		json_array_foreach(types, i, type)
		{
			const char *name = json_string_value(json_object_get(type, "name"));
			has = has || strcmp(name, rows[r].has) == 0;
			assert_true(!rows[r].lacks || strcmp(name, rows[r].lacks) != 0);
		}
		assert_true(has);
		json_decref(types);
	}
	json_t *none = types_of(99);
	assert_int_equal(json_array_size(none), 0);
	json_decref(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_have_an_example_that_is_taken),
		cmocka_unit_test(properties_are_as_their_schemas_say),
		cmocka_unit_test(forms_have_an_order_and_dangers_a_mark),
		cmocka_unit_test(entries_are_printed),
		cmocka_unit_test(models_have_their_own),
	};
	return cmocka_run_group_tests_name("command_types", tests, NULL, NULL);
}
