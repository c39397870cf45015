/* An entry of the journal is a varint with the code, then the members; the rest of the JSON object
 * follows from the entry's key and time. */
#include "core/events.h"

#include "base/json.h"
#include "base/varint.h"

#include <inttypes.h>

static const char *text_of(uint64_t code)
{
	switch (code) {
#define EVENT(id, number, severity, entity, extra, text)                                           \
	case number:                                                                               \
		return text;
#include "core/events.def"
#undef EVENT
	default: return NULL;
	}
}

static const char *place_of(uint64_t type)
{
	switch (type) {
	case ORIGIN_CHANNEL: return "gw/channels";
	case ORIGIN_DEVICE: return "gw/devices";
	case ORIGIN_STREAM: return "gw/streams";
	case ORIGIN_MQTT: return "mqtt/sessions";
	case ORIGIN_TOKEN: return "platform/tokens";
	default: return "platform/customer";
	}
}

bool event_json(const struct journal_entry *entry, struct buf *out)
{
	struct str members = entry->body;
	uint64_t code, type = entry->key >> 32;
	uint32_t id = (uint32_t)entry->key;
	const char *text = get_varint(&members, &code) ? text_of(code) : NULL;
	return text &&
	       buf_printf(out,
		       "{\"event_code\":%" PRIu64 ",\"event_origin\":\"%s/%" PRIu32
		       "\",\"event_text\":\"%s\",",
		       code, place_of(type), id, text) &&
	       (!members.len || (buf_add_str(out, members) && buf_add_char(out, ','))) &&
	       buf_printf(out,
		       "\"origin_id\":%" PRIu32 ",\"origin_type\":%" PRIu64 ",\"timestamp\":", id,
		       type) &&
	       json_decimal(out, entry->time_us, 6) && buf_add_char(out, '}');
}
