/* connections: how others than the gate look at its connections and close them: functions that the
 * gate gives and app/ passes on. */
#ifndef CORE_CONNECTIONS_H
#define CORE_CONNECTIONS_H

#include "store/record.h"

/* Why a connection ended: flespi's numbers. */
enum close_code {
	CLOSE_BY_TRACKER = 2,
	CLOSE_PROTOCOL = 4, /* too much junk */
	CLOSE_SLOW = 5,     /* would not take its replies */
	CLOSE_RESTART = 7,
	CLOSE_CHANNEL_CHANGED = 9, /* also: disabled or deleted */
	CLOSE_BY_USER = 10,
	CLOSE_REPLACED = 12,
	CLOSE_DEVICE_CHANGED = 15, /* deleted, or its ident changed */
	CLOSE_NOT_ALLOWED = 16,    /* not on an allow list, or on a block list */
	CLOSE_SILENT = 17,
	CLOSE_DEVICE_DISABLED = 23,
};

struct connection {
	uint64_t id;    /* microseconds of its beginning, each once; below 2^53 */
	uint64_t ident; /* 0: not known yet */
	uint32_t channel, device;
	struct peer peer;
	int64_t established_us;
};

/* Who wants to know of connections as they come and go: the live door. */
struct presence {
	void *context;
	/* It was accepted, learned its ident or its device (is_open), or ended. From workers' threads: be
	 * quick, and do not ask for connections from here. When it ended it is not found any more. */
	void (*changed)(void *context, const struct connection *c, bool is_open);
};

struct connections {
	void *context;
	/* Has a device of this ident a connection? Cheap. */
	bool (*is_connected)(void *context, uint64_t ident);
	/* Connections of a channel (0: of all) and ident (0: of all), in order of id, those after
	 * `after`, at most `room` of them. Returns the number. */
	size_t (*list)(void *context, uint32_t channel, uint64_t ident, uint64_t after,
		struct connection *out, size_t room);
	/* Closes the connection with this id. False: there is none. */
	bool (*close)(void *context, uint64_t id, enum close_code code);
	/* Has a command's payload sent to the tracker with this ident, in a frame with the vendor and
	 * id of its own frames. False: it has no connection. Else commands_sent (core/commands.h) tells
	 * what became of it, from another thread. Does not wait. */
	bool (*send)(void *context, uint64_t ident, uint32_t device, uint64_t command,
		struct str payload);
};

#endif
