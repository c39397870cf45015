#include "http/members.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Bytes up to the end of the string that begins here. */
static size_t string_len(struct str s)
{
	size_t i = 1;
	while (i < s.len && s.at[i] != '"')
		i += s.at[i] == '\\' ? 2 : 1;
	return i + 1 < s.len ? i + 1 : s.len;
}

/* Bytes up to the comma or bracket behind the value that begins here. */
static size_t value_len(struct str s)
{
	size_t depth = 0;
	for (size_t i = 0; i < s.len;) {
		char c = s.at[i];
		if (c == '"') {
			i += string_len(str_from(s, i));
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			return i;
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		i++;
	}
	return s.len;
}

bool member_next(struct str *rest, struct str *name, struct str *value)
{
	struct str s = *rest;
	while (s.len && (is_blank(s.at[0]) || s.at[0] == '{' || s.at[0] == ','))
		s = str_from(s, 1);
	if (!s.len || s.at[0] != '"')
		return false;
	size_t len = string_len(s);
	*name = (struct str){s.at + 1, len > 2 ? len - 2 : 0};
	s = str_from(s, len);
	while (s.len && (is_blank(s.at[0]) || s.at[0] == ':'))
		s = str_from(s, 1);
	len = value_len(s);
	*value = str_trim(str_upto(s, len));
	*rest = str_from(s, len);
	return true;
}

static bool is_selected(struct str name, struct str masks)
{
	while (masks.at)
		if (str_matches(name, str_trim(str_cut(&masks, ','))))
			return true;
	return false;
}

bool members_select(struct str object, struct str masks, struct buf *out)
{
	struct str name, value;
	bool done = buf_add_char(out, '{'), any = false;
	while (done && member_next(&object, &name, &value)) {
		if (!is_selected(name, masks))
			continue;
		done = (!any || buf_add_char(out, ',')) && buf_add_char(out, '"') &&
		       buf_add_str(out, name) && buf_add(out, "\":", 2) && buf_add_str(out, value);
		any = true;
	}
	return done && buf_add_char(out, '}');
}
