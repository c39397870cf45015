/* The rules of our JSON, judged by jansson and by a look at the text. */
#include "property.h"

#include <jansson.h>

/* "-0", "01", "1.0", "1." and "1e3" say nothing that a shorter text would not. */
static void holds_number(struct str number)
{
	struct str part = number, whole = str_cut(&part, '.');
	bool negative = whole.len && whole.at[0] == '-';
	whole = str_from(whole, negative);
	HOLDS(whole.len && (whole.at[0] != '0' || whole.len == 1));
	for (size_t i = 0; i < whole.len; i++)
		HOLDS(is_digit(whole.at[i]));
	HOLDS(!negative || part.at || whole.at[0] != '0');
	if (!part.at)
		return;
	HOLDS(part.len && part.at[part.len - 1] != '0');
	for (size_t i = 0; i < part.len; i++)
		HOLDS(is_digit(part.at[i]));
}

static void holds_numbers(struct str json)
{
	bool quoted = false;
	for (size_t i = 0; i < json.len; i++) {
		char c = json.at[i];
		HOLDS((unsigned char)c >= 0x20);
		HOLDS(quoted || c != ' ');
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (is_digit(c) || c == '-')) {
			size_t end = i;
			while (end < json.len && json.at[end] != ',' && json.at[end] != '}')
				end++;
			holds_number(str_from(str_upto(json, end), i));
			i = end - 1;
		}
	}
	HOLDS(!quoted);
}

void holds_json(struct str json)
{
	json_t *object = json_loadb(json.at, json.len,
		JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
	HOLDS(json_is_object(object));
	const char *key, *before = NULL;
	json_t *value;
	json_object_foreach(object, key, value) /* in the order of the text */
	{
		HOLDS(!before || strcmp(before, key) < 0);
		before = key;
	}
	json_decref(object);
	holds_numbers(json);
}
