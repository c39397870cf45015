#include "http/edit.h"

#include "base/die.h"
#include "http/access.h"
#include "http/changes.h"
#include "http/ids.h"

#include <jansson.h>
#include <stdlib.h>

bool edit_begin(struct edit *edit)
{
	const struct request *r = edit->request;
	uint64_t rows;
	struct error e;
	if (!fields_parse(r, edit->answer, edit->collection->resource, &rows))
		return false;
	edit->body = resource_json(r->body, &e);
	if (!edit->body)
		answer_error(edit->answer, 400, "%s", e.text);
	return edit->body != NULL;
}

void edit_clear(struct edit *edit)
{
	json_decref(edit->body);
	chosen_clear(&edit->done);
}

const struct json_t *edit_next(struct edit *edit, size_t *index)
{
	*index = edit->next++;
	if (json_is_array(edit->body))
		return json_array_get(edit->body, *index);
	return *index == 0 ? edit->body : NULL;
}

bool edit_parse(struct edit *edit, const struct json_t *body, void *object, struct error *e)
{
	if (resource_parse(edit->collection->resource, body, edit->mode, object, &edit->refusal)) {
		edit->refusal.member[0] = '\0';
		return true;
	}
	*e = edit->refusal.why;
	return false;
}

bool edit_is_good(struct edit *edit, void *object)
{
	struct error e;
	if (edit_parse(edit, edit->body, object, &e))
		return true;
	answer_member_error(edit->answer, edit->refusal.member, "%s", e.text);
	return false;
}

bool edit_choose(struct edit *edit, struct chosen *out)
{
	const struct request *r = edit->request;
	struct answer *a = edit->answer;
	if (!choose(r, a, edit->collection, r->segment[0], out))
		return false;
	a->status = 0; /* as the items will have it */
	if (out->count <= EDIT_ITEMS_MAX)
		return true;
	answer_error(a, 400, "%zu items are meant, at most %d can be changed by one request",
		out->count, (int)EDIT_ITEMS_MAX);
	chosen_clear(out);
	return false;
}

/* What is wrong with the body itself may be told to all, what is wrong beside other items to those
 * who may read them. */
static bool may_be_told(const struct edit *edit)
{
	return edit->refusal.member[0] ||
	       access_reads(
		       edit->request->token, edit->collection->resource, (struct str)STR(""), 0);
}

static const char kept_quiet[] =
	"another item or the system does not let it be so; the token shows no more";

void edit_refused(struct edit *edit, uint64_t id, enum verdict why, const struct error *e)
{
	struct answer *a = edit->answer;
	switch (why) {
	case VERDICT_ABSENT: answer_denied(a, id); break;
	case VERDICT_REFUSED:
		answer_item_error(a, 400, id, edit->refusal.member, "%s",
			may_be_told(edit) ? e->text : kept_quiet);
		break;
	case VERDICT_FAILED: answer_item_error(a, 500, id, "", "%s", e->text); break;
	}
	edit->refusal.member[0] = '\0';
}

/* Room for as many as a power of two: asked for when the number is one. */
void edit_done(struct edit *edit, uint32_t id, const void *old, const void *new)
{
	struct chosen *done = &edit->done;
	if ((done->count & (done->count - 1)) == 0)
		done->ids = xrealloc(
			done->ids, (done->count ? 2 * done->count : 1) * sizeof *done->ids);
	done->ids[done->count++] = id;
	tell_change(edit->request, edit->origin, id, edit->collection->resource, old, new);
}

void edit_answer(struct edit *edit)
{
	struct answer *a = edit->answer;
	if (!edit->done.count && a->errors.len)
		return;
	a->status = 200;
	answer_items(edit->request, a, edit->collection, &edit->done, NULL);
}

void edit_answer_ids(struct edit *edit)
{
	answer_ids(edit->answer, &edit->done);
}
