/* filter: expressions bound to what they are asked about: messages, JSON objects (logs, packets),
 * resources. One filter may be used by many threads at once. */
#ifndef MODEL_FILTER_H
#define MODEL_FILTER_H

#include "cantrack/message.h"
#include "model/expression.h"
#include "model/resource.h"

struct filter;

/* Also understands the old form `name=mask*,name,name>=5`: a comma outside of quotes and parentheses
 * makes it one, and so does a single `name=mask`; commas mean "and", a bare name asks whether there
 * is a value, and what stands behind = is a number, true, false, or a text and mask without quotes. NULL with a sentence. A name that
 * no message can have is no error: it is missing everywhere. */
struct filter *filter_parse(struct str text, struct error *e);
void filter_free(struct filter *f); /* NULL is fine */

/* Does the message pass? No allocation. */
bool filter_message(const struct filter *f, const struct message *m);

/* The names that it asks for, each once. */
size_t filter_names(const struct filter *f, const struct str **names);

/* Does a JSON object (text) pass? Names with dots reach inner members; what is an object or array
 * counts as true. False also for broken text. */
bool filter_json(const struct filter *f, struct str json);

/* Could filter_json ask the text: is it JSON? */
bool filter_reads(struct str json);

/* Does an object of a resource pass? Names are paths of its fields, or go deeper into those that
 * are objects. */
bool filter_object(const struct filter *f, const struct resource *r, const void *object);

/* False with a sentence when the filter asks for a name that objects of the resource do not have. */
MUST_USE bool filter_fits(const struct filter *f, const struct resource *r, struct error *e);

#endif
