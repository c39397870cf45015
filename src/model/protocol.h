/* protocol: the fixed part of what REST shows: the one protocol and its device types. */
#ifndef MODEL_PROTOCOL_H
#define MODEL_PROTOCOL_H

#include "model/resource.h"

enum { DEVICE_TYPE_GENERIC = 1, DEVICE_TYPE_LAST = 1 };

struct device_type {
	uint32_t id;
	const char *name, *title;
};

/* False: there is none with this id. The texts live for ever. */
MUST_USE bool device_type_get(uint32_t id, struct device_type *out);

extern const struct resource device_type_resource;

/* Prints literals only; its object is any pointer. */
extern const struct resource protocol_resource;

#endif
