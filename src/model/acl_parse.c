/* acl_parse: reads the entries of an ACL; a refusal names the entry by its place. */
#include "model/acl_inside.h"

#include "base/log.h"
#include "base/order.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

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

/* An array of words as bits. */
static bool read_words(const json_t *value, const struct acl_word *words, int count, uint8_t *out)
{
	size_t i;
	json_t *one;
	*out = 0;
	json_array_foreach(value, i, one)
	{
		int at = 0;
		while (at < count && !(json_is_string(one) && str_is(text_of(one), words[at].name)))
			at++;
		if (at == count)
			return false;
		*out |= words[at].bit;
	}
	return json_is_array(value);
}

static bool read_methods(const struct reading *r, const json_t *value, uint8_t *out)
{
	return read_words(value, acl_methods, ACL_METHODS, out) ||
	       refuse(r, "methods are GET, POST, PUT, PATCH and DELETE, in an array");
}

static bool read_actions(const struct reading *r, const json_t *value, struct acl_entry *entry)
{
	return read_words(value, acl_actions, ACL_ACTIONS, &entry->actions) ||
	       refuse(r, "actions are publish and subscribe, in an array");
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
			place = acl_place(text_of(member), acl_submodules, ACL_SUBMODULES);
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

static bool read_topic(const struct reading *r, const json_t *value, struct acl_entry *entry)
{
	struct acl *acl = r->acl;
	struct error e;
	if (!json_is_string(value))
		return refuse(r, "topic must be a string");
	struct str topic = text_of(value);
	if (!acl_topic_check(topic, &e))
		return refuse(r, "%s", e.text);
	if (topic.len > sizeof acl->topics - acl->topic_bytes)
		return refuse(
			r, "the topics of one token have more than %d bytes", (int)ACL_TOPICS_MAX);
	memcpy(acl->topics + acl->topic_bytes, topic.at, topic.len);
	entry->first_byte = acl->topic_bytes;
	entry->topic_len = (uint16_t)topic.len;
	acl->topic_bytes = (uint16_t)(acl->topic_bytes + topic.len);
	return true;
}

static bool read_uri(const struct reading *r, const json_t *value, int *place)
{
	if (!json_is_string(value))
		return refuse(r, "uri must be a string");
	*place = acl_place(text_of(value), acl_uris, ACL_URIS);
	return *place >= 0 || refuse(r, "'%s' cannot be granted by an ACL", shown(text_of(value)));
}

static bool read_member(const struct reading *r, const char *key, const json_t *value,
	struct acl_entry *entry, int *place)
{
	if (strcmp(key, "uri") == 0)
		return read_uri(r, value, place);
	if (strcmp(key, "methods") == 0)
		return read_methods(r, value, &entry->methods);
	if (strcmp(key, "ids") == 0)
		return read_ids(r, value, entry);
	if (strcmp(key, "submodules") == 0)
		return read_submodules(r, value, entry);
	if (strcmp(key, "topic") == 0)
		return read_topic(r, value, entry);
	if (strcmp(key, "actions") == 0)
		return read_actions(r, value, entry);
	return refuse(r, "unknown property %s", shown(str_of(key)));
}

/* Do the members go together? */
static bool is_sound(const struct reading *r, const struct acl_entry *entry, bool has_actions)
{
	bool is_mqtt = strcmp(acl_uris[entry->uri], "mqtt") == 0;
	if (!is_mqtt && (entry->topic_len || has_actions))
		return refuse(r, "topic and actions are for the uri mqtt");
	if (is_mqtt && !entry->any_id)
		return refuse(r, "the uri mqtt has no ids");
	if (has_actions != (entry->topic_len > 0))
		return refuse(r, "topic and actions go together");
	return true;
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
		if (!read_member(r, key, value, entry, &place))
			return false;
	}
	if (place < 0)
		return refuse(r, "uri is missing");
	entry->uri = (uint8_t)place;
	return is_sound(r, entry, json_object_get(json, "actions") != NULL);
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
