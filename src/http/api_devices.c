/* api_devices: creating, changing and deleting devices. A body is read whole before anything is
 * changed; only what the registry refuses (an ident that is taken, a failing store) stands beside
 * items that were done. */
#include "http/items.h"

#include "base/die.h"
#include "http/routes.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

/* The body as JSON, or NULL: answered already. */
static json_t *body_json(const struct request *r, struct answer *a)
{
	struct error e;
	json_t *json = resource_json(r->body, &e);
	if (!json)
		answer_error(a, 400, "%s", e.text);
	return json;
}

/* ---- creating ---- */

/* Reads all or refuses all. */
static bool parse_devices(const json_t *body, struct device *out, size_t count, struct answer *a)
{
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_is_array(body) ? json_array_get(body, i) : body;
		struct refusal refusal;
		device_init(&out[i]);
		if (!resource_parse(&device_resource, one, PARSE_REPLACE, &out[i], &refusal))
			answer_item_error(a, 400, i, refusal.member, "%s", refusal.why.text);
	}
	return a->errors.len == 0;
}

/* With at least one item done the answer is 200 and its errors stand beside. */
static void answer_done(const struct request *r, struct answer *a, struct chosen *done)
{
	if (!done->count && a->errors.len)
		return;
	a->status = 200;
	answer_items(r, a, &devices, done, NULL);
}

/* The registry refuses an ident that is taken; anything else is the store's failure. */
static unsigned put_status(const struct request *r, const struct device *d)
{
	uint32_t owner = registry_device_of(r->context->registry, d->ident);
	return owner && owner != d->id ? 400 : 500;
}

static void create(const struct request *r, struct answer *a, struct device *made, size_t count)
{
	struct chosen done = {xmalloc(count * sizeof *done.ids), 0};
	for (size_t i = 0; i < count; i++) {
		struct error e;
		if (registry_put_device(r->context->registry, &made[i], &e))
			done.ids[done.count++] = made[i].id;
		else
			answer_item_error(a, put_status(r, &made[i]), i, "", "%s", e.text);
	}
	answer_done(r, a, &done);
	chosen_clear(&done);
}

void post_devices(const struct request *r, struct answer *a)
{
	uint64_t rows;
	if (!fields_parse(r, a, &device_resource, &rows))
		return;
	json_t *body = body_json(r, a);
	if (!body)
		return;
	size_t count = json_is_array(body) ? json_array_size(body) : 1;
	struct device *made = xmalloc(count * sizeof *made);
	if (parse_devices(body, made, count, a))
		create(r, a, made, count);
	free(made);
	json_decref(body);
}

/* ---- changing ---- */

/* False: the refusal is in the answer. */
static bool change_one(const struct request *r, struct answer *a, const json_t *body,
	enum parse_mode mode, uint32_t id)
{
	struct device d;
	struct refusal refusal;
	struct error e;
	if (!registry_device(r->context->registry, id, &d)) {
		answer_denied(a, id);
		return false;
	}
	if (!resource_parse(&device_resource, body, mode, &d, &refusal)) {
		answer_item_error(a, 400, id, refusal.member, "%s", refusal.why.text);
		return false;
	}
	if (registry_put_device(r->context->registry, &d, &e))
		return true;
	answer_item_error(a, put_status(r, &d), id, "", "%s", e.text);
	return false;
}

static void change(const struct request *r, struct answer *a, enum parse_mode mode)
{
	struct chosen chosen;
	uint64_t rows;
	if (!fields_parse(r, a, &device_resource, &rows))
		return;
	json_t *body = body_json(r, a);
	if (!body)
		return;
	if (choose(r, a, &devices, r->segment[0], &chosen)) {
		size_t done = 0;
		unsigned before = a->status;
		a->status = 0;
		for (size_t i = 0; i < chosen.count; i++)
			if (change_one(r, a, body, mode, chosen.ids[i]))
				chosen.ids[done++] = chosen.ids[i];
		a->status = a->status ? a->status : before;
		chosen.count = done;
		answer_done(r, a, &chosen);
		chosen_clear(&chosen);
	}
	json_decref(body);
}

void put_devices(const struct request *r, struct answer *a)
{
	change(r, a, PARSE_REPLACE);
}

void patch_devices(const struct request *r, struct answer *a)
{
	change(r, a, PARSE_MERGE);
}

/* ---- deleting ---- */

struct deleted {
	struct chosen chosen;
	size_t next;
};

static enum item next_deleted(void *producer, struct buf *out, struct error *e)
{
	struct deleted *d = producer;
	if (d->next == d->chosen.count)
		return ITEM_END;
	if (buf_printf(out, "{\"id\":%" PRIu32 "}", d->chosen.ids[d->next++]))
		return ITEM_PUT;
	fail(e, "the list of ids exceeds the answer");
	return ITEM_FAILED;
}

static void release_deleted(void *producer)
{
	struct deleted *d = producer;
	chosen_clear(&d->chosen);
	free(d);
}

void delete_devices(const struct request *r, struct answer *a)
{
	struct deleted *d = xcalloc(1, sizeof *d);
	a->producer = d;
	a->release = release_deleted;
	if (!choose(r, a, &devices, r->segment[0], &d->chosen))
		return;
	size_t done = 0;
	for (size_t i = 0; i < d->chosen.count; i++) {
		struct error e;
		uint32_t id = d->chosen.ids[i];
		if (registry_delete_device(r->context->registry, id, &e))
			d->chosen.ids[done++] = id;
		else
			answer_item_error(a, 500, id, "", "%s", e.text);
	}
	d->chosen.count = done;
	a->next = next_deleted;
	if (done)
		a->status = 200;
}
