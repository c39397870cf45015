#include "core/change.h"

#include "base/die.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>

/* Less than the body of an event may have. Objects that are too large for it are left out. */
enum { MEMBERS_MAX = 60 * 1024 };

static bool put_text(struct buf *out, const char *name, struct str text)
{
	return buf_printf(out, "\"%s\":", name) &&
	       json_string(out, text.at ? text : (struct str)STR("")) && buf_add_char(out, ',');
}

/* What is not there is not named: clients take a null for an object. */
static bool put_object(
	struct buf *out, const char *name, const struct resource *r, const void *object)
{
	return !object ||
	       (buf_printf(out, "\"%s\":", name) &&
		       resource_print(r, object, resource_shown(r), out) && buf_add_char(out, ','));
}

static bool put_members(struct buf *out, const struct change *c, bool with_objects)
{
	out->len = 0;
	return (!c->app.len || put_text(out, "app", c->app)) && put_text(out, "host", c->host) &&
	       buf_printf(out, "\"http_data\":{},") &&
	       put_object(out, "new", c->resource, with_objects ? c->new : NULL) &&
	       put_object(out, "old", c->resource, with_objects ? c->old : NULL) &&
	       buf_printf(out, "\"token_id\":%" PRIu32 ",", c->token) &&
	       put_text(out, "trace", c->trace);
}

/* Bytes behind the NUL of a text mean nothing. */
static bool is_same(const struct field *f, const char *old, const char *new)
{
	bool is_text = f->kind == FIELD_TEXT || f->kind == FIELD_LIST || f->kind == FIELD_OBJECT;
	return is_text ? strcmp(old, new) == 0 : memcmp(old, new, f->bytes) == 0;
}

/* The members that are not what they were: "name,configuration". */
static struct str put_changed(const struct change *c, char *out, size_t room)
{
	size_t len = 0;
	const struct resource *r = c->resource;
	for (size_t i = 0; c->old && c->new &&i < r->count; i++) {
		const struct field *f = &r->fields[i];
		struct str path = str_of(f->path), name = str_cut(&path, '.');
		if (!f->bytes || is_same(f, (const char *)c->old + f->offset,
					 (const char *)c->new + f->offset))
			continue;
		bool is_named =
			len >= name.len && memcmp(out + len - name.len, name.at, name.len) == 0;
		if (!is_named && len + 1 + name.len < room)
			len += (size_t)snprintf(
				out + len, room - len, "%s%.*s", len ? "," : "", STR_PRINT(name));
	}
	return (struct str){out, len};
}

void change_post(struct events *events, const struct change *change)
{
	if (!events)
		return;
	struct buf members;
	char changed[512];
	buf_init(&members, MEMBERS_MAX);
	check(put_members(&members, change, true) || put_members(&members, change, false));
	const struct event event = {
		.code = !change->old   ? EVENT_CREATED
			: !change->new ? EVENT_DELETED
				       : EVENT_CHANGED,
		.origin_type = change->type,
		.origin_id = change->id,
		.members = str_upto(buf_str(&members), members.len - 1), /* a comma ends it */
		.subject_text = put_changed(change, changed, sizeof changed),
	};
	events_post(events, &event);
	buf_clear(&members);
}
