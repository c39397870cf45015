/* address_counts: how many connections each address has, for the limit per address. An IPv6 address
 * counts with its /64: that is what one customer gets. */
#ifndef GATE_ADDRESS_COUNTS_H
#define GATE_ADDRESS_COUNTS_H

#include "base/error.h"
#include "store/record.h"

#include <pthread.h>

struct address_count;

struct address_counts {
	pthread_mutex_t lock;
	struct address_count *table;
};

void address_counts_init(struct address_counts *a);
void address_counts_clear(struct address_counts *a);

/* Counts one connection more, unless the address has `limit` already: then false. */
MUST_USE bool address_enter(struct address_counts *a, const struct peer *peer, int limit);

/* The connection that entered is gone. */
void address_leave(struct address_counts *a, const struct peer *peer);

#endif
