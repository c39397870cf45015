/* The API's description of itself: complete, in agreement with the routes, and JSON. */
#include "test.h"

#include "http/assets.h"
#include "http/openapi.h"
#include "model/resource.h"
#include "rest.h"

#include <jansson.h>

static void complain(const char *format, ...) PRINTF(1, 2);

static void complain(const char *format, ...)
{
	char text[300];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	print_error("%s\n", text);
	assert_true(false);
}

static json_t *document(void)
{
	struct buf out;
	struct error e;
	buf_init(&out, 16 * 1024 * 1024);
	assert_true(openapi_print(&out));
	json_t *root = resource_json(buf_str(&out), &e);
	if (!root)
		complain("%s", e.text);
	buf_clear(&out);
	return root;
}

static void every_route_has_an_example_that_reaches_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < route_count; i++) {
		const struct example *x = example_of(&routes[i]);
		struct str parts[PATH_PARAMETERS_MAX];
		struct buf target;
		if (!x)
			complain("%s %s has no row in examples.def", method_name(routes[i].method),
				routes[i].pattern);
		buf_init(&target, 512);
		assert_true(example_target(&routes[i], &target));
		struct str path = buf_str(&target);
		if (!route_matches(&routes[i], str_cut(&path, '?'), parts))
			complain("%.*s is no %s", STR_PRINT(buf_str(&target)), routes[i].pattern);
		buf_clear(&target);
		if (!strchr(x->answer, '/') && !is_digit(x->answer[0]) &&
			strcmp(x->answer, "none") != 0 && is_described(&routes[i]) &&
			!schema_exists(x->answer))
			complain("%s answers with '%s', which is no schema", x->handler, x->answer);
		if (*x->body && !schema_exists(x->body))
			complain("%s takes '%s', which is no schema", x->handler, x->body);
	}
}

static void every_parameter_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < route_count; i++) {
		struct str path = str_of(routes[i].pattern), query = str_of(routes[i].parameters);
		while (query.at && query.len && !str_is(query, "*")) {
			struct str name = str_cut(&query, ',');
			if (!parameter_of(&routes[i], false, name))
				complain("%s: %.*s is not in parameters.def", routes[i].pattern,
					STR_PRINT(name));
		}
		while (path.at) {
			struct str part = str_cut(&path, '/');
			struct str name = {part.at + 1, part.len - 2};
			if (part.len > 2 && part.at[0] == '{' &&
				!parameter_of(&routes[i], true, name))
				complain("%s: %.*s is not in parameters.def", routes[i].pattern,
					STR_PRINT(name));
		}
	}
}

/* The value that "#/a/b" points at, or NULL. */
static json_t *follow(json_t *root, const char *reference)
{
	json_t *at = root;
	struct str rest = str_of(reference);
	char name[128];
	assert_true(str_is(str_cut(&rest, '/'), "#"));
	while (at && rest.at) {
		struct str part = str_cut(&rest, '/');
		assert_true(part.len < sizeof name);
		memcpy(name, part.at, part.len);
		name[part.len] = '\0';
		at = json_object_get(at, name);
	}
	return at;
}

static size_t check_references(json_t *root, json_t *value)
{
	size_t count = 0, i;
	const char *key;
	json_t *inner;
	if (json_is_array(value))
		json_array_foreach(value, i, inner) count += check_references(root, inner);
	json_object_foreach(value, key, inner)
	{
		if (strcmp(key, "$ref") == 0 && ++count && !follow(root, json_string_value(inner)))
			complain("%s leads nowhere", json_string_value(inner));
		count += check_references(root, inner);
	}
	return count;
}

static void references_lead_somewhere(void **state)
{
	(void)state;
	json_t *root = document();
	assert_true(check_references(root, root) > route_count);
	json_decref(root);
}

static void each_route_is_an_operation(void **state)
{
	(void)state;
	json_t *root = document(), *paths = json_object_get(root, "paths"), *item, *operation;
	size_t count = 0, described = 0;
	const char *path, *name;
	for (size_t i = 0; i < route_count; i++)
		described += is_described(&routes[i]);
	json_object_foreach(paths, path, item)
	{
		json_object_foreach(item, name, operation) count += strcmp(name, "parameters") != 0;
	}
	assert_int_equal(count, described);
	assert_int_equal(described, route_count - 2); /* less the web page and its parts */
	assert_null(json_object_get(paths, "/"));
	item = json_object_get(json_object_get(paths, "/gw/devices/{devices}"), "get");
	item = follow(item, "#/responses/200/content");
	item = json_object_get(json_object_get(item, "application/json"), "schema");
	item = json_array_get(json_object_get(item, "allOf"), 1);
	assert_string_equal(json_string_value(follow(item, "#/properties/result/type")), "array");
	/* A name that stands for many addresses is no address's own. */
	item = json_object_get(json_object_get(paths, "/ai/{items}"), "get");
	assert_string_equal(
		json_string_value(json_object_get(item, "operationId")), "GET_ai_items");
	json_decref(root);
}

static void fields_become_members(void **state)
{
	(void)state;
	json_t *root = document();
	json_t *name = follow(root, "#/components/schemas/device.new/properties/name");
	assert_int_equal(json_integer_value(json_object_get(name, "maxLength")), 256);
	assert_null(follow(root, "#/components/schemas/device.new/properties/id"));
	assert_non_null(follow(root, "#/components/schemas/device/properties/id"));
	json_t *inner = follow(root, "#/components/schemas/device.new/properties/configuration");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(inner, "required"), 0)), "ident");
	inner = follow(root, "#/components/schemas/device.change/properties/configuration");
	assert_null(json_object_get(inner, "required"));
	assert_non_null(follow(root, "#/components/schemas/message/properties/position.latitude"));
	json_decref(root);
}

/* Code that is generated from it needs to know of each member what it holds. */
static void each_member_has_a_type(void **state)
{
	(void)state;
	json_t *root = document(), *schemas = follow(root, "#/components/schemas");
	json_t *schema, *member;
	const char *name, *path;
	json_object_foreach(schemas, name, schema)
	{
		json_object_foreach(json_object_get(schema, "properties"), path, member)
		{
			if (!json_object_get(member, "type") && !json_object_get(member, "const"))
				complain("%s of %s has no type", path, name);
		}
	}
	json_t *last = follow(root, "#/components/schemas/device/properties/last_active");
	assert_int_equal(json_array_size(json_object_get(last, "type")), 2);
	json_t *error = follow(root, "#/components/schemas/envelope/properties/errors/items/$ref");
	assert_string_equal(json_string_value(error), "#/components/schemas/error");
	json_t *id = follow(root, "#/components/schemas/error/properties/id/type");
	assert_string_equal(json_string_value(id), "integer");
	json_decref(root);
}

static void a_full_buffer_is_told(void **state)
{
	(void)state;
	struct buf out;
	for (size_t max = 0; max < 20000; max += 997) {
		buf_init(&out, max);
		assert_false(openapi_print(&out));
		buf_clear(&out);
	}
}

static void the_page_needs_no_token(void **state)
{
	(void)state;
	struct rest *r = rest_new();
	rest_ask_bare(r, METHOD_GET, "/openapi.json");
	assert_int_equal(r->status, 200);
	rest_ask_bare(r, METHOD_GET, "/docs");
	assert_int_equal(r->status, 200);
	assert_non_null(strstr(r->text.at, "\"docs/docs.js"));
	rest_ask_bare(r, METHOD_GET, "/docs/docs.js");
	assert_int_equal(r->status, 200);
	rest_ask_bare(r, METHOD_GET, "/docs/");
	assert_int_equal(r->status, 308);
	rest_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_has_an_example_that_reaches_it),
		cmocka_unit_test(every_parameter_is_told),
		cmocka_unit_test(references_lead_somewhere),
		cmocka_unit_test(each_route_is_an_operation),
		cmocka_unit_test(fields_become_members),
		cmocka_unit_test(each_member_has_a_type),
		cmocka_unit_test(a_full_buffer_is_told),
		cmocka_unit_test(the_page_needs_no_token),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
