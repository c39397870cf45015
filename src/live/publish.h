/* publish: publications, and who gets them. Inside live/ only. */
#ifndef LIVE_PUBLISH_H
#define LIVE_PUBLISH_H

#include "live/door.h"

/* What is to be published. Texts are borrowed. */
struct draft {
	struct str topic;
	struct str payload;
	struct str properties; /* of 5.0, that go on to subscribers, without expiry */
	int64_t time_us;       /* 0: now */
	int64_t expires_us;
	uint8_t qos;
	bool retain;
	struct scope scope;            /* of a flespi topic */
	const struct session *from;    /* who published; NULL: the gateway */
	const struct message *message; /* what the payload is made of, for filters; may be NULL */
	/* Makes the payload, in live->payload, when somebody wants it; NULL: it is there. False: there is
	 * none. */
	bool (*make)(struct live *l, void *context);
	void *context;
};

/* Delivers to all whose subscriptions match and who may read it. Returns how many sessions got it. */
size_t publish(struct live *l, struct draft *draft);

/* The same as a derive_fn (derive.h): for what has changed. */
void publish_derived(struct live *l, void *context, struct draft *draft);

/* One reference, the caller's. Adds the user properties timestamp and cid. */
struct publication *publication_new(struct live *l, const struct draft *draft);

/* The same as it stands, without those: for what is kept to be published later. */
struct publication *publication_of(struct live *l, const struct draft *draft);
struct publication *publication_keep(struct publication *p);
void publication_release(struct live *l, struct publication *p); /* NULL is fine */

#endif
