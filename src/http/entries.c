#include "http/entries.h"

#include "base/clock.h"
#include "base/die.h"
#include "http/members.h"
#include "http/range.h"

#include <stdio.h>
#include <stdlib.h>

enum { ENTRY_BYTES_MAX = 2 * JOURNAL_BODY_MAX };

static void init(void *object)
{
	*(struct entries_data *)object = (struct entries_data){0};
}

/* clang-format off */
#define ROW(member, path, kind, min, max, text) FIELD(struct entries_data, member, path, kind, FIELD_INPUT, min, max, text)
static const struct field fields[] = {
	ROW(from_us, "from", FIELD_TIME, 0, RANGE_TIME_MAX_US, "First time, seconds since 1970, inclusive; 0: open"),
	ROW(to_us, "to", FIELD_TIME, 0, RANGE_TIME_MAX_US, "Last time, seconds since 1970, inclusive; 0: open"),
	ROW(count, "count", FIELD_NUMBER, 0, INT64_MAX, "Most entries, of all items together; 0: all"),
	ROW(reverse, "reverse", FIELD_BOOLEAN, 0, 1, "Newest first"),
	ROW(fields, "fields", FIELD_TEXT, 0, 4095, "Names and masks of members, separated by commas"),
	ROW(filter, "filter", FIELD_TEXT, 0, 4095, "Expression that an entry must satisfy"),
	ROW(item_type, "item_type", FIELD_NUMBER, 0, UINT16_MAX, "origin_type of the entries; 0: all"),
};
/* clang-format on */

/* The last row is for the logs of the account alone. */
const struct resource entries_resource = {"data object", fields, sizeof fields / sizeof *fields - 1,
	sizeof(struct entries_data), init, false};
const struct resource account_entries_resource = {"data object", fields,
	sizeof fields / sizeof *fields, sizeof(struct entries_data), init, false};

static bool parse(struct entries *e, const struct request *r, const struct resource *table,
	struct refusal *refusal)
{
	if (!data_parse(r, table, &e->data, refusal))
		return false;
	if (!e->data.filter[0])
		return true;
	e->filter = filter_parse(str_of(e->data.filter), &refusal->why);
	snprintf(refusal->member, sizeof refusal->member, "filter");
	return e->filter != NULL;
}

struct entries *entries_new(const struct request *r, struct answer *a, const struct resource *table)
{
	struct entries *e = xcalloc(1, sizeof *e);
	struct refusal refusal;
	e->context = r->context;
	buf_init(&e->page, ENTRIES_PAGE_BYTES + ENTRY_BYTES_MAX);
	if (!parse(e, r, table, &refusal)) {
		answer_member_error(a, refusal.member, "%s", refusal.why.text);
		entries_free(e);
		return NULL;
	}
	const struct entries_data *d = &e->data;
	e->left = d->count ? (uint64_t)d->count : UINT64_MAX;
	e->query = (struct journal_query){
		.from_us = d->from_us ? d->from_us : INT64_MIN,
		/* an open end, too, is one: a reader must not follow what keeps coming for ever */
		.to_us = d->to_us ? d->to_us : clock_now_us() + JOURNAL_AHEAD_US,
		.reverse = d->reverse,
	};
	return e;
}

struct entries *entries_of(const struct request *r, struct answer *a, const struct collection *c,
	struct chosen *chosen)
{
	struct entries *e = entries_new(r, a, &entries_resource);
	if (!e || choose(r, a, c, r->segment[0], chosen))
		return e;
	entries_free(e);
	return NULL;
}

void entries_free(struct entries *e)
{
	filter_free(e->filter);
	buf_clear(&e->page);
	free(e->keys);
	free(e->channels);
	free(e->asked);
	free(e);
}

/* ---- pages ---- */

bool entries_take(struct entries *e, uint64_t no)
{
	size_t begin = e->count ? e->ends[e->count - 1] : 0;
	e->query.after_no = no;
	e->read_count++;
	if (e->page.len > begin)
		e->ends[e->count++] = e->page.len;
	return e->page.len < ENTRIES_PAGE_BYTES;
}

static bool fetch(struct entries *e, struct error *why)
{
	bool is_cut = e->left < ENTRIES_PAGE && !e->filter && !e->data.fields[0];
	e->query.count = is_cut ? e->left : ENTRIES_PAGE;
	e->page.len = e->count = e->next = e->read_count = 0;
	if (!e->read(e, &e->query, why))
		return false;
	e->is_last = e->read_count < e->query.count && e->page.len < ENTRIES_PAGE_BYTES;
	return true;
}

/* Appends the object when it is wanted. False: the buffer is full. */
static bool print(const struct entries *e, struct str object, struct buf *out)
{
	size_t start = out->len;
	if (e->filter && !filter_json(e->filter, object))
		return true;
	if (!e->data.fields[0])
		return buf_add_str(out, object);
	if (!members_select(object, str_of(e->data.fields), out))
		return false;
	if (out->len - start == 2) /* {}: none of the fields */
		out->len = start;
	return true;
}

static enum item next_entry(void *producer, struct buf *out, struct error *why)
{
	struct entries *e = producer;
	size_t start = out->len;
	if (!e->left)
		return ITEM_END;
	if (e->next == e->count) {
		if (e->is_last)
			return ITEM_END;
		if (!fetch(e, why))
			return ITEM_FAILED;
	}
	while (e->next < e->count) {
		size_t begin = e->next ? e->ends[e->next - 1] : 0;
		struct str object = {e->page.at + begin, e->ends[e->next++] - begin};
		if (!print(e, object, out)) {
			fail(why, "an entry exceeds the answer");
			return ITEM_FAILED;
		}
		if (out->len == start)
			continue;
		e->left--;
		return ITEM_PUT;
	}
	return e->is_last ? ITEM_END : ITEM_NONE;
}

/* ---- the answer ---- */

static void release(void *producer)
{
	entries_free(producer);
}

void entries_answer(struct entries *e, struct answer *a)
{
	a->producer = e;
	a->release = release;
	if (!e->key_count)
		return;
	e->query.keys = e->keys;
	e->query.key_count = e->key_count;
	a->next = next_entry;
}
