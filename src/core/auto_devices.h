/* auto_devices: unknown idents of channels that want it become devices, a group at a time. On the
 * writer's thread, just before the group is appended: one more fsync for a group with new idents,
 * none for others, and no worker waits for it. */
#ifndef CORE_AUTO_DEVICES_H
#define CORE_AUTO_DEVICES_H

#include "core/events.h"
#include "core/registry.h"

struct auto_devices {
	struct registry *registry;
	struct events *events; /* may be NULL */
};

/* A before_fn (writer.h): fills in origin.device of records whose ident has one by now, or gets one.
 * When registering fails, the records stay without a device, one log line a minute says why, and
 * the ident's next message tries again: no message is lost or late for it. Each new device is an
 * event. */
void auto_devices(void *context, struct record *records, size_t count);

#endif
