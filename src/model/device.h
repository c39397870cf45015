/* device: one tracker, as REST shows it. */
#ifndef MODEL_DEVICE_H
#define MODEL_DEVICE_H

#include "model/channel.h"

struct device;

/* What is known of a device besides what is stored. */
struct device_live {
	bool (*is_connected)(const void *context, const struct device *d);
	int64_t (*last_active_us)(const void *context, const struct device *d); /* 0: never */
	uint64_t (*messages_size)(const void *context, const struct device *d);
	/* The object of latest values, or null. */
	bool (*print_telemetry)(const void *context, const struct device *d, struct buf *out);
	/* The array of commands that wait. */
	bool (*print_queue)(const void *context, const struct device *d, struct buf *out);
};

struct device {
	uint32_t id;
	uint32_t device_type_id;         /* see model/protocol.h */
	uint64_t ident;                  /* configuration.ident as a number; 0: none */
	int64_t messages_ttl;            /* seconds */
	int64_t messages_rotate;         /* bytes; 0: off */
	int64_t media_ttl, media_rotate; /* kept for clients that set them; there are no media */
	bool enabled;
	char polling[8]; /* configuration.settings_polling */
	char phone[32];  /* configuration.phone */
	/* configuration.fuel_cut_max_speed: digits, km/h; "0": no rule, empty: the gateway's */
	char cut_speed[4];
	/* the registry keeps no byte behind the NUL of these two, and nothing behind them */
	char name[NAME_MAX_BYTES + 1];
	char metadata[METADATA_MAX_BYTES + 1]; /* a JSON object; empty: {} */
	/* not stored: the reader's to give; NULL: nothing is known */
	const struct device_live *live;
	const void *live_context;
};

extern const struct resource device_resource;

void device_init(struct device *d);

#endif
