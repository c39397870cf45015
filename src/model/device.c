#include "model/device.h"

#include "base/json.h"
#include "model/protocol.h"

void device_init(struct device *d)
{
	*d = (struct device){
		.enabled = true,
		.device_type_id = DEVICE_TYPE_GENERIC,
		.messages_ttl = 31536000,
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

static bool print_last_active(const void *object, struct buf *out)
{
	int64_t us = ((const struct device *)object)->last_active_us;
	return us ? json_decimal(out, us, 6) : buf_add(out, "null", 4);
}

/* clang-format off */
#define ROW(member, path, kind, use, min, max, text) FIELD(struct device, member, path, kind, use, min, max, text)
static const struct field fields[] = {
	ROW(id, "id", FIELD_NUMBER, FIELD_SHOWN, 1, UINT32_MAX, "Number of the device"),
	FIELD_OF_LITERAL("cid", FIELD_SHOWN, "1", "Account"),
	ROW(name, "name", FIELD_TEXT, FIELD_SETTING, 0, NAME_MAX_BYTES, "Name for people"),
	ROW(enabled, "enabled", FIELD_BOOLEAN, FIELD_SETTING, 0, 1, "Is it let in"),
	ROW(device_type_id, "device_type_id", FIELD_NUMBER, FIELD_SETTING, 1, DEVICE_TYPE_LAST, "Number of the device type"),
	FIELD_OF_FUNCTION("device_type_name", 0, print_type_name, "Name of the device type"),
	FIELD_OF_LITERAL("protocol_id", FIELD_SHOWN, "441", "Number of the protocol"),
	FIELD_OF_LITERAL("protocol_name", 0, "\"cantrack\"", "Name of the protocol"),
	ROW(ident, "configuration.ident", FIELD_IDENT, FIELD_SETTING | FIELD_REQUIRED, 1, 16, "Serial number or IMEI, 1..16 digits; leading zeros are dropped"),
	ROW(phone, "configuration.phone", FIELD_TEXT, FIELD_SETTING | FIELD_OPTIONAL, 0, 31, "Number of the SIM card"),
	ROW(messages_ttl, "messages_ttl", FIELD_NUMBER, FIELD_SETTING, 0, 315360000, "Seconds that messages are kept; 0: none"),
	ROW(messages_rotate, "messages_rotate", FIELD_NUMBER, FIELD_SETTING, 0, INT64_C(1) << 50, "Most bytes of messages; 0: no limit"),
	FIELD_OF_LITERAL("media_ttl", FIELD_SHOWN, "0", "Seconds that media are kept"),
	FIELD_OF_LITERAL("media_rotate", FIELD_SHOWN, "0", "Most bytes of media"),
	FIELD_OF_FUNCTION("last_active", 0, print_last_active, "Time of the last message, seconds since 1970; null: none"),
};
/* clang-format on */

const struct resource device_resource = {
	"device", fields, sizeof fields / sizeof *fields, sizeof(struct device), init, false};
