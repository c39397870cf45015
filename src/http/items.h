/* items: what the handlers of lists share: the collections that selectors choose from, the choice,
 * ?fields=, ?limit= and ?offset=, and the answer that prints the chosen ones. */
#ifndef HTTP_ITEMS_H
#define HTTP_ITEMS_H

#include "http/request.h"
#include "model/protocol.h"

union object {
	struct channel channel;
	struct device device;
	struct device_type device_type;
	struct message_parameter parameter;
	struct token token;
};

struct collection {
	const struct resource *resource;
	/* All ids, rising; the caller frees *out. */
	size_t (*ids)(const struct context *c, uint32_t **out);
	/* False: there is none with this id. */
	bool (*get)(const struct context *c, uint32_t id, union object *out);
	/* The id of an ident, 0: none; NULL: its items have none. */
	uint32_t (*of_ident)(const struct context *c, uint64_t ident);
	/* Takes out of an item what the token may not read of it; NULL: it may read all. */
	void (*restrict_to)(const struct token *t, union object *object);
};
extern const struct collection channels, devices, device_types, protocols, message_parameters,
	token_items;

struct chosen {
	uint32_t *ids; /* rising */
	size_t count;
};

/* The items that the selector means; ids that do not exist become errors of the answer. False:
 * answered already (a selector that makes no sense, or ids of which none exists). */
MUST_USE bool choose(const struct request *r, struct answer *a, const struct collection *c,
	struct str selector, struct chosen *out);
void chosen_clear(struct chosen *chosen);

/* ?limit= and ?offset=. */
struct page {
	bool asked;
	size_t limit, offset; /* limit SIZE_MAX: none */
	size_t count;         /* of all items, before the page was cut */
};

/* False: answered already. */
MUST_USE bool page_parse(const struct request *r, struct answer *a, struct page *out);

/* How many of `count` items stand on the page, from *first on. */
size_t page_cut(struct page *page, size_t count, size_t *first);

/* `,"pagination":{...}` when a page was asked for. */
MUST_USE bool page_print(const struct page *page, struct buf *out);

/* Answers with these items and the fields of ?fields=, cut by `page`, which may be NULL. Takes the
 * ids over. */
void answer_items(const struct request *r, struct answer *a, const struct collection *c,
	struct chosen *chosen, const struct page *page);

/* ?fields= as rows of the table; the default ones when it is not given or empty. False: answered already. */
MUST_USE bool fields_parse(
	const struct request *r, struct answer *a, const struct resource *resource, uint64_t *rows);

#endif
