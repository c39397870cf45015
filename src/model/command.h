/* command: a command for one device as REST shows it: waiting in its queue, or ended. */
#ifndef MODEL_COMMAND_H
#define MODEL_COMMAND_H

#include "cantrack/catalogue.h"
#include "model/resource.h"

enum {
	COMMAND_PROPERTIES_BYTES = 2048, /* of the JSON object */
	COMMAND_CONDITION_BYTES = 1024,
	COMMAND_META_BYTES = 1024,
	COMMAND_RESPONSE_BYTES = 2048, /* FRAME_MAX and more is cut */
	COMMAND_TTL_MIN = 60,          /* seconds in the queue */
	COMMAND_TTL_MAX = 2592000,
	COMMAND_TTL = 86400,
	COMMAND_TIMEOUT_MIN = 5, /* seconds until an answer must be there */
	COMMAND_TIMEOUT_MAX = 60,
	COMMAND_ATTEMPTS = 3,
	COMMAND_ATTEMPTS_MAX = 100,
	COMMAND_PRIORITY_MAX = 1000,
};

/* How far a command has come, or how it ended. */
enum command_state {
	COMMAND_QUEUED, /* waits: for the tracker, for others before it, for its condition */
	COMMAND_SENT,   /* under way, not answered yet */
	COMMAND_DONE,   /* answered, or nothing more is to be expected of the tracker */
	COMMAND_FAILED, /* the tracker said so, or did not answer any attempt */
	COMMAND_CANCELED,
	COMMAND_EXPIRED,
	COMMAND_STATES
};

/* Does the next status word bear it out? */
enum command_confirmed {
	CONFIRMED_UNKNOWN, /* no status word came yet, or none can tell */
	CONFIRMED_NO,
	CONFIRMED_YES,
};

struct command {
	uint64_t id; /* microseconds of its making, each once; below 2^53 */
	uint32_t device;
	char name[COMMAND_NAME_MAX + 1];
	char properties[COMMAND_PROPERTIES_BYTES + 1]; /* a JSON object; empty: {} */
	int64_t created_us, ended_us;                  /* ended_us 0: it waits */
	int64_t expires; /* seconds since 1970; 0: an instant command */
	int64_t ttl;     /* as given; 0: not */
	int64_t timeout; /* seconds; 0: not given */
	int64_t max_attempts, attempts;
	int64_t priority; /* higher ones go first */
	char condition[COMMAND_CONDITION_BYTES + 1];
	char meta[COMMAND_META_BYTES + 1]; /* a JSON object; empty: null */
	bool confirm;                      /* the sender knows what a dangerous one does */
	bool force;                        /* also while the car is fast */
	bool repeat;                       /* a fuel cut may be sent again when no answer came */
	bool instant;                      /* somebody waits for it; not queued over a restart */
	char payload[COMMAND_MAX +
		     1]; /* the time in it is that of the first sending, 000000 before */
	int64_t time_at; /* where in the payload; -1: nowhere */
	int64_t sent_us; /* of the last sending; 0: not sent */
	enum command_state state;
	bool executed;
	enum command_confirmed confirmed;
	bool has_response;
	char response[COMMAND_RESPONSE_BYTES + 1]; /* the answer's frame, raw, or a sentence */
	char reply[COMMAND_RESPONSE_BYTES + 1];    /* the text in it */
	int64_t position;                          /* in its queue, from 1; 0: not told */
};

/* The rows of a queue item and of a result are the same; what is shown by default fits both. Its stored
 * form holds all but id and device. */
extern const struct resource command_resource;

void command_init(struct command *c);

/* "queued", "sent", "done", ... */
const char *command_state_name(enum command_state state);

/* The body of a POST, one command. `instant`: timeout counts, ttl, expires, priority, condition and
 * max_attempts may be there and are passed over, as flespi's clients send the same object both ways.
 * Checks the name and the properties against the table, and the payload against a frame's limits for
 * the longest id; fills everything that the request can say, payload and time_at. Sets `expires` from
 * ttl or expires, in the queue. False with the member at fault. `c` is from command_init. */
MUST_USE bool command_parse(const struct json_t *body, bool instant, int64_t now_s,
	struct command *c, struct refusal *refusal);

/* How often it may be sent: what it says, but an instant one once, and so a fuel cut, unless `repeat`
 * asks for more. */
int64_t command_attempts(const struct command *c);

/* What the command is about: from its row; from its payload for "custom", and when that is more
 * dangerous. */
struct command_nature command_nature(const struct command *c);

/* The JSON array of the commands that a device type of this name has: name, address, schema, examples,
 * tags. False: the buffer is full. */
MUST_USE bool command_types_print(struct str model, struct buf *out);

#endif
