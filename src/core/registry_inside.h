/* What the files of the registry share. Inside core/ only.
 *
 * Two locks: `change` is held from the check of a change to its end, over the store's fsync; `lock`
 * guards the cache and is held for the look-up or the swap alone, so that a slow disk never keeps a
 * reader waiting. Who holds `change` may read the cache without `lock`: nobody else alters it. */
#ifndef CORE_REGISTRY_INSIDE_H
#define CORE_REGISTRY_INSIDE_H

#include "core/registry.h"

#include "base/die.h"

#include <pthread.h>
#include <stdatomic.h>

#define uthash_fatal(message) die("%s", message)
#include <uthash.h>

/* A device without the bytes behind the NULs of its texts: a million of them with names of a dozen
 * bytes take some 200 MB, hash included. */
struct cached {
	uint64_t ident;
	uint32_t id;
	uint32_t bytes, metadata_bytes; /* what is kept of struct device, and of its metadata */
	UT_hash_handle hh;              /* by ident */
	char device[];
};

struct registry {
	struct store *store;
	pthread_mutex_t change;
	pthread_cond_t calm;
	atomic_uint urgent; /* who wants `change` before all others */
	pthread_rwlock_t lock;
	uint32_t version;
	struct cached **devices; /* rising ids */
	size_t device_count, device_room;
	struct cached *by_ident;
	struct channel *channels; /* rising ids */
	size_t channel_count;
	struct registry_watch watch;
};

struct cached *cached_new(const struct device *d);
void cached_copy(const struct cached *c, struct device *out);

/* Where the id is, or would be. */
size_t registry_place(const struct registry *r, uint32_t id);

/* NULL: there is none. */
struct cached *registry_find(const struct registry *r, uint32_t id);
struct cached *registry_find_ident(const struct registry *r, uint64_t ident);
struct channel *registry_find_channel(const struct registry *r, uint32_t id);

/* Puts c, whose ident nobody else has, in the place of the one with the same id, which is returned.
 * Under the write lock. */
struct cached *registry_keep(struct registry *r, struct cached *c);
void registry_keep_channel(struct registry *r, const struct channel *c);

/* `is_urgent`: goes before all who are not. */
void change_begin(struct registry *r, bool is_urgent);
void change_end(struct registry *r, bool is_urgent);

/* Tells that something changed. */
void registry_grow_version(struct registry *r);

#endif
