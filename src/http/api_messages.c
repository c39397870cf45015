/* api_messages: reading the stored messages of devices. The answer is made while the client reads it:
 * one page of packed records a source is all that is held. */
#include "base/die.h"
#include "http/merge.h"
#include "http/reading.h"
#include "http/routes.h"

#include <stdlib.h>

/* A reader that finds nothing it wants gives its thread back after so many steps. */
enum { PATIENCE_STEPS = 2000 };

struct listing {
	struct reading *reading;
	bool selects;
	struct selection only;
	uint64_t left; /* messages that may still be given */
};

static void listing_release(void *producer)
{
	struct listing *l = producer;
	reading_free(l->reading);
	free(l);
}

static enum item next_message(void *producer, struct buf *out, struct error *e)
{
	struct listing *l = producer;
	struct read read;
	size_t start = out->len;
	for (int n = 0; n < PATIENCE_STEPS && l->left; n++) {
		enum item item = reading_next(l->reading, l->left, &read, e);
		if (item == ITEM_NONE)
			continue;
		if (item != ITEM_PUT)
			return item;
		if (!message_json(read.message, l->selects ? &l->only : NULL, out)) {
			fail(e, "a message of device %u exceeds the answer", read.device->id);
			return ITEM_FAILED;
		}
		if (out->len - start > 2) { /* not {} */
			l->left--;
			return ITEM_PUT;
		}
		out->len = start;
	}
	return l->left ? ITEM_NONE : ITEM_END;
}

/* Takes the filter over. */
static void answer_messages(const struct request *r, struct answer *a, const struct chosen *chosen,
	const struct range *range, struct filter *filter)
{
	struct listing *l = xcalloc(1, sizeof *l);
	l->left = range->count ? (uint64_t)range->count : UINT64_MAX;
	l->selects = range->fields[0] != '\0';
	if (l->selects)
		selection_parse(&l->only, str_of(range->fields));
	l->reading = reading_new(r->context, range, chosen, filter, false);
	a->producer = l;
	a->release = listing_release;
	a->next = next_message;
}

/* False: answered already. */
static bool parse_filter(struct answer *a, const struct range *range, struct filter **out)
{
	struct error e;
	*out = NULL;
	if (!range->filter[0] || (*out = filter_parse(str_of(range->filter), &e)) != NULL)
		return true;
	answer_member_error(a, "filter", "%s", e.text);
	return false;
}

/* False: answered already. */
static bool choose_devices(
	const struct request *r, struct answer *a, const struct range *range, struct chosen *chosen)
{
	size_t most = range->generalize_s ? GENERALIZE_SOURCES_MAX : MERGE_SOURCES_MAX;
	if (!choose(r, a, &devices, r->segment[0], chosen))
		return false;
	if (chosen->count <= most)
		return true;
	answer_error(a, 400, "%zu devices are selected, messages of at most %zu can be %s at once",
		chosen->count, most, range->generalize_s ? "generalized" : "read");
	chosen_clear(chosen);
	return false;
}

void get_device_messages(const struct request *r, struct answer *a)
{
	struct chosen chosen;
	struct range range;
	struct refusal refusal;
	struct filter *filter;
	if (!range_parse(r, &range, &refusal)) {
		answer_member_error(a, refusal.member, "%s", refusal.why.text);
		return;
	}
	if (!parse_filter(a, &range, &filter))
		return;
	if (choose_devices(r, a, &range, &chosen))
		answer_messages(r, a, &chosen, &range, filter);
	else
		filter_free(filter);
	chosen_clear(&chosen);
}
