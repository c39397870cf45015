/* parse: JSON text and jansson values into the structs that the field tables describe. */
#include "model/resource.h"

#include "base/die.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

bool refuse_member(struct refusal *refusal, const char *member, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(refusal->why.text, sizeof refusal->why.text, format, args);
	va_end(args);
	snprintf(refusal->member, sizeof refusal->member, "%s", member);
	return false;
}

struct json_t *resource_json(struct str text, struct error *e)
{
	json_error_t error;
	if (!str_trim(text).len) {
		fail(e, "there is no JSON, an object or an array is needed");
		return NULL;
	}
	json_t *json = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail(e, "JSON, line %d column %d: %s", error.line, error.column, error.text);
	return json;
}

/* ---- one value ---- */

static bool read_boolean(
	const struct field *f, const json_t *value, void *member, struct refusal *refusal)
{
	if (!json_is_boolean(value))
		return refuse_member(refusal, f->path, "%s must be true or false", f->path);
	*(bool *)member = json_is_true(value);
	return true;
}

static bool read_number(
	const struct field *f, const json_t *value, void *member, struct refusal *refusal)
{
	if (!json_is_integer(value))
		return refuse_member(refusal, f->path, "%s must be a whole number", f->path);
	int64_t number = json_integer_value(value);
	if (number < f->min || number > f->max)
		return refuse_member(refusal, f->path,
			"%s is %" PRIi64 ", the limits are %" PRIi64 " and %" PRIi64, f->path,
			number, f->min, f->max);
	uint16_t two = (uint16_t)number;
	uint32_t four = (uint32_t)number;
	switch (f->bytes) {
	case sizeof two: memcpy(member, &two, sizeof two); break;
	case sizeof four: memcpy(member, &four, sizeof four); break;
	default: memcpy(member, &number, sizeof number);
	}
	return true;
}

/* A double is exact to the microsecond until the year 2255. */
static bool read_time(
	const struct field *f, const json_t *value, void *member, struct refusal *refusal)
{
	if (!json_is_number(value))
		return refuse_member(refusal, f->path, "%s must be a number of seconds", f->path);
	double seconds = json_number_value(value);
	if (!(seconds >= (double)f->min / 1e6 && seconds <= (double)f->max / 1e6))
		return refuse_member(refusal, f->path,
			"%s is %.17g, the limits are %" PRIi64 " and %" PRIi64
			" seconds since 1970",
			f->path, seconds, f->min / 1000000, f->max / 1000000);
	int64_t us = json_is_integer(value) ? json_integer_value(value) * 1000000
					    : llround(seconds * 1e6);
	memcpy(member, &us, sizeof us);
	return true;
}

/* Asks the row's check, which may make the text shorter. */
static bool is_good(const struct field *f, struct str *text, struct refusal *refusal)
{
	struct error e;
	return !f->fits || f->fits(text, &e) ||
	       refuse_member(refusal, f->path, "%s: %s", f->path, e.text);
}

static bool read_text(
	const struct field *f, const json_t *value, void *member, struct refusal *refusal)
{
	if (!json_is_string(value))
		return refuse_member(refusal, f->path, "%s must be a string", f->path);
	size_t bytes = json_string_length(value);
	const char *at = json_string_value(value);
	if (f->use & FIELD_CUT && bytes > (size_t)f->max)
		for (bytes = (size_t)f->max; bytes && (at[bytes] & 0xc0) == 0x80; bytes--)
			;
	if (bytes > (size_t)f->max)
		return refuse_member(refusal, f->path, "%s has %zu bytes, the limit is %" PRIi64,
			f->path, bytes, f->max);
	if (bytes < (size_t)f->min)
		return refuse_member(refusal, f->path,
			"%s has %zu bytes, at least %" PRIi64 " are needed", f->path, bytes,
			f->min);
	struct str text = {at, bytes};
	if (!is_good(f, &text, refusal))
		return false;
	memcpy(member, text.at, text.len);
	((char *)member)[text.len] = '\0';
	return true;
}

/* Appends one entry behind a comma. */
static bool list_add(
	const struct field *f, struct str entry, struct buf *list, struct refusal *refusal)
{
	entry = str_trim(entry);
	if (!entry.len)
		return refuse_member(refusal, f->path, "%s has an empty entry", f->path);
	if (memchr(entry.at, ',', entry.len))
		return refuse_member(refusal, f->path, "%s has an entry with a comma", f->path);
	if (!is_good(f, &entry, refusal))
		return false;
	return ((!list->len || buf_add_char(list, ',')) && buf_add_str(list, entry)) ||
	       refuse_member(
		       refusal, f->path, "%s has more than %" PRIi64 " bytes", f->path, f->max);
}

static bool list_read(
	const struct field *f, const json_t *value, struct buf *list, struct refusal *refusal)
{
	bool done = true;
	size_t i;
	json_t *entry;
	if (json_is_string(value)) {
		struct str rest = {json_string_value(value), json_string_length(value)};
		while (done && rest.len)
			done = list_add(f, str_cut(&rest, ','), list, refusal);
		return done;
	}
	if (!json_is_array(value))
		return refuse_member(refusal, f->path, "%s must be an array of strings", f->path);
	json_array_foreach(value, i, entry)
	{
		if (!json_is_string(entry))
			return refuse_member(
				refusal, f->path, "%s must be an array of strings", f->path);
		struct str text = {json_string_value(entry), json_string_length(entry)};
		if (!list_add(f, text, list, refusal))
			return false;
	}
	return true;
}

static bool read_list(
	const struct field *f, const json_t *value, void *member, struct refusal *refusal)
{
	struct buf list;
	buf_init(&list, (size_t)f->max);
	bool done = list_read(f, value, &list, refusal);
	if (done) {
		memcpy(member, buf_str(&list).at, list.len);
		((char *)member)[list.len] = '\0';
	}
	buf_clear(&list);
	return done;
}

/* null is {}, which is kept as nothing. */
static bool read_any_object(
	const struct field *f, const json_t *value, void *member, struct refusal *refusal)
{
	if (json_is_null(value)) {
		*(char *)member = '\0';
		return true;
	}
	if (!json_is_object(value))
		return refuse_member(refusal, f->path, "%s must be an object", f->path);
	struct buf text;
	buf_init(&text, (size_t)f->max);
	bool done = json_compact(value, &text) ||
		    refuse_member(refusal, f->path,
			    "%s has more than %" PRIi64 " bytes without blanks", f->path, f->max);
	if (done) {
		/* {} is kept as nothing */
		size_t len = json_object_size(value) ? text.len : 0;
		memcpy(member, text.at, len);
		((char *)member)[len] = '\0';
	}
	buf_clear(&text);
	return done;
}

/* What cannot be changed may be repeated. */
static bool read_literal(
	const struct field *f, const json_t *value, void *member, struct refusal *refusal)
{
	(void)member;
	json_t *only = json_loads(f->literal, JSON_DECODE_ANY, NULL);
	bool done = json_equal(only, value);
	json_decref(only);
	return done || refuse_member(refusal, f->path, "%s can only be %s", f->path, f->literal);
}

static bool read_ident(
	const struct field *f, const json_t *value, void *member, struct refusal *refusal)
{
	struct str text = {json_string_value(value), json_string_length(value)};
	uint64_t ident = 0;
	if (!text.at || text.len > 16 || !str_to_u64(text, &ident))
		return refuse_member(
			refusal, f->path, "%s must be a string of 1..16 digits", f->path);
	if (ident == 0)
		return refuse_member(refusal, f->path, "%s must not be zero", f->path);
	memcpy(member, &ident, sizeof ident);
	return true;
}

typedef bool read_fn(
	const struct field *f, const json_t *value, void *member, struct refusal *refusal);

static read_fn *const readers[] = {
	[FIELD_BOOLEAN] = read_boolean,
	[FIELD_NUMBER] = read_number,
	[FIELD_TEXT] = read_text,
	[FIELD_IDENT] = read_ident,
	[FIELD_TIME] = read_time,
	[FIELD_LIST] = read_list,
	[FIELD_OBJECT] = read_any_object,
	[FIELD_LITERAL] = read_literal,
	[FIELD_PRINTED] = NULL,
};

/* ---- objects ---- */

struct parse {
	const struct resource *resource;
	unsigned use; /* rows with this use are read */
	bool lenient; /* others are passed over */
	bool replace; /* an inner object starts from the defaults */
	void *object;
	struct refusal *refusal;
};

static bool has_inner(const struct parse *p, struct str name)
{
	const struct resource *r = p->resource;
	for (size_t i = 0; i < r->count; i++)
		if (r->fields[i].use & p->use && strlen(r->fields[i].path) > name.len &&
			r->fields[i].path[name.len] == '.' &&
			str_starts(str_of(r->fields[i].path), name.at))
			return true;
	return false;
}

/* Gives the members of the inner object that a request may set their defaults. */
static void reset_inner(const struct parse *p, struct str name)
{
	const struct resource *r = p->resource;
	char *fresh = xcalloc(1, r->bytes);
	r->init(fresh);
	for (size_t i = 0; i < r->count; i++) {
		const struct field *f = &r->fields[i];
		if (f->use & p->use && str_starts(str_of(f->path), name.at) &&
			f->path[name.len] == '.')
			memcpy((char *)p->object + f->offset, fresh + f->offset, f->bytes);
	}
	free(fresh);
}

/* The members that are given go into the object that is there; a null takes one away. */
static bool merge_object(const struct parse *p, const struct field *f, const json_t *value)
{
	char *member = (char *)p->object + f->offset;
	const char *key;
	json_t *given, *whole = json_loads(*member ? member : "{}", 0, NULL);
	json_object_foreach((json_t *)(uintptr_t)value, key, given)
	{
		if (json_is_null(given))
			(void)json_object_del(whole, key);
		else
			(void)json_object_set(whole, key, given);
	}
	bool done = read_any_object(f, whole, member, p->refusal);
	json_decref(whole);
	return done;
}

static bool read_member(const struct parse *p, struct str path, const json_t *value)
{
	const struct field *f = resource_field(p->resource, path);
	bool merges = f && f->kind == FIELD_OBJECT && f->use & FIELD_INPUT && !p->lenient &&
		      !p->replace && json_is_object(value);
	if (merges)
		return merge_object(p, f, value);
	if (f && f->use & p->use && readers[f->kind]) {
		char *member = (char *)p->object + f->offset;
		if (f->use & FIELD_NULL && json_is_null(value))
			return memset(member, 0, f->bytes);
		return readers[f->kind](f, value, member, p->refusal);
	}
	if (p->lenient)
		return true;
	char name[64];
	snprintf(name, sizeof name, "%.*s", STR_PRINT(path));
	if (f)
		return refuse_member(p->refusal, name, "%s cannot be set", name);
	return refuse_member(p->refusal, name, "unknown property %s", name);
}

/* null is as good as absent: programs write it for settings that they do not have, and nobody moves a
 * channel by it. */
static bool read_inner(const struct parse *p, const char *outer, const json_t *body)
{
	if (json_is_null(body))
		return true;
	if (p->replace)
		reset_inner(p, str_of(outer));
	if (!json_is_object(body))
		return p->lenient ||
		       refuse_member(p->refusal, outer, "%s must be an object", outer);
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)body, key, value)
	{
		char path[128];
		int len = snprintf(path, sizeof path, "%s.%s", outer, key);
		if (len >= (int)sizeof path)
			len = (int)sizeof path - 1;
		if (!read_member(p, (struct str){path, (size_t)len}, value))
			return false;
	}
	return true;
}

static bool read_object(const struct parse *p, const json_t *body)
{
	if (!json_is_object(body))
		return refuse_member(p->refusal, "", "a %s must be an object", p->resource->name);
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)body, key, value)
	{
		bool done = has_inner(p, str_of(key)) ? read_inner(p, key, value)
			    : strchr(key, '.') == NULL
				    ? read_member(p, str_of(key), value)
				    : p->lenient || refuse_member(p->refusal, key,
							    "unknown property %s", key);
		if (!done)
			return false;
	}
	return true;
}

bool resource_parse(const struct resource *r, const struct json_t *body, enum parse_mode mode,
	void *object, struct refusal *refusal)
{
	struct parse p = {
		.resource = r,
		.use = FIELD_INPUT,
		.replace = mode == PARSE_REPLACE,
		.object = object,
		.refusal = refusal,
	};
	if (!read_object(&p, body))
		return false;
	for (size_t i = 0; i < r->count; i++) {
		const struct field *f = &r->fields[i];
		uint64_t ident = 1;
		if (f->use & FIELD_REQUIRED)
			memcpy(&ident, (const char *)object + f->offset, sizeof ident);
		if (!ident)
			return refuse_member(refusal, f->path, "%s is missing", f->path);
	}
	return true;
}

bool resource_load(const struct resource *r, struct str json, void *object, struct error *e)
{
	json_t *body = resource_json(json, e);
	if (!body)
		return false;
	struct refusal refusal;
	struct parse p = {
		.resource = r,
		.use = FIELD_STORED,
		.lenient = true,
		.object = object,
		.refusal = &refusal,
	};
	r->init(object);
	bool done = read_object(&p, body) || fail(e, "stored %s: %s", r->name, refusal.why.text);
	json_decref(body);
	return done;
}
