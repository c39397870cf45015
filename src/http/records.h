/* records: stored records as their readers see them. */
#ifndef HTTP_RECORDS_H
#define HTTP_RECORDS_H

#include "store/record.h"

/* What a message is told of its device. */
struct record_device {
	uint32_t id, type_id;
	char *name;
};

/* The message of a record for a reader of the device, or, when it is NULL, of the channel. Texts
 * point into the record, the device and peer_room (PEER_TEXT_MAX bytes). False: the record is
 * damaged, which is counted and logged here; pass over it. */
MUST_USE bool record_read(const struct record *record, const struct record_device *device,
	char *peer_room, struct message *m);

#endif
