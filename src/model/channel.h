/* channel: a TCP entrance for trackers, as REST shows it. */
#ifndef MODEL_CHANNEL_H
#define MODEL_CHANNEL_H

#include "model/resource.h"

enum { NAME_MAX_BYTES = 256, METADATA_MAX_BYTES = 4096 };

struct channel;

/* What is known of a channel besides what is stored. */
struct channel_live {
	uint64_t (*messages_size)(const void *context, const struct channel *c);
};

struct channel {
	uint32_t id;
	char name[NAME_MAX_BYTES + 1];
	bool enabled;
	int64_t messages_ttl; /* seconds that channel messages are kept; 0: none */
	/* configuration */
	char address[64];  /* numeric address to listen on */
	uint16_t port;     /* wanted; 0: any free one */
	int silence_s;     /* close a connection that says nothing for so long */
	bool ack_v1;       /* answer V1 with V4,V1,<time> */
	bool extended;     /* newer parameter names too */
	bool auto_devices; /* register unknown idents as devices */
	int max_connections, max_per_address, max_junk_bytes;
	/* lists, "one,two"; an allowed list that is empty allows all */
	char allowed_idents[4096], blocked_idents[4096];     /* idents, masks with '*' */
	char allowed_networks[2048], blocked_networks[2048]; /* "10.0.0.0/8", "::1" */
	char metadata[METADATA_MAX_BYTES + 1];               /* a JSON object; empty: {} */
	/* not stored: the real address once listening, "host:port" */
	char uri[80];
	/* not stored: the reader's to give; NULL: nothing is known */
	const struct channel_live *live;
	const void *live_context;
};

extern const struct resource channel_resource;

/* The defaults of a new channel. */
void channel_init(struct channel *c);

#endif
