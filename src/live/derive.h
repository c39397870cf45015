/* derive: flespi/state/...: made, when it is wanted, from what the gateway knows. Inside live/ only.
 *
 *   flespi/state/gw/channels/ID           the item          flespi/state/gw/channels/ID/MEMBER
 *   flespi/state/gw/channels/ID/connections/CONNECTION      flespi/state/gw/channels/ID/idents/IDENT
 *   flespi/state/gw/devices/ID            the item          flespi/state/gw/devices/ID/MEMBER
 *   flespi/state/gw/devices/ID/telemetry/NAME (and position, an object)
 *   flespi/state/gw/devices/ID/connections/CONNECTION       flespi/state/gw/devices/ID/commands-queue/COMMAND
 *   flespi/state/platform/customer */
#ifndef LIVE_DERIVE_H
#define LIVE_DERIVE_H

#include "live/pattern.h"
#include "live/publish.h"

/* Takes one message of the state; the draft is whole and its texts are valid during the call. */
typedef void derive_fn(struct live *l, void *context, struct draft *draft);

/* All of one item whose topics the pattern could match (each may turn out not to). Nothing for one that
 * does not exist. */
void derive_device(
	struct live *l, uint32_t id, const struct pattern *p, derive_fn *each, void *context);
void derive_channel(
	struct live *l, uint32_t id, const struct pattern *p, derive_fn *each, void *context);
void derive_customer(struct live *l, derive_fn *each, void *context);

/* The same of a channel a piece at a time, as it may have very many connections and idents: `place` is zeroed at
 * first, and kept for the next call. False: that was all. */
enum derive_part { PART_ITEM, PART_CONNECTIONS, PART_IDENTS };
struct derive_place {
	enum derive_part part;
	uint64_t after; /* the connection */
	struct ident_info *idents;
	size_t count, at; /* of idents */
};
bool derive_channel_part(struct live *l, uint32_t id, const struct pattern *p,
	struct derive_place *place, derive_fn *each, void *context);
void derive_place_clear(struct derive_place *place);

/* One connection; not open: an empty payload, for its device and its channel. */
void derive_connection(
	struct live *l, const struct connection *c, bool is_open, derive_fn *each, void *context);

/* One command of a device's queue; an empty payload when it is not there any more. */
void derive_command(
	struct live *l, uint32_t device, uint64_t command, derive_fn *each, void *context);

/* One ident of a channel. */
void derive_ident(struct live *l, uint32_t channel, const struct ident_info *info, derive_fn *each,
	void *context);

/* Empty payloads for an item that is gone, and its member "deleted", which only such have. */
void derive_gone(struct live *l, bool is_device, uint32_t id, derive_fn *each, void *context);

/* Empty payloads for the latest values that a device has of these parameters (bits). */
void derive_forgotten(
	struct live *l, uint32_t device, uint64_t which, derive_fn *each, void *context);

/* The latest values of a device that have this time; INT64_MIN: all. */
void derive_telemetry(struct live *l, uint32_t device, int64_t time_us, const struct pattern *p,
	derive_fn *each, void *context);

#endif
