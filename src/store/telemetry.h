/* telemetry: the latest values of one device as a run of bytes, in memory as on disk. Pure.
 *
 * Layout: zigzag varint of the newest time, in microseconds; then the items in JSON order: byte
 * param, byte index, varint of the microseconds that the item is older than the newest, and a
 * zigzag varint or (texts) a length and the bytes. PARAM_PEER holds what peer_pack makes. */
#ifndef STORE_TELEMETRY_H
#define STORE_TELEMETRY_H

#include "store/store.h"

enum { TELEMETRY_MAX = 1 << 20 };

/* A peer in bytes: family, port (high byte first), address; returns the length. And back; false:
 * damaged. */
enum { PEER_BYTES_MAX = 19 };
size_t peer_pack(const struct peer *peer, char *out);
MUST_USE bool peer_unpack(struct str bytes, struct peer *peer);

/* Writes the telemetry `old` (empty at first) merged with a record to `out`, which it empties
 * before: of each parameter the newer value stays, of values of one time the record's. Texts too.
 * False when `old` or the record's body is damaged. */
MUST_USE bool telemetry_merge(
	struct str old, const struct record *r, struct message *scratch, struct buf *out);

/* Writes `old` without the values of `params` (bits) to `out`, which it empties before. False when
 * `old` is damaged. */
MUST_USE bool telemetry_forget(struct str old, uint64_t params, struct buf *out);

/* Calls `each` (which may be NULL) for every item. False when `bytes` is damaged. */
bool telemetry_each(struct str bytes, telemetry_fn *each, void *context);

#endif
