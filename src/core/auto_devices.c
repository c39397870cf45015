#include "core/auto_devices.h"

#include "base/die.h"
#include "base/log.h"

#include <stdlib.h>

/* The channels of neighbouring records are mostly the same: one look-up, not one a record. */
struct wish {
	uint32_t channel;
	bool is_auto;
};

static bool wants(struct registry *r, struct wish *w, const struct record *record)
{
	if (record->origin.device)
		return false;
	if (w->channel != record->origin.channel) {
		struct channel c;
		w->channel = record->origin.channel;
		w->is_auto = registry_channel(r, w->channel, &c) && c.auto_devices;
	}
	return w->is_auto;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* Fills in the devices that exist; the idents of the others go to `unknown`. */
static size_t fill_in(struct registry *r, struct record *records, size_t count, uint64_t *unknown)
{
	struct wish wish = {0};
	size_t left = 0;
	for (size_t i = 0; i < count; i++) {
		if (!wants(r, &wish, &records[i]))
			continue;
		records[i].origin.device = registry_device_of(r, records[i].origin.ident);
		if (!records[i].origin.device)
			unknown[left++] = records[i].origin.ident;
	}
	return left;
}

static bool any_wants(struct registry *r, const struct record *records, size_t count)
{
	struct wish wish = {0};
	for (size_t i = 0; i < count; i++)
		if (wants(r, &wish, &records[i]))
			return true;
	return false;
}

void auto_devices(void *registry, struct record *records, size_t count)
{
	static int64_t complained_us;
	struct registry *r = registry;
	if (!any_wants(r, records, count))
		return;
	uint64_t *idents = xmalloc(count * sizeof *idents);
	size_t left = fill_in(r, records, count, idents);
	if (left) {
		qsort(idents, left, sizeof *idents, by_value);
		size_t kept = 1;
		for (size_t i = 1; i < left; i++)
			if (idents[i] != idents[i - 1])
				idents[kept++] = idents[i];
		struct error e = {""};
		if (registry_auto_devices(r, idents, kept, &e))
			(void)fill_in(r, records, count, idents);
		else if (log_due(&complained_us, 60))
			log_warning("auto_devices", "failed", "idents=%zu reason=%s", kept,
				log_quote(e.text));
	}
	free(idents);
}
