#include "model/acl.h"

#include "base/log.h"
#include "base/order.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* What can be granted; /platform and tokens cannot. Those that hold nothing here may stand in a
 * token as well: they grant nothing. */
static const char *const uris[] = {"gw/assets", "gw/calcs", "gw/channels", "gw/devices",
	"gw/geofences", "gw/groups", "gw/modems", "gw/plugins", "gw/streams", "storage/cdns",
	"storage/containers"};
enum { URIS = sizeof uris / sizeof *uris };

static const char *const submodules[] = {"calcs", "calculate", "channels", "cid", "commands",
	"commands-dangerous", "commands-queue", "commands-result", "connections", "devices",
	"files", "geofences", "groups", "idents", "logs", "media", "messages", "packets", "plugins",
	"settings", "sms", "snapshots", "streams", "telemetry"};
enum { SUBMODULES = sizeof submodules / sizeof *submodules };
_Static_assert((int)SUBMODULES <= (int)ACL_SUBMODULES, "an entry has a place for each");

static const struct {
	const char *name;
	enum acl_method method;
} methods[] = {{"GET", ACL_GET}, {"POST", ACL_POST}, {"PUT", ACL_PUT}, {"PATCH", ACL_PATCH},
	{"DELETE", ACL_DELETE}};
enum { METHODS = sizeof methods / sizeof *methods };

/* The place of a name in a list; -1: it is not there. */
static int place_of(struct str name, const char *const list[], int count)
{
	for (int i = 0; i < count; i++)
		if (str_is(name, list[i]))
			return i;
	return -1;
}

/* ---- reading ---- */

struct reading {
	struct acl *acl;
	size_t entry; /* its number, for the sentences */
	struct refusal *refusal;
};

static bool refuse(const struct reading *r, const char *format, ...) PRINTF(2, 3);

static bool refuse(const struct reading *r, const char *format, ...)
{
	char text[300];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	snprintf(r->refusal->member, sizeof r->refusal->member, "access.acl");
	return fail(&r->refusal->why, "access.acl[%zu]: %s", r->entry, text);
}

static struct str text_of(const json_t *value)
{
	return (struct str){json_string_value(value), json_string_length(value)};
}

static const char *shown(struct str text)
{
	static _Thread_local char room[80];
	return escape_bytes(text, room, sizeof room);
}

static bool read_methods(const struct reading *r, const json_t *value, uint8_t *out)
{
	size_t i;
	json_t *one;
	*out = 0;
	if (!json_is_array(value))
		return refuse(r, "methods must be an array of strings");
	json_array_foreach(value, i, one)
	{
		size_t m = 0;
		while (m < METHODS &&
			!(json_is_string(one) && str_is(text_of(one), methods[m].name)))
			m++;
		if (m == METHODS)
			return refuse(r, "methods are GET, POST, PUT, PATCH and DELETE");
		*out |= (uint8_t)methods[m].method;
	}
	return true;
}

static bool add_id(const struct reading *r, uint64_t id)
{
	struct acl *acl = r->acl;
	if (id < 1 || id > UINT32_MAX)
		return refuse(r, "an id is a number from 1 to 4294967295");
	if (acl->id_count == ACL_IDS_MAX)
		return refuse(r, "more than %d ids in one token", (int)ACL_IDS_MAX);
	acl->ids[acl->id_count++] = (uint32_t)id;
	return true;
}

static bool add_ids(const struct reading *r, const json_t *value)
{
	size_t i;
	json_t *one;
	if (!json_is_array(value) && !json_is_string(value))
		return refuse(r, "ids are \"all\", an array of numbers or \"1,2,3\"");
	json_array_foreach(
		value, i, one) if (!add_id(r, json_is_integer(one) && json_integer_value(one) > 0
						      ? (uint64_t)json_integer_value(one)
						      : 0)) return false;
	struct str rest = json_is_string(value) ? text_of(value) : (struct str){NULL, 0};
	while (rest.len) {
		uint64_t id = 0;
		if (!str_to_u64(str_trim(str_cut(&rest, ',')), &id) || !add_id(r, id))
			return refuse(r, "ids are \"all\", an array of numbers or \"1,2,3\"");
	}
	return true;
}

static bool read_ids(const struct reading *r, const json_t *value, struct acl_entry *entry)
{
	struct acl *acl = r->acl;
	entry->says_all = json_is_string(value) && str_is(text_of(value), "all");
	if (entry->says_all)
		return true;
	entry->any_id = false;
	entry->first_id = acl->id_count;
	if (!add_ids(r, value))
		return false;
	uint32_t *ids = acl->ids + entry->first_id;
	size_t count = (size_t)acl->id_count - entry->first_id, kept = 0;
	qsort(ids, count, sizeof *ids, order_u32);
	for (size_t i = 0; i < count; i++)
		if (!i || ids[i] != ids[kept - 1])
			ids[kept++] = ids[i];
	entry->id_count = (uint16_t)kept;
	acl->id_count = (uint16_t)(entry->first_id + kept);
	return true;
}

static bool read_submodule(const struct reading *r, const json_t *value, struct acl_entry *entry)
{
	const char *key;
	json_t *member;
	int place = -1;
	uint8_t granted = 0;
	if (!json_is_object(value))
		return refuse(r, "submodules must be an array of objects {name, methods}");
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		if (strcmp(key, "methods") == 0) {
			if (!read_methods(r, member, &granted))
				return false;
		} else if (strcmp(key, "name") != 0) {
			return refuse(r, "unknown property submodules.%s", shown(str_of(key)));
		} else if (json_is_string(member)) {
			place = place_of(text_of(member), submodules, SUBMODULES);
			if (place < 0)
				return refuse(
					r, "there is no submodule '%s'", shown(text_of(member)));
		}
	}
	if (place < 0)
		return refuse(r, "a submodule needs its name");
	entry->submodules[place] |= granted;
	if (!memchr(entry->named, place, entry->named_count))
		entry->named[entry->named_count++] = (uint8_t)place;
	return true;
}

static bool read_submodules(const struct reading *r, const json_t *value, struct acl_entry *entry)
{
	size_t i;
	json_t *one;
	entry->inherits = false;
	if (!json_is_array(value))
		return refuse(r, "submodules must be an array of objects {name, methods}");
	json_array_foreach(value, i, one) if (!read_submodule(r, one, entry)) return false;
	return true;
}

static bool read_uri(const struct reading *r, const json_t *value, int *place)
{
	if (!json_is_string(value))
		return refuse(r, "uri must be a string");
	*place = place_of(text_of(value), uris, URIS);
	return *place >= 0 || refuse(r, "'%s' cannot be granted by an ACL", shown(text_of(value)));
}

static bool read_entry(const struct reading *r, const json_t *json, struct acl_entry *entry)
{
	const char *key;
	json_t *value;
	int place = -1;
	*entry = (struct acl_entry){.any_id = true, .inherits = true};
	if (!json_is_object(json))
		return refuse(r, "an entry must be an object");
	json_object_foreach((json_t *)(uintptr_t)json, key, value)
	{
		bool done = strcmp(key, "uri") == 0       ? read_uri(r, value, &place)
			    : strcmp(key, "methods") == 0 ? read_methods(r, value, &entry->methods)
			    : strcmp(key, "ids") == 0     ? read_ids(r, value, entry)
			    : strcmp(key, "submodules") == 0
				    ? read_submodules(r, value, entry)
				    : refuse(r, "unknown property %s", shown(str_of(key)));
		if (!done)
			return false;
	}
	if (place < 0)
		return refuse(r, "uri is missing");
	entry->uri = (uint8_t)place;
	return true;
}

bool acl_parse(const json_t *json, struct acl *out, struct refusal *refusal)
{
	struct reading r = {out, 0, refusal};
	size_t count = json_array_size(json);
	memset(out, 0, sizeof *out);
	snprintf(refusal->member, sizeof refusal->member, "access.acl");
	if (!json_is_array(json))
		return fail(&refusal->why, "access.acl must be an array of entries");
	if (count > ACL_ENTRIES_MAX)
		return fail(&refusal->why, "access.acl has %zu entries, the limit is %d", count,
			(int)ACL_ENTRIES_MAX);
	for (; r.entry < count; r.entry++)
		if (!read_entry(&r, json_array_get(json, r.entry), &out->entries[r.entry]))
			return false;
	out->count = (uint16_t)count;
	return true;
}

/* ---- printing ---- */

static bool print_methods(uint8_t granted, struct buf *out)
{
	bool done = buf_printf(out, "\"methods\":["), first = true;
	for (int m = 0; done && m < METHODS; m++) {
		if (!(granted & methods[m].method))
			continue;
		done = buf_printf(out, "%s\"%s\"", first ? "" : ",", methods[m].name);
		first = false;
	}
	return done && buf_add_char(out, ']');
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
		done = buf_printf(out, "%s{\"name\":\"%s\",", i ? "," : "", submodules[place]) &&
		       print_methods(entry->submodules[place], out) && buf_add_char(out, '}');
	}
	return done && buf_add_char(out, ']');
}

bool acl_print(const struct acl *acl, struct buf *out)
{
	bool done = buf_add_char(out, '[');
	for (unsigned i = 0; done && i < acl->count; i++) {
		const struct acl_entry *e = &acl->entries[i];
		done = buf_printf(out, "%s{\"uri\":\"%s\",", i ? "," : "", uris[e->uri]) &&
		       print_methods(e->methods, out) && print_ids(acl, e, out) &&
		       print_submodules(e, out) && buf_add_char(out, '}');
	}
	return done && buf_add_char(out, ']');
}

/* ---- deciding ---- */

bool acl_knows_submodule(struct str name)
{
	return !name.len || place_of(name, submodules, SUBMODULES) >= 0;
}

static bool grants(const struct acl_entry *e, int uri, struct str submodule, enum acl_method m)
{
	if (e->uri != uri)
		return false;
	uint8_t granted = e->methods;
	if (submodule.len && !e->inherits) {
		int place = place_of(submodule, submodules, SUBMODULES);
		granted = place < 0 ? 0 : e->submodules[place];
	}
	return granted & m || (m == ACL_PATCH && granted & ACL_PUT);
}

bool acl_allows(const struct acl *acl, struct str uri, struct str submodule, enum acl_method m)
{
	int place = place_of(uri, uris, URIS);
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
	int place = place_of(uri, uris, URIS);
	for (unsigned i = 0; i < acl->count; i++)
		if (grants(&acl->entries[i], place, submodule, m) &&
			has_id(acl, &acl->entries[i], id))
			return true;
	return false;
}

bool acl_names_id(
	const struct acl *acl, struct str uri, struct str submodule, enum acl_method m, uint32_t id)
{
	int place = place_of(uri, uris, URIS);
	for (unsigned i = 0; i < acl->count; i++)
		if (!acl->entries[i].inherits && grants(&acl->entries[i], place, submodule, m) &&
			has_id(acl, &acl->entries[i], id))
			return true;
	return false;
}
