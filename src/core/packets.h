/* packets: raw traffic of trackers, both ways, kept for a while. Each worker fills a lane of its
 * own; a full lane goes to the journal in one hand-over, so that recording costs a copy. When the
 * disk cannot follow, packets are dropped and counted, never messages. */
#ifndef CORE_PACKETS_H
#define CORE_PACKETS_H

#include "store/journal.h"

/* Numbers as in the API. */
enum packet_type {
	PACKET_CONNECT = 0,
	PACKET_DISCONNECT = 1,
	PACKET_RECEIVED = 2,
	PACKET_SENT = 3,
};

struct packet {
	int64_t time_us;
	uint64_t ident; /* of the connection; 0: not known (yet) */
	uint32_t channel;
	uint64_t connection; /* its id */
	enum packet_type type;
	struct str bytes; /* at most JOURNAL_BODY_MAX - PACKET_HEAD */
};
enum { PACKET_HEAD = 16 };

struct packets;
struct packets_lane;

/* The journal stays the caller's. */
struct packets *packets_new(struct journal *journal);
void packets_free(struct packets *p);

/* One per thread that adds. `p` may be NULL: then the lane is NULL and adding does nothing. */
struct packets_lane *packets_lane_open(struct packets *p);
void packets_add(struct packets_lane *lane, const struct packet *packet);

/* Hands over what the lane holds; at the end of a turn. */
void packets_lane_flush(struct packets_lane *lane);
void packets_lane_close(struct packets_lane *lane);

/* As journal_read: the packets of an ident (or of range->keys); channel 0: of all channels. What was
 * handed over is there. */
typedef bool packet_fn(void *context, const struct packet *packet, uint64_t no);
MUST_USE bool packets_read(struct packets *p, uint64_t ident, uint32_t channel,
	const struct journal_query *range, packet_fn *each, void *context, struct error *e);

/* Of the journal; nothing when `p` is NULL. */
void packets_figures(struct packets *p, struct journal_figures *out);

#endif
