/* visitor: a client of the live door without a connection: what the door writes to it stays in its buffer until
 * the test takes it. For tests that call the door's functions on their own thread; the loop does not run. */
#ifndef TESTS_UNIT_VISITOR_H
#define TESTS_UNIT_VISITOR_H

#include "caller.h"

#include "live/door.h"

struct visitor {
	struct client client;
	struct caller caller; /* what was taken last */
};

/* A session of a token, with nobody there. */
struct session *visitor_session(struct live *l, const struct token *token, const char *client_id);

/* Comes, and the session is his; the window is the greatest. */
struct visitor *visitor_come(struct live *l, struct session *s, int version);

/* Goes, and the session stays; before the door is freed. */
void visitor_go(struct visitor *v);

/* Takes the next packet that was written to him. */
bool visitor_next(struct visitor *v);

/* The next one is a message with this payload. */
void visitor_gets(struct visitor *v, const char *payload);
void visitor_gets_no_more(struct visitor *v);

#endif
