#include "model/channel.h"

void channel_init(struct channel *c)
{
	*c = (struct channel){
		.name = "cantrack",
		.enabled = true,
		.messages_ttl = 86400,
		.address = "0.0.0.0",
		.port = 5013,
		.silence_s = 600,
		.ack_v1 = true,
		.max_connections = 1000000,
		.max_per_address = 0, /* no limit: many trackers share one carrier address */
		.max_junk_bytes = 8192,
	};
}

static void init(void *object)
{
	channel_init(object);
}

/* clang-format off */
#define ROW(member, path, kind, use, min, max, text) FIELD(struct channel, member, path, kind, use, min, max, text)
#define SETTING(member, kind, min, max, text) ROW(member, "configuration." #member, kind, FIELD_SETTING, min, max, text)
static const struct field fields[] = {
	ROW(id, "id", FIELD_NUMBER, FIELD_SHOWN, 1, UINT32_MAX, "Number of the channel"),
	FIELD_OF_LITERAL("cid", FIELD_SHOWN, "1", "Account"),
	ROW(name, "name", FIELD_TEXT, FIELD_SETTING, 0, NAME_MAX_BYTES, "Name for people"),
	ROW(enabled, "enabled", FIELD_BOOLEAN, FIELD_SETTING, 0, 1, "Does it listen"),
	FIELD_OF_LITERAL("protocol_id", FIELD_SHOWN, "441", "Number of the protocol"),
	FIELD_OF_LITERAL("protocol_name", 0, "\"cantrack\"", "Name of the protocol"),
	ROW(messages_ttl, "messages_ttl", FIELD_NUMBER, FIELD_SETTING, 0, 2592000, "Seconds that messages are kept; 0: none"),
	SETTING(address, FIELD_TEXT, 1, 63, "Numeric address to listen on"),
	SETTING(port, FIELD_NUMBER, 0, 65535, "TCP port; 0: any free one"),
	SETTING(silence_s, FIELD_NUMBER, 0, 1000000, "Seconds of silence after which a connection is closed; 0: never"),
	SETTING(ack_v1, FIELD_BOOLEAN, 0, 1, "Are V1 frames answered"),
	SETTING(extended, FIELD_BOOLEAN, 0, 1, "Are the newer parameter names given too"),
	SETTING(auto_devices, FIELD_BOOLEAN, 0, 1, "Do unknown idents become devices"),
	SETTING(max_connections, FIELD_NUMBER, 0, 10000000, "Most connections at a time; 0: no limit"),
	SETTING(max_per_address, FIELD_NUMBER, 0, 10000000, "Most connections of one address; 0: no limit"),
	SETTING(max_junk_bytes, FIELD_NUMBER, 0, 1000000000, "Bytes that belong to no frame before a connection is closed; 0: no limit"),
	ROW(uri, "uri", FIELD_TEXT, FIELD_SHOWN, 0, 79, "Real host:port; empty: not listening"),
	FIELD_OF_LITERAL("secondary_uri", FIELD_SHOWN, "\"\"", "Always empty"),
};
/* clang-format on */

const struct resource channel_resource = {
	"channel", fields, sizeof fields / sizeof *fields, sizeof(struct channel), init, false};
