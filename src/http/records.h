/* records: stored records as their readers see them. */
#ifndef HTTP_RECORDS_H
#define HTTP_RECORDS_H

#include "model/device.h"
#include "store/record.h"

/* The message of a record for a reader of the device, or, when it is NULL, of the channel. Texts
 * point into the record, the device and peer_room (PEER_TEXT_MAX bytes). False: the record is
 * damaged, which is counted and logged here; pass over it. */
MUST_USE bool record_read(const struct record *record, const struct device *device, char *peer_room,
	struct message *m);

/* The same as a JSON object with the selected members (NULL: all), which needs a message's room.
 * False: the buffer is full. Nothing is added for a damaged record, {} when none of the selected
 * members is there. */
MUST_USE bool record_print(const struct record *record, const struct device *device,
	const struct selection *only, struct message *room, struct buf *out);

#endif
