/* device: one tracker, as REST shows it. */
#ifndef MODEL_DEVICE_H
#define MODEL_DEVICE_H

#include "model/channel.h"

struct device {
	uint32_t id;
	uint32_t device_type_id; /* see model/protocol.h */
	uint64_t ident;          /* configuration.ident as a number; 0: none */
	int64_t messages_ttl;    /* seconds */
	int64_t messages_rotate; /* bytes; 0: off */
	int64_t last_active_us; /* not stored: of the last message, 0: none; the reader's to fill */
	bool enabled;
	char phone[32];                /* configuration.phone */
	char name[NAME_MAX_BYTES + 1]; /* last: the registry keeps no byte behind its NUL */
};

extern const struct resource device_resource;

void device_init(struct device *d);

#endif
