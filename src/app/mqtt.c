#include "app/mqtt.h"

#include "app/open_files.h"

#include <stdio.h>

void mqtt_limits(const struct config *c, struct live_options *out)
{
	out->directory = c->data.at;
	out->hub_bytes = (size_t)c->mqtt_hub_bytes;
	out->queue_bytes = (size_t)c->mqtt_queue_bytes;
	out->queues_bytes = (size_t)c->mqtt_queues_bytes;
	out->max_clients = open_files_most() / 2; /* trackers have the other half */
}

bool mqtt_open(struct live *live, const struct config *c, struct error *e)
{
	struct error why;
	const struct live_listen plain = {c->mqtt.host, c->mqtt.port, false};
	const struct live_listen secure = {c->mqtts.host, c->mqtts.port, true};
	if (*plain.address && !live_listen(live, &plain, &why)) {
		if (c->given[OPTION_mqtt])
			return fail(e, "%s", why.text);
		log_warning("serve", "no_mqtt", "reason=%s", log_quote(why.text));
	}
	return !*secure.address || live_listen(live, &secure, e);
}

const char *mqtt_text(struct live *live, const struct config *c, char *out)
{
	const struct live_view *view = live_view(live);
	size_t len = 0;
	*out = '\0';
	for (int secure = 0; secure < 2; secure++) {
		char text[80];
		uint16_t port = view->port(view->context, secure);
		if (port)
			len += (size_t)snprintf(out + len, MQTT_TEXT_BYTES - len, " mqtt%s=%s",
				secure ? "s" : "",
				address_text(secure ? &c->mqtts : &c->mqtt, port, text));
	}
	return out;
}
