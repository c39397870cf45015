/* machine: where others reach the machine that this runs on. */
#ifndef BASE_MACHINE_H
#define BASE_MACHINE_H

#include <stddef.h>

enum { MACHINE_ADDRESSES_MAX = 16, MACHINE_ADDRESS_BYTES = 46 };

struct machine_addresses {
	size_t count;
	char text[MACHINE_ADDRESSES_MAX][MACHINE_ADDRESS_BYTES]; /* numeric, without brackets */
};

/* Of all interfaces that are up, neither loopback nor link-local. IPv4 first, and there the one that
 * packets to the rest of the world leave from. None when they cannot be found out. */
void machine_addresses(struct machine_addresses *out);

#endif
