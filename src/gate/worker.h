/* worker: a thread with a loop, its listening sockets and its sessions. Inside gate/ only.
 *
 * The way of a turn: the loop reads sockets, each read decodes frames into the borrowed batch; at
 * the end of the turn the batch is submitted. When the writer returns batches it wakes the loop,
 * which sends the replies that lie in them. */
#ifndef GATE_WORKER_H
#define GATE_WORKER_H

#include "cantrack/framer.h"
#include "core/metrics.h"
#include "gate/address_counts.h"
#include "gate/gate.h"
#include "gate/ident_map.h"

#include <uv.h>

struct session;

/* Sessions in a row, each in one list at a time. */
struct list {
	struct session *first, *last;
};

/* A channel with what its listening sockets share. */
struct entrance {
	struct channel channel;
	uint16_t port;   /* the real one */
	int connections; /* atomic */
	struct address_counts addresses;
};

/* One listening socket: a channel at a worker. Accepting is ours: when descriptors run out libuv's
 * own listening can spin, this one rests until the next tick. */
struct listener {
	uv_poll_t poll;
	int fd; /* -1: not open */
	bool resting;
	struct worker *worker;
	struct entrance *entrance;
	struct list sessions; /* the longest silent first */
};

struct slot {
	struct session *session; /* NULL: free */
	uint32_t generation, next_free;
};

/* An order to close a session, from another worker. */
struct eviction {
	uint32_t slot, generation;
	enum close_code code;
};

enum { READ_BYTES = 64 * 1024 };

struct worker {
	struct gate *gate;
	uint16_t index;
	bool running;
	uv_loop_t loop;
	uv_async_t wake;
	uv_check_t turn_end;
	uv_timer_t tick;
	uv_thread_t thread;
	struct listener *listeners; /* one per entrance of the gate */

	struct slot *slots;
	uint32_t slot_count, slot_room, free_slot; /* free_slot: UINT32_MAX: none */
	struct list paused; /* sessions that are not read until batches come back */

	struct lane *lane;
	struct batch *batch; /* borrowed in this turn, or NULL */
	struct metrics tally;
	struct message message;
	int64_t refused_us; /* for log_due */
	uint64_t suppressed;

	/* from other threads */
	uv_mutex_t inbox_lock;
	struct eviction *evictions; /* guarded by inbox_lock, as are: */
	size_t eviction_count, eviction_room;
	bool quiesce, stop; /* atomic */
	bool quiet;         /* the worker's own: quiesce was done */
	uv_sem_t quiesced;

	/* What a session could not use yet is put directly in front of what is read. */
	char room[FRAME_MAX + READ_BYTES];
};

struct gate {
	struct gate_options options;
	struct ident_map *idents;
	struct entrance *entrances;
	size_t entrance_count;
	struct worker **workers;
	uint16_t worker_count;
	int fd_limit; /* sessions leave the descriptors from here on to the rest of the program */
};

/* Makes a worker whose loop does not run yet. Never NULL. */
struct worker *worker_new(struct gate *gate, uint16_t index);

/* Starts its thread. */
void worker_run(struct worker *w);

/* Ends what gate_stop describes and frees everything; also for one that never ran. */
void worker_free(struct worker *w);

/* From any thread: has the session closed, if it still exists. */
void worker_evict(struct worker *w, struct place place, enum close_code code);

/* A batch with room for one more record and reply. */
struct batch *worker_batch(struct worker *w);

/* The slot that the session gets, and gives back. */
uint32_t worker_slot_take(struct worker *w, struct session *s);
void worker_slot_give(struct worker *w, uint32_t slot);

#endif
