#include "model/device.h"

void device_init(struct device *d)
{
	*d = (struct device){
		.enabled = true,
		.device_type_id = 1,
		.messages_ttl = 31536000,
	};
}
