/* device_types: the models that REST tells of. */
#include "model/protocol.h"

#include "base/json.h"
#include "model/command.h"

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

bool device_type_commands(uint32_t id, struct buf *out)
{
	struct device_type type;
	if (!device_type_get(id, &type))
		return buf_add(out, "[]", 2);
	return command_types_print(str_of(type.name), out);
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
	"[\"never\",\"once\",\"daily\",\"weekly\",\"monthly\"],\"default\":\"once\"},"
	"\"fuel_cut_max_speed\":{\"type\":\"string\",\"title\":\"Fuel cut, greatest speed\","
	"\"description\":\"km/h above which a fuel cut is refused; 0: no rule; absent: the "
	"gateway's\",\"pattern\":\"^[0-9]{0,3}$\"}},"
	"\"x-view-order\":[\"ident\",\"phone\",\"settings_polling\",\"fuel_cut_max_speed\"]}";

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
