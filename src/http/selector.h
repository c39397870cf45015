/* selector: the part of a path that says which items: "all", "1,2,3", "name=Truck*",
 * "enabled=true,configuration.ident=86*" (conditions joined by commas must all hold; what stands
 * behind a comma and is no condition belongs to the name before it: "name=Smith, J*"),
 * "metadata.plate=B-1" (members of objects), "tk100,g05" (of what has fixed names, any of these),
 * "{name~\"Truck*\"||device_type_id==42}" (an expression about the members). */
#ifndef HTTP_SELECTOR_H
#define HTTP_SELECTOR_H

#include "model/filter.h"

enum { SELECTOR_CONDITIONS_MAX = 16 };

enum selector_kind { SELECT_ALL, SELECT_IDS, SELECT_WHERE };

struct condition {
	const struct field *field;
	struct str mask;   /* view into the text; of an IDENT without leading zeros */
	struct str inside; /* of an OBJECT: the member that is meant, "plate" */
	bool any;          /* the mask is a list of which one must fit */
};

struct selector {
	enum selector_kind kind;
	uint64_t *ids; /* rising, each once */
	size_t id_count;
	struct condition where[SELECTOR_CONDITIONS_MAX];
	size_t condition_count;
	const struct resource *resource;
	struct filter *filter; /* the expression in braces; NULL: conditions */
};

/* False with a sentence; then there is nothing to clear. The selector keeps views into the text. */
MUST_USE bool selector_parse(
	struct selector *s, const struct resource *r, struct str text, struct error *e);
void selector_clear(struct selector *s);

/* Do all conditions hold, or does the expression? For SELECT_WHERE. */
bool selector_matches(const struct selector *s, const void *object);

/* True when the selector can only mean the one with this ident: look it up instead of walking. */
bool selector_is_ident(const struct selector *s, uint64_t *ident);

#endif
