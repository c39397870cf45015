#include "http/attempts.h"

#include "base/die.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

enum { SETS = 1024, WAYS = 4 };
#define SECOND INT64_C(1000000)

/* Each try takes a second of the address; over_us is when it will have them all back. */
struct address {
	uint8_t prefix[8];
	uint8_t family;
	int64_t over_us;
};

struct attempts {
	pthread_mutex_t lock;
	unsigned char key[crypto_shorthash_KEYBYTES]; /* nobody else knows who shares a set */
	struct address sets[SETS][WAYS];
};

struct attempts *attempts_new(void)
{
	check(sodium_init() >= 0);
	struct attempts *a = xcalloc(1, sizeof *a);
	pthread_mutex_init(&a->lock, NULL);
	crypto_shorthash_keygen(a->key);
	return a;
}

void attempts_free(struct attempts *a)
{
	if (!a)
		return;
	pthread_mutex_destroy(&a->lock);
	free(a);
}

static bool is_same(const struct address *x, const struct address *y)
{
	return x->family == y->family && memcmp(x->prefix, y->prefix, sizeof x->prefix) == 0;
}

/* The address's place, or the place of the one that tried least. */
static struct address *find(struct attempts *a, const struct address *who)
{
	uint64_t hash;
	unsigned char *out = (unsigned char *)&hash;
	crypto_shorthash(out, who->prefix, sizeof who->prefix, a->key);
	struct address *set = a->sets[hash % SETS], *least = set;
	for (int i = 0; i < WAYS; i++) {
		if (is_same(&set[i], who))
			return &set[i];
		if (set[i].over_us < least->over_us)
			least = &set[i];
	}
	*least = *who;
	return least;
}

bool attempts_take(struct attempts *a, const struct peer *peer, int64_t now_us)
{
	struct address who = {.family = peer->family};
	memcpy(who.prefix, peer->addr, peer->family == 4 ? 4 : 8);
	pthread_mutex_lock(&a->lock);
	struct address *at = find(a, &who);
	int64_t over_us = (at->over_us > now_us ? at->over_us : now_us) + SECOND;
	bool may = over_us - now_us <= ATTEMPTS_AT_ONCE * SECOND;
	if (may)
		at->over_us = over_us;
	pthread_mutex_unlock(&a->lock);
	return may;
}
