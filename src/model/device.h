/* device: one tracker, as REST shows it. */
#ifndef MODEL_DEVICE_H
#define MODEL_DEVICE_H

#include "model/channel.h"

struct device {
	uint32_t id;
	char name[NAME_MAX_BYTES + 1];
	bool enabled;
	uint32_t device_type_id; /* 1: generic Cantrack tracker */
	uint64_t ident;          /* configuration.ident as a number; 0: none */
	char phone[32];          /* configuration.phone */
	int64_t messages_ttl;    /* seconds */
	int64_t messages_rotate; /* bytes; 0: off */
};

void device_init(struct device *d);

#endif
