/* greet: what a person reads first, on standard output. */
#ifndef APP_GREET_H
#define APP_GREET_H

#include "app/config.h"
#include "core/tls.h"

#include <stdio.h>

struct greeting {
	const struct config *config;
	uint16_t http_port, https_port; /* that were bound; 0: none */
	const char *token;              /* the administrator's */
	bool is_new_token;
	struct tls *tls; /* NULL: there is no TLS */
};

/* Names the token and the certificate when they are new. The page's address holds it only when a person sees it at once:
 * `is_terminal`; what is read from a pipe may be kept where others read. */
void greet(const struct greeting *g, bool is_terminal, FILE *to);

#endif
