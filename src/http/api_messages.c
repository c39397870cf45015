/* api_messages: reading the stored messages of devices, as JSON or as a file (form.h). The answer is
 * made while the client reads it: one page of packed records a source is all that is held. */
#include "base/die.h"
#include "http/form.h"
#include "http/merge.h"
#include "http/routes.h"

#include <stdio.h>
#include <stdlib.h>

/* A reader that finds nothing it wants gives its thread back after so many steps. */
enum { PATIENCE_STEPS = 2000 };

struct listing {
	struct reading *reading;
	const struct form *form;
	void *state; /* the form's */
	struct envelope envelope;
	uint64_t left; /* messages that may still be given */
};

static void listing_release(void *producer)
{
	struct listing *l = producer;
	reading_free(l->reading);
	free(l->state);
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
		if (!l->form->put(l->state, &read, out)) {
			fail(e, "a message of device %u exceeds the answer", read.device->id);
			return ITEM_FAILED;
		}
		if (out->len > start) {
			l->left--;
			return ITEM_PUT;
		}
	}
	return l->left ? ITEM_NONE : ITEM_END;
}

static bool begin_file(void *producer, struct buf *out)
{
	struct listing *l = producer;
	return l->form->begin(l->state, out);
}

static bool end_file(void *producer, struct buf *out)
{
	struct listing *l = producer;
	return l->form->end(l->state, out);
}

/* "device-5.gpx", or "devices.gpx" when there are several. */
static void name_file(struct answer *a, const struct form *form, const struct chosen *chosen)
{
	char id[16] = "s";
	if (chosen->count == 1)
		snprintf(id, sizeof id, "-%u", chosen->ids[0]);
	snprintf(a->disposition, sizeof a->disposition, "attachment; filename=\"device%s.%s\"", id,
		form->suffix);
}

/* Takes the filter over. */
static void answer_messages(const struct request *r, struct answer *a, const struct chosen *chosen,
	const struct range *range, struct filter *filter, const struct form *form)
{
	struct listing *l = xcalloc(1, sizeof *l);
	l->left = range->count ? (uint64_t)range->count : UINT64_MAX;
	l->form = form;
	l->state = form->open(str_of(range->fields));
	l->reading = reading_new(r->context, range, chosen, filter, form->in_turn);
	a->producer = l;
	a->release = listing_release;
	a->next = next_message;
	a->type = form->type;
	if (!form->begin)
		return;
	l->envelope =
		(struct envelope){begin_file, form->separator, end_file, form->idle, form->broken};
	a->envelope = &l->envelope;
	name_file(a, form, chosen);
}

/* False: answered already. */
static bool parse_form(const struct request *r, struct answer *a, const struct form **out)
{
	struct str name = request_query(r, "format");
	*out = name.at ? form_find(name) : &json_form;
	if (!*out)
		answer_member_error(a, "format", "format must be json, csv, geojson or gpx");
	return *out != NULL;
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
	const struct form *form;
	if (!range_parse(r, &range, &refusal)) {
		answer_member_error(a, refusal.member, "%s", refusal.why.text);
		return;
	}
	if (!parse_form(r, a, &form) || !parse_filter(a, &range, &filter))
		return;
	bool chose = choose_devices(r, a, &range, &chosen);
	if (chose && form->suffix && a->errors.len)
		a->status = 403; /* a file has no place to say what it lacks */
	else if (chose)
		answer_messages(r, a, &chosen, &range, filter, form);
	if (!a->next)
		filter_free(filter);
	chosen_clear(&chosen);
}
