#include "http/records.h"

#include "base/log.h"
#include "core/metrics.h"

#include <inttypes.h>

bool record_read(const struct record *record, const struct device *device, char *peer_room,
	struct message *m)
{
	struct str name = {device ? device->name : NULL, device ? strlen(device->name) : 0};
	static int64_t warned;
	if (record_message(record, device ? &name : NULL, device ? device->device_type_id : 0,
		    peer_room, m))
		return true;
	metric_add(records_damaged, 1);
	if (log_due(&warned, 60))
		log_error("http", "record_damaged", "seq=%" PRIu64, record->seq);
	return false;
}

bool record_print(const struct record *record, const struct device *device,
	const struct selection *only, struct message *room, struct buf *out)
{
	char peer[PEER_TEXT_MAX];
	return !record_read(record, device, peer, room) || message_json(room, only, out);
}
