/* ids: the answer that lists the ids of the items to which something was done. */
#ifndef HTTP_IDS_H
#define HTTP_IDS_H

#include "http/items.h"

/* "result":[{"id":1},{"id":2}] and status 200, or, when nothing was done and there are errors, the
 * errors' status. Takes the ids over. */
void answer_ids(struct answer *a, struct chosen *done);

/* The same for ids of 64 bits: connections, commands. */
void answer_big_ids(struct answer *a, uint64_t *ids, size_t count);

/* "all" (*ids is NULL), or ids, which then rise, each once; the caller frees them. `what` names them in
 * the refusal. False: answered already. */
MUST_USE bool big_ids_parse(
	struct answer *a, const char *what, struct str text, uint64_t **ids, size_t *count);

#endif
