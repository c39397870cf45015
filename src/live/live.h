/* live: the live door: an MQTT server (5.0 and 3.1.1) whose topics are views of what the gateway commits,
 * knows and logs. One thread serves all of its clients, over TCP, TLS and WebSocket; nothing that it does
 * keeps a tracker, the writer or REST waiting.
 *
 *   flespi/message/gw/channels/ID/IDENT   flespi/message/gw/devices/ID    as they are committed
 *   flespi/state/...                      derived from registry, store and gate when somebody subscribes, and
 *                                         published when they change; nothing of them is stored here
 *   flespi/log/...                        events
 *   anything else                         is the clients' own: published, retained (in memory), forwarded
 */
#ifndef LIVE_LIVE_H
#define LIVE_LIVE_H

#include "core/commands.h"
#include "core/connections.h"
#include "core/events.h"
#include "core/live_view.h"
#include "core/registry.h"
#include "core/tokens.h"

struct live;

struct live_options {
	struct store *store; /* these stay the caller's */
	struct registry *registry;
	struct events *events;     /* may be NULL; followed */
	struct commands *commands; /* may be NULL */
	const char *
		directory; /* sessions are kept there over an orderly restart; NULL: they are not */
	size_t queue_bytes;  /* that may wait for one session; 0: 256 MiB */
	size_t queues_bytes; /* ... and for all of them; 0: 1 GiB */
	size_t hub_bytes;    /* of messages that are still to be delivered; 0: 64 MiB */
	size_t max_clients;  /* 0: as many as there are descriptors */
};

/* Nothing is served yet, but what it follows may begin: events are followed from here on, so it comes
 * before the first of them. Never NULL. */
struct live *live_new(const struct live_options *options);

/* Follows the writer (core/writer.h). */
void live_committed(void *live, const struct record *records, size_t count);

/* For the gate; for HTTP. Valid until live_free. */
const struct presence *live_presence(struct live *live);
const struct live_view *live_view(struct live *live);

struct live_listen {
	const char *address; /* numeric; NULL or empty: none */
	uint16_t port;       /* 0: any free one */
	bool is_secure;      /* with the certificate of core/tls.h */
};

/* Opens a listening socket; before live_run. False with a sentence that names the address. */
MUST_USE bool live_listen(struct live *live, const struct live_listen *listen, struct error *e);

/* Starts the thread. `connections`: how trackers' connections are asked for; may be NULL. Both stay the
 * caller's. */
void live_run(struct live *live, struct tokens *tokens, const struct connections *connections);

/* Tells all clients that it ends (0x8B) and ends the thread; all upgraded connections are released when it
 * returns, and sessions that outlive their connection are in the directory. Also for one that never ran. */
void live_stop(struct live *live);

/* When nobody posts events, commits or asks any more. NULL is fine. */
void live_free(struct live *live);

#endif
