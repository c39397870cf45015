/* What the tests of the registry share. */
#ifndef TESTS_UNIT_REGISTRY_H
#define TESTS_UNIT_REGISTRY_H

#include "test.h"

#include "core/auto_devices.h"
#include "fake_store.h"

static inline struct device device_named(const char *name, uint64_t ident)
{
	struct device d;
	device_init(&d);
	snprintf(d.name, sizeof d.name, "%s", name);
	d.ident = ident;
	return d;
}

static inline struct registry *open_registry(struct store *s)
{
	struct error e;
	struct registry *r = registry_open(s, &e);
	assert_non_null(r);
	return r;
}

/* The channel that registers unknown idents; it is made when there is none. */
static inline uint32_t auto_channel(struct registry *r)
{
	uint32_t *ids, found = 0;
	size_t count = registry_channel_ids(r, &ids);
	for (size_t i = 0; i < count && !found; i++)
		found = registry_is_auto(r, ids[i]) ? ids[i] : 0;
	free(ids);
	if (!found) {
		struct error e;
		struct channel c;
		channel_init(&c);
		c.auto_devices = true;
		assert_true(registry_put_channel(r, &c, &e));
		found = c.id;
	}
	return found;
}

/* As if messages of these idents came in on that channel. */
static inline void seen_on_auto_channel(struct registry *r, size_t count, const uint64_t *idents)
{
	uint32_t channel = auto_channel(r);
	struct record *records = calloc(count, sizeof *records);
	for (size_t i = 0; i < count; i++) {
		records[i].origin.channel = channel;
		records[i].origin.ident = idents[i];
	}
	struct auto_devices context = {r, NULL};
	auto_devices(&context, records, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(records[i].origin.device, registry_device_of(r, idents[i]));
	free(records);
}

#endif
