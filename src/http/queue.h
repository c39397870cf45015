/* queue: the data object of those who read the messages of channels: by time, as devices' are read,
 * or by key, as a queue: curr_key is the first seq that is wanted, next_key of the answer the one to
 * go on with. */
#ifndef HTTP_QUEUE_H
#define HTTP_QUEUE_H

#include "http/request.h"

struct queue_data {
	int64_t from_us, to_us; /* server.timestamp, inclusive; 0: open */
	int64_t count;          /* most messages; 0: all */
	int64_t limit_count;    /* the same; the smaller holds */
	int64_t limit_size; /* end with the message that reaches so many bytes of JSON; 0: off */
	int64_t curr_key;   /* KEY_NONE: not given */
	int64_t timeout_s;  /* wait so long for the first message */
	int64_t delete_key; /* KEY_NONE: not given */
	bool reverse;       /* newest first */
	bool frees;         /* "delete": free the messages below curr_key */
	char fields[4096];  /* names and masks; empty: all */
	char filter[4096];  /* expression; empty: none */
};

enum { KEY_NONE = -1, QUEUE_TIMEOUT_MAX_S = 30 };

/* Of GET; and of DELETE, which has delete_key alone. */
extern const struct resource queue_resource, queue_delete_resource;

/* False with a refusal that names the member; also for members that make no sense together. */
MUST_USE bool queue_parse(const struct request *r, struct queue_data *out, struct refusal *refusal);

#endif
