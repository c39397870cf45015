/* What lies below items: connections, commands that wait, idents. */
#include "live/derive_inside.h"

#include "base/json.h"
#include "core/connection_form.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PAGE = 128 };

/* ---- connections ---- */

static void tell_connection(const struct telling *t, const struct connection *c, bool is_open)
{
	struct connection_form form;
	uint32_t device = c->device;
	if (!device && c->ident)
		device = registry_device_of(t->live->options.registry, c->ident);
	connection_form_make(c, device, &form);
	struct buf *out = fresh(t->live);
	if (!is_open || resource_print(&connection_resource, &form,
				resource_shown(&connection_resource), out))
		derive_tell(t, "connections", is_open ? c->established_us : 0,
			"/connections/%" PRIu64, c->id);
}

bool derive_connections_page(
	const struct telling *t, uint32_t channel, uint64_t ident, uint64_t *after)
{
	const struct connections *all = t->live->connections;
	if (!all || !pattern_reaches(t->pattern, 7) || !pattern_fits(t->pattern, 5, "connections"))
		return false;
	struct connection *page = xmalloc(PAGE * sizeof *page);
	size_t count = all->list(all->context, channel, ident, *after, page, PAGE);
	for (size_t i = 0; i < count; i++)
		tell_connection(t, &page[i], true);
	if (count)
		*after = page[count - 1].id;
	free(page);
	return count == PAGE;
}

void derive_connections(const struct telling *t, uint32_t channel, uint64_t ident)
{
	uint64_t after = 0;
	while (derive_connections_page(t, channel, ident, &after))
		continue;
}

void derive_connection(
	struct live *l, const struct connection *c, bool is_open, derive_fn *each, void *context)
{
	struct telling t = {l, derive_channels, c->channel, NULL, each, context};
	tell_connection(&t, c, is_open);
	if (!c->device)
		return;
	t.kind = derive_devices;
	t.id = c->device;
	tell_connection(&t, c, is_open);
}

/* ---- commands ---- */

void derive_command(struct live *l, uint32_t device, uint64_t id, derive_fn *each, void *context)
{
	const struct telling t = {l, derive_devices, device, NULL, each, context};
	struct command *c = xmalloc(sizeof *c);
	struct buf *out = fresh(l);
	bool is_there = l->options.commands && commands_get(l->options.commands, id, c);
	if (!is_there ||
		resource_print(&command_resource, c, resource_shown(&command_resource), out))
		derive_tell(&t, "commands-queue", 0, "/commands-queue/%" PRIu64, id);
	free(c);
}

void derive_commands(const struct telling *t)
{
	uint64_t *ids = NULL;
	if (!t->live->options.commands || !pattern_reaches(t->pattern, 7) ||
		!pattern_fits(t->pattern, 5, "commands-queue"))
		return;
	size_t count = commands_of(t->live->options.commands, t->id, &ids);
	for (size_t i = 0; i < count; i++)
		derive_command(t->live, t->id, ids[i], t->each, t->context);
	free(ids);
}

/* ---- idents ---- */

/* As it is registered now. */
static bool put_device(struct live *l, uint64_t ident, struct buf *out)
{
	uint32_t device = registry_device_of(l->options.registry, ident);
	return device ? buf_printf(out, "%" PRIu32, device) : buf_add(out, "null", 4);
}

void derive_ident(struct live *l, uint32_t channel, const struct ident_info *info, derive_fn *each,
	void *context)
{
	const struct telling t = {l, derive_channels, channel, NULL, each, context};
	char peer[PEER_TEXT_MAX];
	struct buf *out = fresh(l);
	if (buf_printf(out,
		    "{\"ident\":\"%" PRIu64 "\",\"size\":%" PRIu64 ",\"messages\":%" PRIu64
		    ",\"last\":",
		    info->ident, info->bytes, info->count) &&
		json_decimal(out, info->last_us, 6) &&
		buf_printf(out, ",\"peer\":\"%.*s\",\"device_id\":",
			STR_PRINT(peer_text(&info->peer, peer))) &&
		put_device(l, info->ident, out) && buf_add_char(out, '}'))
		derive_tell(&t, "idents", info->last_us, "/idents/%" PRIu64, info->ident);
}

static void copy_ident(void *context, const struct ident_info *info)
{
	struct derive_place *p = context;
	if ((p->count & (p->count + 1)) == 0) /* it grows in powers of two */
		p->idents = xrealloc(p->idents, 2 * (p->count + 1) * sizeof *p->idents);
	p->idents[p->count++] = *info;
}

bool derive_idents_page(const struct telling *t, struct derive_place *place)
{
	if (!pattern_reaches(t->pattern, 7) || !pattern_fits(t->pattern, 5, "idents"))
		return false;
	if (!place->idents)
		store_idents(t->live->options.store, t->id, copy_ident, place);
	for (size_t i = 0; i < PAGE && place->at < place->count; i++)
		derive_ident(t->live, t->id, &place->idents[place->at++], t->each, t->context);
	return place->at < place->count;
}

void derive_place_clear(struct derive_place *place)
{
	free(place->idents);
	*place = (struct derive_place){PART_ITEM, 0, NULL, 0, 0};
}
