#include "http/records.h"

#include "base/log.h"
#include "core/metrics.h"

#include <inttypes.h>

bool record_read(const struct record *record, const struct record_device *device, char *peer_room,
	struct message *m)
{
	struct str name = {device ? device->name : NULL, device ? strlen(device->name) : 0};
	static int64_t warned;
	if (record_message(
		    record, device ? &name : NULL, device ? device->type_id : 0, peer_room, m))
		return true;
	metric_add(records_damaged, 1);
	if (log_due(&warned, 60))
		log_error("http", "record_damaged", "seq=%" PRIu64, record->seq);
	return false;
}
