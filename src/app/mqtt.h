/* mqtt: where the live door listens, as the options say. */
#ifndef APP_MQTT_H
#define APP_MQTT_H

#include "app/config.h"
#include "live/live.h"

/* Fills in what the options say of it. */
void mqtt_limits(const struct config *c, struct live_options *out);

/* Opens what --mqtt and --mqtts ask for. The usual port that nobody asked for may be taken: a line of the log
 * says so. False with a sentence. */
MUST_USE bool mqtt_open(struct live *live, const struct config *c, struct error *e);

/* " mqtt=HOST:PORT mqtts=HOST:PORT" of those that are open; `out` has MQTT_TEXT_BYTES. Returns it. */
enum { MQTT_TEXT_BYTES = 192 };
const char *mqtt_text(struct live *live, const struct config *c, char *out);

#endif
