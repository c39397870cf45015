#include "client/offer.h"

#include <inttypes.h>

json_t *offer_find(json_t *commands, const char *name)
{
	for (size_t i = 0; i < json_array_size(commands); i++) {
		json_t *one = json_array_get(commands, i);
		if (!strcmp(offer_name(one), name))
			return one;
	}
	return NULL;
}

const char *offer_name(const json_t *command)
{
	return offer_text(command, "name");
}

json_t *offer_properties(const json_t *command)
{
	return json_object_get(json_object_get(command, "schema"), "properties");
}

bool offer_needs(const json_t *command, const char *property)
{
	const json_t *needed = json_object_get(json_object_get(command, "schema"), "required");
	for (size_t i = 0; i < json_array_size(needed); i++) {
		const char *name = json_string_value(json_array_get(needed, i));
		if (name && !strcmp(name, property))
			return true;
	}
	return false;
}

const char *offer_text(const json_t *schema, const char *member)
{
	const char *text = json_string_value(json_object_get(schema, member));
	return text ? text : "";
}

bool offer_put_value(struct buf *out, const json_t *value)
{
	if (json_is_string(value))
		return buf_printf(out, "%s", json_string_value(value));
	if (json_is_integer(value))
		return buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_boolean(value))
		return buf_printf(out, "%s", json_is_true(value) ? "true" : "false");
	for (size_t i = 0; i < json_array_size(value); i++)
		if ((i && !buf_add_char(out, ',')) ||
			!offer_put_value(out, json_array_get(value, i)))
			return false;
	return true;
}

bool offer_choice(const json_t *property, size_t i, const json_t **value, const char **title)
{
	*title = "";
	*value = json_array_get(json_object_get(property, "enum"), i);
	if (*value)
		return true;
	const json_t *all = json_object_get(property, "oneOf");
	if (!all)
		all = json_object_get(property, "anyOf");
	const json_t *one = json_array_get(all, i);
	*value = json_object_get(one, "const");
	*title = offer_text(one, "title");
	return *value != NULL;
}

bool offer_put_choices(struct buf *out, const json_t *property)
{
	const json_t *value;
	const char *title;
	for (size_t i = 0; offer_choice(property, i, &value, &title); i++)
		if ((i && !buf_add(out, ", ", 2)) || !offer_put_value(out, value) ||
			(*title && !buf_printf(out, " (%s)", title)))
			return false;
	return true;
}

bool offer_put_names(struct buf *out, const json_t *command)
{
	json_t *properties = offer_properties(command);
	for (void *i = json_object_iter(properties); i; i = json_object_iter_next(properties, i))
		if ((i != json_object_iter(properties) && !buf_add(out, ", ", 2)) ||
			!buf_printf(out, "%s", json_object_iter_key(i)))
			return false;
	return true;
}
