/* commands: the durable form of commands: those that wait in the queues of devices, and how others
 * ended. Part of the store's interface (see store.h), in a file of its own: commands.db.
 *
 * A command is in the queue or among the results, never in both, never in none: the change from the one
 * to the other is one transaction. */
#ifndef STORE_COMMANDS_H
#define STORE_COMMANDS_H

#include "store/store.h"

/* What changes of a command while it waits. */
struct command_progress {
	uint32_t attempts; /* sendings that were begun */
	int64_t sent_us;   /* when the last one was; 0: none */
	uint32_t clock;    /* HHMMSS in its payload, as a number; UINT32_MAX: none yet */
};

enum command_change_kind {
	COMMAND_PUT,    /* a new one into the queue, with its progress */
	COMMAND_MARK,   /* new progress of one that waits */
	COMMAND_END,    /* from the queue (if it is there) to the results */
	COMMAND_AMEND,  /* another text of a result, if it is still there */
	COMMAND_FORGET, /* all of a device's, queue and results; `id` is not looked at */
};

struct command_change {
	enum command_change_kind kind;
	uint64_t id; /* below 2^63 */
	uint32_t device;
	struct command_progress progress; /* PUT, MARK */
	int64_t ended_us;                 /* END */
	struct str json;                  /* PUT, END, AMEND */
};

/* All or nothing, in this order, with one fsync. */
MUST_USE bool store_change_commands(
	struct store *s, const struct command_change *changes, size_t count, struct error *e);

/* Each command that waits, by rising id. The views are valid during the call. False ends it. */
struct waiting_command {
	uint64_t id;
	uint32_t device;
	struct command_progress progress;
	struct str json;
};
typedef bool waiting_command_fn(void *context, const struct waiting_command *command);
MUST_USE bool store_each_waiting_command(
	struct store *s, waiting_command_fn *each, void *context, struct error *e);

/* The highest id that a command in the file has; 0: there is none. */
MUST_USE bool store_last_command_id(struct store *s, uint64_t *last, struct error *e);

/* Results of devices in the order of (ended_us, id). */
struct result_query {
	const uint32_t *devices; /* rising; NULL: of all */
	size_t device_count;
	int64_t from_us, to_us; /* inclusive; INT64_MIN, INT64_MAX: open */
	bool reverse;           /* newest first */
	size_t count;           /* 0: no limit */
	/* Continue behind this place (that of the last one of the page before). */
	bool after;
	int64_t after_us;
	uint64_t after_id;
};
struct command_result {
	uint64_t id;
	uint32_t device;
	int64_t ended_us;
	struct str json;
};
typedef bool command_result_fn(void *context, const struct command_result *result);
/* Reads one consistent view; `each` may not call the store. Page with count. */
MUST_USE bool store_read_results(struct store *s, const struct result_query *q,
	command_result_fn *each, void *context, struct error *e);

/* The result with this id. False without a sentence (e->text empty): there is none. */
MUST_USE bool store_read_result(
	struct store *s, uint64_t id, command_result_fn *each, void *context, struct error *e);

/* Deletes results that ended before this time, and the oldest ones above `most` (0: no limit), then gives
 * the disk back; a step at a time: *more tells that there is more to do. */
MUST_USE bool store_trim_results(
	struct store *s, int64_t before_us, uint64_t most, bool *more, struct error *e);

#endif
