#include "model/channel.h"

#include "base/json.h"
#include "model/checks.h"

void channel_init(struct channel *c)
{
	*c = (struct channel){
		.name = "cantrack",
		.enabled = true,
		.messages_ttl = 86400,
		.address = "0.0.0.0",
		.port = 0,
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

static bool print_messages_size(const void *object, struct buf *out)
{
	const struct channel *c = object;
	return json_decimal(
		out, c->live ? (int64_t)c->live->messages_size(c->live_context, c) : 0, 0);
}

/* clang-format off */
#define ROW(member, path, kind, use, min, max, text) FIELD(struct channel, member, path, kind, use, min, max, text)
#define LIST(member, check, text) FIELD_CHECKED(struct channel, member, "configuration." #member, FIELD_LIST, FIELD_SETTING, 0, sizeof((struct channel *)NULL)->member - 1, check, text)
#define SETTING(member, kind, min, max, text) ROW(member, "configuration." #member, kind, FIELD_SETTING, min, max, text)
static const struct field fields[] = {
	ROW(id, "id", FIELD_NUMBER, FIELD_SHOWN, 1, UINT32_MAX, "Number of the channel"),
	FIELD_OF_LITERAL("cid", FIELD_SHOWN, "1", "Account"),
	ROW(name, "name", FIELD_TEXT, FIELD_SETTING, 0, NAME_MAX_BYTES, "Name for people"),
	ROW(enabled, "enabled", FIELD_BOOLEAN, FIELD_SETTING, 0, 1, "Does it listen"),
	FIELD_OF_LITERAL("protocol_id", FIELD_SHOWN | FIELD_INPUT, "441", "Number of the protocol"),
	FIELD_OF_LITERAL("protocol_name", FIELD_INPUT, "\"cantrack\"", "Name of the protocol"),
	ROW(messages_ttl, "messages_ttl", FIELD_NUMBER, FIELD_SETTING, 0, 2592000, "Seconds that messages are kept; 0: none"),
	FIELD_CHECKED(struct channel, address, "configuration.address", FIELD_TEXT, FIELD_SETTING, 1, 63, check_address, "Numeric address to listen on"),
	SETTING(port, FIELD_NUMBER, 0, 65535, "TCP port; 0: any free one"),
	SETTING(silence_s, FIELD_NUMBER, 0, 1000000, "Seconds of silence after which a connection is closed; 0: never"),
	SETTING(ack_v1, FIELD_BOOLEAN, 0, 1, "Are V1 frames answered"),
	SETTING(extended, FIELD_BOOLEAN, 0, 1, "Are the newer parameter names given too"),
	SETTING(auto_devices, FIELD_BOOLEAN, 0, 1, "Do unknown idents become devices"),
	SETTING(max_connections, FIELD_NUMBER, 0, 10000000, "Most connections at a time; 0: no limit"),
	SETTING(max_per_address, FIELD_NUMBER, 0, 10000000, "Most connections of one address; 0: no limit"),
	SETTING(max_junk_bytes, FIELD_NUMBER, 0, 1000000000, "Bytes that belong to no frame before a connection is closed; 0: no limit"),
	LIST(allowed_idents, check_ident_mask, "Idents and masks that are let in; empty: all"),
	LIST(blocked_idents, check_ident_mask, "Idents and masks that are not let in"),
	LIST(allowed_networks, check_network, "Networks that may connect; empty: all"),
	LIST(blocked_networks, check_network, "Networks that may not connect"),
	ROW(uri, "uri", FIELD_TEXT, FIELD_SHOWN, 0, 79, "Real host:port; empty: not listening"),
	FIELD_OF_LITERAL("secondary_uri", FIELD_SHOWN, "\"\"", "Always empty"),
	FIELD_OF_FUNCTION("messages_size", 0, print_messages_size, "integer", "Bytes on disk of its messages"),
	FIELD_OF_LITERAL("blocked", 0, "0", "Is it blocked; never"),
	ROW(metadata, "metadata", FIELD_OBJECT, FIELD_INPUT | FIELD_STORED, 0, METADATA_MAX_BYTES, "Any JSON object of the owner"),
	FIELD_OF_LITERAL("deleted", 0, "false", "Is it deleted; never: deleted ones are gone"),
};
/* clang-format on */

const struct resource channel_resource = {
	"channel", fields, sizeof fields / sizeof *fields, sizeof(struct channel), init, false};
