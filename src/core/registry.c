/* Two locks: `change` is held from the check of a change to its end, over the store's fsync; `lock`
 * guards the cache and is held for the look-up or the swap alone, so that a slow disk never keeps a
 * reader waiting. A cached device is a struct device cut behind its name: a million of them with
 * names of a dozen bytes take some 200 MB, hash included.
 * Longer than 400 lines: the cache and all that changes it keep the rules of the two locks together. */
#include "core/registry.h"

#include "base/die.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define uthash_fatal(message) die("%s", message)
#include <uthash.h>

struct cached {
	uint64_t ident;
	uint32_t id;
	uint32_t bytes;
	UT_hash_handle hh; /* by ident */
	char device[];
};

struct registry {
	struct store *store;
	pthread_mutex_t change;
	pthread_rwlock_t lock;
	uint32_t version;
	struct cached **devices; /* rising ids */
	size_t device_count, device_room;
	struct cached *by_ident;
	struct channel *channels; /* rising ids */
	size_t channel_count;
};

static struct cached *cached_new(const struct device *d)
{
	size_t bytes = offsetof(struct device, name) + strlen(d->name) + 1;
	struct cached *c = xcalloc(1, sizeof *c + bytes);
	c->ident = d->ident;
	c->id = d->id;
	c->bytes = (uint32_t)bytes;
	memcpy(c->device, d, bytes);
	return c;
}

/* ---- the cache; the caller holds the lock ---- */

/* Where the id is, or would be. */
static size_t place_locked(const struct registry *r, uint32_t id)
{
	size_t low = 0, high = r->device_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (r->devices[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct cached *find_locked(const struct registry *r, uint32_t id)
{
	size_t at = place_locked(r, id);
	return at < r->device_count && r->devices[at]->id == id ? r->devices[at] : NULL;
}

static struct cached *find_ident_locked(const struct registry *r, uint64_t ident)
{
	struct cached *found = NULL;
	HASH_FIND(hh, r->by_ident, &ident, sizeof ident, found);
	return found;
}

static void forget_locked(struct registry *r, struct cached *c)
{
	if (c->ident)
		HASH_DELETE(hh, r->by_ident, c);
	free(c);
}

/* Puts c, whose ident nobody else has, in the place of the one with the same id. */
static void keep_locked(struct registry *r, struct cached *c)
{
	size_t at = place_locked(r, c->id);
	if (at < r->device_count && r->devices[at]->id == c->id) {
		forget_locked(r, r->devices[at]);
	} else {
		if (r->device_count == r->device_room) {
			r->device_room = r->device_room ? r->device_room * 2 : 64;
			r->devices = xrealloc(r->devices, r->device_room * sizeof *r->devices);
		}
		memmove(r->devices + at + 1, r->devices + at,
			(r->device_count - at) * sizeof *r->devices);
		r->device_count++;
	}
	r->devices[at] = c;
	if (c->ident)
		HASH_ADD(hh, r->by_ident, ident, sizeof c->ident, c);
}

static struct channel *channel_locked(const struct registry *r, uint32_t id)
{
	for (size_t i = 0; i < r->channel_count; i++)
		if (r->channels[i].id == id)
			return &r->channels[i];
	return NULL;
}

static void keep_channel_locked(struct registry *r, const struct channel *c)
{
	struct channel *old = channel_locked(r, c->id);
	if (old) {
		*old = *c;
		return;
	}
	r->channels = xrealloc(r->channels, (r->channel_count + 1) * sizeof *r->channels);
	size_t at = r->channel_count++;
	for (; at && r->channels[at - 1].id > c->id; at--)
		r->channels[at] = r->channels[at - 1];
	r->channels[at] = *c;
}

static void changed(struct registry *r)
{
	__atomic_fetch_add(&r->version, 1, __ATOMIC_RELEASE);
}

/* ---- opening ---- */

struct loading {
	struct registry *registry;
	struct error *e;
	bool failed;
};

static bool load_device(void *context, uint32_t id, struct str json)
{
	struct loading *l = context;
	struct device d;
	struct error why;
	if (!resource_load(&device_resource, json, &d, &why)) {
		l->failed = true;
		return fail(l->e, "device %" PRIu32 ": %s", id, why.text);
	}
	d.id = id;
	struct cached *other = d.ident ? find_ident_locked(l->registry, d.ident) : NULL;
	if (other) {
		l->failed = true;
		return fail(l->e, "devices %" PRIu32 " and %" PRIu32 " have the same ident",
			other->id, id);
	}
	keep_locked(l->registry, cached_new(&d));
	return true;
}

static bool load_channel(void *context, uint32_t id, struct str json)
{
	struct loading *l = context;
	struct channel c;
	struct error why;
	if (!resource_load(&channel_resource, json, &c, &why)) {
		l->failed = true;
		return fail(l->e, "channel %" PRIu32 ": %s", id, why.text);
	}
	c.id = id;
	keep_channel_locked(l->registry, &c);
	return true;
}

struct registry *registry_open(struct store *store, struct error *e)
{
	struct registry *r = xcalloc(1, sizeof *r);
	r->store = store;
	r->version = 1;
	pthread_mutex_init(&r->change, NULL);
	/* readers come without a pause and would starve a change otherwise */
	pthread_rwlockattr_t attributes;
	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&r->lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
	struct loading l = {r, e, false};
	if (store_each(store, "channel", load_channel, &l, e) && !l.failed &&
		store_each(store, "device", load_device, &l, e) && !l.failed)
		return r;
	registry_close(r);
	return NULL;
}

void registry_close(struct registry *r)
{
	if (!r)
		return;
	HASH_CLEAR(hh, r->by_ident);
	for (size_t i = 0; i < r->device_count; i++)
		free(r->devices[i]);
	free(r->devices);
	free(r->channels);
	pthread_rwlock_destroy(&r->lock);
	pthread_mutex_destroy(&r->change);
	free(r);
}

/* ---- reading ---- */

uint32_t registry_version(const struct registry *r)
{
	return __atomic_load_n(&r->version, __ATOMIC_ACQUIRE);
}

uint32_t registry_device_of(struct registry *r, uint64_t ident)
{
	pthread_rwlock_rdlock(&r->lock);
	struct cached *c = find_ident_locked(r, ident);
	uint32_t id = c ? c->id : 0;
	pthread_rwlock_unlock(&r->lock);
	return id;
}

bool registry_device(struct registry *r, uint32_t id, struct device *out)
{
	pthread_rwlock_rdlock(&r->lock);
	struct cached *c = find_locked(r, id);
	if (c)
		memcpy(out, c->device, c->bytes);
	pthread_rwlock_unlock(&r->lock);
	return c != NULL;
}

bool registry_channel(struct registry *r, uint32_t id, struct channel *out)
{
	pthread_rwlock_rdlock(&r->lock);
	struct channel *c = channel_locked(r, id);
	if (c)
		*out = *c;
	pthread_rwlock_unlock(&r->lock);
	return c != NULL;
}

size_t registry_device_ids(struct registry *r, uint32_t **out)
{
	pthread_rwlock_rdlock(&r->lock);
	size_t count = r->device_count;
	*out = xmalloc(count * sizeof **out);
	for (size_t i = 0; i < count; i++)
		(*out)[i] = r->devices[i]->id;
	pthread_rwlock_unlock(&r->lock);
	return count;
}

size_t registry_channel_ids(struct registry *r, uint32_t **out)
{
	pthread_rwlock_rdlock(&r->lock);
	size_t count = r->channel_count;
	*out = xmalloc(count * sizeof **out);
	for (size_t i = 0; i < count; i++)
		(*out)[i] = r->channels[i].id;
	pthread_rwlock_unlock(&r->lock);
	return count;
}

size_t registry_channels(struct registry *r, struct channel **out)
{
	pthread_rwlock_rdlock(&r->lock);
	size_t count = r->channel_count;
	*out = xmalloc(count * sizeof **out);
	if (count)
		memcpy(*out, r->channels, count * sizeof **out);
	pthread_rwlock_unlock(&r->lock);
	return count;
}

/* ---- changing; `change` is held ---- */

/* Stores an object under *id, or, when that is 0, under a new one, which it sets. */
static bool put(struct registry *r, const struct resource *kind, uint32_t *id, const void *object,
	struct error *e)
{
	struct buf json;
	buf_init(&json, 64 * 1024);
	bool done = resource_save(kind, object, &json) ||
		    fail(e, "the %s is too large to be stored", kind->name);
	struct str text = buf_str(&json);
	if (done)
		done = *id ? store_put(r->store, kind->name, *id, text, e)
			   : store_add(r->store, kind->name, &text, 1, id, e);
	buf_clear(&json);
	return done;
}

static bool put_device_locked(struct registry *r, struct device *d, struct error *e)
{
	uint32_t owner = d->ident ? registry_device_of(r, d->ident) : 0;
	if (owner && owner != d->id)
		return fail(e, "ident %" PRIu64 " belongs to device %" PRIu32 " already", d->ident,
			owner);
	struct device old;
	if (d->id && !registry_device(r, d->id, &old))
		return fail(e, "there is no device %" PRIu32, d->id);
	uint32_t id = d->id;
	if (!put(r, &device_resource, &id, d, e))
		return false;
	d->id = id;
	struct cached *c = cached_new(d);
	pthread_rwlock_wrlock(&r->lock);
	keep_locked(r, c);
	pthread_rwlock_unlock(&r->lock);
	changed(r);
	return true;
}

bool registry_put_device(struct registry *r, struct device *d, struct error *e)
{
	pthread_mutex_lock(&r->change);
	bool done = put_device_locked(r, d, e);
	pthread_mutex_unlock(&r->change);
	return done;
}

bool registry_put_channel(struct registry *r, struct channel *c, struct error *e)
{
	pthread_mutex_lock(&r->change);
	uint32_t id = c->id;
	bool done = put(r, &channel_resource, &id, c, e);
	if (done) {
		c->id = id;
		pthread_rwlock_wrlock(&r->lock);
		keep_channel_locked(r, c);
		pthread_rwlock_unlock(&r->lock);
		changed(r);
	}
	pthread_mutex_unlock(&r->change);
	return done;
}

bool registry_delete_device(struct registry *r, uint32_t id, struct error *e)
{
	pthread_mutex_lock(&r->change);
	bool done = store_delete(r->store, device_resource.name, id, e);
	if (done) {
		pthread_rwlock_wrlock(&r->lock);
		size_t at = place_locked(r, id);
		if (at < r->device_count && r->devices[at]->id == id) {
			forget_locked(r, r->devices[at]);
			r->device_count--;
			memmove(r->devices + at, r->devices + at + 1,
				(r->device_count - at) * sizeof *r->devices);
		}
		pthread_rwlock_unlock(&r->lock);
		changed(r);
	}
	pthread_mutex_unlock(&r->change);
	return done;
}

/* Devices that are being made, with their stored forms one behind the other. */
struct newborn {
	struct cached **devices;
	struct str *json;
	size_t count;
	struct buf text;
};

static bool newborn_add(struct newborn *n, uint64_t ident, struct error *e)
{
	struct device d;
	device_init(&d);
	d.ident = ident;
	snprintf(d.name, sizeof d.name, "%" PRIu64, ident);
	size_t start = n->text.len;
	if (!resource_save(&device_resource, &d, &n->text))
		return fail(e, "too many devices at once");
	n->json[n->count].len = n->text.len - start; /* `at` when the text moves no more */
	n->devices[n->count++] = cached_new(&d);
	return true;
}

static bool newborn_keep(struct registry *r, struct newborn *n, struct error *e)
{
	uint32_t first;
	const char *at = n->text.at;
	for (size_t i = 0; i < n->count; at += n->json[i++].len)
		n->json[i].at = at;
	if (!store_add(r->store, device_resource.name, n->json, n->count, &first, e))
		return false;
	pthread_rwlock_wrlock(&r->lock);
	for (size_t i = 0; i < n->count; i++) {
		struct cached *c = n->devices[i];
		c->id = first + (uint32_t)i;
		memcpy(c->device + offsetof(struct device, id), &c->id, sizeof c->id);
		keep_locked(r, c);
	}
	pthread_rwlock_unlock(&r->lock);
	n->count = 0; /* they are the cache's now */
	changed(r);
	return true;
}

bool registry_auto_devices(
	struct registry *r, const uint64_t *idents, size_t count, struct error *e)
{
	struct newborn n = {.devices = xmalloc(count * sizeof *n.devices),
		.json = xmalloc(count * sizeof *n.json)};
	buf_init(&n.text, SIZE_MAX / 2);
	bool done = true;
	pthread_mutex_lock(&r->change);
	for (size_t i = 0; done && i < count; i++)
		if (!registry_device_of(r, idents[i]))
			done = newborn_add(&n, idents[i], e);
	done = done && (n.count == 0 || newborn_keep(r, &n, e));
	pthread_mutex_unlock(&r->change);
	while (n.count)
		free(n.devices[--n.count]);
	free(n.devices);
	free(n.json);
	buf_clear(&n.text);
	return done;
}

void registry_set_uri(struct registry *r, uint32_t channel, const char *uri)
{
	pthread_rwlock_wrlock(&r->lock);
	struct channel *c = channel_locked(r, channel);
	if (c)
		snprintf(c->uri, sizeof c->uri, "%s", uri);
	pthread_rwlock_unlock(&r->lock);
}
