/* acl_topic: the topics that an entry of an ACL grants: those that a filter of MQTT matches, but none of
 * flespi/, which belong to the items that they tell of. Pure. */
#ifndef MODEL_ACL_TOPIC_H
#define MODEL_ACL_TOPIC_H

#include "base/error.h"
#include "base/str.h"

enum { ACL_TOPIC_MAX = 256 };

/* Can this filter be granted? 1..ACL_TOPIC_MAX bytes, no list, nothing of flespi/ or $. False with a
 * sentence. */
MUST_USE bool acl_topic_check(struct str granted, struct error *e);

/* Does it grant this name? */
bool acl_topic_matches(struct str granted, struct str name);

/* Does it grant whatever this filter (a checked one, without $share/ and $filter/) matches, apart from topics
 * of flespi/ that come with a wildcard in its first level? When that cannot be told from the levels one by
 * one, it does not. */
bool acl_topic_covers(struct str granted, struct str filter);

#endif
