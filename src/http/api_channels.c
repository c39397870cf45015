/* api_channels: creating, changing and deleting channels, while trackers are connected to them. */
#include "http/edit.h"

#include "base/die.h"
#include "http/routes.h"

#include <stdlib.h>

static struct edit edit_of(const struct request *r, struct answer *a, enum parse_mode mode)
{
	return (struct edit){.request = r,
		.answer = a,
		.collection = &channels,
		.origin = ORIGIN_CHANNEL,
		.mode = mode};
}

static void changed(void *context, const struct channel *old, const struct channel *new)
{
	edit_done(context, old ? old->id : new->id, old, new);
}

static void refused(void *context, uint32_t id, enum verdict why, const struct error *e)
{
	edit_refused(context, id, why, e);
}

/* ---- creating ---- */

struct creation {
	struct edit edit;
	size_t index;
};

static void created(void *context, const struct channel *old, const struct channel *new)
{
	(void)old;
	edit_done(&((struct creation *)context)->edit, new->id, NULL, new);
}

static void not_created(void *context, uint32_t id, enum verdict why, const struct error *e)
{
	(void)id;
	struct creation *c = context;
	edit_refused(&c->edit, c->index, why, e);
}

void post_channels(const struct request *r, struct answer *a)
{
	struct creation c = {.edit = edit_of(r, a, PARSE_REPLACE)};
	const struct channel_changes changes = {&c, NULL, created, not_created};
	struct channel *channel = xmalloc(sizeof *channel);
	const struct json_t *one;
	struct error e;
	if (edit_begin(&c.edit)) {
		while ((one = edit_next(&c.edit, &c.index)) != NULL) {
			channel_init(channel);
			if (edit_parse(&c.edit, one, channel, &e))
				registry_create_channel(r->context->registry, channel, &changes);
			else
				edit_refused(&c.edit, c.index, VERDICT_REFUSED, &e);
		}
		edit_answer(&c.edit);
	}
	edit_clear(&c.edit);
	free(channel);
}

/* ---- changing ---- */

static bool change(void *context, struct channel *c, struct error *e)
{
	struct edit *edit = context;
	return edit_parse(edit, edit->body, c, e);
}

static void change_chosen(const struct request *r, struct answer *a, enum parse_mode mode)
{
	struct edit edit = edit_of(r, a, mode);
	const struct channel_changes changes = {&edit, change, changed, refused};
	struct chosen chosen;
	struct channel *any = xmalloc(sizeof *any);
	channel_init(any);
	if (edit_begin(&edit) && edit_is_good(&edit, any) && edit_choose(&edit, &chosen)) {
		registry_change_channels(r->context->registry, chosen.ids, chosen.count, &changes);
		chosen_clear(&chosen);
		edit_answer(&edit);
	}
	edit_clear(&edit);
	free(any);
}

void put_channels(const struct request *r, struct answer *a)
{
	change_chosen(r, a, PARSE_REPLACE);
}

void patch_channels(const struct request *r, struct answer *a)
{
	change_chosen(r, a, PARSE_MERGE);
}

/* ---- deleting ---- */

void delete_channels(const struct request *r, struct answer *a)
{
	struct edit edit = edit_of(r, a, PARSE_MERGE);
	const struct channel_changes changes = {&edit, NULL, changed, refused};
	struct chosen chosen;
	if (!edit_choose(&edit, &chosen))
		return;
	registry_change_channels(r->context->registry, chosen.ids, chosen.count, &changes);
	chosen_clear(&chosen);
	edit_answer_ids(&edit);
	edit_clear(&edit);
}
