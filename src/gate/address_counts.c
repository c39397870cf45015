#include "gate/address_counts.h"

#include "base/die.h"

#include <stdlib.h>

#define uthash_fatal(message) die("out of memory: %s", message)
#include <uthash.h>

struct address_key {
	uint8_t family, network[8];
};

struct address_count {
	struct address_key key;
	int connections;
	UT_hash_handle hh;
};

static struct address_key key_of(const struct peer *peer)
{
	struct address_key key = {peer->family, {0}};
	memcpy(key.network, peer->addr, peer->family == 6 ? 8 : 4);
	return key;
}

void address_counts_init(struct address_counts *a)
{
	pthread_mutex_init(&a->lock, NULL);
	a->table = NULL;
}

void address_counts_clear(struct address_counts *a)
{
	struct address_count *count, *next;
	HASH_ITER(hh, a->table, count, next)
	{
		HASH_DEL(a->table, count);
		free(count);
	}
	pthread_mutex_destroy(&a->lock);
}

bool address_enter(struct address_counts *a, const struct peer *peer, int limit)
{
	struct address_key key = key_of(peer);
	struct address_count *count;
	pthread_mutex_lock(&a->lock);
	HASH_FIND(hh, a->table, &key, sizeof key, count);
	if (!count) {
		count = xcalloc(1, sizeof *count);
		count->key = key;
		HASH_ADD(hh, a->table, key, sizeof key, count);
	}
	bool enters = count->connections < limit;
	count->connections += enters;
	pthread_mutex_unlock(&a->lock);
	return enters;
}

void address_leave(struct address_counts *a, const struct peer *peer)
{
	struct address_key key = key_of(peer);
	struct address_count *count;
	pthread_mutex_lock(&a->lock);
	HASH_FIND(hh, a->table, &key, sizeof key, count);
	if (count && --count->connections == 0) {
		HASH_DEL(a->table, count);
		free(count);
	}
	pthread_mutex_unlock(&a->lock);
}
