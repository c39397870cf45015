/* registry: channels and devices as REST made them, cached for the gate. Reads take a shared lock
 * and copy out, never pointers; changes are durable in the store before they are seen here.
 * A `live` pointer is no part of what is kept. */
#ifndef CORE_REGISTRY_H
#define CORE_REGISTRY_H

#include "model/channel.h"
#include "model/device.h"
#include "store/store.h"

struct registry;

/* Loads all channels and devices of the store, which stays the caller's. NULL with a sentence. */
struct registry *registry_open(struct store *store, struct error *e);
void registry_close(struct registry *r);

/* Grows with every change; a session that cached a device looks again when it differs. */
uint32_t registry_version(const struct registry *r);

/* The device whose configuration.ident is this number; 0: none. */
uint32_t registry_device_of(struct registry *r, uint64_t ident);

/* Copies. False: there is none with this id. */
MUST_USE bool registry_device(struct registry *r, uint32_t id, struct device *out);
MUST_USE bool registry_channel(struct registry *r, uint32_t id, struct channel *out);

/* Does the channel register unknown idents as devices? Cheaper than a copy of it. */
bool registry_is_auto(struct registry *r, uint32_t channel);

/* The ids of all of them, rising; the caller frees *out with free(). Returns the number. */
size_t registry_device_ids(struct registry *r, uint32_t **out);
size_t registry_channel_ids(struct registry *r, uint32_t **out);

/* All channels, sorted by id; the caller frees *out with free(). Returns the number. */
size_t registry_channels(struct registry *r, struct channel **out);

/* ---- changing: durable in the store before it is seen ---- */

enum { CHANNELS_MAX = 1000, DEVICES_MAX = 4000000 };

/* Creates (id 0) or changes one. Fails with a sentence, changing nothing, when another device has
 * the ident, the watch refuses, or the store failed. The id is set on creation. */
MUST_USE bool registry_put_device(struct registry *r, struct device *d, struct error *e);
MUST_USE bool registry_put_channel(struct registry *r, struct channel *c, struct error *e);

/* True also when there is none with this id. */
MUST_USE bool registry_delete_device(struct registry *r, uint32_t id, struct error *e);
MUST_USE bool registry_delete_channel(struct registry *r, uint32_t id, struct error *e);

/* Why something was not done. */
enum verdict {
	VERDICT_ABSENT,  /* there is none with this id */
	VERDICT_REFUSED, /* it cannot be as it is wanted */
	VERDICT_FAILED,  /* the store failed */
};

/* Devices to be created. What the caller calls each is its `tag`. */
struct device_births {
	void *context;
	/* The next one, id 0. False: there is no more. */
	bool (*next)(void *context, struct device *out, size_t *tag);
	/* With the change lock held: be quick. */
	void (*born)(void *context, size_t tag, const struct device *d);
	void (*refused)(void *context, size_t tag, enum verdict why, const struct error *e);
	bool is_urgent; /* messages wait for it: goes before other changes */
};

/* Creates those whose ident is free, also among themselves, with one fsync. */
void registry_create_devices(struct registry *r, const struct device_births *births);

/* Changes of devices, or their end. Each begins with what is stored now, so that of two changes at
 * the same time none is lost. */
struct device_changes {
	void *context;
	/* False with a sentence: this one stays as it was. The id cannot change. NULL: delete. The
	 * change lock is held, as for the two below. */
	bool (*change)(void *context, struct device *d, struct error *e);
	void (*changed)(void *context, const struct device *old, const struct device *new);
	void (*refused)(void *context, uint32_t id, enum verdict why, const struct error *e);
};

/* `ids` rise, each comes once. Some hundred at a time with one fsync, each lot all or nothing;
 * between the lots others come to their turn. `new` is NULL for what was deleted. */
void registry_change_devices(struct registry *r, const uint32_t *ids, size_t count,
	const struct device_changes *changes);

struct channel_changes {
	void *context;
	bool (*change)(void *context, struct channel *c, struct error *e);
	void (*changed)(void *context, const struct channel *old, const struct channel *new);
	void (*refused)(void *context, uint32_t id, enum verdict why, const struct error *e);
};

/* The same for channels, one at a time. */
void registry_change_channels(struct registry *r, const uint32_t *ids, size_t count,
	const struct channel_changes *changes);

/* Creates one; `changed` gets it with `old` NULL, `refused` the id 0. */
void registry_create_channel(
	struct registry *r, const struct channel *c, const struct channel_changes *changes);

/* ---- who wants to know of changes: the gate ---- */

/* All are called with the registry's change lock held, one at a time; they may read the registry. */
struct registry_watch {
	void *context;
	/* Before a channel is stored. `old` NULL: it is new (its id is 0); `new` NULL: it goes.
	 * Binds what must be bound. False with a sentence: nothing changes. */
	bool (*prepare_channel)(void *context, const struct channel *old, const struct channel *new,
		struct error *e);
	/* After it was stored and is seen (channel_id: also of a new one), or, `stored` false, when
	 * storing failed: undo. */
	void (*finish_channel)(void *context, uint32_t channel_id, bool stored);
	/* After a device changed. `old` NULL: new; `new` NULL: deleted. */
	void (*device_changed)(void *context, const struct device *old, const struct device *new);
};

/* One watch, copied; NULL takes it away. */
void registry_set_watch(struct registry *r, const struct registry_watch *watch);

/* Says where a channel really listens ("host:port"; empty: nowhere). Not stored. */
void registry_set_uri(struct registry *r, uint32_t channel, const char *uri);

#endif
