#include "client/typing.h"

#include "client/request.h"

#include <inttypes.h>
#include <stdlib.h>

static bool too_long(const char *name, struct error *e)
{
	return fail(e, "%s: the properties are longer than %d bytes", name, TYPING_MAX);
}

/* ---- values ---- */

/* The limits are the schema's, where it has some. */
static bool put_integer(
	const char *name, const json_t *schema, struct str value, struct buf *out, struct error *e)
{
	const json_t *least = json_object_get(schema, "minimum");
	const json_t *most = json_object_get(schema, "maximum");
	bool negative = str_starts(value, "-");
	uint64_t size = 0;
	bool good = str_to_u64(str_from(value, negative), &size) && size <= INT64_MAX;
	int64_t number = negative ? -(int64_t)size : (int64_t)size;
	if (good && json_is_integer(least))
		good = number >= json_integer_value(least);
	if (good && json_is_integer(most))
		good = number <= json_integer_value(most);
	if (good)
		return buf_printf(out, "%" PRId64, number) || too_long(name, e);
	if (json_is_integer(least) && json_is_integer(most))
		return fail(e,
			"%s takes a number from %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT
			", not '%.*s'",
			name, json_integer_value(least), json_integer_value(most),
			STR_PRINT(value));
	return fail(e, "%s takes a whole number, not '%.*s'", name, STR_PRINT(value));
}

static bool put_boolean(const char *name, struct str value, struct buf *out, struct error *e)
{
	static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "1", "0"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_is(value, words[i]))
			return buf_printf(out, "%s", i % 2 ? "false" : "true") || too_long(name, e);
	return fail(e, "%s takes true or false, not '%.*s'", name, STR_PRINT(value));
}

static bool put_one(
	const char *name, const json_t *schema, struct str value, struct buf *out, struct error *e)
{
	struct str type = str_of(offer_text(schema, "type"));
	if (str_is(type, "integer"))
		return put_integer(name, schema, value, out, e);
	if (str_is(type, "boolean"))
		return put_boolean(name, value, out, e);
	return request_put_text(name, value, out, e);
}

/* One of the choices, by its value or by its title; then it is sent as the schema has it. */
static bool put_choice(
	const char *name, const json_t *schema, struct str value, struct buf *out, struct error *e)
{
	struct buf text;
	const json_t *one;
	const char *title;
	buf_init(&text, TYPING_MAX);
	for (size_t i = 0; offer_choice(schema, i, &one, &title); i++) {
		text.len = 0;
		bool fits = offer_put_value(&text, one) && str_eq(buf_str(&text), value);
		if (!fits && !(*title && str_is(value, title)))
			continue;
		buf_clear(&text);
		char *json = json_dumps(one, JSON_ENCODE_ANY | JSON_COMPACT);
		bool done = json && buf_add_str(out, str_of(json));
		free(json);
		return done || too_long(name, e);
	}
	text.len = 0;
	if (offer_put_choices(&text, schema))
		fail(e, "%s is one of %.*s, not '%.*s'", name, STR_PRINT(buf_str(&text)),
			STR_PRINT(value));
	else
		fail(e, "%s has no choice '%.*s'", name, STR_PRINT(value));
	buf_clear(&text);
	return false;
}

/* What has no list inside. */
static bool put_simple(
	const char *name, const json_t *schema, struct str value, struct buf *out, struct error *e)
{
	const json_t *one;
	const char *title;
	return offer_choice(schema, 0, &one, &title) ? put_choice(name, schema, value, out, e)
						     : put_one(name, schema, value, out, e);
}

static bool put_value(
	const char *name, const json_t *schema, struct str value, struct buf *out, struct error *e)
{
	if (strcmp(offer_text(schema, "type"), "array") != 0)
		return put_simple(name, schema, value, out, e);
	const json_t *items = json_object_get(schema, "items");
	if (!buf_add_char(out, '['))
		return too_long(name, e);
	for (bool first = true; value.at && (value.len || !first); first = false)
		if ((!first && !buf_add_char(out, ',')) ||
			!put_simple(name, items, str_trim(str_cut(&value, ',')), out, e))
			return false;
	return buf_add_char(out, ']') || too_long(name, e);
}

/* ---- the object ---- */

static const struct pair *find(const char *name, const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_is(pairs[i].key, name))
			return &pairs[i];
	return NULL;
}

static bool is_known(json_t *properties, struct str key)
{
	for (void *i = json_object_iter(properties); i; i = json_object_iter_next(properties, i))
		if (str_is(key, json_object_iter_key(i)))
			return true;
	return false;
}

static bool unknown(const json_t *command, struct str key, struct error *e)
{
	struct buf names;
	buf_init(&names, TYPING_MAX);
	if (!offer_put_names(&names, command) || !names.len)
		fail(e, "%s takes no properties, not even %.*s", offer_name(command),
			STR_PRINT(key));
	else
		fail(e, "%s has no property %.*s, but: %.*s", offer_name(command), STR_PRINT(key),
			STR_PRINT(buf_str(&names)));
	buf_clear(&names);
	return false;
}

static bool put_property(const char *name, const json_t *schema, const struct pair *pair,
	bool first, struct buf *out, struct error *e)
{
	if (!first && !buf_add_char(out, ','))
		return too_long(name, e);
	if (!request_put_text(name, str_of(name), out, e))
		return false;
	if (!buf_add_char(out, ':'))
		return too_long(name, e);
	return put_value(name, schema, pair->value, out, e);
}

bool typing_put(const json_t *command, const struct pair *pairs, size_t count, struct buf *out,
	struct error *e)
{
	json_t *properties = offer_properties(command);
	for (size_t i = 0; i < count; i++)
		if (!is_known(properties, pairs[i].key))
			return unknown(command, pairs[i].key, e);
	if (!buf_add_char(out, '{'))
		return too_long(offer_name(command), e);
	bool first = true;
	for (void *i = json_object_iter(properties); i; i = json_object_iter_next(properties, i)) {
		const char *name = json_object_iter_key(i);
		const json_t *schema = json_object_iter_value(i);
		const struct pair *pair = find(name, pairs, count);
		if (!pair && offer_needs(command, name) && !json_object_get(schema, "default"))
			return fail(e, "%s needs %s=...: %s", offer_name(command), name,
				offer_text(schema, "title"));
		if (pair && !put_property(name, schema, pair, first, out, e))
			return false;
		first = first && !pair;
	}
	return buf_add_char(out, '}') || too_long(offer_name(command), e);
}
