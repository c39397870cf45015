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

/* Says where a channel listens in truth (channel.uri, not stored); "" when it does not. */
void registry_set_uri(struct registry *r, uint32_t channel, const char *uri);

/* Registers those of `count` idents (rising, each once) that have no device as devices named like
 * them: all or nothing, with one fsync. */
MUST_USE bool registry_auto_devices(
	struct registry *r, const uint64_t *idents, size_t count, struct error *e);

/* Says where a channel really listens ("host:port"; empty: nowhere). Not stored. */
void registry_set_uri(struct registry *r, uint32_t channel, const char *uri);

#endif
