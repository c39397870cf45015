/* entries: answers that are read from a journal (logs, packets): the data object, a page in memory,
 * filter and fields. What is held is bounded by a page, never by the length of the range. */
#ifndef HTTP_ENTRIES_H
#define HTTP_ENTRIES_H

#include "http/items.h"
#include "model/filter.h"
#include "store/journal.h"

enum { ENTRIES_KEYS_MAX = 100000, ENTRIES_PAGE = 500, ENTRIES_PAGE_BYTES = 256 * 1024 };

struct entries_data {
	int64_t from_us, to_us; /* inclusive; 0: open */
	int64_t count;          /* 0: all */
	bool reverse;           /* newest first */
	char fields[4096];      /* names and masks; empty: all */
	char filter[4096];      /* empty: none */
	int64_t item_type;      /* logs of the account; 0: all */
};

extern const struct resource entries_resource, account_entries_resource;

struct entries {
	const struct context *context;
	/* Reads the range and calls entries_take for each. False with a sentence. */
	bool (*read)(struct entries *e, const struct journal_query *range, struct error *why);
	uint64_t *keys; /* rising, each once; freed with the rest */
	size_t key_count;
	uint32_t *channels; /* packets of these only, rising; NULL: of all */
	size_t channel_count;
	struct entries_data data;
	struct filter *filter;
	struct journal_query query; /* of the next page */
	uint64_t left;
	struct buf page;                  /* objects behind one another */
	size_t ends[ENTRIES_PAGE], count; /* where each ends */
	size_t next;                      /* to be given */
	size_t read_count;                /* of this page, also those that gave no object */
	bool is_last;
	/* results of commands: */
	int64_t after_us; /* when the last one that was read ended */
	struct asked {
		int64_t ended_us;
		uint64_t id;
	} * asked; /* in the order of the answer; NULL: all */
	size_t asked_count, asked_next;
};

/* Reads the data object of the request, as the table has it. NULL: answered already. */
struct entries *entries_new(
	const struct request *r, struct answer *a, const struct resource *table);

/* The same for entries of items: also reads which ones, the first {part} of the path. */
struct entries *entries_of(const struct request *r, struct answer *a, const struct collection *c,
	struct chosen *chosen);
void entries_free(struct entries *e);

/* For `read`: the object of the entry was added to e->page (or nothing was, when it is none).
 * Returns what journal_fn does. */
bool entries_take(struct entries *e, uint64_t no);

/* Answers. Takes `e` over. */
void entries_answer(struct entries *e, struct answer *a);

#endif
