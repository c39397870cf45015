#include "core/auto_devices.h"

#include "base/die.h"
#include "base/log.h"
#include "core/change.h"

#include <inttypes.h>
#include <stdio.h>
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
		w->channel = record->origin.channel;
		w->is_auto = registry_is_auto(r, w->channel);
	}
	return w->is_auto;
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

/* ---- registering ---- */

struct births {
	const uint64_t *idents;
	size_t count, next, left;
	struct events *events;
	struct error why;
};

static bool next_birth(void *context, struct device *out, size_t *tag)
{
	struct births *b = context;
	if (b->next == b->count)
		return false;
	*tag = b->next;
	device_init(out);
	out->ident = b->idents[b->next++];
	snprintf(out->name, sizeof out->name, "%" PRIu64, out->ident);
	return true;
}

static void born(void *context, size_t tag, const struct device *d)
{
	(void)tag;
	const struct change change = {
		.type = ORIGIN_DEVICE,
		.id = d->id,
		.resource = &device_resource,
		.new = d,
		.app = STR("auto"),
	};
	change_post(((const struct births *)context)->events, &change);
}

/* A device that came meanwhile, and an ident given twice, are no failure. */
static void not_born(void *context, size_t tag, enum verdict why, const struct error *e)
{
	(void)tag;
	struct births *b = context;
	if (why == VERDICT_FAILED) {
		b->left++;
		b->why = *e;
	}
}

void auto_devices(void *context, struct record *records, size_t count)
{
	static int64_t complained_us;
	const struct auto_devices *a = context;
	struct registry *r = a->registry;
	if (!any_wants(r, records, count))
		return;
	uint64_t *idents = xmalloc(count * sizeof *idents);
	struct births b = {.idents = idents, .events = a->events};
	b.count = fill_in(r, records, count, idents);
	if (b.count) {
		const struct device_births births = {&b, next_birth, born, not_born, true};
		registry_create_devices(r, &births);
		(void)fill_in(r, records, count, idents);
	}
	if (b.left && log_due(&complained_us, 60))
		log_warning("auto_devices", "failed", "idents=%zu reason=%s", b.left,
			log_quote(b.why.text));
	free(idents);
}
