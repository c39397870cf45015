/* compact: a jansson value back to text, without blanks. jansson prints 0.1 with 17 digits; people
 * want to read back what they wrote. */
#include "model/resource.h"

#include <inttypes.h>
#include <stdio.h>

/* jansson has a function of this name too, which is not called here */
#define json_string jansson_string
#include <jansson.h>
#undef json_string

#include "base/json.h"

/* JSON has no way to say infinity, so jansson lets none in. */
static bool put_real(double value, struct buf *out)
{
	char text[40];
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		json_t *back = json_loads(text, JSON_DECODE_ANY, NULL);
		bool same = json_number_value(back) == value;
		json_decref(back);
		if (same)
			break;
	}
	return buf_add_str(out, str_of(text));
}

static bool put_members(const json_t *value, struct buf *out)
{
	const char *key;
	json_t *member;
	bool done = buf_add_char(out, '{'), first = true;
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		done = done && (first || buf_add_char(out, ',')) && json_string(out, str_of(key)) &&
		       buf_add_char(out, ':') && json_compact(member, out);
		first = false;
	}
	return done && buf_add_char(out, '}');
}

static bool put_entries(const json_t *value, struct buf *out)
{
	size_t i;
	json_t *entry;
	bool done = buf_add_char(out, '[');
	json_array_foreach(value, i, entry) done =
		done && (i == 0 || buf_add_char(out, ',')) && json_compact(entry, out);
	return done && buf_add_char(out, ']');
}

/* As deep as jansson lets a text nest: 2048. */
bool json_compact(const struct json_t *value, struct buf *out)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: return put_members(value, out);
	case JSON_ARRAY: return put_entries(value, out);
	case JSON_STRING:
		return json_string(
			out, (struct str){json_string_value(value), json_string_length(value)});
	case JSON_INTEGER: return buf_printf(out, "%" PRIi64, (int64_t)json_integer_value(value));
	case JSON_REAL: return put_real(json_real_value(value), out);
	case JSON_TRUE: return buf_printf(out, "true");
	case JSON_FALSE: return buf_printf(out, "false");
	case JSON_NULL: return buf_printf(out, "null");
	}
	return false;
}
