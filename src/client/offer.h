/* offer: the commands that a device has, as REST describes them: name, and a JSON Schema of the
 * properties. Nothing here knows them by name: what the gateway offers is what can be sent. */
#ifndef CLIENT_OFFER_H
#define CLIENT_OFFER_H

#include "base/buf.h"

#include <jansson.h>

/* All borrowed. NULL: there is none of this name. */
json_t *offer_find(json_t *commands, const char *name);
const char *offer_name(const json_t *command); /* "" when it has none */
/* The object of its properties, in their order; NULL: it has none. */
json_t *offer_properties(const json_t *command);
bool offer_needs(const json_t *command, const char *property);

/* A text of a schema ("title"), or "". */
const char *offer_text(const json_t *schema, const char *member);

/* A value as it is typed on the command line: 20, off, a,b. */
MUST_USE bool offer_put_value(struct buf *out, const json_t *value);

/* The choices of a property: choice i is *value (borrowed) with a title, which may be "". False: there
 * are no more. Schemas say it as enum, or as oneOf (anyOf) with const and title. */
bool offer_choice(const json_t *property, size_t i, const json_t **value, const char **title);

/* "0 (off), 1 (on)"; appends nothing when any value will do. */
MUST_USE bool offer_put_choices(struct buf *out, const json_t *property);

/* "a, b, c": the names of the properties. */
MUST_USE bool offer_put_names(struct buf *out, const json_t *command);

#endif
