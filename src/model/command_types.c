/* command_types: what REST tells of the commands of a device type: for each the JSON schema of its
 * properties, with an example. */
#include "model/command.h"

#include "base/json.h"

/* ---- examples ---- */

/* Payloads of "custom" by model; a model that no row names gets them all. */
static const struct {
	const char *models, *text, *payload;
} payloads[] = {
	{"g06l", "Cut fuel to stop the car", "CMD,130305,stop654321"},
	{"gf40,gf50,gf60,gf70l", "Set working mode 1", "MD123456 1 3 8 1"},
	{"tk100,tk100b,g05", "Set the number of the centre", "S2,130305,13812341234"},
};
enum { PAYLOADS = sizeof payloads / sizeof *payloads };

/* Values of properties without an initial one, as texts of the catalogue. */
static const struct {
	const char *property, *value;
} samples[] = {
	{"address", "192.0.2.1"},
	{"alarm", "0"},
	{"apn", "internet"},
	{"count", "6"},
	{"enabled", "1"},
	{"interval", "60"},
	{"mode", "1"},
	{"new", "246810"},
	{"number", "13812341234"},
	{"numbers", "13812341234,13812341235"},
	{"port", "5013"},
	{"radius", "500"},
	{"seconds", "60"},
	{"speed", "120"},
	{"times", "8:00,20:00"},
	{"value", "1"},
};

static const char *sample_of(const struct command_property *p)
{
	for (size_t i = 0; !p->initial && i < sizeof samples / sizeof *samples; i++)
		if (strcmp(samples[i].property, p->name) == 0)
			return samples[i].value;
	return p->initial ? p->initial : "";
}

static bool print_list(const struct command_property *p, struct str rest, struct buf *out)
{
	bool done = buf_add_char(out, '['), first = true;
	for (; done && rest.at; first = false) {
		struct str entry = str_cut(&rest, ',');
		done = (first || buf_add_char(out, ',')) &&
		       (p->kind == PROPERTY_NUMBERS ? buf_add_str(out, entry)
						    : json_string(out, entry));
	}
	return done && buf_add_char(out, ']');
}

/* A text of the catalogue as JSON of the property's type. */
static bool print_value(const struct command_property *p, const char *value, struct buf *out)
{
	switch (p->kind) {
	case PROPERTY_NUMBER:
	case PROPERTY_CHOICE: return buf_add_str(out, str_of(value));
	case PROPERTY_PHONES:
	case PROPERTY_NUMBERS:
	case PROPERTY_CLOCKS: return print_list(p, str_of(value), out);
	case PROPERTY_TEXT:
	case PROPERTY_PHONE:
	case PROPERTY_ADDRESS:
	case PROPERTY_PAYLOAD: break;
	}
	return json_string(out, str_of(value));
}

static bool is_of(const char *models, struct str model)
{
	struct str rest = str_of(models);
	while (rest.at)
		if (str_eq(str_cut(&rest, ','), model))
			return true;
	return false;
}

static bool print_payloads(struct str model, struct buf *out)
{
	bool named = false, done = true, first = true;
	for (size_t i = 0; i < PAYLOADS; i++)
		named = named || is_of(payloads[i].models, model);
	for (size_t i = 0; done && i < PAYLOADS; i++) {
		if (named && !is_of(payloads[i].models, model))
			continue;
		done = buf_printf(out, "%s{\"description\":", first ? "" : ",") &&
		       json_string(out, str_of(payloads[i].text)) &&
		       buf_printf(out, ",\"properties\":{\"payload\":") &&
		       json_string(out, str_of(payloads[i].payload)) && buf_add(out, "}}", 2);
		first = false;
	}
	return done;
}

static bool print_example(const struct command_type *type, struct buf *out)
{
	bool done = buf_printf(out, "{\"description\":") && json_string(out, str_of(type->text)) &&
		    buf_printf(out, ",\"properties\":{");
	for (size_t i = 0; done && i < type->property_count; i++) {
		const struct command_property *p = &type->properties[i];
		done = buf_printf(out, "%s\"%s\":", i ? "," : "", p->name) &&
		       print_value(p, sample_of(p), out);
	}
	return done && buf_add(out, "}}", 2);
}

/* ---- schemas ---- */

#define PHONE "\"pattern\":\"^[+]?[0-9]+$\""

/* A title that a form shows for each number. */
static bool print_choices(const char *choices, struct buf *out)
{
	struct str rest = str_of(choices);
	bool done = buf_printf(out, "\"type\":\"integer\",\"oneOf\":["), first = true;
	for (; done && rest.at; first = false) {
		struct str title = str_cut(&rest, ','), number = str_cut(&title, '=');
		done = buf_printf(out, "%s{\"const\":%.*s,\"title\":", first ? "" : ",",
			       STR_PRINT(number)) &&
		       json_string(out, title) && buf_add_char(out, '}');
	}
	return done && buf_add_char(out, ']');
}

static bool print_limits(
	const struct command_property *p, const char *what, const char *type, struct buf *out)
{
	return buf_printf(
		out, "%s,\"min%s\":%d,\"max%s\":%d", type, what, (int)p->min, what, (int)p->max);
}

static bool print_kind(const struct command_property *p, struct buf *out)
{
	switch (p->kind) {
	case PROPERTY_TEXT:
		return print_limits(
			p, "Length", "\"type\":\"string\",\"pattern\":\"^[^,*#]*$\"", out);
	case PROPERTY_PHONE: return print_limits(p, "Length", "\"type\":\"string\"," PHONE, out);
	case PROPERTY_NUMBER: return print_limits(p, "imum", "\"type\":\"integer\"", out);
	case PROPERTY_CHOICE: return print_choices(p->choices, out);
	case PROPERTY_PHONES:
		return print_limits(p, "Items",
			"\"type\":\"array\",\"items\":{\"type\":\"string\"," PHONE
			",\"maxLength\":20}",
			out);
	case PROPERTY_NUMBERS:
		return print_limits(p, "Items",
			"\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":0,"
			"\"maximum\":65535}",
			out);
	case PROPERTY_ADDRESS: return buf_printf(out, "\"type\":\"string\",\"format\":\"ipv4\"");
	case PROPERTY_CLOCKS:
		return print_limits(p, "Items",
			"\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":"
			"\"^([01]?[0-9]|2[0-3]):[0-5][0-9]$\"}",
			out);
	case PROPERTY_PAYLOAD: return buf_printf(out, "\"type\":\"string\"");
	}
	return false;
}

static bool print_property(const struct command_property *p, struct buf *out)
{
	return buf_printf(out, "\"%s\":{", p->name) && print_kind(p, out) &&
	       buf_printf(out, ",\"title\":") && json_string(out, str_of(p->title)) &&
	       (!p->initial ||
		       (buf_printf(out, ",\"default\":") && print_value(p, p->initial, out))) &&
	       buf_add_char(out, '}');
}

static bool print_names(const struct command_type *type, bool only_required, struct buf *out)
{
	bool done = buf_add_char(out, '['), first = true;
	for (size_t i = 0; done && i < type->property_count; i++) {
		if (only_required && type->properties[i].initial)
			continue;
		done = buf_printf(out, "%s\"%s\"", first ? "" : ",", type->properties[i].name);
		first = false;
	}
	return done && buf_add_char(out, ']');
}

static bool print_schema(const struct command_type *type, struct buf *out)
{
	static const char *const dangers[] = {[RISK_NONE] = "",
		[RISK_REACH] = ",\"x-dangerous\":\"reach\"",
		[RISK_FUEL] = ",\"x-dangerous\":\"fuel\""};
	bool done = buf_printf(out, "{\"type\":\"object\",\"title\":") &&
		    json_string(out, str_of(type->title)) && buf_printf(out, ",\"description\":") &&
		    json_string(out, str_of(type->text)) &&
		    buf_printf(out, ",\"additionalProperties\":false,\"required\":") &&
		    print_names(type, true, out) && buf_printf(out, ",\"properties\":{");
	for (size_t i = 0; done && i < type->property_count; i++)
		done = (!i || buf_add_char(out, ',')) && print_property(&type->properties[i], out);
	return done && buf_printf(out, "},\"x-view-order\":") && print_names(type, false, out) &&
	       buf_printf(out, "%s}", dangers[type->risk]);
}

/* ---- the array ---- */

/* What a page may group commands by. */
static const char *tag_of(const struct command_type *type)
{
	static const char *const tags[][2] = {{"arm", "guard"}, {"check", "state"},
		{"custom", "custom"}, {"disarm", "guard"}, {"engine", "engine"},
		{"factory", "restart"}, {"restart", "restart"}, {"state", "state"}};
	struct str rest = str_of(type->name), first = str_cut(&rest, '.');
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (str_is(first, tags[i][0]))
			return tags[i][1];
	return "setting";
}

static bool print_type(const struct command_type *type, struct str model, struct buf *out)
{
	bool is_custom = strcmp(type->name, "custom") == 0;
	return buf_printf(out,
		       "{\"name\":\"%s\",\"address\":[\"connection\"],\"schema\":", type->name) &&
	       print_schema(type, out) && buf_printf(out, ",\"examples\":[") &&
	       (is_custom ? print_payloads(model, out) : print_example(type, out)) &&
	       buf_printf(out, "],\"tags\":{\"%s\":1}}", tag_of(type));
}

bool command_types_print(struct str model, struct buf *out)
{
	bool done = buf_add_char(out, '['), first = true;
	for (size_t i = 0; done && i < command_type_count; i++) {
		if (!command_type_suits(&command_types[i], model))
			continue;
		done = (first || buf_add_char(out, ',')) &&
		       print_type(&command_types[i], model, out);
		first = false;
	}
	return done && buf_add_char(out, ']');
}
