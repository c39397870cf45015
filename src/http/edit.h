/* edit: what creating, changing and deleting of items have in common: the body, the errors of single
 * items beside those that were done, the events, the answer. */
#ifndef HTTP_EDIT_H
#define HTTP_EDIT_H

#include "http/items.h"

struct edit {
	const struct request *request;
	struct answer *answer;
	const struct collection *collection;
	enum origin_type origin;
	enum parse_mode mode;
	struct json_t *body;
	struct chosen done;
	struct refusal refusal; /* of the object that was parsed last */
	size_t next;            /* of the posted array */
};

/* So many can be changed or deleted by one request, some seconds of work. */
enum { EDIT_ITEMS_MAX = 100000 };

/* Reads the body and looks at ?fields=. False: answered already; clear it all the same. */
MUST_USE bool edit_begin(struct edit *edit);
void edit_clear(struct edit *edit);

/* The next object of the posted array, or the only one, and its place. NULL: there is no more. */
const struct json_t *edit_next(struct edit *edit, size_t *index);

/* Reads an object; the refusal is kept for edit_refused. */
MUST_USE bool edit_parse(
	struct edit *edit, const struct json_t *body, void *object, struct error *e);

/* Is the body good for an object? Asked once, so that not each of thousands of items says the same.
 * False: answered already. */
MUST_USE bool edit_is_good(struct edit *edit, void *object);

/* The items that are meant: of the first {part} of the path. False: answered already. */
MUST_USE bool edit_choose(struct edit *edit, struct chosen *out);

/* Adds the error of an item: `id` is its number, or its place in the posted array. */
void edit_refused(struct edit *edit, uint64_t id, enum verdict why, const struct error *e);

/* Adds what was done to the answer and tells the events. */
void edit_done(struct edit *edit, uint32_t id, const void *old, const void *new);

/* With the items that were done, or their ids. With at least one the status is 200. */
void edit_answer(struct edit *edit);
void edit_answer_ids(struct edit *edit);

#endif
