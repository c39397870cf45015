#include "http/selector.h"

#include "base/die.h"
#include "base/log.h"
#include "base/order.h"

#include <jansson.h>
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

/* The OBJECT that the path goes into; *inside becomes the rest of the path. */
static const struct field *object_around(
	const struct resource *r, struct str path, struct str *inside)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct field *f = &r->fields[i];
		size_t len = strlen(f->path);
		if (f->kind == FIELD_OBJECT && path.len > len + 1 && str_starts(path, f->path) &&
			path.at[len] == '.') {
			*inside = str_from(path, len + 1);
			return f;
		}
	}
	return NULL;
}

static bool add_condition(struct selector *s, const struct resource *r, struct str path,
	struct str mask, struct error *e)
{
	char shown[64];
	struct str inside = {NULL, 0};
	const struct field *f = resource_field(r, path);
	if (!f)
		f = object_around(r, path, &inside);
	if (!f)
		return fail(e, "selector: a %s has no member '%s'", r->name,
			escape_bytes(path, shown, sizeof shown));
	if (s->condition_count == SELECTOR_CONDITIONS_MAX)
		return fail(e, "selector: more than %d conditions", (int)SELECTOR_CONDITIONS_MAX);
	while (f->kind == FIELD_IDENT && mask.len > 1 && mask.at[0] == '0')
		mask = str_from(mask, 1);
	s->where[s->condition_count++] = (struct condition){f, mask, inside, false};
	return true;
}

/* The last condition's mask goes on behind a comma, when it is one of a text. */
static bool lengthen(struct selector *s, struct str part)
{
	struct condition *c = s->condition_count ? &s->where[s->condition_count - 1] : NULL;
	if (!c || (c->field->kind != FIELD_TEXT && !c->inside.len))
		return false;
	c->mask.len = (size_t)(part.at + part.len - c->mask.at);
	return true;
}

static bool parse_conditions(
	struct selector *s, const struct resource *r, struct str text, struct error *e)
{
	if (r->by_name && str_trim(text).len && !memchr(text.at, '=', text.len)) {
		bool done = add_condition(s, r, str_of("name"), text, e);
		s->where[0].any = true;
		return done;
	}
	while (text.at) {
		struct str part = str_cut(&text, ',');
		struct str path = str_trim(part);
		const char *equal = part.len ? memchr(part.at, '=', part.len) : NULL;
		char shown[64];
		if (str_is(path, "all"))
			return fail(e, "selector: all stands alone, nothing can be beside it");
		if (equal) {
			path = str_trim(str_cut(&part, '='));
		} else if (path.len && lengthen(s, part)) {
			continue;
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

/* The member of an object (JSON text), or the one inside of those that the parts of the path name.
 */
static const json_t *member(const json_t *object, struct str path)
{
	const json_t *whole = json_object_getn(object, path.at, path.len);
	if (whole || !object)
		return whole;
	struct str first = str_cut(&path, '.');
	return path.at ? member(json_object_getn(object, first.at, first.len), path) : NULL;
}

/* Makes the text of the member out of that of the object around it; what is absent is empty. */
static bool go_inside(struct str path, struct buf *value)
{
	struct error e;
	json_t *object = resource_json(buf_str(value), &e);
	const json_t *found = member(object, path);
	value->len = 0;
	bool done = !found || (json_is_string(found) ? buf_add(value, json_string_value(found),
							       json_string_length(found))
						     : json_compact(found, value));
	json_decref(object);
	return done;
}

static bool fits_any(struct str value, struct str masks)
{
	while (masks.at)
		if (str_matches(value, str_trim(str_cut(&masks, ','))))
			return true;
	return false;
}

static bool condition_holds(const struct condition *c, const void *object)
{
	struct buf value;
	buf_init(&value, VALUE_MAX_BYTES);
	bool holds = field_text(c->field, object, &value) &&
		     (!c->inside.len || go_inside(c->inside, &value)) &&
		     (c->any ? fits_any(buf_str(&value), c->mask)
			     : str_matches(buf_str(&value), c->mask));
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
