#include "core/registry_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct cached *cached_new(const struct device *d)
{
	size_t bytes = offsetof(struct device, name) + strlen(d->name) + 1,
	       metadata = strlen(d->metadata) + 1;
	struct cached *c = xcalloc(1, sizeof *c + bytes + metadata);
	c->ident = d->ident;
	c->id = d->id;
	c->bytes = (uint32_t)bytes;
	c->metadata_bytes = (uint32_t)metadata;
	memcpy(c->device, d, bytes);
	memcpy(c->device + bytes, d->metadata, metadata);
	return c;
}

void cached_copy(const struct cached *c, struct device *out)
{
	memcpy(out, c->device, c->bytes);
	memcpy(out->metadata, c->device + c->bytes, c->metadata_bytes);
	out->id = c->id;
	out->live = NULL;
	out->live_context = NULL;
}

/* ---- the cache ---- */

size_t registry_place(const struct registry *r, uint32_t id)
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

struct cached *registry_find(const struct registry *r, uint32_t id)
{
	size_t at = registry_place(r, id);
	return at < r->device_count && r->devices[at]->id == id ? r->devices[at] : NULL;
}

struct cached *registry_find_ident(const struct registry *r, uint64_t ident)
{
	struct cached *found = NULL;
	HASH_FIND(hh, r->by_ident, &ident, sizeof ident, found);
	return found;
}

struct cached *registry_keep(struct registry *r, struct cached *c)
{
	size_t at = registry_place(r, c->id);
	struct cached *old = NULL;
	if (at < r->device_count && r->devices[at]->id == c->id) {
		old = r->devices[at];
		if (old->ident)
			HASH_DELETE(hh, r->by_ident, old);
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
	return old;
}

struct channel *registry_find_channel(const struct registry *r, uint32_t id)
{
	for (size_t i = 0; i < r->channel_count; i++)
		if (r->channels[i].id == id)
			return &r->channels[i];
	return NULL;
}

/* Where it listens is told by registry_set_uri alone. */
void registry_keep_channel(struct registry *r, const struct channel *c)
{
	struct channel kept = *c, *old = registry_find_channel(r, c->id);
	snprintf(kept.uri, sizeof kept.uri, "%s", old ? old->uri : "");
	kept.live = NULL;
	kept.live_context = NULL;
	if (old) {
		*old = kept;
		return;
	}
	r->channels = xrealloc(r->channels, (r->channel_count + 1) * sizeof *r->channels);
	size_t at = r->channel_count++;
	for (; at && r->channels[at - 1].id > kept.id; at--)
		r->channels[at] = r->channels[at - 1];
	r->channels[at] = kept;
}

void registry_grow_version(struct registry *r)
{
	__atomic_fetch_add(&r->version, 1, __ATOMIC_RELEASE);
}

/* ---- the change lock ---- */

void change_begin(struct registry *r, bool is_urgent)
{
	if (is_urgent)
		atomic_fetch_add(&r->urgent, 1);
	pthread_mutex_lock(&r->change);
	while (!is_urgent && atomic_load(&r->urgent))
		pthread_cond_wait(&r->calm, &r->change);
}

void change_end(struct registry *r, bool is_urgent)
{
	if (is_urgent && atomic_fetch_sub(&r->urgent, 1) == 1)
		pthread_cond_broadcast(&r->calm);
	pthread_mutex_unlock(&r->change);
}

void registry_set_watch(struct registry *r, const struct registry_watch *watch)
{
	change_begin(r, false);
	r->watch = watch ? *watch : (struct registry_watch){0};
	change_end(r, false);
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
	struct cached *other = d.ident ? registry_find_ident(l->registry, d.ident) : NULL;
	if (other) {
		l->failed = true;
		return fail(l->e, "devices %" PRIu32 " and %" PRIu32 " have the same ident",
			other->id, id);
	}
	(void)registry_keep(l->registry, cached_new(&d));
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
	registry_keep_channel(l->registry, &c);
	return true;
}

struct registry *registry_open(struct store *store, struct error *e)
{
	struct registry *r = xcalloc(1, sizeof *r);
	r->store = store;
	r->version = 1;
	pthread_mutex_init(&r->change, NULL);
	pthread_cond_init(&r->calm, NULL);
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
	pthread_cond_destroy(&r->calm);
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
	struct cached *c = registry_find_ident(r, ident);
	uint32_t id = c ? c->id : 0;
	pthread_rwlock_unlock(&r->lock);
	return id;
}

bool registry_device(struct registry *r, uint32_t id, struct device *out)
{
	pthread_rwlock_rdlock(&r->lock);
	struct cached *c = registry_find(r, id);
	if (c)
		cached_copy(c, out);
	pthread_rwlock_unlock(&r->lock);
	return c != NULL;
}

bool registry_channel(struct registry *r, uint32_t id, struct channel *out)
{
	pthread_rwlock_rdlock(&r->lock);
	struct channel *c = registry_find_channel(r, id);
	if (c)
		*out = *c;
	pthread_rwlock_unlock(&r->lock);
	return c != NULL;
}

bool registry_is_auto(struct registry *r, uint32_t channel)
{
	pthread_rwlock_rdlock(&r->lock);
	const struct channel *c = registry_find_channel(r, channel);
	bool is_auto = c && c->auto_devices;
	pthread_rwlock_unlock(&r->lock);
	return is_auto;
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

void registry_set_uri(struct registry *r, uint32_t channel, const char *uri)
{
	pthread_rwlock_wrlock(&r->lock);
	struct channel *c = registry_find_channel(r, channel);
	if (c)
		snprintf(c->uri, sizeof c->uri, "%s", uri);
	pthread_rwlock_unlock(&r->lock);
}
