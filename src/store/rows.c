#include "store/rows.h"

#include "base/die.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 64 << 10 };
_Static_assert((int)CHUNK_BYTES >= (int)MESSAGE_PACK_MAX, "a body fits");

struct rows_chunk {
	struct rows_chunk *next;
	size_t used;
	char bytes[CHUNK_BYTES];
};

void rows_empty(struct rows *rows)
{
	rows->count = 0;
	struct rows_chunk *keep = rows->chunks;
	if (!keep)
		return;
	for (struct rows_chunk *c = keep->next, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	keep->next = NULL;
	keep->used = 0;
}

void rows_clear(struct rows *rows)
{
	rows_empty(rows);
	free(rows->chunks);
	free(rows->at);
	*rows = (struct rows){0};
}

void rows_add_borrowed(struct rows *rows, const struct record *r)
{
	if (rows->count == rows->room) {
		rows->room = rows->room ? rows->room * 2 : 64;
		rows->at = xrealloc(rows->at, rows->room * sizeof *rows->at);
	}
	rows->at[rows->count++] = *r;
}

void rows_add(struct rows *rows, const struct record *r)
{
	check(r->body.len <= CHUNK_BYTES);
	struct rows_chunk *c = rows->chunks;
	if (!c || CHUNK_BYTES - c->used < r->body.len) {
		c = xmalloc(sizeof *c);
		c->next = rows->chunks;
		c->used = 0;
		rows->chunks = c;
	}
	rows_add_borrowed(rows, r);
	char *body = c->bytes + c->used;
	if (r->body.len)
		memcpy(body, r->body.at, r->body.len);
	rows->at[rows->count - 1].body.at = body;
	c->used += r->body.len;
}

static int compare(const void *a, const void *b)
{
	return place_cmp(place_of(a), place_of(b));
}

void rows_sort(struct rows *rows)
{
	for (size_t i = 1; i < rows->count; i++) {
		if (compare(&rows->at[i - 1], &rows->at[i]) <= 0)
			continue;
		qsort(rows->at, rows->count, sizeof *rows->at, compare);
		return;
	}
}
