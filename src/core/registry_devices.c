/* Changes of devices in lots: read, changed and checked, stored with one fsync, then shown. */
#include "core/registry_inside.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LOT_MAX = 256, SHOW_AT_ONCE = 1000 };

static bool is_taken(uint64_t ident, uint32_t owner, struct error *e)
{
	fail(e, "ident %" PRIu64 " belongs to device %" PRIu32 " already", ident, owner);
	return true;
}

static void tell_watch(const struct registry *r, const struct device *old, const struct device *new)
{
	if (r->watch.device_changed)
		r->watch.device_changed(r->watch.context, old, new);
}

/* ---- changing ---- */

struct lot {
	struct registry *registry;
	const struct device_changes *changes;
	size_t count;
	uint32_t ids[LOT_MAX];
	struct cached *old[LOT_MAX], *new[LOT_MAX]; /* new NULL: they go */
	struct str json[LOT_MAX];
	struct buf text;
	struct device before, after; /* room for one at a time */
};

static void refuse(const struct lot *l, uint32_t id, enum verdict why, const struct error *e)
{
	l->changes->refused(l->changes->context, id, why, e);
}

/* Does somebody else have the ident, or get it in this lot? */
static bool is_ident_taken(const struct lot *l, const struct device *d, struct error *e)
{
	const struct cached *owner = d->ident ? registry_find_ident(l->registry, d->ident) : NULL;
	if (owner)
		return owner->id != d->id && is_taken(d->ident, owner->id, e);
	for (size_t i = 0; d->ident && i < l->count; i++)
		if (l->new[i] && l->new[i]->ident == d->ident)
			return is_taken(d->ident, l->ids[i], e);
	return false;
}

static void lot_add(struct lot *l, uint32_t id)
{
	const struct device_changes *changes = l->changes;
	struct device *d = &l->after;
	struct error e = {""};
	struct cached *old = registry_find(l->registry, id);
	size_t start = l->text.len;
	check(!l->count || id > l->ids[l->count - 1]);
	if (!old) {
		fail(&e, "there is no device %" PRIu32, id);
		refuse(l, id, VERDICT_ABSENT, &e);
		return;
	}
	if (changes->change) {
		cached_copy(old, d);
		bool done = changes->change(changes->context, d, &e);
		d->id = id;
		if (!done || is_ident_taken(l, d, &e)) {
			refuse(l, id, VERDICT_REFUSED, &e);
			return;
		}
		check(resource_save(&device_resource, d, &l->text));
	}
	l->ids[l->count] = id;
	l->old[l->count] = old;
	l->new[l->count] = changes->change ? cached_new(d) : NULL;
	l->json[l->count++] = (struct str){NULL, l->text.len - start};
}

/* Takes all of the lot away; the gaps are closed in one go. */
static void remove_locked(struct lot *l)
{
	struct registry *r = l->registry;
	size_t kept = registry_place(r, l->ids[0]);
	for (size_t i = 0; i < l->count; i++) {
		if (l->old[i]->ident)
			HASH_DELETE(hh, r->by_ident, l->old[i]);
		l->old[i]->id = 0; /* for a moment: it goes */
	}
	for (size_t i = kept; i < r->device_count; i++)
		if (r->devices[i]->id)
			r->devices[kept++] = r->devices[i];
	r->device_count = kept;
	for (size_t i = 0; i < l->count; i++)
		l->old[i]->id = l->ids[i];
}

static void lot_show(struct lot *l)
{
	struct registry *r = l->registry;
	pthread_rwlock_wrlock(&r->lock);
	if (l->changes->change) {
		for (size_t i = 0; i < l->count; i++)
			(void)registry_keep(r, l->new[i]); /* the old one is l->old[i] */
	} else {
		remove_locked(l);
	}
	pthread_rwlock_unlock(&r->lock);
	registry_grow_version(r);
}

static void lot_tell(struct lot *l)
{
	for (size_t i = 0; i < l->count; i++) {
		struct device *new = l->new[i] ? &l->after : NULL;
		cached_copy(l->old[i], &l->before);
		if (new)
			cached_copy(l->new[i], new);
		tell_watch(l->registry, &l->before, new);
		l->changes->changed(l->changes->context, &l->before, new);
		free(l->old[i]);
	}
}

static void lot_end(struct lot *l)
{
	struct error e = {""};
	for (size_t i = 0, at = 0; l->changes->change && i < l->count; at += l->json[i++].len)
		l->json[i].at = l->text.at + at; /* the text moves no more */
	if (l->count && store_change(l->registry->store, device_resource.name, l->ids, l->json,
				l->count, &e)) {
		lot_show(l);
		lot_tell(l);
	} else {
		for (size_t i = 0; i < l->count; i++) {
			free(l->new[i]);
			refuse(l, l->ids[i], VERDICT_FAILED, &e);
		}
	}
	l->count = l->text.len = 0;
}

void registry_change_devices(
	struct registry *r, const uint32_t *ids, size_t count, const struct device_changes *changes)
{
	struct lot *l = xcalloc(1, sizeof *l);
	l->registry = r;
	l->changes = changes;
	buf_init(&l->text, SIZE_MAX / 2);
	for (size_t i = 0; i < count;) {
		change_begin(r, false);
		for (size_t end = i + LOT_MAX; i < count && i < end; i++)
			lot_add(l, ids[i]);
		lot_end(l);
		change_end(r, false);
	}
	buf_clear(&l->text);
	free(l);
}

/* ---- creating ---- */

struct birth {
	size_t tag;
	struct cached *device;
	size_t at, len; /* its stored form */
	size_t twin;    /* the birth that has its ident; SIZE_MAX: none */
};

struct ward {
	struct registry *registry;
	const struct device_births *births;
	struct birth *list;
	size_t count, room;
	struct buf text;
	struct str *json;        /* of those that are stored */
	struct cached *by_ident; /* of those that are stored */
	struct device one;
};

static void collect(struct ward *w)
{
	const struct device_births *births = w->births;
	size_t tag = 0;
	while (births->next(births->context, &w->one, &tag)) {
		if (w->count == w->room) {
			w->room = w->room ? w->room * 2 : 16;
			w->list = xrealloc(w->list, w->room * sizeof *w->list);
		}
		struct birth *b = &w->list[w->count++];
		size_t start = w->text.len;
		w->one.id = 0;
		check(resource_save(&device_resource, &w->one, &w->text));
		*b = (struct birth){tag, cached_new(&w->one), start, w->text.len - start, SIZE_MAX};
	}
	w->json = xmalloc(w->count * sizeof *w->json);
}

static void refuse_birth(struct ward *w, struct birth *b, enum verdict why, const struct error *e)
{
	w->births->refused(w->births->context, b->tag, why, e);
	free(b->device);
	b->device = NULL;
}

/* Sorts out whose ident is taken; twins are told when the first has its id. */
static size_t choose(struct ward *w)
{
	struct registry *r = w->registry;
	size_t chosen = 0;
	struct error e;
	for (size_t i = 0; i < w->count; i++) {
		struct birth *b = &w->list[i];
		struct cached *c = b->device, *owner = registry_find_ident(r, c->ident), *twin;
		HASH_FIND(hh, w->by_ident, &c->ident, sizeof c->ident, twin);
		if (c->ident && owner && is_taken(c->ident, owner->id, &e)) {
			refuse_birth(w, b, VERDICT_REFUSED, &e);
		} else if (c->ident && twin) {
			b->twin = twin->id;
		} else if (r->device_count + chosen >= DEVICES_MAX) {
			fail(&e, "there are %d devices already, the most", (int)DEVICES_MAX);
			refuse_birth(w, b, VERDICT_REFUSED, &e);
		} else {
			c->id = (uint32_t)i; /* until it is stored */
			if (c->ident)
				HASH_ADD(hh, w->by_ident, ident, sizeof c->ident, c);
			w->json[chosen++] = (struct str){w->text.at + b->at, b->len};
		}
	}
	HASH_CLEAR(hh, w->by_ident);
	return chosen;
}

/* Readers get their turn between the slices. */
static void show(struct ward *w, uint32_t first)
{
	struct registry *r = w->registry;
	for (size_t i = 0; i < w->count;) {
		pthread_rwlock_wrlock(&r->lock);
		for (size_t end = i + SHOW_AT_ONCE; i < w->count && i < end; i++) {
			struct birth *b = &w->list[i];
			if (!b->device || b->twin != SIZE_MAX)
				continue;
			b->device->id = first++;
			(void)registry_keep(r, b->device);
		}
		pthread_rwlock_unlock(&r->lock);
	}
	registry_grow_version(r);
}

static void tell_births(struct ward *w)
{
	struct error e;
	for (size_t i = 0; i < w->count; i++) {
		struct birth *b = &w->list[i];
		if (!b->device)
			continue;
		if (b->twin != SIZE_MAX) {
			(void)is_taken(b->device->ident, w->list[b->twin].device->id, &e);
			refuse_birth(w, b, VERDICT_REFUSED, &e);
			continue;
		}
		cached_copy(b->device, &w->one);
		tell_watch(w->registry, NULL, &w->one);
		w->births->born(w->births->context, b->tag, &w->one);
	}
}

static void deliver(struct ward *w)
{
	struct registry *r = w->registry;
	struct error e = {""};
	uint32_t first = 0;
	size_t chosen = choose(w);
	if (chosen && !store_add(r->store, device_resource.name, w->json, chosen, &first, &e)) {
		for (size_t i = 0; i < w->count; i++)
			if (w->list[i].device)
				refuse_birth(w, &w->list[i], VERDICT_FAILED, &e);
		return;
	}
	if (chosen)
		show(w, first);
	tell_births(w);
}

void registry_create_devices(struct registry *r, const struct device_births *births)
{
	struct ward *w = xcalloc(1, sizeof *w);
	w->registry = r;
	w->births = births;
	buf_init(&w->text, SIZE_MAX / 2);
	collect(w);
	change_begin(r, births->is_urgent);
	deliver(w);
	change_end(r, births->is_urgent);
	buf_clear(&w->text);
	free(w->list);
	free(w->json);
	free(w);
}

/* ---- one device, plainly ---- */

struct wish {
	struct device *device;
	struct error *e;
	bool done, told;
};

static bool take_wish(void *context, struct device *d, struct error *e)
{
	(void)e;
	*d = *((const struct wish *)context)->device;
	return true;
}

static void wish_changed(void *context, const struct device *old, const struct device *new)
{
	(void)old;
	(void)new;
	((struct wish *)context)->done = true;
}

static void wish_refused(void *context, uint32_t id, enum verdict why, const struct error *e)
{
	(void)id;
	struct wish *w = context;
	w->done = !w->device && why == VERDICT_ABSENT;
	if (w->e)
		*w->e = *e;
}

static bool next_wish(void *context, struct device *out, size_t *tag)
{
	(void)tag;
	struct wish *w = context;
	if (w->told)
		return false;
	*out = *w->device;
	return w->told = true;
}

static void wish_born(void *context, size_t tag, const struct device *d)
{
	(void)tag;
	struct wish *w = context;
	w->device->id = d->id;
	w->done = true;
}

static void wish_unborn(void *context, size_t tag, enum verdict why, const struct error *e)
{
	wish_refused(context, (uint32_t)tag, why, e);
}

bool registry_put_device(struct registry *r, struct device *d, struct error *e)
{
	struct wish wish = {d, e, false, false};
	const struct device_births births = {&wish, next_wish, wish_born, wish_unborn, false};
	const struct device_changes changes = {&wish, take_wish, wish_changed, wish_refused};
	if (d->id)
		registry_change_devices(r, &d->id, 1, &changes);
	else
		registry_create_devices(r, &births);
	return wish.done;
}

bool registry_delete_device(struct registry *r, uint32_t id, struct error *e)
{
	struct wish wish = {NULL, e, false, false};
	const struct device_changes changes = {&wish, NULL, wish_changed, wish_refused};
	registry_change_devices(r, &id, 1, &changes);
	return wish.done;
}
