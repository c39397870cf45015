#include "store/kept.h"

#include "base/die.h"
#include "store/map.h"

#include <pthread.h>
#include <stdlib.h>

struct entry {
	struct kept_item item;
	uint64_t trimmed;
};

struct change {
	struct kept_item item; /* bytes: to be added */
	uint64_t taken;
};

struct kept {
	pthread_mutex_t lock; /* of everything here */
	struct map places;    /* (id, by) -> place in the array + 1 */
	struct entry *at;
	size_t count, room;
	struct change *changes; /* of the transaction */
	size_t change_count, change_room;
};

struct kept *kept_new(void)
{
	struct kept *k = xcalloc(1, sizeof *k);
	check(pthread_mutex_init(&k->lock, NULL) == 0);
	return k;
}

void kept_free(struct kept *k)
{
	map_clear(&k->places);
	pthread_mutex_destroy(&k->lock);
	free(k->at);
	free(k->changes);
	free(k);
}

static const struct ages nothing = {INT64_MAX, INT64_MAX};

/* The lock is held. */
static struct entry *entry_at(struct kept *k, enum query_by by, uint32_t id)
{
	uint32_t *place = map_at(&k->places, id, by);
	if (!*place) {
		if (k->count == k->room) {
			k->room = k->room ? k->room * 2 : 64;
			k->at = xrealloc(k->at, k->room * sizeof *k->at);
		}
		k->at[k->count++] = (struct entry){.item = {by, id, 0, nothing}};
		*place = (uint32_t)k->count;
	}
	return &k->at[*place - 1];
}

static const struct entry *find(struct kept *k, enum query_by by, uint32_t id)
{
	uint32_t place = map_get(&k->places, id, by);
	return place ? &k->at[place - 1] : NULL;
}

/* ---- changes ---- */

static void change(struct kept *k, struct kept_item item, uint64_t taken)
{
	pthread_mutex_lock(&k->lock);
	if (k->change_count == k->change_room) {
		k->change_room = k->change_room ? k->change_room * 2 : 64;
		k->changes = xrealloc(k->changes, k->change_room * sizeof *k->changes);
	}
	k->changes[k->change_count++] = (struct change){item, taken};
	pthread_mutex_unlock(&k->lock);
}

void kept_add(struct kept *k, enum query_by by, uint32_t id, uint64_t bytes, struct ages ages)
{
	change(k, (struct kept_item){by, id, bytes, ages}, 0);
}

void kept_take(struct kept *k, enum query_by by, uint32_t id, uint64_t bytes)
{
	change(k, (struct kept_item){by, id, 0, nothing}, bytes);
}

void kept_commit(struct kept *k, bool done)
{
	pthread_mutex_lock(&k->lock);
	for (size_t i = 0; done && i < k->change_count; i++) {
		const struct change *c = &k->changes[i];
		struct kept_item *item = &entry_at(k, c->item.by, c->item.id)->item;
		const struct ages *ages = &c->item.least;
		item->bytes += c->item.bytes;
		item->bytes -= c->taken < item->bytes ? c->taken : item->bytes;
		if (ages->newest_us < item->least.newest_us)
			item->least.newest_us = ages->newest_us;
		if (ages->oldest_us < item->least.oldest_us)
			item->least.oldest_us = ages->oldest_us;
	}
	k->change_count = 0;
	pthread_mutex_unlock(&k->lock);
}

void kept_set(struct kept *k, const struct kept_item *item)
{
	pthread_mutex_lock(&k->lock);
	entry_at(k, item->by, item->id)->item = *item;
	pthread_mutex_unlock(&k->lock);
}

bool kept_at(struct kept *k, size_t i, struct kept_item *out)
{
	pthread_mutex_lock(&k->lock);
	bool found = i < k->count;
	if (found)
		*out = k->at[i].item;
	pthread_mutex_unlock(&k->lock);
	return found;
}

uint64_t kept_bytes(struct kept *k, enum query_by by, uint32_t id)
{
	pthread_mutex_lock(&k->lock);
	const struct entry *entry = find(k, by, id);
	uint64_t bytes = entry ? entry->item.bytes : 0;
	pthread_mutex_unlock(&k->lock);
	return bytes;
}

/* ---- trimmed channels ---- */

void kept_trim(struct kept *k, uint32_t channel, uint64_t seq)
{
	pthread_mutex_lock(&k->lock);
	struct entry *entry = entry_at(k, QUERY_CHANNEL, channel);
	if (seq > entry->trimmed)
		entry->trimmed = seq;
	pthread_mutex_unlock(&k->lock);
}

uint64_t kept_trimmed(struct kept *k, uint32_t channel)
{
	pthread_mutex_lock(&k->lock);
	const struct entry *entry = find(k, QUERY_CHANNEL, channel);
	uint64_t seq = entry ? entry->trimmed : 0;
	pthread_mutex_unlock(&k->lock);
	return seq;
}

void kept_limit_trims(struct kept *k, uint64_t seq)
{
	pthread_mutex_lock(&k->lock);
	for (size_t i = 0; i < k->count; i++)
		if (k->at[i].trimmed > seq)
			k->at[i].trimmed = seq;
	pthread_mutex_unlock(&k->lock);
}
