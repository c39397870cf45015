/* api_queue: the messages of channels, in the order of arrival: by time, or by key as a queue. The
 * key is the seq, so one sequence of keys runs through all channels. A reader that finds nothing may
 * wait for the first message (waiting.h).
 *
 * Nothing above the log's head at the beginning is given: when several channels are read one after
 * the other, a later message of one must not be given while an earlier one of another, which was
 * read before, has come meanwhile: next_key would step over that. */
#include "base/clock.h"
#include "base/die.h"
#include "http/access.h"
#include "http/ids.h"
#include "http/merge.h"
#include "http/queue.h"
#include "http/range.h"
#include "http/records.h"
#include "http/routes.h"
#include "http/waiting.h"
#include "model/filter.h"

#include <inttypes.h>
#include <stdlib.h>

/* A reader that finds nothing it wants gives its thread back after so many records. */
enum { PATIENCE_RECORDS = 2000 };

/* One pass over the log; a waiter has none. */
struct scan {
	struct merge *merge;
	uint64_t head; /* of the log when it began */
	bool is_last;  /* the time to wait was over then */
	struct message message;
};

struct reading {
	const struct context *context;
	struct chosen chosen;
	struct query query; /* of the next scan */
	bool selects;
	struct selection only;
	struct filter *filter; /* may be NULL */
	uint64_t left, size_left;
	uint64_t last_seq; /* the highest that was read, later 0: none */
	uint64_t next_key;
	bool any;           /* something was given */
	int64_t timeout_us; /* 0: do not wait */
	struct waiter *waiter;
	struct scan *scan;
};

/* ---- reading ---- */

static void scan_begin(struct reading *r)
{
	struct scan *s = r->scan = xmalloc(sizeof *s);
	s->is_last = r->waiter && !waiter_look(r->waiter);
	s->head = store_head(r->context->store);
	s->merge = merge_new(r->context->store, &r->query, r->chosen.ids, r->chosen.count);
	if (!r->any)
		r->next_key = s->head + 1;
}

static void scan_end(struct reading *r)
{
	if (r->scan)
		merge_free(r->scan->merge);
	free(r->scan);
	r->scan = NULL;
}

/* False: the buffer is full. Adds nothing for a message that is not wanted. */
static bool print(struct reading *r, const struct record *record, struct buf *out)
{
	struct message *m = &r->scan->message;
	char peer[PEER_TEXT_MAX];
	size_t start = out->len;
	if (!record_read(record, NULL, peer, m) || (r->filter && !filter_message(r->filter, m)))
		return true;
	if (!message_json(m, r->selects ? &r->only : NULL, out))
		return false;
	if (out->len - start == 2) /* {}: none of the fields */
		out->len = start;
	return true;
}

/* False: that would be too much; the first one never is. */
static bool may_give(struct reading *r, size_t bytes)
{
	bool fits = bytes <= r->size_left;
	if (!fits && r->any) {
		r->left = 0;
		return false;
	}
	r->size_left -= fits ? bytes : r->size_left;
	r->left--;
	r->any = true;
	return true;
}

static enum item scan_next(struct reading *r, struct buf *out, struct error *e)
{
	const struct record *record;
	size_t source, start = out->len;
	for (int n = 0; n < PATIENCE_RECORDS && r->left; n++) {
		merge_expect(r->scan->merge, r->left);
		if (!merge_next(r->scan->merge, &record, &source, e))
			return ITEM_FAILED;
		if (!record || (record->seq > r->scan->head && !r->query.reverse))
			return ITEM_END;
		if (record->seq > r->scan->head)
			continue;
		if (record->seq > r->last_seq)
			r->last_seq = record->seq;
		if (!print(r, record, out)) {
			fail(e, "message %" PRIu64 " exceeds the answer", record->seq);
			return ITEM_FAILED;
		}
		if (out->len == start)
			continue;
		if (!may_give(r, out->len - start))
			return ITEM_END;
		r->next_key = r->last_seq + 1;
		return ITEM_PUT;
	}
	return r->left ? ITEM_NONE : ITEM_END;
}

/* All up to the head was read in vain: what comes later stands behind it. */
static void step_over(struct reading *r)
{
	r->query.after = r->scan->head != 0;
	r->query.after_seq = r->scan->head;
	scan_end(r);
}

static enum item next_message(void *producer, struct buf *out, struct error *e)
{
	struct reading *r = producer;
	for (;;) {
		if (!r->scan)
			scan_begin(r);
		enum item item = scan_next(r, out, e);
		if (item == ITEM_NONE)
			r->timeout_us = 0; /* the answer's head is on its way */
		bool is_last = r->scan->is_last;
		if (item != ITEM_END || r->any || !r->timeout_us || is_last)
			return item;
		step_over(r);
		if (r->waiter)
			return ITEM_WAIT;
		r->waiter = waiter_join(r->context->waiting, r->chosen.ids, r->chosen.count,
			clock_monotonic_us() + r->timeout_us);
	}
}

static bool put_next_key(void *producer, struct buf *out)
{
	const struct reading *r = producer;
	return buf_printf(out, ",\"next_key\":%" PRIu64, r->next_key);
}

static void sleep_until_news(void *producer, void (*wake)(void *context), void *context)
{
	waiter_sleep(((struct reading *)producer)->waiter, wake, context);
}

static void reading_release(void *producer)
{
	struct reading *r = producer;
	if (r->waiter)
		waiter_leave(r->waiter);
	scan_end(r);
	filter_free(r->filter);
	chosen_clear(&r->chosen);
	free(r);
}

/* ---- freeing ---- */

/* Forgets what has a key below; the ids of channels where that failed, or where the token may read
 * but not delete, leave `chosen`. */
static void free_below(
	const struct request *r, struct answer *a, struct chosen *chosen, uint64_t key)
{
	/* what is not there yet must not be lost by a wild key */
	uint64_t end = store_head(r->context->store) + 1;
	size_t done = 0;
	unsigned before = a->status;
	struct request deletes = *r;
	deletes.method = METHOD_DELETE;
	a->status = 0;
	for (size_t i = 0; i < chosen->count; i++) {
		struct error e;
		if (!access_item(&deletes, &channel_resource, chosen->ids[i]))
			answer_denied(a, chosen->ids[i]);
		else if (store_trim_channel(
				 r->context->store, chosen->ids[i], key < end ? key : end, &e))
			chosen->ids[done++] = chosen->ids[i];
		else
			answer_item_error(a, 500, chosen->ids[i], "", "%s", e.text);
	}
	chosen->count = done;
	if (done || !a->status)
		a->status = before;
}

/* ---- handlers ---- */

static struct reading *reading_new(
	const struct request *r, const struct queue_data *data, struct chosen *chosen)
{
	struct reading *reading = xcalloc(1, sizeof *reading);
	uint64_t count = data->count ? (uint64_t)data->count : UINT64_MAX;
	uint64_t limit = data->limit_count ? (uint64_t)data->limit_count : UINT64_MAX;
	reading->context = r->context;
	reading->query = (struct query){
		.by = QUERY_CHANNEL,
		.from_us = data->from_us ? data->from_us : INT64_MIN,
		.to_us = data->to_us ? data->to_us : INT64_MAX,
		.reverse = data->reverse,
		.after = data->curr_key > 0,
		.after_seq = data->curr_key > 0 ? (uint64_t)data->curr_key - 1 : 0,
	};
	reading->left = count < limit ? count : limit;
	reading->size_left = data->limit_size ? (uint64_t)data->limit_size : UINT64_MAX;
	reading->selects = data->fields[0] != '\0';
	if (reading->selects)
		selection_parse(&reading->only, str_of(data->fields));
	if (r->context->waiting)
		reading->timeout_us = data->timeout_s * 1000000;
	reading->chosen = *chosen;
	*chosen = (struct chosen){NULL, 0};
	return reading;
}

static bool parse_filter(struct answer *a, const struct queue_data *data, struct filter **out)
{
	struct error e;
	if (!data->filter[0] || (*out = filter_parse(str_of(data->filter), &e)))
		return true;
	answer_member_error(a, "filter", "%s", e.text);
	return false;
}

/* False: answered already. */
static bool choose_channels(const struct request *r, struct answer *a, struct chosen *chosen)
{
	if (!choose(r, a, &channels, r->segment[0], chosen))
		return false;
	if (chosen->count <= MERGE_SOURCES_MAX)
		return true;
	answer_error(a, 400, "%zu items are selected, messages of at most %d can be read at once",
		chosen->count, (int)MERGE_SOURCES_MAX);
	chosen_clear(chosen);
	return false;
}

void get_channel_messages(const struct request *r, struct answer *a)
{
	struct queue_data data;
	struct refusal refusal;
	struct chosen chosen;
	struct filter *filter = NULL;
	if (!queue_parse(r, &data, &refusal)) {
		answer_member_error(a, refusal.member, "%s", refusal.why.text);
		return;
	}
	if (!parse_filter(a, &data, &filter))
		return;
	if (!choose_channels(r, a, &chosen)) {
		filter_free(filter);
		return;
	}
	if (data.frees)
		free_below(r, a, &chosen, (uint64_t)data.curr_key);
	struct reading *reading = reading_new(r, &data, &chosen);
	reading->filter = filter;
	a->producer = reading;
	a->release = reading_release;
	if (!reading->chosen.count && a->errors.len)
		return; /* nothing could be freed */
	a->next = next_message;
	a->tail = put_next_key;
	a->sleep = sleep_until_news;
}

void delete_channel_messages(const struct request *r, struct answer *a)
{
	struct queue_data data;
	struct refusal refusal;
	struct chosen chosen;
	if (!data_parse(r, &queue_delete_resource, &data, &refusal)) {
		answer_member_error(a, refusal.member, "%s", refusal.why.text);
		return;
	}
	if (!choose_channels(r, a, &chosen))
		return;
	uint64_t all = store_head(r->context->store) + 1;
	free_below(r, a, &chosen, data.delete_key == KEY_NONE ? all : (uint64_t)data.delete_key);
	answer_ids(a, &chosen);
}
