/* Changes of channels, one at a time: the watch prepares (binds), the store keeps, the cache shows,
 * the watch finishes. */
#include "core/registry_inside.h"

#include <inttypes.h>
#include <stdlib.h>

/* Changes under way are one: their structs are too large for the stack of a busy thread. */
struct step {
	struct registry *registry;
	const struct channel_changes *changes;
	struct channel old, new;
	struct error e;
};

static bool prepare(struct step *s, const struct channel *old, const struct channel *new)
{
	const struct registry_watch *w = &s->registry->watch;
	return !w->prepare_channel || w->prepare_channel(w->context, old, new, &s->e);
}

static void finish(struct step *s, uint32_t id, bool stored)
{
	const struct registry_watch *w = &s->registry->watch;
	if (w->finish_channel)
		w->finish_channel(w->context, id, stored);
}

static void refuse(struct step *s, uint32_t id, enum verdict why)
{
	s->changes->refused(s->changes->context, id, why, &s->e);
}

/* Stores s->new under its id, or under a new one, which it sets. */
static bool store_channel(struct step *s)
{
	struct store *store = s->registry->store;
	struct channel *c = &s->new;
	struct buf json;
	uint32_t id = c->id;
	buf_init(&json, 64 * 1024);
	bool done = resource_save(&channel_resource, c, &json) ||
		    fail(&s->e, "the channel is too large to be stored");
	struct str text = buf_str(&json);
	if (done)
		done = id ? store_put(store, channel_resource.name, id, text, &s->e)
			  : store_add(store, channel_resource.name, &text, 1, &id, &s->e);
	buf_clear(&json);
	if (done)
		c->id = id;
	return done;
}

static void keep(struct step *s, bool is_new)
{
	struct registry *r = s->registry;
	if (is_new && r->channel_count >= CHANNELS_MAX) {
		fail(&s->e, "there are %d channels already, the most", (int)CHANNELS_MAX);
		refuse(s, 0, VERDICT_REFUSED);
		return;
	}
	if (!prepare(s, is_new ? NULL : &s->old, &s->new)) {
		refuse(s, s->new.id, VERDICT_REFUSED);
		return;
	}
	if (!store_channel(s)) {
		finish(s, s->new.id, false);
		refuse(s, s->new.id, VERDICT_FAILED);
		return;
	}
	pthread_rwlock_wrlock(&r->lock);
	registry_keep_channel(r, &s->new);
	pthread_rwlock_unlock(&r->lock);
	registry_grow_version(r);
	finish(s, s->new.id, true);
	/* as it is now: finishing told where it listens */
	if (registry_channel(r, s->new.id, &s->new))
		s->changes->changed(s->changes->context, is_new ? NULL : &s->old, &s->new);
}

static void delete (struct step *s, uint32_t id)
{
	struct registry *r = s->registry;
	if (!prepare(s, &s->old, NULL)) {
		refuse(s, id, VERDICT_REFUSED);
		return;
	}
	if (!store_delete(r->store, channel_resource.name, id, &s->e)) {
		finish(s, id, false);
		refuse(s, id, VERDICT_FAILED);
		return;
	}
	pthread_rwlock_wrlock(&r->lock);
	size_t at = (size_t)(registry_find_channel(r, id) - r->channels);
	r->channel_count--;
	memmove(r->channels + at, r->channels + at + 1,
		(r->channel_count - at) * sizeof *r->channels);
	pthread_rwlock_unlock(&r->lock);
	registry_grow_version(r);
	finish(s, id, true);
	s->changes->changed(s->changes->context, &s->old, NULL);
}

static void change(struct step *s, uint32_t id)
{
	if (!registry_channel(s->registry, id, &s->old)) {
		fail(&s->e, "there is no channel %" PRIu32, id);
		refuse(s, id, VERDICT_ABSENT);
		return;
	}
	s->new = s->old;
	if (!s->changes->change) {
		delete (s, id);
	} else if (!s->changes->change(s->changes->context, &s->new, &s->e)) {
		refuse(s, id, VERDICT_REFUSED);
	} else {
		s->new.id = id;
		keep(s, false);
	}
}

static struct step *step_new(struct registry *r, const struct channel_changes *changes)
{
	struct step *s = xcalloc(1, sizeof *s);
	s->registry = r;
	s->changes = changes;
	return s;
}

void registry_change_channels(struct registry *r, const uint32_t *ids, size_t count,
	const struct channel_changes *changes)
{
	struct step *s = step_new(r, changes);
	for (size_t i = 0; i < count; i++) {
		change_begin(r, false);
		change(s, ids[i]);
		change_end(r, false);
	}
	free(s);
}

void registry_create_channel(
	struct registry *r, const struct channel *c, const struct channel_changes *changes)
{
	struct step *s = step_new(r, changes);
	s->new = *c;
	s->new.id = 0;
	change_begin(r, false);
	keep(s, true);
	change_end(r, false);
	free(s);
}

/* ---- one channel, plainly ---- */

struct wish {
	struct channel *channel;
	struct error *e;
	bool done;
};

static bool take_wish(void *context, struct channel *c, struct error *e)
{
	(void)e;
	*c = *((const struct wish *)context)->channel;
	return true;
}

static void wish_done(void *context, const struct channel *old, const struct channel *new)
{
	(void)old;
	struct wish *w = context;
	if (new)
		w->channel->id = new->id;
	w->done = true;
}

static void wish_refused(void *context, uint32_t id, enum verdict why, const struct error *e)
{
	(void)id;
	struct wish *w = context;
	w->done = !w->channel && why == VERDICT_ABSENT;
	if (w->e)
		*w->e = *e;
}

bool registry_put_channel(struct registry *r, struct channel *c, struct error *e)
{
	struct wish wish = {c, e, false};
	const struct channel_changes changes = {&wish, take_wish, wish_done, wish_refused};
	if (c->id)
		registry_change_channels(r, &c->id, 1, &changes);
	else
		registry_create_channel(r, c, &changes);
	return wish.done;
}

bool registry_delete_channel(struct registry *r, uint32_t id, struct error *e)
{
	struct wish wish = {NULL, e, false};
	const struct channel_changes changes = {&wish, NULL, wish_done, wish_refused};
	registry_change_channels(r, &id, 1, &changes);
	return wish.done;
}
