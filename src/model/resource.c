#include "model/resource.h"

#include "base/json.h"

#include <inttypes.h>

static const void *member_of(const struct field *f, const void *object)
{
	return (const char *)object + f->offset;
}

/* "configuration" of "configuration.ident"; empty for a member of the outer object. */
static struct str inner_name(const struct field *f)
{
	const char *dot = strchr(f->path, '.');
	return (struct str){f->path, dot ? (size_t)(dot - f->path) : 0};
}

static struct str own_name(const struct field *f)
{
	const char *dot = strchr(f->path, '.');
	return str_of(dot ? dot + 1 : f->path);
}

/* The number in a member of 2, 4 or 8 bytes; only those of 8 may hold a negative one. */
static int64_t number_of(const struct field *f, const void *object)
{
	uint16_t two;
	uint32_t four;
	int64_t eight;
	switch (f->bytes) {
	case sizeof two: memcpy(&two, member_of(f, object), sizeof two); return two;
	case sizeof four: memcpy(&four, member_of(f, object), sizeof four); return four;
	default: memcpy(&eight, member_of(f, object), sizeof eight); return eight;
	}
}

const struct field *resource_field(const struct resource *r, struct str path)
{
	for (size_t i = 0; i < r->count; i++)
		if (str_is(path, r->fields[i].path))
			return &r->fields[i];
	return NULL;
}

static uint64_t rows_with(const struct resource *r, unsigned use)
{
	uint64_t rows = 0;
	for (size_t i = 0; i < r->count; i++)
		if (r->fields[i].use & use)
			rows |= UINT64_C(1) << i;
	return rows;
}

uint64_t resource_shown(const struct resource *r)
{
	return rows_with(r, FIELD_SHOWN);
}

bool resource_select(const struct resource *r, struct str list, uint64_t *rows, struct str *unknown)
{
	*rows = 0;
	while (list.at) {
		struct str name = str_trim(str_cut(&list, ','));
		uint64_t found = 0;
		for (size_t i = 0; i < r->count; i++)
			if (!field_is_inside(&r->fields[i]) &&
				(str_is(name, r->fields[i].path) ||
					(name.len && str_eq(name, inner_name(&r->fields[i])))))
				found |= UINT64_C(1) << i;
		if (!found) {
			*unknown = name;
			return false;
		}
		*rows |= found;
	}
	return true;
}

/* ---- printing ---- */

/* No entry is empty. */
static bool list_print(struct str list, struct buf *out)
{
	bool done = buf_add_char(out, '[');
	for (bool first = true; done && list.len; first = false)
		done = (first || buf_add_char(out, ',')) && json_string(out, str_cut(&list, ','));
	return done && buf_add_char(out, ']');
}

static bool is_null(const struct field *f, const void *object)
{
	if (!(f->use & FIELD_NULL))
		return false;
	if (f->kind == FIELD_NUMBER || f->kind == FIELD_TIME)
		return number_of(f, object) == 0;
	return *(const char *)member_of(f, object) == '\0';
}

static bool value_print(const struct field *f, const void *object, struct buf *out)
{
	const char *text = member_of(f, object);
	if (is_null(f, object))
		return buf_add(out, "null", 4);
	switch (f->kind) {
	case FIELD_BOOLEAN: return buf_printf(out, "%s", *(const bool *)text ? "true" : "false");
	case FIELD_NUMBER: return json_decimal(out, number_of(f, object), 0);
	case FIELD_TIME: return json_decimal(out, number_of(f, object), 6);
	case FIELD_TEXT: return json_string(out, str_of(text));
	case FIELD_IDENT: return buf_printf(out, "\"%" PRIi64 "\"", number_of(f, object));
	case FIELD_LIST: return list_print(str_of(text), out);
	case FIELD_OBJECT: return buf_add_str(out, str_of(*text ? text : "{}"));
	case FIELD_LITERAL: return buf_add_str(out, str_of(f->literal));
	case FIELD_PRINTED: return f->print(object, out);
	}
	return false;
}

static bool is_absent(const struct field *f, const void *object)
{
	if (f->use & FIELD_OPTIONAL)
		return *(const char *)member_of(f, object) == '\0';
	return f->kind == FIELD_IDENT && number_of(f, object) == 0;
}

static bool member_print(const struct field *f, const void *object, struct buf *out)
{
	struct str name = own_name(f);
	return buf_add_char(out, '"') && buf_add_str(out, name) && buf_add(out, "\":", 2) &&
	       value_print(f, object, out);
}

/* Rows of one inner object stand together in the table. */
bool resource_print(const struct resource *r, const void *object, uint64_t rows, struct buf *out)
{
	struct str inside = {NULL, 0};
	bool first = true, done = buf_add_char(out, '{');
	for (size_t i = 0; done && i < r->count; i++) {
		const struct field *f = &r->fields[i];
		struct str inner = inner_name(f);
		if (!(rows >> i & 1))
			continue;
		if (!str_eq(inner, inside)) {
			done = !inside.len || buf_add_char(out, '}');
			first = first && !inside.len;
			if (done && inner.len) {
				done = buf_printf(
					out, "%s\"%.*s\":{", first ? "" : ",", STR_PRINT(inner));
				first = true;
			}
			inside = inner;
		}
		if (!done || is_absent(f, object))
			continue;
		done = (first || buf_add_char(out, ',')) && member_print(f, object, out);
		first = false;
	}
	return done && (!inside.len || buf_add_char(out, '}')) && buf_add_char(out, '}');
}

bool field_text(const struct field *f, const void *object, struct buf *out)
{
	if (f->kind == FIELD_TEXT || f->kind == FIELD_LIST)
		return buf_add_str(out, str_of(member_of(f, object)));
	if (is_absent(f, object))
		return true;
	size_t start = out->len;
	if (!value_print(f, object, out))
		return false;
	/* idents and constants are quoted; none of them needs an escape */
	if (out->len - start >= 2 && out->at[start] == '"') {
		memmove(out->at + start, out->at + start + 1, out->len - start - 2);
		out->len -= 2;
	}
	return true;
}

bool field_json(const struct field *f, const void *object, struct buf *out)
{
	return is_absent(f, object) || value_print(f, object, out);
}

bool resource_save(const struct resource *r, const void *object, struct buf *out)
{
	return resource_print(r, object, rows_with(r, FIELD_STORED), out);
}
