#include "http/merge.h"

#include "base/die.h"

#include <stdlib.h>

/* A source reads a page of PAGE_RECORDS alone, less when many share the memory. */
enum {
	PAGE_RECORDS = 1000,
	PAGE_BYTES = 256 * 1024,
	ALL_RECORDS = 8000,
	ALL_BYTES = 1024 * 1024,
	LEAST_RECORDS = 4
};

struct source {
	struct query query;
	struct record *records;
	size_t count, room, next;
	struct buf bodies;
	bool finished; /* the store has nothing behind this page */
};

struct merge {
	struct store *store;
	size_t page_records, page_bytes, expected;
	struct source *sources;
	size_t count;
	size_t *heap; /* of sources that have a record; the first in order on top */
	size_t heap_count;
	bool begun, top_is_used;
};

struct merge *merge_new(
	struct store *store, const struct query *range, const uint32_t *ids, size_t count)
{
	struct merge *m = xcalloc(1, sizeof *m);
	m->store = store;
	m->count = count;
	m->expected = SIZE_MAX;
	size_t share = ALL_RECORDS / (count ? count : 1);
	m->page_records = share > PAGE_RECORDS    ? PAGE_RECORDS
			  : share < LEAST_RECORDS ? LEAST_RECORDS
						  : share;
	share = ALL_BYTES / (count ? count : 1);
	m->page_bytes = share > PAGE_BYTES ? PAGE_BYTES : share;
	m->sources = xcalloc(count, sizeof *m->sources);
	m->heap = xcalloc(count, sizeof *m->heap);
	for (size_t i = 0; i < count; i++) {
		m->sources[i].query = *range;
		m->sources[i].query.id = ids[i];
		/* one body beyond the share always fits */
		buf_init(&m->sources[i].bodies, m->page_bytes + MESSAGE_PACK_MAX);
	}
	return m;
}

void merge_free(struct merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->count; i++) {
		free(m->sources[i].records);
		buf_clear(&m->sources[i].bodies);
	}
	free(m->sources);
	free(m->heap);
	free(m);
}

void merge_expect(struct merge *m, size_t records)
{
	m->expected = records;
}

/* ---- pages ---- */

struct paging {
	const struct merge *merge;
	struct source *source;
	bool cut;
};

static bool take_record(void *context, const struct record *r)
{
	struct paging *p = context;
	struct source *s = p->source;
	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : LEAST_RECORDS;
		s->records = xrealloc(s->records, s->room * sizeof *s->records);
	}
	if (!buf_add_str(&s->bodies, r->body)) {
		p->cut = true; /* it comes with the next page */
		return false;
	}
	s->records[s->count++] = *r;
	p->cut = s->bodies.len >= p->merge->page_bytes;
	return !p->cut;
}

/* Bodies were copied behind one another; the buffer may have moved meanwhile. */
static void aim_bodies(struct source *s)
{
	const char *at = s->bodies.at;
	for (size_t i = 0; i < s->count; i++) {
		s->records[i].body.at = at;
		at += s->records[i].body.len;
	}
}

static bool fetch(struct merge *m, struct source *s, struct error *e)
{
	s->count = s->next = s->bodies.len = 0;
	if (s->finished)
		return true;
	s->query.count = m->page_records < m->expected ? m->page_records : m->expected;
	struct paging p = {m, s, false};
	if (!store_read(m->store, &s->query, take_record, &p, e))
		return false;
	aim_bodies(s);
	s->finished = !p.cut && s->count < s->query.count;
	if (s->count) {
		const struct record *last = &s->records[s->count - 1];
		s->query.after = true;
		s->query.after_us = s->query.by == QUERY_DEVICE ? last->time_us : last->received_us;
		s->query.after_seq = last->seq;
	}
	return true;
}

/* ---- heap ---- */

static bool is_before(const struct merge *m, size_t a, size_t b)
{
	const struct source *x = &m->sources[a], *y = &m->sources[b];
	const struct record *r = &x->records[x->next], *s = &y->records[y->next];
	if (x->query.reverse) {
		const struct record *swap = r;
		r = s;
		s = swap;
	}
	if (x->query.by == QUERY_DEVICE && r->time_us != s->time_us)
		return r->time_us < s->time_us;
	return r->seq < s->seq;
}

static void sift_down(struct merge *m, size_t at)
{
	for (;;) {
		size_t first = at;
		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < m->heap_count && is_before(m, m->heap[child], m->heap[first]))
				first = child;
		if (first == at)
			return;
		size_t moved = m->heap[at];
		m->heap[at] = m->heap[first];
		m->heap[first] = moved;
		at = first;
	}
}

static bool begin(struct merge *m, struct error *e)
{
	for (size_t i = 0; i < m->count; i++) {
		if (!fetch(m, &m->sources[i], e))
			return false;
		if (m->sources[i].count)
			m->heap[m->heap_count++] = i;
	}
	for (size_t i = m->heap_count / 2; i-- > 0;)
		sift_down(m, i);
	m->begun = true;
	return true;
}

/* Steps over the record that was given out last. */
static bool advance(struct merge *m, struct error *e)
{
	struct source *s = &m->sources[m->heap[0]];
	if (++s->next == s->count && !fetch(m, s, e))
		return false;
	if (!s->count)
		m->heap[0] = m->heap[--m->heap_count];
	sift_down(m, 0);
	return true;
}

bool merge_next(struct merge *m, const struct record **out, size_t *source, struct error *e)
{
	*out = NULL;
	if (!m->begun && !begin(m, e))
		return false;
	if (m->top_is_used && !advance(m, e))
		return false;
	m->top_is_used = m->heap_count != 0;
	if (!m->heap_count)
		return true;
	*source = m->heap[0];
	*out = &m->sources[*source].records[m->sources[*source].next];
	return true;
}
