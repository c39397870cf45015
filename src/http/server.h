/* server: the REST door. libmicrohttpd in, request struct out; the token, limits, sending. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "http/request.h"

struct http;

struct http_options {
	const char *address;       /* numeric */
	uint16_t port;             /* 0: any free one */
	const char *token;         /* the only one when context.tokens is NULL */
	const char *https_address; /* numeric; NULL or empty: no HTTPS; needs an open core/tls.h */
	uint16_t https_port;
	int threads;            /* of each door; 0: 4 */
	struct context context; /* its pointers stay the caller's */
};

/* NULL with a sentence that names the address when it cannot be bound. The strings of the options
 * are copied, the rest stays the caller's and must outlive the server. */
struct http *http_start(const struct http_options *options, struct error *e);
uint16_t http_port(const struct http *h);
uint16_t http_https_port(const struct http *h); /* 0: no HTTPS */

/* Answers that are still being read end unfinished. All WebSockets must have been released; new ones are
 * offered to the live door until this returns. */
void http_stop(struct http *h);

#endif
