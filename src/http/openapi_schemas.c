/* openapi_schemas: the schemas of the API's description: a field table gives three (what is shown,
 * what a new item takes, what a change takes), the table of parameters gives the message, and
 * shapes.def the rest. */
#include "http/openapi.h"

#include "cantrack/message.h"
#include "core/connection_form.h"
#include "model/command.h"
#include "model/device.h"
#include "model/protocol.h"
#include "model/token.h"

#include <inttypes.h>
#include <stdio.h>

/* Whole numbers above it are not exact in most readers of JSON. */
#define EXACT_MAX (INT64_C(1) << 53)

static const struct {
	const char *name;
	const struct resource *resource;
	bool is_input;
} tables[] = {
	{"channel", &channel_resource, true},
	{"command", &command_resource, true},
	{"connection", &connection_resource, false},
	{"device", &device_resource, true},
	{"device_type", &device_type_resource, false},
	{"ident", &ident_resource, false},
	{"message_parameter", &parameter_resource, false},
	{"mqtt_session", &mqtt_session_resource, false},
	{"protocol", &protocol_resource, false},
	{"token", &token_resource, true},
};

static const struct {
	const char *schema, *member, *types, *text;
} shapes[] = {
#define SHAPE(schema, member, types, text) {#schema, #member, types, text},
#include "http/shapes.def"
#undef SHAPE
};

bool schema_is_input(const char *name)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		if (strcmp(tables[i].name, name) == 0)
			return tables[i].is_input;
	return false;
}

bool schema_exists(const char *name)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		if (strcmp(tables[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (strcmp(shapes[i].schema, name) == 0)
			return true;
	return strcmp(name, "message") == 0 || strcmp(name, "item") == 0;
}

/* "number null" as the beginning of a schema: {"type":["number","null"]; array:error with what is in
 * it. */
static void put_types(struct writer *w, const char *types)
{
	struct str rest = str_of(types);
	if (str_starts(rest, "array:")) {
		put(w, "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/");
		put(w, types + strlen("array:"));
		put(w, "\"}");
		return;
	}
	bool are_many = strchr(types, ' ');
	const char *before = are_many ? "{\"type\":[" : "{\"type\":";
	while (rest.at) {
		put(w, before);
		put_string(w, str_cut(&rest, ' '));
		before = ",";
	}
	put(w, are_many ? "]" : "");
}

/* ---- fields ---- */

static void put_simple(struct writer *w, const struct field *f, const char *type)
{
	put_format(
		w, f->use & FIELD_NULL ? "{\"type\":[\"%s\",\"null\"]" : "{\"type\":\"%s\"", type);
}

static void put_number_field(struct writer *w, const struct field *f)
{
	put_simple(w, f, "integer");
	if (f->min < f->max)
		put_format(w, ",\"minimum\":%" PRIi64, f->min);
	if (f->min < f->max && f->max <= EXACT_MAX)
		put_format(w, ",\"maximum\":%" PRIi64, f->max);
}

/* What is stored and printed by a function is read by one, too. */
static bool is_own(const struct field *f)
{
	return f->kind == FIELD_PRINTED && f->use & FIELD_STORED;
}

/* "x-asked": the member is there only when ?fields= names it. */
static void put_field(struct writer *w, const struct field *f, bool is_asked)
{
	switch (f->kind) {
	case FIELD_BOOLEAN: put(w, "{\"type\":\"boolean\""); break;
	case FIELD_NUMBER: put_number_field(w, f); break;
	case FIELD_TIME: put_simple(w, f, "number"); break;
	case FIELD_TEXT:
		put_simple(w, f, "string");
		if (f->max)
			put_format(w, ",\"minLength\":%" PRIi64 ",\"maxLength\":%" PRIi64, f->min,
				f->max);
		break;
	case FIELD_IDENT: put(w, "{\"type\":\"string\",\"pattern\":\"^[0-9]+$\""); break;
	case FIELD_LIST:
		put(w, "{\"type\":[\"array\",\"string\"],\"items\":{\"type\":\"string\"}");
		break;
	case FIELD_OBJECT: put(w, "{\"type\":[\"object\",\"null\"]"); break;
	case FIELD_LITERAL:
		put(w, "{\"const\":");
		put(w, f->literal);
		break;
	case FIELD_PRINTED:
		put_types(w, f->literal);
		put(w, is_own(f) ? "" : ",\"readOnly\":true");
		break;
	}
	put(w, ",\"description\":");
	put_string(w, str_of(f->text));
	put(w, is_asked ? ",\"x-asked\":true}" : "}");
}

enum set { SET_ALL, SET_NEW, SET_CHANGE };

static bool in_set(const struct field *f, enum set set)
{
	return !field_is_inside(f) && (set == SET_ALL || f->use & FIELD_INPUT || is_own(f));
}

/* The end of an object: which members it must have, and that it has no others. */
static void put_end(struct writer *w, enum set set, const char *required)
{
	put(w, "}");
	if (set == SET_NEW && *required)
		put_format(w, ",\"required\":[\"%s\"]", required);
	if (set != SET_ALL)
		put(w, ",\"additionalProperties\":false");
	put(w, "}");
}

struct inner {
	struct str name;      /* of the inner object that is being written; empty: none */
	const char *required; /* of its members */
};

static void enter(struct writer *w, struct inner *at, struct str name, enum set set, bool *any)
{
	if (str_eq(at->name, name))
		return;
	if (at->name.len) {
		put_end(w, set, at->required);
		*any = true;
	}
	*at = (struct inner){name, ""};
	if (!name.len)
		return;
	put(w, *any ? "," : "");
	put_string(w, name);
	put(w, ":{\"type\":\"object\",\"properties\":{");
	*any = false;
}

/* Rows of one inner object stand together in the table. */
static void put_table(struct writer *w, const char *name, const struct resource *r, enum set set)
{
	static const char *const suffix[] = {"", ".new", ".change"};
	struct inner at = {{"", 0}, ""};
	const char *required = "";
	char inner_required[64] = "";
	bool any = false;
	put_format(w, "\"%s%s\":{\"type\":\"object\",\"properties\":{", name, suffix[set]);
	for (size_t i = 0; i < r->count; i++) {
		const struct field *f = &r->fields[i];
		if (!in_set(f, set))
			continue;
		struct str own = str_of(f->path), outer = {"", 0};
		if (strchr(f->path, '.'))
			outer = str_cut(&own, '.');
		enter(w, &at, outer, set, &any);
		if (f->use & FIELD_REQUIRED && outer.len) {
			snprintf(inner_required, sizeof inner_required, "%.*s", STR_PRINT(outer));
			required = inner_required;
			at.required = own.at;
		}
		put(w, any ? "," : "");
		put_string(w, own);
		put(w, ":");
		put_field(w, f, set == SET_ALL && !(f->use & FIELD_SHOWN));
		any = true;
	}
	enter(w, &at, (struct str){"", 0}, set, &any);
	put_end(w, set, required);
}

/* ---- messages ---- */

static void put_message(struct writer *w)
{
	static const char *const types[] = {
		[KIND_BOOLEAN] = "boolean",
		[KIND_NUMBER] = "number",
		[KIND_TEXT] = "string",
		[KIND_IDENT] = "string",
		[KIND_MAC] = "string",
	};
	put(w, "\"message\":{\"type\":\"object\",\"description\":\"What a frame said, flat; what "
	       "it "
	       "did not say is absent\",\"properties\":{");
	for (size_t i = 0; i < PARAM_COUNT; i++) {
		put(w, i ? "," : "");
		put_string(w, params[i].name);
		put_format(w, ":{\"type\":\"%s\",\"description\":", types[params[i].kind]);
		put_string(w, str_of(params[i].text));
		if (*params[i].unit) {
			put(w, ",\"x-unit\":");
			put_string(w, str_of(params[i].unit));
		}
		put(w, "}");
	}
	put(w, "}}");
}

/* ---- shapes ---- */

static void put_shape(struct writer *w, size_t first)
{
	put_format(w, ",\"%s\":{\"type\":\"object\",\"properties\":{", shapes[first].schema);
	for (size_t i = first; i < sizeof shapes / sizeof *shapes &&
			       strcmp(shapes[i].schema, shapes[first].schema) == 0;
		i++) {
		put_format(w, "%s\"%s\":", i == first ? "" : ",", shapes[i].member);
		put_types(w, shapes[i].types);
		put(w, ",\"description\":");
		put_string(w, str_of(shapes[i].text));
		put(w, "}");
	}
	put(w, "}}");
}

void put_schemas(struct writer *w)
{
	put_message(w);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (int set = SET_ALL; set <= (tables[i].is_input ? SET_CHANGE : SET_ALL); set++) {
			put(w, ",");
			put_table(w, tables[i].name, tables[i].resource, (enum set)set);
		}
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (i == 0 || strcmp(shapes[i].schema, shapes[i - 1].schema) != 0)
			put_shape(w, i);
	put(w, ",\"item\":{\"type\":\"object\"}");
}
