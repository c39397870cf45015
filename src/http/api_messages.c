/* api_messages: reading the stored messages of devices. The answer is made while the client reads it: one page of
 * packed records a source is all that is held. */
#include "http/items.h"

#include "base/die.h"
#include "http/merge.h"
#include "http/range.h"
#include "http/records.h"
#include "http/routes.h"

#include <inttypes.h>
#include <stdlib.h>

/* A reader that finds nothing it wants gives its thread back after so many records. */
enum { PATIENCE_RECORDS = 2000 };

struct reading {
	struct merge *merge;
	bool selects;
	struct selection only;
	uint64_t left;          /* messages that may still be given */
	struct device *devices; /* one a source */
	struct message message;
};

static void reading_release(void *producer)
{
	struct reading *r = producer;
	merge_free(r->merge);
	free(r->devices);
	free(r);
}

static enum item next_message(void *producer, struct buf *out, struct error *e)
{
	struct reading *r = producer;
	const struct record *record;
	size_t source, start = out->len;
	for (int n = 0; n < PATIENCE_RECORDS && r->left; n++) {
		merge_expect(r->merge, r->left);
		if (!merge_next(r->merge, &record, &source, e))
			return ITEM_FAILED;
		if (!record)
			return ITEM_END;
		if (!record_print(record, &r->devices[source], r->selects ? &r->only : NULL,
			    &r->message, out)) {
			fail(e, "message %" PRIu64 " exceeds the answer", record->seq);
			return ITEM_FAILED;
		}
		if (out->len - start > 2) { /* neither damaged nor {} */
			r->left--;
			return ITEM_PUT;
		}
		out->len = start;
	}
	return r->left ? ITEM_NONE : ITEM_END;
}

/* Copies what the messages of each chosen device need to be told. Gone ones are left out. */
static struct device *read_devices(const struct request *r, struct chosen *chosen)
{
	struct device *list = xcalloc(chosen->count, sizeof *list);
	size_t kept = 0;
	for (size_t i = 0; i < chosen->count; i++)
		if (registry_device(r->context->registry, chosen->ids[i], &list[kept]))
			chosen->ids[kept++] = chosen->ids[i];
	chosen->count = kept;
	return list;
}

static void answer_messages(
	const struct request *r, struct answer *a, struct chosen *chosen, const struct range *range)
{
	struct reading *reading = xcalloc(1, sizeof *reading);
	a->producer = reading;
	a->release = reading_release;
	a->next = next_message;
	struct query q = {
		.by = QUERY_DEVICE,
		.from_us = range->from_us ? range->from_us : INT64_MIN,
		.to_us = range->to_us ? range->to_us : INT64_MAX,
		.reverse = range->reverse,
	};
	reading->left = range->count ? (uint64_t)range->count : UINT64_MAX;
	reading->selects = range->fields[0] != '\0';
	if (reading->selects)
		selection_parse(&reading->only, str_of(range->fields));
	reading->devices = read_devices(r, chosen);
	reading->merge = merge_new(r->context->store, &q, chosen->ids, chosen->count);
}

void get_device_messages(const struct request *r, struct answer *a)
{
	struct chosen chosen;
	struct range range;
	struct refusal refusal;
	if (!range_parse(r, &range, &refusal)) {
		answer_member_error(a, refusal.member, "%s", refusal.why.text);
		return;
	}
	if (!choose(r, a, &devices, r->segment[0], &chosen))
		return;
	if (chosen.count <= MERGE_SOURCES_MAX)
		answer_messages(r, a, &chosen, &range);
	else
		answer_error(a, 400,
			"%zu items are selected, messages of at most %d can be read at once",
			chosen.count, (int)MERGE_SOURCES_MAX);
	chosen_clear(&chosen);
}
