/* Open addressing with linear probing. A table may have any size: the home of an entry is its hash
 * scaled to the size, so a table grows by half and not by two, and a removal moves the followers
 * back instead of leaving a tombstone. Idents come from strangers, hence the secret seed. */
#include "gate/ident_map.h"

#include "base/die.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum { SHARDS = 64, SMALLEST = 16 };

struct entry {
	uint64_t ident; /* 0: free */
	uint32_t channel, slot, generation;
	uint16_t worker;
};

struct shard {
	pthread_mutex_t lock;
	struct entry *entries;
	uint32_t count, size;
} __attribute__((aligned(64)));

struct ident_map {
	uint64_t seed;
	struct shard shards[SHARDS];
};

/* Without the channel: an ident's entries of all channels lie in one run. */
static uint64_t hash(const struct ident_map *m, uint64_t ident)
{
	uint64_t h = ident ^ m->seed;
	for (int round = 0; round < 2; round++) {
		h ^= h >> 32;
		h *= UINT64_C(0xd6e8feb86659fd93);
	}
	return h ^ h >> 32;
}

static struct shard *lock_shard(struct ident_map *m, uint64_t h)
{
	struct shard *shard = &m->shards[h % SHARDS];
	pthread_mutex_lock(&shard->lock);
	return shard;
}

static uint32_t home(const struct shard *shard, uint64_t h)
{
	return (uint32_t)((h >> 32) * shard->size >> 32);
}

static uint32_t after(const struct shard *shard, uint32_t i)
{
	return i + 1 == shard->size ? 0 : i + 1;
}

/* The entry of the ident, or the free one where it would go. The table is never full. */
static struct entry *look(struct shard *shard, uint64_t h, uint32_t channel, uint64_t ident)
{
	uint32_t i = home(shard, h);
	struct entry *entry = &shard->entries[i];
	while (entry->ident && (entry->ident != ident || entry->channel != channel)) {
		i = after(shard, i);
		entry = &shard->entries[i];
	}
	return entry;
}

static void grow(struct ident_map *m, struct shard *shard)
{
	struct shard old = *shard;
	shard->size = old.size ? old.size + old.size / 2 : SMALLEST;
	shard->entries = xcalloc(shard->size, sizeof *shard->entries);
	for (uint32_t i = 0; i < old.size; i++) {
		const struct entry *entry = &old.entries[i];
		if (!entry->ident)
			continue;
		uint64_t h = hash(m, entry->ident);
		*look(shard, h, entry->channel, entry->ident) = *entry;
	}
	free(old.entries);
}

struct ident_map *ident_map_new(void)
{
	struct ident_map *m = aligned_alloc(64, sizeof *m);
	if (!m)
		die("out of memory: %zu bytes", sizeof *m);
	*m = (struct ident_map){0};
	if (getrandom(&m->seed, sizeof m->seed, 0) != (ssize_t)sizeof m->seed)
		die("the system gives no random bytes");
	for (int i = 0; i < SHARDS; i++)
		pthread_mutex_init(&m->shards[i].lock, NULL);
	return m;
}

void ident_map_free(struct ident_map *m)
{
	for (int i = 0; i < SHARDS; i++) {
		free(m->shards[i].entries);
		pthread_mutex_destroy(&m->shards[i].lock);
	}
	free(m);
}

bool ident_map_put(struct ident_map *m, uint32_t channel, uint64_t ident, struct place place,
	struct place *old)
{
	uint64_t h = hash(m, ident);
	struct shard *shard = lock_shard(m, h);
	if ((uint64_t)(shard->count + 1) * 8 > (uint64_t)shard->size * 7)
		grow(m, shard);
	struct entry *entry = look(shard, h, channel, ident);
	bool had = entry->ident != 0;
	if (had)
		*old = (struct place){entry->worker, entry->slot, entry->generation};
	else
		shard->count++;
	*entry = (struct entry){ident, channel, place.slot, place.generation, place.worker};
	pthread_mutex_unlock(&shard->lock);
	return had;
}

static bool is_at(const struct entry *entry, struct place place)
{
	return entry->worker == place.worker && entry->slot == place.slot &&
	       entry->generation == place.generation;
}

/* Frees an entry and moves back those behind it that would no longer be found. */
static void take_out(struct ident_map *m, struct shard *shard, uint32_t hole)
{
	uint32_t i = hole;
	for (;;) {
		i = after(shard, i);
		const struct entry *entry = &shard->entries[i];
		if (!entry->ident)
			break;
		uint32_t h = home(shard, hash(m, entry->ident));
		/* from its home to here, round the end of the table or not: is the hole between? */
		bool passes = h <= i ? h <= hole && hole < i : h <= hole || hole < i;
		if (!passes)
			continue;
		shard->entries[hole] = *entry;
		hole = i;
	}
	shard->entries[hole].ident = 0;
	shard->count--;
}

void ident_map_remove(struct ident_map *m, uint32_t channel, uint64_t ident, struct place place)
{
	uint64_t h = hash(m, ident);
	struct shard *shard = lock_shard(m, h);
	if (shard->size) {
		struct entry *entry = look(shard, h, channel, ident);
		if (entry->ident && is_at(entry, place))
			take_out(m, shard, (uint32_t)(entry - shard->entries));
	}
	pthread_mutex_unlock(&shard->lock);
}

bool ident_map_find(struct ident_map *m, uint32_t channel, uint64_t ident, struct place *out)
{
	uint64_t h = hash(m, ident);
	struct shard *shard = lock_shard(m, h);
	bool found = false;
	if (shard->size) {
		const struct entry *entry = look(shard, h, channel, ident);
		found = entry->ident != 0;
		if (found)
			*out = (struct place){entry->worker, entry->slot, entry->generation};
	}
	pthread_mutex_unlock(&shard->lock);
	return found;
}

size_t ident_map_find_all(struct ident_map *m, uint64_t ident, struct place *out, size_t room)
{
	uint64_t h = hash(m, ident);
	struct shard *shard = lock_shard(m, h);
	size_t count = 0;
	uint32_t i = shard->size ? home(shard, h) : 0;
	for (; shard->size && shard->entries[i].ident && count < room; i = after(shard, i)) {
		const struct entry *entry = &shard->entries[i];
		if (entry->ident == ident)
			out[count++] =
				(struct place){entry->worker, entry->slot, entry->generation};
	}
	pthread_mutex_unlock(&shard->lock);
	return count;
}

size_t ident_map_count(struct ident_map *m)
{
	size_t count = 0;
	for (int i = 0; i < SHARDS; i++) {
		pthread_mutex_lock(&m->shards[i].lock);
		count += m->shards[i].count;
		pthread_mutex_unlock(&m->shards[i].lock);
	}
	return count;
}
