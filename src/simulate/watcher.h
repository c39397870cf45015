/* watcher: one subscriber to the gateway's messages: what it says and what it makes of what it hears.
 * Bytes in, bytes out: the socket is watch.c's. */
#ifndef SIMULATE_WATCHER_H
#define SIMULATE_WATCHER_H

#include "base/buf.h"
#include "simulate/ledger.h"
#include "simulate/options.h"
#include "simulate/tally.h"

enum watcher_state {
	WATCHER_DOWN,
	WATCHER_CONNECTING,
	WATCHER_GREETING,    /* has said CONNECT */
	WATCHER_SUBSCRIBING, /* has said SUBSCRIBE */
	WATCHER_WATCHING,
};

struct watcher {
	struct seen *seen; /* of each tracker, with --watch-each of one; NULL without trackers */
	struct buf in;     /* the beginning of a packet */
	struct buf out;    /* what is to be sent */
	uint64_t number;   /* 0, 1, ... of all */
	int fd;            /* valid unless WATCHER_DOWN */
	uint8_t state;     /* enum watcher_state */
};

enum { WATCHER_PACKET_MAX = 256 * 1024 };

/* What all watchers of a thread have in common. */
struct hearing {
	const struct options *o;
	struct ledger *ledger;
	struct watch_tally *tally;
	int64_t now_us; /* monotonic */
	bool is_timed;  /* latencies count */
};

void watcher_init(struct watcher *w, const struct options *o, uint64_t number);
void watcher_clear(struct watcher *w);

/* The connection is there: asks for a session. */
void watcher_greet(struct watcher *w, const struct hearing *h);

/* Takes the whole packets off *input and answers what is to be answered. False with a sentence: the
 * connection is of no use. */
MUST_USE bool watcher_hear(
	struct watcher *w, const struct hearing *h, struct str *input, struct error *e);

#endif
