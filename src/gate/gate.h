/* gate: the TCP entrance for trackers. Worker threads, each with a loop of its own and its own
 * listening socket per channel (SO_REUSEPORT), decode what comes in, hand records to the writer and
 * answer when the writer says that they are on disk. Channels come, change and go while it runs:
 * the gate watches the registry. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "core/commands.h"
#include "core/events.h"
#include "core/packets.h"
#include "core/registry.h"
#include "core/writer.h"

struct gate;

struct gate_options {
	struct registry *registry;
	struct writer *writer;
	int workers;                     /* 0: one per core */
	uint32_t needed;                 /* the channel that must be bound at the start; 0: none */
	struct events *events;           /* may be NULL */
	struct packets *packets;         /* may be NULL */
	struct commands *commands;       /* may be NULL */
	const struct presence *presence; /* may be NULL; stays the caller's */
};

/* Binds every enabled channel of the registry, sets its `uri`, starts the workers and watches the
 * registry from then on. NULL with a sentence that names the address when the needed channel
 * cannot be bound; then nothing runs. Another one that cannot be is logged and has no uri. */
struct gate *gate_start(const struct gate_options *options, struct error *e);

/* The real port of a channel; 0: not listening. */
uint16_t gate_port(struct gate *g, uint32_t channel);

/* For those who look at connections and close them; valid until gate_free. */
const struct connections *gate_connections(struct gate *g);

/* Step one of an orderly stop: closes the listening sockets, stops reading, submits what was
 * decoded. Then the caller stops the writer. */
void gate_quiesce(struct gate *g);

/* Step two: sends the replies of what was committed, closes all connections (close code 7) and ends
 * the threads. Bounded to about one second. From now on there are no connections, and changes of
 * channels are not watched. */
void gate_stop(struct gate *g);

/* Frees a stopped gate, when nobody asks for its connections any more. */
void gate_free(struct gate *g);

#endif
