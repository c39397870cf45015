/* registry: channels and devices as REST made them, cached for the gate. Reads take a shared lock
 * and copy out, never pointers; changes are durable in the store before they are seen here. */
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

/* The ids of all of them, rising; the caller frees *out with free(). Returns the number. */
size_t registry_device_ids(struct registry *r, uint32_t **out);
size_t registry_channel_ids(struct registry *r, uint32_t **out);

/* All channels, sorted by id; the caller frees *out with free(). Returns the number. */
size_t registry_channels(struct registry *r, struct channel **out);

/* Creates (id 0) or changes one. Durable before it returns true. Fails with a sentence, changing
 * nothing, when another device has the ident, or the store failed. The id is set on creation. */
MUST_USE bool registry_put_device(struct registry *r, struct device *d, struct error *e);
MUST_USE bool registry_put_channel(struct registry *r, struct channel *c, struct error *e);

/* Durable before it returns true; true also when there is none with this id. */
MUST_USE bool registry_delete_device(struct registry *r, uint32_t id, struct error *e);

/* Registers those of `count` idents (rising, each once) that have no device as devices named like
 * them: all or nothing, with one fsync. */
MUST_USE bool registry_auto_devices(
	struct registry *r, const uint64_t *idents, size_t count, struct error *e);

/* ---- who wants to know of changes: the gate ---- */

/* All are called with the registry's change lock held, one at a time; they may read the registry. */
struct registry_watch {
	void *context;
	/* Before a channel is stored. `old` NULL: it is new (its id may be 0); `new` NULL: it goes.
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
