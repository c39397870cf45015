/* device_types: the models, and the commands that REST tells of them: a table of commands, each with
 * its properties, and a table of examples by model. */
#include "model/protocol.h"

#include "base/json.h"

/* Ids and names are kept by clients: rows are added at the end, never changed. */
static const struct device_type types[DEVICE_TYPE_LAST] = {
	{DEVICE_TYPE_GENERIC, "generic", "Cantrack, any model"},
	{2, "tk100", "Cantrack TK100"},
	{3, "tk100b", "Cantrack TK100B"},
	{4, "g05", "Cantrack G05"},
	{5, "g06l", "Cantrack G06L"},
	{6, "g07", "Cantrack G07"},
	{7, "gf40", "Cantrack GF40"},
	{8, "gf50", "Cantrack GF50"},
	{9, "gf60", "Cantrack GF60"},
	{10, "gf70l", "Cantrack GF70L"},
	{11, "g20ls", "Cantrack G20LS"},
};

bool device_type_get(uint32_t id, struct device_type *out)
{
	if (id < 1 || id > DEVICE_TYPE_LAST)
		return false;
	*out = types[id - 1];
	return true;
}

/* ---- commands ---- */

struct property {
	const char *name, *type, *title;
};

static const struct command {
	const char *name, *title, *text;
	struct property properties[2]; /* all required; the first without a name ends them */
} commands[] = {
	{"custom", "Custom command",
		"Send a command in the tracker's own words: the gateway puts '*', vendor, ident "
		"and '#' around the payload",
		{{"payload", "string", "Payload string"}}},
};

static const struct example {
	const char *command, *models, *text, *properties;
} examples[] = {
	{"custom", "g06l", "Cut fuel to stop the car", "{\"payload\":\"CMD,130305,stop654321\"}"},
	{"custom", "gf40,gf50,gf60,gf70l", "Set working mode 1",
		"{\"payload\":\"MD123456 1 3 8 1\"}"},
	{"custom", "tk100,tk100b,g05", "Set the number of the centre",
		"{\"payload\":\"S2,130305,13812341234\"}"},
};
enum { EXAMPLES = sizeof examples / sizeof *examples };

static bool is_for(const struct example *x, const struct command *c, const char *model)
{
	struct str models = str_of(x->models);
	if (strcmp(x->command, c->name) != 0)
		return false;
	while (models.at)
		if (str_is(str_cut(&models, ','), model))
			return true;
	return false;
}

/* A model that no example names gets them all. */
static bool print_examples(const struct command *c, const char *model, struct buf *out)
{
	bool named = false, done = buf_printf(out, "\"examples\":["), first = true;
	for (size_t i = 0; i < EXAMPLES; i++)
		named = named || is_for(&examples[i], c, model);
	for (size_t i = 0; done && i < EXAMPLES; i++) {
		const struct example *x = &examples[i];
		if (strcmp(x->command, c->name) != 0 || (named && !is_for(x, c, model)))
			continue;
		done = buf_printf(out, "%s{\"description\":", first ? "" : ",") &&
		       json_string(out, str_of(x->text)) &&
		       buf_printf(out, ",\"properties\":%s}", x->properties);
		first = false;
	}
	return done && buf_add_char(out, ']');
}

/* A list of the properties' names, or their descriptions. */
static bool print_properties(const struct command *c, bool is_names, struct buf *out)
{
	bool done = true;
	for (size_t i = 0; done && c->properties[i].name; i++) {
		const struct property *p = &c->properties[i];
		done = buf_printf(out, "%s\"%s\"", i ? "," : "", p->name);
		if (done && !is_names)
			done = buf_printf(
				out, ":{\"type\":\"%s\",\"title\":\"%s\"}", p->type, p->title);
	}
	return done;
}

static bool print_schema(const struct command *c, struct buf *out)
{
	return buf_printf(out, "\"schema\":{\"type\":\"object\",\"title\":") &&
	       json_string(out, str_of(c->title)) && buf_printf(out, ",\"description\":") &&
	       json_string(out, str_of(c->text)) &&
	       buf_printf(out, ",\"additionalProperties\":false,\"required\":[") &&
	       print_properties(c, true, out) && buf_printf(out, "],\"properties\":{") &&
	       print_properties(c, false, out) && buf_printf(out, "},\"x-view-order\":[") &&
	       print_properties(c, true, out) && buf_printf(out, "]}");
}

bool device_type_commands(uint32_t id, struct buf *out)
{
	struct device_type type;
	bool done = buf_add_char(out, '[');
	for (size_t i = 0;
		done && device_type_get(id, &type) && i < sizeof commands / sizeof *commands; i++) {
		const struct command *c = &commands[i];
		done = buf_printf(out, "%s{\"name\":\"%s\",\"address\":[\"connection\"],",
			       i ? "," : "", c->name) &&
		       print_schema(c, out) && buf_add_char(out, ',') &&
		       print_examples(c, type.name, out) &&
		       buf_printf(out, ",\"tags\":{\"%s\":1}}", c->name);
	}
	return done && buf_add_char(out, ']');
}

/* ---- the table ---- */

static bool print_name(const void *object, struct buf *out)
{
	return json_string(out, str_of(((const struct device_type *)object)->name));
}

static bool print_title(const void *object, struct buf *out)
{
	return json_string(out, str_of(((const struct device_type *)object)->title));
}

static bool print_commands(const void *object, struct buf *out)
{
	return device_type_commands(((const struct device_type *)object)->id, out);
}

/* What "configuration" of a device may hold, as JSON schema. */
static const char configuration[] =
	"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"ident\"],"
	"\"properties\":{\"ident\":{\"type\":\"string\",\"title\":\"Ident\",\"description\":"
	"\"Serial number or IMEI without leading zeros\",\"pattern\":\"^[0-9]{1,16}$\"},"
	"\"phone\":{\"type\":\"string\",\"title\":\"Phone number\",\"description\":"
	"\"Number of the SIM card\",\"maxLength\":31},"
	"\"settings_polling\":{\"type\":\"string\",\"title\":\"Settings polling\",\"enum\":"
	"[\"never\",\"once\",\"daily\",\"weekly\",\"monthly\"],\"default\":\"once\"}},"
	"\"x-view-order\":[\"ident\",\"phone\",\"settings_polling\"]}";

static const struct field type_fields[] = {
	FIELD(struct device_type, id, "id", FIELD_NUMBER, FIELD_SHOWN, 1, UINT32_MAX,
		"Number of the device type"),
	FIELD_OF_FUNCTION("name", FIELD_SHOWN, print_name, "string", "Name of the device type"),
	FIELD_OF_FUNCTION("title", FIELD_SHOWN, print_title, "string", "Name for people"),
	FIELD_OF_LITERAL("protocol_id", FIELD_SHOWN, "441", "Number of the protocol"),
	FIELD_OF_LITERAL("protocol_name", 0, "\"cantrack\"", "Name of the protocol"),
	FIELD_OF_FUNCTION(
		"commands", 0, print_commands, "array", "Commands that the model understands"),
	FIELD_OF_LITERAL("settings", 0, "[]", "Settings; cantrack has none"),
	FIELD_OF_LITERAL("configuration", 0, configuration,
		"JSON schema of the configuration of its devices"),
};

const struct resource device_type_resource = {"device type", type_fields,
	sizeof type_fields / sizeof *type_fields, sizeof(struct device_type), NULL, true};
