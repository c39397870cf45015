#include "model/filter.h"

#include "base/die.h"
#include "base/log.h"
#include "base/number.h"
#include "model/filter_list.h"

#include <jansson.h>
#include <stdlib.h>

/* Where a message has the value of a name. */
struct bound {
	uint8_t param; /* PARAM_COUNT: nowhere */
	uint8_t index; /* 0: value[param], else the further value */
};

struct filter {
	struct expression *expression;
	struct bound bound[EXPRESSION_NAMES_MAX];
};

struct filter *filter_parse(struct str text, struct error *e)
{
	struct buf list;
	struct expression *expression = NULL;
	buf_init(&list, EXPRESSION_BYTES_MAX);
	if (!filter_is_list(text))
		expression = expression_parse(text, e);
	else if (filter_list_expression(text, &list, e))
		expression = expression_parse(buf_str(&list), e);
	buf_clear(&list);
	if (!expression)
		return NULL;
	struct filter *f = xcalloc(1, sizeof *f);
	f->expression = expression;
	const struct str *names;
	size_t count = expression_names(expression, &names);
	for (size_t i = 0; i < count; i++) {
		unsigned index;
		enum param param = param_split(names[i], &index);
		f->bound[i] = (struct bound){(uint8_t)param, (uint8_t)index};
	}
	return f;
}

void filter_free(struct filter *f)
{
	if (f)
		expression_free(f->expression);
	free(f);
}

size_t filter_names(const struct filter *f, const struct str **names)
{
	return expression_names(f->expression, names);
}

/* ---- messages ---- */

/* Room for the JSON text of an ident or a MAC address, which are texts. */
enum { QUOTED_MAX = 40 };

struct asked_message {
	const struct filter *filter;
	const struct message *message;
	char (*room)[QUOTED_MAX]; /* one a name */
};

/* Division rounds as reading the decimal text would. */
static double scaled(int64_t value, int decimals)
{
	static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
	check((size_t)decimals < sizeof powers / sizeof *powers);
	return (double)value / powers[decimals];
}

static struct operand operand_of(enum param p, union value value, char *room)
{
	struct operand o = {.kind = OPERAND_TEXT};
	switch (params[p].kind) {
	case KIND_BOOLEAN:
		return (struct operand){.kind = OPERAND_BOOLEAN, .flag = value.number != 0};
	case KIND_NUMBER:
		return (struct operand){
			.kind = OPERAND_NUMBER, .number = scaled(value.number, params[p].decimals)};
	case KIND_TEXT: o.text = value.text; break;
	case KIND_IDENT:
	case KIND_MAC: {
		struct buf quoted = {room, 0, QUOTED_MAX, QUOTED_MAX}; /* large enough: stays */
		check(param_json(p, value, &quoted));
		o.text = (struct str){room + 1, quoted.len - 2};
	}
	}
	return o;
}

static struct operand message_operand(const void *object, size_t name)
{
	const struct asked_message *a = object;
	const struct message *m = a->message;
	struct bound b = a->filter->bound[name];
	if (b.param == PARAM_COUNT || (!b.index && !message_has(m, b.param)))
		return (struct operand){.kind = OPERAND_MISSING};
	if (!b.index)
		return operand_of(b.param, m->value[b.param], a->room[name]);
	for (unsigned i = 0; i < m->more_count && m->more[i].param <= b.param; i++)
		if (m->more[i].param == b.param && m->more[i].index == b.index) {
			union value value = {.number = m->more[i].number};
			return operand_of(b.param, value, a->room[name]);
		}
	return (struct operand){.kind = OPERAND_MISSING};
}

bool filter_message(const struct filter *f, const struct message *m)
{
	char room[EXPRESSION_NAMES_MAX][QUOTED_MAX];
	struct asked_message a = {f, m, room};
	return expression_holds(f->expression, message_operand, &a);
}

/* ---- JSON ---- */

/* The member with this name, or inside of the members that its parts name. */
static const json_t *member(const json_t *object, struct str name)
{
	const char *key;
	json_t *value;
	if (!json_is_object(object))
		return NULL;
	const json_t *found = NULL;
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		struct str k = str_of(key);
		if (str_eq(k, name))
			return value;
		if (!found && name.len > k.len && name.at[k.len] == '.' &&
			str_eq(str_upto(name, k.len), k))
			found = member(value, str_from(name, k.len + 1));
	}
	return found;
}

struct asked_json {
	const struct filter *filter;
	const json_t *object;
};

static struct operand json_operand(const void *object, size_t name)
{
	const struct asked_json *a = object;
	const struct str *names;
	(void)filter_names(a->filter, &names);
	const json_t *value = member(a->object, names[name]);
	struct operand o = {.kind = OPERAND_MISSING};
	if (!value)
		return o;
	switch (json_typeof(value)) {
	case JSON_NULL: o.kind = OPERAND_NULL; break;
	case JSON_STRING:
		o.kind = OPERAND_TEXT;
		o.text = (struct str){json_string_value(value), json_string_length(value)};
		break;
	case JSON_INTEGER:
	case JSON_REAL:
		o.kind = OPERAND_NUMBER;
		o.number = json_number_value(value);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_OBJECT:
	case JSON_ARRAY: o.kind = OPERAND_BOOLEAN; o.flag = !json_is_false(value);
	}
	return o;
}

bool filter_json(const struct filter *f, struct str json)
{
	struct asked_json a = {f, json_loadb(json.at, json.len, JSON_ALLOW_NUL, NULL)};
	bool holds = a.object && expression_holds(f->expression, json_operand, &a);
	json_decref((json_t *)(uintptr_t)a.object);
	return holds;
}

bool filter_reads(struct str json)
{
	json_t *value = json_loadb(json.at, json.len, JSON_ALLOW_NUL, NULL);
	bool is_json = value != NULL;
	json_decref(value);
	return is_json;
}

/* ---- resources ---- */

/* The rows that can hold the name: "configuration.ident" is in that row or in "configuration", and
 * "configuration" in all rows that begin with it. */
static uint64_t rows_of(const struct resource *r, struct str name)
{
	uint64_t rows = 0;
	for (size_t i = 0; i < r->count; i++) {
		struct str path = str_of(r->fields[i].path);
		struct str shorter = path.len < name.len ? path : name,
			   longer = path.len < name.len ? name : path;
		if (str_eq(str_upto(longer, shorter.len), shorter) &&
			(shorter.len == longer.len || longer.at[shorter.len] == '.'))
			rows |= UINT64_C(1) << i;
	}
	return rows;
}

bool filter_fits(const struct filter *f, const struct resource *r, struct error *e)
{
	const struct str *names;
	size_t count = filter_names(f, &names);
	char shown[64];
	for (size_t i = 0; i < count; i++)
		if (!rows_of(r, names[i]))
			return fail(e, "a %s has no member '%s'", r->name,
				escape_bytes(names[i], shown, sizeof shown));
	return true;
}

/* Values that are printed take no more than this. */
enum { OBJECT_MAX = 1024 * 1024 };

struct asked_object {
	const void *object;
	const struct field *fields[EXPRESSION_NAMES_MAX]; /* one a name */
	struct buf values[EXPRESSION_NAMES_MAX]; /* as JSON; printed when they are asked for */
};

/* Texts without escapes: others are read where they stand. */
static struct operand operand_of_json(struct str json)
{
	struct operand o = {.kind = OPERAND_MISSING};
	if (!json.len)
		return o;
	switch (json.at[0]) {
	case 'n': o.kind = OPERAND_NULL; break;
	case '"':
		o.kind = OPERAND_TEXT;
		o.text = (struct str){json.at + 1, json.len - 2};
		break;
	case 't':
	case 'f':
	case '{':
	case '[':
		o.kind = OPERAND_BOOLEAN;
		o.flag = json.at[0] != 'f';
		break;
	default:
		if (str_to_double(json, &o.number))
			o.kind = OPERAND_NUMBER;
	}
	return o;
}

static struct operand object_operand(const void *asked, size_t name)
{
	struct asked_object *a = (struct asked_object *)(uintptr_t)asked;
	const struct field *f = a->fields[name];
	const char *text = (const char *)a->object + f->offset;
	struct buf *value = &a->values[name];
	if (f->kind == FIELD_TEXT && (*text || !(f->use & (FIELD_OPTIONAL | FIELD_NULL))))
		return (struct operand){.kind = OPERAND_TEXT, .text = str_of(text)};
	if (!value->len && !field_json(f, a->object, value))
		return (struct operand){.kind = OPERAND_MISSING};
	return operand_of_json(buf_str(value));
}

/* False: a name goes deeper than a row, or means several. */
static bool find_fields(const struct filter *f, const struct resource *r, const struct field **out)
{
	const struct str *names;
	size_t count = filter_names(f, &names);
	for (size_t i = 0; i < count; i++)
		if (!(out[i] = resource_field(r, names[i])))
			return false;
	return true;
}

static bool filter_fields(const struct filter *f, struct asked_object *a)
{
	const struct str *names;
	size_t count = filter_names(f, &names);
	for (size_t i = 0; i < count; i++)
		buf_init(&a->values[i], OBJECT_MAX);
	bool holds = expression_holds(f->expression, object_operand, a);
	for (size_t i = 0; i < count; i++)
		buf_clear(&a->values[i]);
	return holds;
}

static bool filter_printed(const struct filter *f, const struct resource *r, const void *object)
{
	struct buf json;
	const struct str *names;
	uint64_t rows = 0;
	size_t count = filter_names(f, &names);
	for (size_t i = 0; i < count; i++)
		rows |= rows_of(r, names[i]);
	buf_init(&json, OBJECT_MAX);
	bool holds = resource_print(r, object, rows, &json) && filter_json(f, buf_str(&json));
	buf_clear(&json);
	return holds;
}

bool filter_object(const struct filter *f, const struct resource *r, const void *object)
{
	struct asked_object a;
	a.object = object;
	return find_fields(f, r, a.fields) ? filter_fields(f, &a) : filter_printed(f, r, object);
}
