/* record: an accepted message with what the gateway knows about it. Records are the rows of the
 * log; nothing between the gate and the reader looks inside `body`. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "cantrack/message.h"

#include <sys/socket.h>

/* Address of a connection's other end, without padding. */
struct peer {
	uint8_t family; /* 0: none, 4: addr[0..3], 6: addr[0..15] */
	uint8_t addr[16];
	uint16_t port;
};

enum { PEER_TEXT_MAX = 56 };

struct peer peer_of(const struct sockaddr *address);

/* "127.0.0.1:40112" or "[::1]:40112" into `out` (PEER_TEXT_MAX bytes); returns the view of it. */
struct str peer_text(const struct peer *peer, char *out);

/* Where a record came from. */
struct origin {
	uint64_t ident;
	uint32_t channel; /* 0: none, the message came over REST; only its device has it */
	uint32_t device;  /* 0: the ident was not registered when the message came */
	struct peer peer;
	char vendor[2];
};

struct record {
	uint64_t seq;        /* place in the log, from 1, without gaps; given by store_append */
	int64_t received_us; /* server.timestamp */
	int64_t time_us;     /* timestamp: the device's clock, or received_us */
	struct origin origin;
	struct str body; /* message_pack without ident, vendor.code and the two timestamps */
};

/* The parameters that a record keeps outside its body. */
#define RECORD_OUTSIDE                                                                             \
	(UINT64_C(1) << PARAM_IDENT | UINT64_C(1) << PARAM_VENDOR_CODE |                           \
		UINT64_C(1) << PARAM_TIMESTAMP | UINT64_C(1) << PARAM_SERVER_TIMESTAMP |           \
		UINT64_C(1) << PARAM_CHANNEL_ID | UINT64_C(1) << PARAM_DEVICE_ID |                 \
		UINT64_C(1) << PARAM_DEVICE_NAME | UINT64_C(1) << PARAM_DEVICE_TYPE_ID |           \
		UINT64_C(1) << PARAM_PEER | UINT64_C(1) << PARAM_PROTOCOL_ID)

/* Fills a record (but seq) from a decoded message, which has server.timestamp; where it has no
 * timestamp the server's is taken. The packed body goes to `body` (MESSAGE_PACK_MAX bytes), which
 * the record then points into. */
void record_make(
	struct record *r, const struct message *m, const struct origin *origin, char *body);

/* The parameters that readers of every kind see alike: all but the device's, peer and protocol.id.
 * Texts point into r. False: the body is damaged. */
MUST_USE bool record_unpack(const struct record *r, struct message *m);

/* The message as a reader of the device (`device_name` not NULL: with device.id, device.name and
 * device.type.id) or of the channel (NULL: without) sees it. Texts point into r, device_name and
 * peer_room (PEER_TEXT_MAX bytes). False: the body is damaged. */
MUST_USE bool record_message(const struct record *r, const struct str *device_name,
	uint32_t device_type, char *peer_room, struct message *m);

enum { PROTOCOL_ID = 441 };

#endif
