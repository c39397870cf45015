/* protocol: the fixed part of what REST shows: the one protocol, its device types with their
 * commands, and the parameters of messages. */
#ifndef MODEL_PROTOCOL_H
#define MODEL_PROTOCOL_H

#include "cantrack/message.h"
#include "model/resource.h"

enum { DEVICE_TYPE_GENERIC = 1, DEVICE_TYPE_LAST = 11 };

struct device_type {
	uint32_t id;
	const char *name, *title;
};

/* False: there is none with this id. The texts live for ever. */
MUST_USE bool device_type_get(uint32_t id, struct device_type *out);

/* The JSON array of its commands; empty for an id that does not exist. False: the buffer is full. */
MUST_USE bool device_type_commands(uint32_t id, struct buf *out);

extern const struct resource device_type_resource;

/* Prints literals only; its object is any pointer. */
extern const struct resource protocol_resource;

struct message_parameter {
	uint32_t id; /* 1..PARAM_COUNT: the place in params.def */
};
extern const struct resource parameter_resource;

#endif
