#include "http/ids.h"

#include "base/die.h"
#include "base/log.h"
#include "base/order.h"

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

/* ---- of 64 bits ---- */

struct big_list {
	uint64_t *ids;
	size_t count, next;
};

static enum item next_big_id(void *producer, struct buf *out, struct error *e)
{
	struct big_list *l = producer;
	if (l->next == l->count)
		return ITEM_END;
	if (buf_printf(out, "{\"id\":%" PRIu64 "}", l->ids[l->next++]))
		return ITEM_PUT;
	fail(e, "the list of ids exceeds the answer");
	return ITEM_FAILED;
}

static void big_release(void *producer)
{
	struct big_list *l = producer;
	free(l->ids);
	free(l);
}

void answer_big_ids(struct answer *a, uint64_t *ids, size_t count)
{
	struct big_list *l = xcalloc(1, sizeof *l);
	l->ids = ids;
	l->count = count;
	if (count || !a->errors.len)
		a->status = 200;
	a->producer = l;
	a->release = big_release;
	a->next = next_big_id;
}

bool big_ids_parse(
	struct answer *a, const char *what, struct str text, uint64_t **ids, size_t *count)
{
	size_t room = 1;
	*ids = NULL;
	*count = 0;
	if (str_is(text, "all"))
		return true;
	for (size_t i = 0; i < text.len; i++)
		room += text.at[i] == ',';
	*ids = xmalloc(room * sizeof **ids);
	while (text.at) {
		struct str part = str_trim(str_cut(&text, ','));
		char shown[40];
		if (str_to_u64(part, &(*ids)[(*count)++]))
			continue;
		answer_error(a, 400, "%s: '%s' is neither an id nor 'all'", what,
			escape_bytes(part, shown, sizeof shown));
		free(*ids);
		*ids = NULL;
		return false;
	}
	*count = order_unique_u64(*ids, *count);
	return true;
}
