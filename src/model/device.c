#include "model/device.h"

#include "base/json.h"
#include "model/checks.h"
#include "model/protocol.h"

void device_init(struct device *d)
{
	*d = (struct device){
		.enabled = true,
		.device_type_id = DEVICE_TYPE_GENERIC,
		.messages_ttl = 31536000,
		.polling = "once",
	};
}

static void init(void *object)
{
	device_init(object);
}

static bool print_type_name(const void *object, struct buf *out)
{
	struct device_type type;
	if (!device_type_get(((const struct device *)object)->device_type_id, &type))
		return buf_add(out, "null", 4);
	return json_string(out, str_of(type.name));
}

static bool print_connected(const void *object, struct buf *out)
{
	const struct device *d = object;
	bool is = d->live && d->live->is_connected(d->live_context, d);
	return buf_printf(out, "%s", is ? "true" : "false");
}

static bool print_last_active(const void *object, struct buf *out)
{
	const struct device *d = object;
	int64_t us = d->live ? d->live->last_active_us(d->live_context, d) : 0;
	return us ? json_decimal(out, us, 6) : buf_add(out, "null", 4);
}

static bool print_messages_size(const void *object, struct buf *out)
{
	const struct device *d = object;
	return json_decimal(
		out, d->live ? (int64_t)d->live->messages_size(d->live_context, d) : 0, 0);
}

static bool print_telemetry(const void *object, struct buf *out)
{
	const struct device *d = object;
	return d->live ? d->live->print_telemetry(d->live_context, d, out)
		       : buf_add(out, "null", 4);
}

static bool print_queue(const void *object, struct buf *out)
{
	const struct device *d = object;
	return d->live ? d->live->print_queue(d->live_context, d, out) : buf_add(out, "[]", 2);
}

static bool print_commands(const void *object, struct buf *out)
{
	return device_type_commands(((const struct device *)object)->device_type_id, out);
}

/* clang-format off */
#define ROW(member, path, kind, use, min, max, text) FIELD(struct device, member, path, kind, use, min, max, text)
static const struct field fields[] = {
	ROW(id, "id", FIELD_NUMBER, FIELD_SHOWN, 1, UINT32_MAX, "Number of the device"),
	FIELD_OF_LITERAL("cid", FIELD_SHOWN, "1", "Account"),
	ROW(name, "name", FIELD_TEXT, FIELD_SETTING, 0, NAME_MAX_BYTES, "Name for people"),
	ROW(enabled, "enabled", FIELD_BOOLEAN, FIELD_SETTING, 0, 1, "Is it let in"),
	ROW(device_type_id, "device_type_id", FIELD_NUMBER, FIELD_SETTING, 1, DEVICE_TYPE_LAST, "Number of the device type"),
	FIELD_OF_FUNCTION("device_type_name", 0, print_type_name, "string", "Name of the device type"),
	FIELD_OF_LITERAL("protocol_id", FIELD_SHOWN, "441", "Number of the protocol"),
	FIELD_OF_LITERAL("protocol_name", 0, "\"cantrack\"", "Name of the protocol"),
	ROW(ident, "configuration.ident", FIELD_IDENT, FIELD_SETTING | FIELD_REQUIRED, 1, 16, "Serial number or IMEI, 1..16 digits; leading zeros are dropped"),
	ROW(phone, "configuration.phone", FIELD_TEXT, FIELD_SETTING | FIELD_OPTIONAL, 0, 31, "Number of the SIM card"),
	FIELD_CHECKED(struct device, polling, "configuration.settings_polling", FIELD_TEXT, FIELD_SETTING, 1, 7, check_polling, "How often settings are read: never, once, daily, weekly, monthly; cantrack has none"),
	FIELD_CHECKED(struct device, cut_speed, "configuration.fuel_cut_max_speed", FIELD_TEXT, FIELD_SETTING | FIELD_OPTIONAL, 0, 3, check_cut_speed, "km/h above which a fuel cut is refused; 0: no rule; absent: the gateway's"),
	ROW(messages_ttl, "messages_ttl", FIELD_NUMBER, FIELD_SETTING, 0, 315360000, "Seconds that messages are kept; 0: none"),
	ROW(messages_rotate, "messages_rotate", FIELD_NUMBER, FIELD_SETTING, 0, INT64_C(1) << 50, "Most bytes of messages; 0: no limit"),
	ROW(media_ttl, "media_ttl", FIELD_NUMBER, FIELD_SETTING, 0, 315360000, "Seconds that media would be kept; there are none"),
	ROW(media_rotate, "media_rotate", FIELD_NUMBER, FIELD_SETTING, 0, INT64_C(1) << 50, "Most bytes of media, were there any; 0: no limit"),
	FIELD_OF_FUNCTION("connected", 0, print_connected, "boolean", "Is its tracker connected"),
	FIELD_OF_FUNCTION("last_active", 0, print_last_active, "number null", "Time of the last message, seconds since 1970; null: none"),
	FIELD_OF_FUNCTION("telemetry", 0, print_telemetry, "object null", "Latest value of each parameter; null: none"),
	FIELD_OF_FUNCTION("messages_size", 0, print_messages_size, "integer", "Bytes on disk of its messages"),
	FIELD_OF_LITERAL("blocked", 0, "0", "Is it blocked; never"),
	FIELD_OF_LITERAL("settings", 0, "[]", "Settings; cantrack has none"),
	FIELD_OF_FUNCTION("commands", 0, print_commands, "array", "Commands that its type understands"),
	FIELD_OF_FUNCTION("commands_queue", 0, print_queue, "array null", "Commands that wait, the first 100; null: they are not yours to see"),
	FIELD_OF_LITERAL("groups", 0, "[]", "Groups; there are none"),
	FIELD_OF_LITERAL("plugins", 0, "[]", "Plugins; there are none"),
	FIELD_OF_LITERAL("streams", 0, "[]", "Streams; there are none"),
	FIELD_OF_LITERAL("calcs", 0, "[]", "Analytics; there are none"),
	FIELD_OF_LITERAL("media_size", 0, "0", "Bytes of media; there are none"),
	FIELD_OF_LITERAL("media_traffic", 0, "0", "Bytes of media moved; there are none"),
	FIELD_OF_LITERAL("media_blocked", 0, "0", "Are media blocked; never"),
	ROW(metadata, "metadata", FIELD_OBJECT, FIELD_INPUT | FIELD_STORED, 0, METADATA_MAX_BYTES, "Any JSON object of the owner"),
	FIELD_OF_LITERAL("deleted", 0, "false", "Is it deleted; never: deleted ones are gone"),
};
/* clang-format on */

const struct resource device_resource = {
	"device", fields, sizeof fields / sizeof *fields, sizeof(struct device), init, false};
