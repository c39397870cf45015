/* rest: calls of the gateway, one after the other over one connection. */
#ifndef CLIENT_REST_H
#define CLIENT_REST_H

#include "base/buf.h"

#include <jansson.h>
#include <signal.h>

enum {
	REST_URL_MAX = 1024,               /* bytes, of the gateway's address */
	REST_CONNECT_S = 10,               /* seconds until a connection must stand */
	REST_TIMEOUT_S = 30,               /* seconds that an answer may take */
	REST_ANSWER_MAX = 8 * 1024 * 1024, /* bytes */
};

struct rest;

/* `url` is http://HOST[:PORT] or https://..., with or without a path before REST's own; `insecure`
 * takes any certificate. NULL with a sentence. */
struct rest *rest_open(const char *url, const char *key, bool insecure, struct error *e);
void rest_close(struct rest *r);

/* Calls end early, as failures, once *stop is not 0. NULL: they do not. */
void rest_stop_by(struct rest *r, const volatile sig_atomic_t *stop);

struct rest_answer {
	long status;
	json_t *body; /* an object; the caller's: json_decref */
};

/* `path` begins with a slash and is escaped; an empty body is none. True for every answer that is a
 * JSON object, also a refusal. False with a sentence: there was no answer, or it cannot be read. */
MUST_USE bool rest_call(struct rest *r, const char *method, const char *path, struct str body,
	long timeout_s, struct rest_answer *out, struct error *e);

/* The first item of an answer's result, borrowed; NULL: there is none. */
json_t *rest_first(const struct rest_answer *a);

/* Fills *e with why there is no result, in the gateway's words. Returns false. */
bool rest_refused(const struct rest_answer *a, struct error *e);

/* Appends `part` as a part of a path: what is not a letter, digit or one of -._~ becomes %XX. */
MUST_USE bool rest_put_part(struct buf *out, struct str part);

#endif
