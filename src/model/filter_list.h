/* filter_list: the old form of filters, `name=mask*,name,name>=5`, made into an expression. */
#ifndef MODEL_FILTER_LIST_H
#define MODEL_FILTER_LIST_H

#include "base/buf.h"

/* Is there a comma outside of quotes and parentheses? No expression has one. Or is it one condition
 * `name=mask`, the mask without quotes and operators? */
bool filter_is_list(struct str text);

/* The expression that says the same. False with a sentence that names the column. */
MUST_USE bool filter_list_expression(struct str text, struct buf *out, struct error *e);

#endif
