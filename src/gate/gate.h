/* gate: the TCP entrance for trackers. Worker threads, each with a loop of its own and its own
 * listening socket per channel (SO_REUSEPORT), decode what comes in, hand records to the writer and
 * answer when the writer says that they are on disk. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "core/connections.h"
#include "core/events.h"
#include "core/packets.h"
#include "core/registry.h"
#include "core/writer.h"

struct gate;

struct gate_options {
	struct registry *registry;
	struct writer *writer;
	int workers;             /* 0: one per core */
	struct events *events;   /* may be NULL */
	struct packets *packets; /* may be NULL */
};

/* Binds every enabled channel of the registry, writes the real address into the channel's `uri`
 * (registry_put_channel is not called: uri is not stored), and starts the workers. NULL with a
 * sentence that names the address when one cannot be bound; then nothing runs. */
struct gate *gate_start(const struct gate_options *options, struct error *e);

/* The real port of a channel; 0: not listening. */
uint16_t gate_port(struct gate *g, uint32_t channel);

/* Step one of an orderly stop: closes the listening sockets, stops reading, submits what was
 * decoded. Then the caller stops the writer. */
void gate_quiesce(struct gate *g);

/* Step two: sends the replies of what was committed, closes all connections (close code 7), ends
 * the threads and frees everything. Bounded to about one second. */
void gate_stop(struct gate *g);

#endif
