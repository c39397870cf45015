/* worker: a thread with a loop, its listening sockets and its sessions. Inside gate/ only.
 *
 * The way of a turn: the loop reads sockets, each read decodes frames into the borrowed batch; at
 * the end of the turn the batch is submitted. When the writer returns batches it wakes the loop,
 * which sends the replies that lie in them.
 *
 * What other threads want of a worker is an order: a function that the worker runs between turns.
 * So everything below but the gate's own list is touched by one thread. */
#ifndef GATE_WORKER_H
#define GATE_WORKER_H

#include "cantrack/framer.h"
#include "core/metrics.h"
#include "gate/address_counts.h"
#include "gate/allow.h"
#include "gate/gate.h"
#include "gate/ident_map.h"
#include "gate/roster.h"

#include <uv.h>

struct session;

/* Sessions in a row, each in one list at a time. */
struct list {
	struct session *first, *last;
};

/* A channel as its sessions obey it. Made for each change, never changed; freed when no worker
 * looks at it any more. */
struct settings {
	struct channel channel;
	struct allow allow;
};

/* A channel at one address: what its listening sockets share. One that moves gets a new entrance;
 * the old one is retired and freed with its last listener. */
struct entrance {
	struct entrance *next; /* in gate->entrances */
	uint32_t id;           /* the channel's */
	uint16_t port;         /* the real one */
	char address[64];
	char uri[80];
	struct settings *settings; /* the newest; for the threads that change channels */
	int connections;           /* atomic */
	int listeners;             /* atomic */
	struct address_counts addresses;
};

/* One listening socket: a channel at a worker. Accepting is ours: when descriptors run out libuv's
 * own listening can spin, this one rests until the next tick. */
struct listener {
	uv_poll_t poll;
	int fd;          /* -1: not open */
	bool is_watched; /* the handle `poll` is not closed yet */
	bool resting;
	bool retired; /* its sessions have to go, then it goes itself */
	struct listener *next;
	struct worker *worker;
	struct entrance *entrance;
	const struct settings *settings;
	size_t session_count; /* also those in other lists */
	struct list sessions; /* the longest silent first */
};

struct slot {
	struct session *session; /* NULL: free */
	uint32_t generation, next_free;
};

/* A word to a session, from another thread. */
struct nudge {
	uint32_t slot, generation;
	int code; /* enum close_code, or NUDGE_LOOK: look for your device again */
};
enum { NUDGE_LOOK = 0 };

/* A command for a session, from another thread. */
struct letter {
	struct letter *next;
	uint32_t slot, generation;
	uint32_t device;
	uint64_t command; /* its id */
	size_t len;
	char payload[];
};

typedef void order_fn(struct worker *w, void *context);

struct order {
	struct order *next;
	order_fn *run;
	void *context;
	uv_sem_t *done;
};

enum { READ_BYTES = 64 * 1024, MEMBERS_MAX = 4096 };

struct worker {
	struct gate *gate;
	uint16_t index;
	bool running;
	uv_loop_t loop;
	uv_async_t wake;
	uv_check_t turn_end;
	uv_timer_t tick;
	uv_thread_t thread;
	struct listener *listeners;

	struct slot *slots;
	uint32_t slot_count, slot_room, free_slot; /* free_slot: UINT32_MAX: none */
	struct roster roster;
	uint64_t last_id;
	struct list paused;  /* sessions that are not read until batches come back */
	struct list leaving; /* sessions that are closed when their replies are sent */

	struct lane *lane;
	struct batch *batch; /* borrowed in this turn, or NULL */
	struct metrics tally;
	struct message message;
	struct buf members;           /* of the event that is being made */
	struct packets_lane *packets; /* NULL: traffic is not recorded */
	struct session *reading; /* the one whose bytes are being decoded, if that is recorded */
	struct str reading_bytes;
	int64_t reading_us;
	uint64_t reading_ident; /* of a refused frame among them, while the session has none */
	int64_t refused_us;     /* for log_due */
	uint64_t suppressed;
	struct {
		uint64_t ident;
		uint32_t version, device;
		bool is_enabled;
	} stranger; /* the last one that was looked up */

	/* from other threads */
	uv_mutex_t inbox_lock;
	struct nudge *nudges; /* guarded by inbox_lock, as are: */
	size_t nudge_count, nudge_room;
	struct order *orders, **orders_end;
	struct letter *letters, **letters_end;
	bool quiesce, stop; /* atomic */
	bool quiet;         /* the worker's own: quiesce was done */
	uv_sem_t quiesced;

	/* What a session could not use yet is put directly in front of what is read. */
	char room[FRAME_MAX + READ_BYTES];
};

struct gate {
	struct gate_options options;
	struct connections connections;
	struct ident_map *idents;
	struct worker **workers;
	uint16_t worker_count;
	int fd_limit; /* sessions leave the descriptors from here on to the rest of the program */
	struct prepared *prepared; /* changes under way; guarded by the registry's change lock */

	uv_mutex_t lock; /* of the list; it is changed under the registry's change lock as well */
	struct entrance *entrances;

	uv_rwlock_t door; /* held for reading while a worker is asked something */
	bool stopped;     /* atomic; set before the door is closed */
};

/* Makes a worker whose loop does not run yet. Never NULL. */
struct worker *worker_new(struct gate *gate, uint16_t index);

/* Starts its thread. */
void worker_run(struct worker *w);

/* Ends what gate_stop describes and frees everything; also for one that never ran. */
void worker_free(struct worker *w);

/* From any thread: has the session closed, or look for its device again, if it still exists. */
void worker_nudge(struct worker *w, struct place place, int code);

/* From any thread: has the command sent by the session, if it still exists; what became of it is told to
 * gate_options.commands. */
void worker_post(struct worker *w, struct place place, uint32_t device, uint64_t command,
	struct str payload);

/* From any thread but a worker's: runs `run` on each of `count` workers and waits until all have
 * done it. Workers that do not run yet do it on the caller's thread. */
void workers_call(struct worker *const *workers, size_t count, order_fn *run, void *context);

/* A batch with room for one more record and reply. */
struct batch *worker_batch(struct worker *w);

/* The slot that the session gets, and gives back. */
uint32_t worker_slot_take(struct worker *w, struct session *s);
void worker_slot_give(struct worker *w, uint32_t slot);

/* NULL: it is gone. */
struct session *worker_session(const struct worker *w, uint32_t slot, uint32_t generation);

/* A number for a connection that begins now: the time, each number once over all workers. */
uint64_t worker_connection_id(struct worker *w);

#endif
