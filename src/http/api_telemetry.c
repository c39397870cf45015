/* api_telemetry: the latest value of each parameter of a device, which can be forgotten, and `position`, the object made of
 * all position.* with the newest time among them. */
#include "http/items.h"

#include "base/die.h"
#include "base/json.h"
#include "base/log.h"
#include "http/ids.h"
#include "http/routes.h"
#include "http/telemetry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- one device ---- */

static const char composite[] = "position";

bool telemetry_is_selected(struct str list, struct str name)
{
	if (str_is(list, "all"))
		return true;
	while (list.at) {
		struct str want = str_trim(str_cut(&list, ','));
		bool is_above = name.len > want.len && want.len && name.at[want.len] == '.' &&
				str_eq(str_upto(name, want.len), want);
		if (is_above || str_matches(name, want))
			return true;
	}
	return false;
}

struct parts {
	struct str list;
	struct buf before, after; /* members that sort before and behind the composite */
	struct buf position;      /* members of the composite */
	int64_t position_us;
	bool done;
};

/* `,"name":{"ts":...,"value":...}` */
static bool put_item(struct buf *out, struct str name, const struct telemetry_item *item)
{
	return buf_printf(out, ",\"%.*s\":{\"ts\":", STR_PRINT(name)) &&
	       json_decimal(out, item->time_us, 6) && buf_add(out, ",\"value\":", 9) &&
	       param_json(item->param, item->value, out) && buf_add_char(out, '}');
}

static bool put_position(struct parts *p, struct str member, const struct telemetry_item *item)
{
	if (item->time_us > p->position_us || !p->position.len)
		p->position_us = item->time_us;
	return buf_printf(&p->position, "%s\"%.*s\":", p->position.len ? "," : "",
		       STR_PRINT(member)) &&
	       param_json(item->param, item->value, &p->position);
}

static void take_item(void *context, const struct telemetry_item *item)
{
	struct parts *p = context;
	char room[80];
	struct str name = params[item->param].name;
	if (item->index) {
		int len = snprintf(
			room, sizeof room, "%.*s.%u", STR_PRINT(name), (unsigned)item->index);
		name = (struct str){room, (size_t)len};
	}
	bool is_part = str_starts(name, "position.");
	if (is_part)
		p->done = p->done && put_position(p, str_from(name, sizeof composite), item);
	if (!telemetry_is_selected(p->list, name))
		return;
	bool sorts_before = str_cmp(name, str_of(composite)) < 0;
	p->done = p->done && put_item(sorts_before ? &p->before : &p->after, name, item);
}

static bool put_composite(const struct parts *p, struct buf *out)
{
	if (!p->position.len || !telemetry_is_selected(p->list, str_of(composite)))
		return true;
	return buf_printf(out, ",\"%s\":{\"ts\":", composite) &&
	       json_decimal(out, p->position_us, 6) && buf_add(out, ",\"value\":{", 10) &&
	       buf_add_str(out, buf_str(&p->position)) && buf_add(out, "}}", 2);
}

bool telemetry_print(struct store *store, uint32_t device, struct str list, struct buf *out)
{
	enum { MAX_BYTES = 256 * 1024 };
	struct parts p = {.list = list, .done = true};
	buf_init(&p.before, MAX_BYTES);
	buf_init(&p.after, MAX_BYTES);
	buf_init(&p.position, MAX_BYTES);
	bool any = store_telemetry(store, device, take_item, &p);
	size_t start = out->len;
	bool done = p.done;
	if (!any) {
		done = done && buf_add(out, "null", 4);
	} else {
		done = done && buf_add_str(out, buf_str(&p.before)) && put_composite(&p, out) &&
		       buf_add_str(out, buf_str(&p.after));
		if (done && out->len == start)
			done = buf_add_char(out, '{');
		if (done)
			out->at[start] = '{'; /* was the comma before the first member */
		done = done && buf_add_char(out, '}');
	}
	buf_clear(&p.before);
	buf_clear(&p.after);
	buf_clear(&p.position);
	return done;
}

/* ---- the answer ---- */

struct list {
	const struct context *context;
	struct chosen chosen;
	struct page page;
	size_t next, end;
	struct buf names; /* a copy: the request ends before the answer */
	uint64_t rows;
	uint32_t id; /* of the device that is printed */
};

static bool print_telemetry(const void *object, struct buf *out)
{
	const struct list *l = object;
	return telemetry_print(l->context->store, l->id, buf_str(&l->names), out);
}

static const struct field fields[] = {
	FIELD(struct list, id, "id", FIELD_NUMBER, FIELD_SHOWN, 1, UINT32_MAX,
		"Number of the device"),
	FIELD_OF_FUNCTION(
		"telemetry", FIELD_SHOWN, print_telemetry, "object null", "Its latest values"),
};

static const struct resource list_resource = {
	"telemetry", fields, sizeof fields / sizeof *fields, sizeof(struct list), NULL, false};

static enum item next_device(void *producer, struct buf *out, struct error *e)
{
	struct list *l = producer;
	if (l->next == l->end)
		return ITEM_END;
	l->id = l->chosen.ids[l->next++];
	if (resource_print(&list_resource, l, l->rows, out))
		return ITEM_PUT;
	fail(e, "the telemetry of device %" PRIu32 " exceeds the answer", l->id);
	return ITEM_FAILED;
}

static bool list_tail(void *producer, struct buf *out)
{
	return page_print(&((const struct list *)producer)->page, out);
}

static void list_release(void *producer)
{
	struct list *l = producer;
	chosen_clear(&l->chosen);
	buf_clear(&l->names);
	free(l);
}

void get_telemetry(const struct request *r, struct answer *a)
{
	struct list *l = xcalloc(1, sizeof *l);
	l->context = r->context;
	buf_init(&l->names, HTTP_BODY_MAX);
	a->producer = l;
	a->release = list_release;
	if (!page_parse(r, a, &l->page) || !fields_parse(r, a, &list_resource, &l->rows) ||
		!choose(r, a, &devices, r->segment[0], &l->chosen))
		return;
	if (!buf_add_str(&l->names, r->segment[1])) {
		answer_error(a, 400, "the list of names is too long");
		return;
	}
	l->end = page_cut(&l->page, l->chosen.count, &l->next);
	l->end += l->next;
	a->next = next_device;
	a->tail = list_tail;
}

/* ---- forgetting ---- */

static uint64_t select_params(struct str list)
{
	uint64_t selected = 0;
	for (unsigned p = 0; p < PARAM_COUNT; p++)
		if (telemetry_is_selected(list, params[p].name))
			selected |= UINT64_C(1) << p;
	return selected;
}

/* False: a name or mask that means no parameter; answered. The values of further cells go with
 * their parameter. */
static bool parse_names(struct answer *a, struct str list, uint64_t *selected)
{
	*selected = select_params(list);
	while (list.at && !str_is(list, "all")) {
		struct str part = str_trim(str_cut(&list, ','));
		char shown[100];
		if (str_is(part, "all") || !select_params(part)) {
			answer_error(a, 400, "there is no parameter '%s'",
				escape_bytes(part, shown, sizeof shown));
			return false;
		}
	}
	return true;
}

void delete_telemetry(const struct request *r, struct answer *a)
{
	uint64_t selected;
	struct chosen chosen;
	if (!parse_names(a, r->segment[1], &selected) ||
		!choose(r, a, &devices, r->segment[0], &chosen))
		return;
	unsigned before = a->status;
	size_t done = 0;
	a->status = 0;
	for (size_t i = 0; i < chosen.count; i++) {
		struct error e;
		const struct live_view *live = r->context->live;
		if (live)
			live->forget(live->context, chosen.ids[i], selected);
		if (store_forget_telemetry(r->context->store, chosen.ids[i], selected, &e))
			chosen.ids[done++] = chosen.ids[i];
		else
			answer_item_error(a, 500, chosen.ids[i], "", "%s", e.text);
	}
	chosen.count = done;
	if (done || !a->status)
		a->status = before;
	answer_ids(a, &chosen);
}
