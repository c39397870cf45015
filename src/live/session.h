/* session: what a client id stands for, whether its client is connected or away. Inside live/ only. */
#ifndef LIVE_SESSION_H
#define LIVE_SESSION_H

#include "live/door.h"

/* NULL: the token has none with this client id. */
struct session *session_find(const struct live *l, uint32_t token, struct str client_id);

/* A new one, of a token that the caller was shown. */
struct session *session_new(struct live *l, const struct token *token, struct str client_id);

/* It and the client belong together from here on; what was not acknowledged is sent again. */
void session_attach(struct session *s, struct client *c);

/* The client is gone. The will is due, now or after its delay, unless `drops_will`; the session ends, now or
 * after its expiry. */
void session_detach(struct live *l, struct session *s, bool drops_will);

/* Ends it now: a will that is due is published, its client, if any, is without a session. */
void session_end(struct live *l, struct session *s);

/* Its queue was full: what waits is gone, and it ends with this turn. */
void session_lose(struct live *l, struct session *s);

/* Ends those that were lost. */
void sessions_end_lost(struct live *l);

/* Publishes wills and ends sessions whose time has come. */
void sessions_tick(struct live *l);

void will_free(struct live *l, struct will *w); /* NULL is fine */

#endif
