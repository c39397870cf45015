#include "model/protocol.h"

#include "base/json.h"
#include "cantrack/message.h"

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

/* ---- parameters ---- */

static const struct param_info *param_of(const void *object)
{
	return &params[((const struct message_parameter *)object)->id - 1];
}

static bool print_parameter_name(const void *object, struct buf *out)
{
	return json_string(out, param_of(object)->name);
}

static bool print_parameter_type(const void *object, struct buf *out)
{
	return json_string(out, str_of(json_type(param_of(object)->kind)));
}

static bool print_parameter_unit(const void *object, struct buf *out)
{
	return json_string(out, str_of(param_of(object)->unit));
}

static bool print_parameter_info(const void *object, struct buf *out)
{
	return json_string(out, str_of(param_of(object)->text));
}

enum { ROW_ID, ROW_NAME, ROW_TYPE, ROW_UNIT, ROW_INFO, ROWS };
static const struct field parameter_fields[ROWS] = {
	[ROW_ID] = FIELD(struct message_parameter, id, "id", FIELD_NUMBER, FIELD_SHOWN, 1,
		PARAM_COUNT, "Number of the parameter"),
	[ROW_NAME] = FIELD_OF_FUNCTION(
		"name", FIELD_SHOWN, print_parameter_name, "string", "Name of the parameter"),
	[ROW_TYPE] = FIELD_OF_FUNCTION(
		"type", FIELD_SHOWN, print_parameter_type, "string", "boolean, number or string"),
	[ROW_UNIT] =
		FIELD_OF_FUNCTION("unit", FIELD_SHOWN, print_parameter_unit, "string", "Its unit"),
	[ROW_INFO] = FIELD_OF_FUNCTION(
		"info", FIELD_SHOWN, print_parameter_info, "string", "What it means"),
};

const struct resource parameter_resource = {
	"message parameter", parameter_fields, ROWS, sizeof(struct message_parameter), NULL, true};

/* ---- protocol ---- */

static bool print_parameters(const void *object, struct buf *out)
{
	(void)object;
	const uint64_t rows = 1 << ROW_NAME | 1 << ROW_TYPE | 1 << ROW_UNIT | 1 << ROW_INFO;
	struct message_parameter p = {1};
	bool done = buf_add_char(out, '[');
	for (; done && p.id <= PARAM_COUNT; p.id++)
		done = (p.id == 1 || buf_add_char(out, ',')) &&
		       resource_print(&parameter_resource, &p, rows, out);
	return done && buf_add_char(out, ']');
}

static const struct field protocol_fields[] = {
	FIELD_OF_LITERAL("id", FIELD_SHOWN, "441", "Number of the protocol"),
	FIELD_OF_LITERAL("name", FIELD_SHOWN, "\"cantrack\"", "Name of the protocol"),
	FIELD_OF_LITERAL("features", 0, "{\"raw_packets\":true,\"shared_connection\":false}",
		"What channels of the protocol can do"),
	FIELD_OF_FUNCTION("message_parameters", 0, print_parameters, "array",
		"Parameters of the messages: name, type, unit, info"),
};

const struct resource protocol_resource = {"protocol", protocol_fields,
	sizeof protocol_fields / sizeof *protocol_fields, 1, NULL, true};
