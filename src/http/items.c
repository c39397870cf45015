#include "http/items.h"

#include "base/die.h"
#include "base/log.h"
#include "http/access.h"
#include "http/selector.h"

#include <stdlib.h>

/* As the token may see it. */
static bool get(const struct context *context, const struct token *token,
	const struct collection *c, uint32_t id, union object *out)
{
	if (!c->get(context, id, out))
		return false;
	if (c->restrict_to)
		c->restrict_to(token, out);
	return true;
}

/* ---- choosing ---- */

static bool choose_ids(const struct request *r, struct answer *a, const struct collection *c,
	const struct selector *s, struct chosen *out)
{
	union object object;
	out->ids = xmalloc(s->id_count * sizeof *out->ids);
	for (size_t i = 0; i < s->id_count; i++) {
		if (s->ids[i] <= UINT32_MAX && c->get(r->context, (uint32_t)s->ids[i], &object) &&
			access_item(r, c->resource, (uint32_t)s->ids[i]))
			out->ids[out->count++] = (uint32_t)s->ids[i];
		else
			answer_denied(a, s->ids[i]);
	}
	if (out->count)
		a->status = 200; /* what exists is answered, the errors stand beside */
	else
		chosen_clear(out);
	return out->count != 0;
}

static void choose_where(const struct request *r, const struct collection *c,
	const struct selector *s, struct chosen *out)
{
	union object object;
	uint64_t ident;
	if (c->of_ident && selector_is_ident(s, &ident)) {
		out->ids = xmalloc(sizeof *out->ids);
		out->ids[0] = c->of_ident(r->context, ident);
		out->count = out->ids[0] != 0;
		return;
	}
	size_t all = c->ids(r->context, &out->ids);
	for (size_t i = 0; i < all; i++)
		if (access_item(r, c->resource, out->ids[i]) &&
			get(r->context, r->token, c, out->ids[i], &object) &&
			selector_matches(s, &object))
			out->ids[out->count++] = out->ids[i];
}

/* Leaves those that the token grants. */
static void keep_granted(const struct request *r, const struct collection *c, struct chosen *out)
{
	size_t kept = 0;
	for (size_t i = 0; i < out->count; i++)
		if (access_item(r, c->resource, out->ids[i]))
			out->ids[kept++] = out->ids[i];
	out->count = kept;
}

bool choose(const struct request *r, struct answer *a, const struct collection *c,
	struct str selector, struct chosen *out)
{
	struct selector s;
	struct error e;
	*out = (struct chosen){NULL, 0};
	if (!selector_parse(&s, c->resource, selector, &e)) {
		answer_error(a, 400, "%s", e.text);
		return false;
	}
	bool done = true;
	switch (s.kind) {
	case SELECT_ALL: out->count = c->ids(r->context, &out->ids); break;
	case SELECT_IDS: done = choose_ids(r, a, c, &s, out); break;
	case SELECT_WHERE: choose_where(r, c, &s, out); break;
	}
	selector_clear(&s);
	if (!access_all(r))
		keep_granted(r, c, out);
	return done;
}

void chosen_clear(struct chosen *chosen)
{
	free(chosen->ids);
	*chosen = (struct chosen){NULL, 0};
}

/* ---- query parameters ---- */

static bool parse_count(
	const struct request *r, struct answer *a, const char *name, uint64_t *out, bool *asked)
{
	struct str text = request_query(r, name);
	char shown[40];
	if (!text.at)
		return true;
	*asked = true;
	if (str_to_u64(text, out) && *out <= UINT32_MAX)
		return true;
	answer_member_error(a, name, "%s is '%s', a whole number from 0 to %u is needed", name,
		escape_bytes(text, shown, sizeof shown), UINT32_MAX);
	return false;
}

bool page_parse(const struct request *r, struct answer *a, struct page *out)
{
	uint64_t limit = 0, offset = 0;
	*out = (struct page){.limit = SIZE_MAX};
	if (!parse_count(r, a, "limit", &limit, &out->asked) ||
		!parse_count(r, a, "offset", &offset, &out->asked))
		return false;
	out->limit = limit ? limit : SIZE_MAX; /* 0: no limit */
	out->offset = offset;
	return true;
}

size_t page_cut(struct page *page, size_t count, size_t *first)
{
	page->count = count;
	*first = page->offset < count ? page->offset : count;
	return count - *first < page->limit ? count - *first : page->limit;
}

bool page_print(const struct page *page, struct buf *out)
{
	return !page->asked ||
	       buf_printf(out, ",\"pagination\":{\"limit\":%zu,\"offset\":%zu,\"count\":%zu}",
		       page->limit == SIZE_MAX ? 0 : page->limit, page->offset, page->count);
}

bool fields_parse(
	const struct request *r, struct answer *a, const struct resource *resource, uint64_t *rows)
{
	struct str list = request_query(r, "fields"), unknown;
	*rows = resource_shown(resource);
	if (!list.len || resource_select(resource, list, rows, &unknown))
		return true;
	answer_field_error(a, unknown);
	return false;
}

/* ---- the answer ---- */

struct list {
	const struct context *context;
	const struct token *token;
	const struct collection *collection;
	struct chosen chosen;
	struct page page;
	size_t next, end;
	uint64_t rows;
};

static enum item next_item(void *producer, struct buf *out, struct error *e)
{
	struct list *l = producer;
	union object object;
	while (l->next < l->end) {
		uint32_t id = l->chosen.ids[l->next++];
		if (!get(l->context, l->token, l->collection, id, &object))
			continue; /* deleted meanwhile */
		if (!resource_print(l->collection->resource, &object, l->rows, out)) {
			fail(e, "item %u exceeds the answer", id);
			return ITEM_FAILED;
		}
		return ITEM_PUT;
	}
	return ITEM_END;
}

static bool list_tail(void *producer, struct buf *out)
{
	return page_print(&((const struct list *)producer)->page, out);
}

static void list_release(void *producer)
{
	struct list *l = producer;
	chosen_clear(&l->chosen);
	free(l);
}

void answer_items(const struct request *r, struct answer *a, const struct collection *c,
	struct chosen *chosen, const struct page *page)
{
	struct list *l = xcalloc(1, sizeof *l);
	*l = (struct list){.context = r->context,
		.token = r->token,
		.collection = c,
		.chosen = *chosen,
		.page = page ? *page : (struct page){.limit = SIZE_MAX}};
	*chosen = (struct chosen){NULL, 0};
	a->producer = l;
	a->release = list_release;
	if (!fields_parse(r, a, c->resource, &l->rows))
		return;
	l->end = page_cut(&l->page, l->chosen.count, &l->next);
	l->end += l->next;
	a->next = next_item;
	a->tail = list_tail;
}
