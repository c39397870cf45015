#include "http/ids.h"

#include "base/die.h"

#include <inttypes.h>
#include <stdlib.h>

struct list {
	struct chosen chosen;
	size_t next;
};

static enum item next_id(void *producer, struct buf *out, struct error *e)
{
	struct list *l = producer;
	if (l->next == l->chosen.count)
		return ITEM_END;
	if (buf_printf(out, "{\"id\":%" PRIu32 "}", l->chosen.ids[l->next++]))
		return ITEM_PUT;
	fail(e, "the list of ids exceeds the answer");
	return ITEM_FAILED;
}

static void release(void *producer)
{
	struct list *l = producer;
	chosen_clear(&l->chosen);
	free(l);
}

void answer_ids(struct answer *a, struct chosen *done)
{
	struct list *l = xcalloc(1, sizeof *l);
	l->chosen = *done;
	*done = (struct chosen){NULL, 0};
	if (l->chosen.count || !a->errors.len)
		a->status = 200;
	a->producer = l;
	a->release = release;
	a->next = next_id;
}
