/* members: the members of a JSON object's text, without a tree of it. For text that the gateway has
 * made or checked itself; of other text nothing is promised but that reading stays inside. */
#ifndef HTTP_MEMBERS_H
#define HTTP_MEMBERS_H

#include "base/buf.h"

/* Cuts the first member off *rest, which begins as the whole object. The name keeps its escapes.
 * False: there is none any more. */
bool member_next(struct str *rest, struct str *name, struct str *value);

/* The object with the members that one of the masks (separated by commas) fits. False: the buffer is
 * full. */
MUST_USE bool members_select(struct str object, struct str masks, struct buf *out);

#endif
