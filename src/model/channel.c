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
