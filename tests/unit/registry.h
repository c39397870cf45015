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

/* As if messages of these idents came in on a channel that registers them. */
static inline void seen_on_auto_channel(struct registry *r, size_t count, const uint64_t *idents)
{
	static uint32_t channel;
	struct error e;
	struct channel c;
	struct record *records = calloc(count, sizeof *records);
	channel_init(&c);
	c.auto_devices = true;
	if (!registry_channel(r, channel, &c) || !c.auto_devices)
		assert_true(registry_put_channel(r, &c, &e));
	channel = c.id;
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
