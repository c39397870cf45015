/* connection_form: a tracker's connection as the API shows it. */
#ifndef CORE_CONNECTION_FORM_H
#define CORE_CONNECTION_FORM_H

#include "core/connections.h"
#include "model/resource.h"

struct connection_form {
	int64_t id, established_us;
	uint64_t ident;
	uint32_t channel, device;
	char source[PEER_TEXT_MAX];
};

extern const struct resource connection_resource; /* its objects are struct connection_form */

/* `device`: what is shown as its device; 0: none. */
void connection_form_make(const struct connection *c, uint32_t device, struct connection_form *out);

#endif
