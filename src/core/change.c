#include "core/change.h"

#include "base/die.h"
#include "base/json.h"

#include <inttypes.h>

/* Less than the body of an event may have. Objects that are too large for it are left out. */
enum { MEMBERS_MAX = 60 * 1024 };

static bool put_text(struct buf *out, const char *name, struct str text)
{
	return buf_printf(out, "\"%s\":", name) &&
	       json_string(out, text.at ? text : (struct str)STR("")) && buf_add_char(out, ',');
}

static bool put_object(
	struct buf *out, const char *name, const struct resource *r, const void *object)
{
	if (!object)
		return buf_printf(out, "\"%s\":null", name);
	return buf_printf(out, "\"%s\":", name) &&
	       resource_print(r, object, resource_shown(r), out);
}

static bool put_members(struct buf *out, const struct change *c, bool with_objects)
{
	out->len = 0;
	return (!c->app.len || put_text(out, "app", c->app)) && put_text(out, "host", c->host) &&
	       buf_printf(out, "\"http_data\":{},") &&
	       put_object(out, "new", c->resource, with_objects ? c->new : NULL) &&
	       buf_add_char(out, ',') &&
	       put_object(out, "old", c->resource, with_objects ? c->old : NULL) &&
	       buf_printf(out, ",\"token_id\":%" PRIu32 ",", c->token) &&
	       put_text(out, "trace", c->trace);
}

void change_post(struct events *events, const struct change *change)
{
	if (!events)
		return;
	struct buf members;
	buf_init(&members, MEMBERS_MAX);
	check(put_members(&members, change, true) || put_members(&members, change, false));
	const struct event event = {
		.code = !change->old   ? EVENT_CREATED
			: !change->new ? EVENT_DELETED
				       : EVENT_CHANGED,
		.origin_type = change->type,
		.origin_id = change->id,
		.members = str_upto(buf_str(&members), members.len - 1), /* a comma ends it */
	};
	events_post(events, &event);
	buf_clear(&members);
}
