#include "http/selector.h"

#include "base/die.h"
#include "base/log.h"
#include "base/order.h"

#include <stdlib.h>

enum { VALUE_MAX_BYTES = 16 * 1024 };

static bool parse_ids(struct selector *s, struct str text, struct error *e)
{
	size_t room = 1;
	for (size_t i = 0; i < text.len; i++)
		room += text.at[i] == ',';
	s->ids = xmalloc(room * sizeof *s->ids);
	while (text.at) {
		struct str part = str_trim(str_cut(&text, ','));
		char shown[64];
		if (!str_to_u64(part, &s->ids[s->id_count++])) {
			selector_clear(s);
			return fail(e, "selector: '%s' is no id; ids stand alone: 1,2,3",
				escape_bytes(part, shown, sizeof shown));
		}
	}
	s->id_count = order_unique_u64(s->ids, s->id_count);
	return true;
}

static bool add_condition(struct selector *s, const struct resource *r, struct str path,
	struct str mask, struct error *e)
{
	char shown[64];
	const struct field *f = resource_field(r, path);
	if (!f)
		return fail(e, "selector: a %s has no member '%s'", r->name,
			escape_bytes(path, shown, sizeof shown));
	if (s->condition_count == SELECTOR_CONDITIONS_MAX)
		return fail(e, "selector: more than %d conditions", (int)SELECTOR_CONDITIONS_MAX);
	while (f->kind == FIELD_IDENT && mask.len > 1 && mask.at[0] == '0')
		mask = str_from(mask, 1);
	s->where[s->condition_count++] = (struct condition){f, mask};
	return true;
}

static bool parse_conditions(
	struct selector *s, const struct resource *r, struct str text, struct error *e)
{
	while (text.at) {
		struct str part = str_cut(&text, ',');
		struct str path = str_trim(part);
		const char *equal = part.len ? memchr(part.at, '=', part.len) : NULL;
		char shown[64];
		if (str_is(path, "all"))
			return fail(e, "selector: all stands alone, nothing can be beside it");
		if (equal) {
			path = str_trim(str_cut(&part, '='));
		} else if (r->by_name && path.len) {
			part = path;
			path = str_of("name");
		} else {
			return fail(e,
				"selector: '%s' is neither all, nor ids, nor conditions "
				"member=mask",
				escape_bytes(path, shown, sizeof shown));
		}
		if (!add_condition(s, r, path, part, e))
			return false;
	}
	return true;
}

static bool parse_expression(
	struct selector *s, const struct resource *r, struct str text, struct error *e)
{
	struct error why;
	if (text.at[text.len - 1] != '}')
		return fail(e, "selector: the expression in braces does not end with }");
	s->kind = SELECT_WHERE;
	s->resource = r;
	s->filter = filter_parse(str_from(str_upto(text, text.len - 1), 1), &why);
	if (s->filter && filter_fits(s->filter, r, &why))
		return true;
	selector_clear(s);
	return fail(e, "selector: %s", why.text);
}

bool selector_parse(struct selector *s, const struct resource *r, struct str text, struct error *e)
{
	*s = (struct selector){.kind = SELECT_ALL};
	if (str_is(text, "all"))
		return true;
	if (text.len && text.at[0] == '{')
		return parse_expression(s, r, text, e);
	if (text.len && is_digit(text.at[0]) && !memchr(text.at, '=', text.len)) {
		s->kind = SELECT_IDS;
		return parse_ids(s, text, e);
	}
	s->kind = SELECT_WHERE;
	return parse_conditions(s, r, text, e);
}

void selector_clear(struct selector *s)
{
	free(s->ids);
	filter_free(s->filter);
	*s = (struct selector){.kind = SELECT_ALL};
}

static bool condition_holds(const struct condition *c, const void *object)
{
	struct buf value;
	buf_init(&value, VALUE_MAX_BYTES);
	bool holds = field_text(c->field, object, &value) && str_matches(buf_str(&value), c->mask);
	buf_clear(&value);
	return holds;
}

bool selector_matches(const struct selector *s, const void *object)
{
	if (s->filter)
		return filter_object(s->filter, s->resource, object);
	for (size_t i = 0; i < s->condition_count; i++)
		if (!condition_holds(&s->where[i], object))
			return false;
	return true;
}

bool selector_is_ident(const struct selector *s, uint64_t *ident)
{
	return s->kind == SELECT_WHERE && s->condition_count == 1 &&
	       s->where[0].field->kind == FIELD_IDENT && str_to_u64(s->where[0].mask, ident);
}
