/* topic: names of topics and filters of subscriptions, with what flespi adds to the standard. Pure.
 *
 *   a/b/c              a name
 *   a/+/c  a/#         filters: + is one level, # the rest of the levels, be it none
 *   a/b,c/d            in a filter: a/b/d and a/c/d (and, as comma is a letter like others, a/b,c/d)
 *   $share/name/FILTER, $share/name:count/FILTER, $share/name:from:count/FILTER
 *                      of all who share `name` and FILTER one gets each message; with `count`, messages whose
 *                      topics are equal in `count` levels (from level `from`, 0 being the first) go to the
 *                      same one. A colon stands nowhere else in this level
 *   $filter/SPEC/FILTER, $filter/SPEC&SPEC/FILTER
 *                      of what FILTER matches only what fits each SPEC, which is percent-encoded:
 *                      payload=EXPRESSION, message=EXPRESSION, cid=N, modified_since>SECONDS. What is not
 *                      encoded stands for itself, but / ends the specs, % begins two hex digits, + and #
 *                      stand nowhere; & separates specs, && does not
 *   $share/.../$filter/.../FILTER
 */
#ifndef MQTT_TOPIC_H
#define MQTT_TOPIC_H

#include "base/buf.h"

enum {
	TOPIC_MAX = 4096,       /* bytes of a name or filter */
	TOPIC_LEVELS_MAX = 32,  /* of a name or filter */
	TOPIC_NAMES_MAX = 1000, /* plain filters that a filter with comma lists stands for */
	TOPIC_SPECS_MAX = 8,    /* of one $filter/ */
};

/* A name that may be published to: 1..TOPIC_MAX bytes, TOPIC_LEVELS_MAX levels, no + and no #, no NUL. (That
 * it is UTF-8 was checked when the packet was read.) False with a sentence. */
MUST_USE bool topic_check(struct str name, struct error *e);

struct topic_filter {
	bool is_shared, is_sticky;
	struct str share;     /* the name alone */
	unsigned from, count; /* sticky: the levels that decide */
	struct str spec;      /* between $filter/ and FILTER, still encoded; empty: there is none */
	struct str filter;    /* FILTER */
};

/* Takes the text of a subscription apart and checks all of it: where + and # may stand, limits, the share's
 * name and numbers, and that the specs are of the kinds above (their expressions are the caller's to
 * parse). A list may hold neither + nor #. TOPIC_MAX is for `text` as a whole, TOPIC_LEVELS_MAX for FILTER.
 * Views into `text`. False with a sentence. */
MUST_USE bool topic_filter_parse(struct str text, struct topic_filter *out, struct error *e);

enum topic_spec { TOPIC_SPEC_PAYLOAD, TOPIC_SPEC_MESSAGE, TOPIC_SPEC_CID, TOPIC_SPEC_SINCE };

/* Cuts the next one off *specs (of a parsed filter): its kind, and what stands behind the sign, decoded, in
 * `value`, which is emptied before: UTF-8 without NUL, not empty; of cid 1..19 digits, of modified_since
 * digits, perhaps with a fraction. 1: there is one; 0: there is none any more; -1: it cannot be read (then
 * with a sentence), of a parsed filter only when `value` is full. */
int topic_spec_next(struct str *specs, enum topic_spec *kind, struct buf *value, struct error *e);

/* Does FILTER (a checked one) match the name? Wildcards in the first level do not match names that begin
 * with $. */
bool topic_matches(struct str filter, struct str name);

/* Does one level of a filter (+, a name, a list) match one level of a name? # is no level. FILTER matches a
 * name when each of its levels does; only of $ in the first level a level alone cannot know. */
bool topic_level_matches(struct str pattern, struct str level);

/* The levels [from, from + count) of a name, with the / between them: fewer where it ends before. */
struct str topic_levels(struct str name, unsigned from, unsigned count);

/* How many plain filters topic_expand makes of a FILTER; 0: more than TOPIC_NAMES_MAX. */
unsigned topic_count(struct str filter);

/* Calls `each` for every plain filter that FILTER (a checked one) stands for, each once: in place of a list
 * stands one of its names, or the list itself, in which comma is a letter. A name that FILTER matches is
 * matched by exactly one of them. One may be empty (of "a,"), which no name is. The text is valid during the
 * call. False: `each` said so. */
bool topic_expand(struct str filter, bool (*each)(void *context, struct str plain), void *context);

#endif
