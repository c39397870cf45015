#include "model/acl_inside.h"

#include "base/order.h"

#include <jansson.h>
#include <stdlib.h>

const char *const acl_uris[ACL_URIS] = {"gw/assets", "gw/calcs", "gw/channels", "gw/devices",
	"gw/geofences", "gw/groups", "gw/modems", "gw/plugins", "gw/streams", "mqtt",
	"storage/cdns", "storage/containers"};

const char *const acl_submodules[ACL_SUBMODULES] = {"calcs", "calculate", "channels", "cid",
	"commands", "commands-dangerous", "commands-queue", "commands-result", "connections",
	"devices", "files", "geofences", "groups", "idents", "logs", "media", "messages", "packets",
	"plugins", "sessions", "settings", "sms", "snapshots", "streams", "telemetry"};

const struct acl_word acl_methods[ACL_METHODS] = {{"GET", ACL_GET}, {"POST", ACL_POST},
	{"PUT", ACL_PUT}, {"PATCH", ACL_PATCH}, {"DELETE", ACL_DELETE}};

const struct acl_word acl_actions[ACL_ACTIONS] = {
	{"publish", ACL_PUBLISH}, {"subscribe", ACL_SUBSCRIBE}};

int acl_place(struct str name, const char *const list[], int count)
{
	for (int i = 0; i < count; i++)
		if (str_is(name, list[i]))
			return i;
	return -1;
}

/* ---- printing ---- */

static bool print_words(const char *member, const struct acl_word *words, int count,
	uint8_t granted, struct buf *out)
{
	bool done = buf_printf(out, "\"%s\":[", member), first = true;
	for (int i = 0; done && i < count; i++) {
		if (!(granted & words[i].bit))
			continue;
		done = buf_printf(out, "%s\"%s\"", first ? "" : ",", words[i].name);
		first = false;
	}
	return done && buf_add_char(out, ']');
}

static bool print_methods(uint8_t granted, struct buf *out)
{
	return print_words("methods", acl_methods, ACL_METHODS, granted, out);
}

static bool print_ids(const struct acl *acl, const struct acl_entry *entry, struct buf *out)
{
	if (entry->any_id)
		return !entry->says_all || buf_printf(out, ",\"ids\":\"all\"");
	bool done = buf_printf(out, ",\"ids\":[");
	for (unsigned i = 0; done && i < entry->id_count; i++)
		done = buf_printf(out, i ? ",%u" : "%u", acl->ids[entry->first_id + i]);
	return done && buf_add_char(out, ']');
}

static bool print_submodules(const struct acl_entry *entry, struct buf *out)
{
	if (entry->inherits)
		return true;
	bool done = buf_printf(out, ",\"submodules\":[");
	for (unsigned i = 0; done && i < entry->named_count; i++) {
		unsigned place = entry->named[i];
		done = buf_printf(
			       out, "%s{\"name\":\"%s\",", i ? "," : "", acl_submodules[place]) &&
		       print_methods(entry->submodules[place], out) && buf_add_char(out, '}');
	}
	return done && buf_add_char(out, ']');
}

static struct str topic_of(const struct acl *acl, const struct acl_entry *entry)
{
	return (struct str){acl->topics + entry->first_byte, entry->topic_len};
}

static bool print_topic(const struct acl *acl, const struct acl_entry *entry, struct buf *out)
{
	if (!entry->topic_len)
		return true;
	struct str topic = topic_of(acl, entry);
	json_t *text = json_stringn(topic.at, topic.len);
	bool done = text && buf_printf(out, ",\"topic\":") && json_compact(text, out) &&
		    buf_add_char(out, ',') &&
		    print_words("actions", acl_actions, ACL_ACTIONS, entry->actions, out);
	json_decref(text);
	return done;
}

bool acl_print(const struct acl *acl, struct buf *out)
{
	bool done = buf_add_char(out, '[');
	for (unsigned i = 0; done && i < acl->count; i++) {
		const struct acl_entry *e = &acl->entries[i];
		done = buf_printf(out, "%s{\"uri\":\"%s\",", i ? "," : "", acl_uris[e->uri]) &&
		       print_methods(e->methods, out) && print_ids(acl, e, out) &&
		       print_submodules(e, out) && print_topic(acl, e, out) &&
		       buf_add_char(out, '}');
	}
	return done && buf_add_char(out, ']');
}

/* ---- deciding ---- */

bool acl_knows_submodule(struct str name)
{
	return !name.len || acl_place(name, acl_submodules, ACL_SUBMODULES) >= 0;
}

static bool grants(const struct acl_entry *e, int uri, struct str submodule, enum acl_method m)
{
	if (e->uri != uri)
		return false;
	uint8_t granted = e->methods;
	if (submodule.len && !e->inherits) {
		int place = acl_place(submodule, acl_submodules, ACL_SUBMODULES);
		granted = place < 0 ? 0 : e->submodules[place];
	}
	return granted & m || (m == ACL_PATCH && granted & ACL_PUT);
}

bool acl_allows(const struct acl *acl, struct str uri, struct str submodule, enum acl_method m)
{
	int place = acl_place(uri, acl_uris, ACL_URIS);
	for (unsigned i = 0; i < acl->count; i++)
		if (grants(&acl->entries[i], place, submodule, m) &&
			(acl->entries[i].any_id || acl->entries[i].id_count))
			return true;
	return false;
}

static bool has_id(const struct acl *acl, const struct acl_entry *e, uint32_t id)
{
	return e->any_id || bsearch(&id, acl->ids + e->first_id, e->id_count, sizeof id, order_u32);
}

bool acl_allows_id(
	const struct acl *acl, struct str uri, struct str submodule, enum acl_method m, uint32_t id)
{
	int place = acl_place(uri, acl_uris, ACL_URIS);
	for (unsigned i = 0; i < acl->count; i++)
		if (grants(&acl->entries[i], place, submodule, m) &&
			has_id(acl, &acl->entries[i], id))
			return true;
	return false;
}

bool acl_names_id(
	const struct acl *acl, struct str uri, struct str submodule, enum acl_method m, uint32_t id)
{
	int place = acl_place(uri, acl_uris, ACL_URIS);
	for (unsigned i = 0; i < acl->count; i++)
		if (!acl->entries[i].inherits && grants(&acl->entries[i], place, submodule, m) &&
			has_id(acl, &acl->entries[i], id))
			return true;
	return false;
}

bool acl_allows_topic(const struct acl *acl, struct str name, enum acl_action action)
{
	for (unsigned i = 0; i < acl->count; i++)
		if (acl->entries[i].actions & action &&
			acl_topic_matches(topic_of(acl, &acl->entries[i]), name))
			return true;
	return false;
}

bool acl_allows_filter(const struct acl *acl, struct str filter)
{
	for (unsigned i = 0; i < acl->count; i++)
		if (acl->entries[i].actions & ACL_SUBSCRIBE &&
			acl_topic_covers(topic_of(acl, &acl->entries[i]), filter))
			return true;
	return false;
}
