/* events: what happened to channels, devices and tokens: the "logs" of the API, with flespi's
 * numbers. Posting is cheap and never waits for the disk. */
#ifndef CORE_EVENTS_H
#define CORE_EVENTS_H

#include "store/journal.h"

struct events;

/* Rows of events.def: number, name, severity, text. */
enum event_code {
#define EVENT(id, number, severity, entity, extra, text) EVENT_##id = number,
#include "core/events.def"
#undef EVENT
};

/* Of "origin_type". */
enum origin_type {
	ORIGIN_PLATFORM = 1,
	ORIGIN_CHANNEL = 9,
	ORIGIN_DEVICE = 11,
	ORIGIN_STREAM = 12,
	ORIGIN_MQTT = 14, /* sessions */
	ORIGIN_TOKEN = 33,
};

/* The journal stays the caller's. */
struct events *events_new(struct journal *journal);
void events_free(struct events *events); /* writes the counts that are still folded */

/* For tests: with a clock that says when a minute is over (microseconds, never jumps), and without
 * the thread that looks at it: events_tick does what that does every second. */
struct events *events_new_at(struct journal *journal, int64_t (*clock_us)(void));
void events_tick(struct events *events);

struct event {
	enum event_code code;
	enum origin_type origin_type;
	uint32_t origin_id;
	int64_t time_us; /* 0: now */
	/* Further members of the JSON object without braces: "\"ident\":\"1\",\"msgs\":3"; may be
	 * empty. Borrowed during the call. */
	struct str members;
	/* Events of one code and origin with the same fold text within a minute become one: the
	 * first is written at once, the others as one with the newest members and "count" when the
	 * minute is over, and then a minute begins again. Empty: never folded. What is folded is
	 * bounded: beyond that, events fold by code and origin alone, beyond that so many in a
	 * minute are written, the others dropped and counted. */
	struct str fold;
	/* For followers only; neither is written. What it is about below the origin: the connection's or
	 * the command's id; the command's name, or the members that changed ("name,configuration").
	 * Borrowed during the call; a count has no text. */
	uint64_t subject;
	struct str subject_text;
};

/* From any thread; `events` may be NULL: nothing is kept. */
void events_post(struct events *events, const struct event *event);

/* Called for each event that is written, with its time and its whole JSON object, on the poster's thread
 * (a count: on a thread of its own). For the live door. At most four followers, added before the first
 * post. */
typedef void event_fn(void *context, const struct event *event, struct str json);

/* Asked before: does it want any at the moment? Cheap. */
typedef bool event_wants_fn(void *context);
void events_follow(struct events *events, event_fn *fn, event_wants_fn *wants, void *context);

/* The whole JSON object of an entry of the journal. False: it does not fit into `out`, or the entry
 * is none of an event. */
MUST_USE bool event_json(const struct journal_entry *entry, struct buf *out);

/* The journal's key of an origin. */
static inline uint64_t event_key(enum origin_type type, uint32_t id)
{
	return (uint64_t)type << 32 | id;
}

#endif
