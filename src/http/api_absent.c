/* api_absent: parts of the API that a cantrack gateway has nothing of, so that clients which ask for
 * them go on: lists are empty, what would change something is refused with a sentence. */
#include "http/items.h"

#include "base/die.h"
#include "http/routes.h"

#include <stdlib.h>

/* ---- of items that exist ---- */

static bool print_page(void *page, struct buf *out)
{
	return page_print(page, out);
}

/* An empty list, when the items are there, and which page of it. */
static void none_of(const struct request *r, struct answer *a, const struct collection *c)
{
	struct chosen chosen;
	struct page page;
	if (!page_parse(r, a, &page) || !choose(r, a, c, r->segment[0], &chosen))
		return;
	chosen_clear(&chosen);
	a->producer = xmalloc(sizeof page);
	memcpy(a->producer, &page, sizeof page);
	a->release = free;
	a->tail = print_page;
}

static void refuse_of(
	const struct request *r, struct answer *a, const struct collection *c, const char *sentence)
{
	struct chosen chosen;
	if (!choose(r, a, c, r->segment[0], &chosen))
		return;
	chosen_clear(&chosen);
	answer_error(a, 400, "%s", sentence);
}

void get_device_nothing(const struct request *r, struct answer *a)
{
	none_of(r, a, &devices);
}

void put_settings(const struct request *r, struct answer *a)
{
	refuse_of(r, a, &devices, "a cantrack device has no settings that could be changed");
}

void put_channel_cid(const struct request *r, struct answer *a)
{
	refuse_of(r, a, &channels, "there is one account, number 1: nothing can be moved");
}

void put_device_cid(const struct request *r, struct answer *a)
{
	refuse_of(r, a, &devices, "there is one account, number 1: nothing can be moved");
}
