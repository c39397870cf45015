/* api_devices: creating, changing and deleting devices. */
#include "http/edit.h"

#include "core/commands.h"

#include "http/routes.h"

static struct edit edit_of(const struct request *r, struct answer *a, enum parse_mode mode)
{
	return (struct edit){.request = r,
		.answer = a,
		.collection = &devices,
		.origin = ORIGIN_DEVICE,
		.mode = mode};
}

/* ---- creating ---- */

/* Refuses what cannot be read as it comes by. */
static bool next_birth(void *context, struct device *out, size_t *tag)
{
	struct edit *edit = context;
	const struct json_t *one;
	struct error e;
	while ((one = edit_next(edit, tag)) != NULL) {
		device_init(out);
		if (edit_parse(edit, one, out, &e))
			return true;
		edit_refused(edit, *tag, VERDICT_REFUSED, &e);
	}
	return false;
}

static void born(void *context, size_t tag, const struct device *d)
{
	(void)tag;
	edit_done(context, d->id, NULL, d);
}

static void not_born(void *context, size_t tag, enum verdict why, const struct error *e)
{
	edit_refused(context, tag, why, e);
}

void post_devices(const struct request *r, struct answer *a)
{
	struct edit edit = edit_of(r, a, PARSE_REPLACE);
	const struct device_births births = {&edit, next_birth, born, not_born, false};
	if (edit_begin(&edit)) {
		registry_create_devices(r->context->registry, &births);
		edit_answer(&edit);
	}
	edit_clear(&edit);
}

/* ---- changing ---- */

static bool change(void *context, struct device *d, struct error *e)
{
	struct edit *edit = context;
	return edit_parse(edit, edit->body, d, e);
}

static void changed(void *context, const struct device *old, const struct device *new)
{
	edit_done(context, old->id, old, new);
}

static void refused(void *context, uint32_t id, enum verdict why, const struct error *e)
{
	edit_refused(context, id, why, e);
}

static void change_chosen(const struct request *r, struct answer *a, enum parse_mode mode)
{
	struct edit edit = edit_of(r, a, mode);
	const struct device_changes changes = {&edit, change, changed, refused};
	struct chosen chosen;
	struct device any;
	device_init(&any);
	any.ident = 1; /* as each that is stored has one */
	if (edit_begin(&edit) && edit_is_good(&edit, &any) && edit_choose(&edit, &chosen)) {
		registry_change_devices(r->context->registry, chosen.ids, chosen.count, &changes);
		chosen_clear(&chosen);
		edit_answer(&edit);
	}
	edit_clear(&edit);
}

void put_devices(const struct request *r, struct answer *a)
{
	change_chosen(r, a, PARSE_REPLACE);
}

void patch_devices(const struct request *r, struct answer *a)
{
	change_chosen(r, a, PARSE_MERGE);
}

/* ---- deleting ---- */

void delete_devices(const struct request *r, struct answer *a)
{
	struct edit edit = edit_of(r, a, PARSE_MERGE);
	const struct device_changes changes = {&edit, NULL, changed, refused};
	struct chosen chosen;
	if (!edit_choose(&edit, &chosen))
		return;
	registry_change_devices(r->context->registry, chosen.ids, chosen.count, &changes);
	chosen_clear(&chosen);
	commands_forget(r->context->commands, edit.done.ids, edit.done.count);
	edit_answer_ids(&edit);
	edit_clear(&edit);
}
