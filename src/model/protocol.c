#include "model/protocol.h"

#include "base/json.h"
#include "cantrack/message.h"

/* ---- device types ---- */

static const struct device_type types[] = {
	{DEVICE_TYPE_GENERIC, "cantrack", "Cantrack tracker"},
};

bool device_type_get(uint32_t id, struct device_type *out)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].id == id) {
			*out = types[i];
			return true;
		}
	return false;
}

static bool print_name(const void *object, struct buf *out)
{
	return json_string(out, str_of(((const struct device_type *)object)->name));
}

static bool print_title(const void *object, struct buf *out)
{
	return json_string(out, str_of(((const struct device_type *)object)->title));
}

static const struct field type_fields[] = {
	FIELD(struct device_type, id, "id", FIELD_NUMBER, FIELD_SHOWN, 1, UINT32_MAX,
		"Number of the device type"),
	FIELD_OF_FUNCTION("name", FIELD_SHOWN, print_name, "Name of the device type"),
	FIELD_OF_FUNCTION("title", FIELD_SHOWN, print_title, "Name for people"),
	FIELD_OF_LITERAL("protocol_id", FIELD_SHOWN, "441", "Number of the protocol"),
	FIELD_OF_LITERAL("protocol_name", 0, "\"cantrack\"", "Name of the protocol"),
};

const struct resource device_type_resource = {"device type", type_fields,
	sizeof type_fields / sizeof *type_fields, sizeof(struct device_type), NULL, true};

/* ---- protocol ---- */

static const char *json_type(enum param_kind kind)
{
	switch (kind) {
	case KIND_BOOLEAN: return "boolean";
	case KIND_NUMBER: return "number";
	case KIND_TEXT:
	case KIND_IDENT:
	case KIND_MAC: break;
	}
	return "string";
}

static bool print_parameter(const struct param_info *p, struct buf *out)
{
	return buf_printf(out, "{\"name\":\"%.*s\",\"type\":\"%s\",\"unit\":", STR_PRINT(p->name),
		       json_type(p->kind)) &&
	       json_string(out, str_of(p->unit)) && buf_add(out, ",\"info\":", 8) &&
	       json_string(out, str_of(p->text)) && buf_add_char(out, '}');
}

static bool print_parameters(const void *object, struct buf *out)
{
	(void)object;
	bool done = buf_add_char(out, '[');
	for (size_t i = 0; done && i < PARAM_COUNT; i++)
		done = (i == 0 || buf_add_char(out, ',')) && print_parameter(&params[i], out);
	return done && buf_add_char(out, ']');
}

static const struct field protocol_fields[] = {
	FIELD_OF_LITERAL("id", FIELD_SHOWN, "441", "Number of the protocol"),
	FIELD_OF_LITERAL("name", FIELD_SHOWN, "\"cantrack\"", "Name of the protocol"),
	FIELD_OF_LITERAL("features", 0, "{\"raw_packets\":false,\"shared_connection\":false}",
		"What channels of the protocol can do"),
	FIELD_OF_FUNCTION("message_parameters", 0, print_parameters,
		"Parameters of the messages: name, type, unit, info"),
};

const struct resource protocol_resource = {"protocol", protocol_fields,
	sizeof protocol_fields / sizeof *protocol_fields, 1, NULL, true};
