/* subscribe: subscriptions, shared ones, what $filter asks. Inside live/ only. */
#ifndef LIVE_SUBSCRIBE_H
#define LIVE_SUBSCRIBE_H

#include "live/publish.h"

struct wish {
	struct mqtt_topic topic;
	uint32_t id;           /* subscription identifier; 0: none */
	bool is_other_account; /* a user property says so */
};

/* Subscribes, or changes the subscription with the same text. Returns the reason code of SUBACK: the QoS
 * that is granted, or why not. *out is the subscription, *is_new whether there was none before. */
enum mqtt_reason session_subscribe(struct live *l, struct session *s, const struct wish *wish,
	struct subscription **out, bool *is_new);

/* The reason code of UNSUBACK. */
enum mqtt_reason session_unsubscribe(struct live *l, struct session *s, struct str text);

void session_unsubscribe_all(struct live *l, struct session *s);

/* NULL: there is none with this text. */
struct subscription *session_subscription(const struct session *s, struct str text);

/* Does the message fit what $filter asks? */
bool demand_fits(struct live *l, const struct demand *d, const struct draft *draft);

/* Whose turn it is among those who share and want the message; those who are connected come first. NULL:
 * nobody's. */
typedef bool wants_fn(const struct subscription *s, const struct draft *draft);
const struct subscription *group_next(struct group *g, const struct draft *draft, wants_fn *wants);

#endif
