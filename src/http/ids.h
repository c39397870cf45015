/* ids: the answer that lists the ids of the items to which something was done. */
#ifndef HTTP_IDS_H
#define HTTP_IDS_H

#include "http/items.h"

/* "result":[{"id":1},{"id":2}] and status 200, or, when nothing was done and there are errors, the
 * errors' status. Takes the ids over. */
void answer_ids(struct answer *a, struct chosen *done);

#endif
