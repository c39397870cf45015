/* acl: what a token of access type 2 may do. What no entry grants is forbidden.
 *
 * An entry names the items by `uri` ("gw/devices"), the `methods` that are granted on the items
 * themselves, the `ids` it is about ("all", which is also meant when it is absent, [1,2] or "1,2")
 * and the `submodules`: what lies below an item, "messages" in /gw/devices/{devices}/messages. An
 * entry without `submodules` grants its methods below the items too; with a list, be it empty, only
 * what is named there is granted, each name with methods of its own (GET is not inherited).
 *
 * PUT covers PATCH, for who may replace a thing may as well change it. An entry with a list of ids
 * creates nothing: what is new is on no list. Entries add up.
 *
 * An entry of the uri "mqtt" has no ids. Its methods are about what REST has below /mqtt; with a `topic`, a
 * filter of MQTT, and `actions` ("publish", "subscribe") it grants these with the topics that the filter
 * matches. Topics of flespi/ are not among them: who may read an item may read what its topics tell. */
#ifndef MODEL_ACL_H
#define MODEL_ACL_H

#include "model/acl_topic.h"
#include "model/resource.h"

enum acl_method { ACL_GET = 1, ACL_POST = 2, ACL_PUT = 4, ACL_PATCH = 8, ACL_DELETE = 16 };

enum acl_action { ACL_PUBLISH = 1, ACL_SUBSCRIBE = 2 };

enum {
	ACL_ENTRIES_MAX = 24,
	ACL_IDS_MAX = 1000,
	ACL_TOPICS_MAX = 2048, /* bytes of all topics */
	ACL_SUBMODULES = 25,
};

struct acl_entry {
	uint8_t uri; /* its place in the table of uris */
	uint8_t methods;
	bool any_id, says_all;              /* ids is absent or "all"; it is "all" */
	bool inherits;                      /* submodules is absent */
	uint16_t first_id, id_count;        /* in the acl's ids; rising */
	uint8_t submodules[ACL_SUBMODULES]; /* methods, by place in the table of submodules */
	uint8_t named[ACL_SUBMODULES];      /* their places in the order given, each once */
	uint8_t named_count;
	uint8_t actions;                /* with a topic */
	uint16_t first_byte, topic_len; /* in the acl's topics; 0: none */
};

struct acl {
	uint16_t count, id_count;
	struct acl_entry entries[ACL_ENTRIES_MAX];
	uint32_t ids[ACL_IDS_MAX]; /* of all entries */
	uint16_t topic_bytes;
	char topics[ACL_TOPICS_MAX]; /* of all entries, behind one another */
};

/* Reads the array of entries. On refusal *out may be half filled. */
MUST_USE bool acl_parse(const struct json_t *json, struct acl *out, struct refusal *refusal);

/* The array again. False: the buffer is full. */
MUST_USE bool acl_print(const struct acl *acl, struct buf *out);

/* Is there a submodule of this name? An empty name is the item itself. */
bool acl_knows_submodule(struct str name);

/* May it do this with at least one item? */
bool acl_allows(const struct acl *acl, struct str uri, struct str submodule, enum acl_method m);

/* ... with this item? id 0: one that is being made. */
bool acl_allows_id(const struct acl *acl, struct str uri, struct str submodule, enum acl_method m,
	uint32_t id);

/* The same, but only where an entry names the submodule itself. */
bool acl_names_id(const struct acl *acl, struct str uri, struct str submodule, enum acl_method m,
	uint32_t id);

/* May it publish to this name, or be given what is published to it? Never for a name of flespi/. */
bool acl_allows_topic(const struct acl *acl, struct str name, enum acl_action action);

/* May it subscribe to this filter (a checked one, without $share/ and $filter/)? True only when one entry
 * grants all that it matches. One that begins with a wildcard also matches topics of flespi/, which this
 * says nothing about. */
bool acl_allows_filter(const struct acl *acl, struct str filter);

#endif
