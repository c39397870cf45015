/* networks: lists of addresses and networks as text: "10.0.0.0/8,192.0.2.7,2001:db8::/32". */
#ifndef MODEL_NETWORKS_H
#define MODEL_NETWORKS_H

#include "base/error.h"
#include "base/str.h"

struct network {
	uint8_t address[16];
	size_t bytes; /* of the address: 4 or 16 */
	unsigned bits;
};

/* "10.0.0.0/8", or an address alone; blanks around its parts are fine. False: it is neither. */
MUST_USE bool network_parse(struct str text, struct network *out);

/* For the row of a field. False with a sentence that names the entry at fault. An empty list is
 * sound. */
MUST_USE bool networks_check(struct str *list, struct error *e);

/* Is the address (4 or 16 bytes in network order) in one of them? Entries that are not sound hold
 * nothing. */
bool networks_hold(struct str list, const uint8_t *address, size_t bytes);

#endif
