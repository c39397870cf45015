/* index: who subscribed to what: filters as a tree of levels, so that a topic finds its subscriptions without
 * looking at others. A million subscriptions to names of their own are as quick as one. One thread. */
#ifndef MQTT_INDEX_H
#define MQTT_INDEX_H

#include "mqtt/topic.h"

struct index;

struct index *index_new(void);
void index_free(struct index *x); /* NULL is fine */

/* Adds `item` (not NULL) under FILTER, a checked one without $share and $filter; a list adds it in several
 * places. The same item under the same filter must not be added twice. */
void index_add(struct index *x, struct str filter, void *item);

/* Takes it out again: the same filter, the same item. Empty branches are freed. */
void index_remove(struct index *x, struct str filter, void *item);

/* Calls `each` for every item whose filter matches the name, once for each filter that it was added under. No
 * change of the index meanwhile. */
void index_match(const struct index *x, struct str name, void (*each)(void *context, void *item),
	void *context);

/* Does any match? */
bool index_any(const struct index *x, struct str name);

/* Could a name that begins with these levels ("flespi/message") be matched by any? May say true in vain. */
bool index_any_below(const struct index *x, struct str levels);

size_t index_bytes(const struct index *x); /* memory, about */

#endif
