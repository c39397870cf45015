/* filter: expressions bound to what they are asked about: messages, JSON objects (logs, packets),
 * resources. One filter may be used by many threads at once. */
#ifndef MODEL_FILTER_H
#define MODEL_FILTER_H

#include "cantrack/message.h"
#include "model/expression.h"
#include "model/resource.h"

struct filter;

/* For messages; also understands the old form `name=mask*,name,name>=5` (commas mean "and"). NULL
 * with a sentence. A name that no message can have is no error: it is missing everywhere. */
struct filter *filter_parse(struct str text, struct error *e);
void filter_free(struct filter *f); /* NULL is fine */

/* Does the message pass? No allocation. */
bool filter_message(const struct filter *f, const struct message *m);

/* Does a JSON object (text) pass? Names with dots reach inner members. False also for broken text. */
bool filter_json(const struct filter *f, struct str json);

/* Does an object of a resource pass? Names are paths of its fields. */
bool filter_object(const struct filter *f, const struct resource *r, const void *object);

#endif
