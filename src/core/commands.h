/* commands: the queues of commands of all devices: who goes next, what was sent, what came of it. A
 * thread of its own takes what comes in - new commands, trackers that connect, answers, time that runs
 * out -, decides, makes that durable with one fsync, and only then acts: sends, tells, wakes who waits.
 *
 * So of each sending it is known on disk before the first byte leaves that it was begun: a command is
 * never sent more often than its attempts say, whenever the process ends. A fuel cut has one, unless its
 * sender asked for more. One command of a device is under way at a time; next is the one with the highest
 * priority, then the oldest; instant ones go before all.
 *
 * All functions from any thread. */
#ifndef CORE_COMMANDS_H
#define CORE_COMMANDS_H

#include "core/connections.h"
#include "core/events.h"
#include "core/registry.h"
#include "model/command.h"

enum {
	COMMANDS_MAX = 1000000,        /* that wait, of all devices */
	COMMANDS_OF_DEVICE_MAX = 1000, /* of one */
};

struct commands;

struct commands_options {
	struct store *store; /* these stay the caller's */
	struct registry *registry;
	struct events *events; /* may be NULL */
	int timeout_s;         /* until an answer must be there, where the command does not say */
	int cut_max_speed; /* km/h above which no fuel is cut; 0: no rule. A device may say its own */
	int64_t keep_us;   /* of results; 0: no limit */
	uint64_t keep_most; /* results; 0: no limit */
};

/* Reads the queue back. NULL with a sentence. Nothing is sent before commands_run. */
struct commands *commands_open(const struct commands_options *options, struct error *e);

/* Starts the thread; `connections` is how trackers are reached. */
void commands_run(struct commands *c, const struct connections *connections);

/* Nothing is accepted and nothing is sent from now on; what waits stays in the store, and who waits for
 * an instant command is woken. NULL is fine. */
void commands_stop(struct commands *c);
void commands_free(struct commands *c);

/* ---- new ones ---- */

struct command_wait;

/* Puts a copy of the command into the queue of each device, or, with `wait`, sends it at once: the
 * caller then waits for the ends. Durable when it returns. Calls `refused` for each device that does not
 * get it: its type does not have it, too many wait, its car is too fast, an instant one's tracker is not
 * connected. `ids` (count of them) gets the ids, 0 for the refused. False with a sentence: nothing was
 * accepted, the store failed or the gateway stops. */
typedef void command_refused_fn(void *context, uint32_t device, const char *sentence);
MUST_USE bool commands_add(struct commands *c, const struct command *command,
	const uint32_t *devices, size_t count, uint64_t *ids, struct command_wait *wait,
	command_refused_fn *refused, void *context, struct error *e);

/* For instant commands: collects their ends. */
struct command_wait *command_wait_new(struct commands *c);

/* How many have not ended yet; 0 also when none will any more. */
size_t command_wait_open(struct command_wait *w);

/* Takes the one with the lowest id of those that have ended: as they were added. False: none now. */
bool command_wait_take(struct command_wait *w, struct command *out);

/* Calls wake(context) once, perhaps before it returns: when all have ended. */
void command_wait_sleep(struct command_wait *w, void (*wake)(void *context), void *context);

/* What is still awaited goes on, unheard. */
void command_wait_free(struct command_wait *w);

/* ---- looking and taking out ---- */

/* The ids of what waits for a device, in the order of sending; the caller frees *out. */
size_t commands_of(struct commands *c, uint32_t device, uint64_t **out);

/* A command that waits, with its progress and position. False: there is none with this id. */
MUST_USE bool commands_get(struct commands *c, uint64_t id, struct command *out);

/* Returns when what has left the queues is among the results; at once when the store fails. `c` may be
 * NULL. */
void commands_settle(struct commands *c);

/* Takes them out; those that are not there (any more) get 0. Durable. False: the store failed. */
MUST_USE bool commands_cancel(struct commands *c, uint64_t *ids, size_t count, struct error *e);

/* The devices are gone, and so is all of theirs. */
void commands_forget(struct commands *c, const uint32_t *devices, size_t count);

struct commands_figures {
	uint64_t waiting, under_way;
};
void commands_figures(struct commands *c, struct commands_figures *out);

/* ---- what the gate tells; `c` may be NULL ---- */

/* The device has a connection since now. Cheap when it has no commands. */
void commands_connected(struct commands *c, uint32_t device);

/* The sending was written to the tracker's socket, or could not be (then it does not count). */
void commands_sent(struct commands *c, uint32_t device, uint64_t id, bool written);

/* A V4 frame of the device. One that belongs to no command is logged. */
void commands_answer(struct commands *c, uint32_t device, struct str frame, int64_t now_us);

/* Text of the device outside of any frame. False: no command waits for such. */
bool commands_text(struct commands *c, uint32_t device, struct str text);

/* Follows the writer (core/writer.h): conditions and status words. Costs a load while nobody waits for
 * either. */
void commands_committed(void *commands, const struct record *records, size_t count);

#endif
