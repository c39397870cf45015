/* page: the pages that the gateway serves: what they may do, and what a browser says of its copy. */
#ifndef HTTP_PAGE_H
#define HTTP_PAGE_H

#include "http/request.h"

/* A page runs the scripts that came with the program, and talks to the gateway only. `pictures` is
 * one more place that pictures may come from; may be empty. */
void page_policy(struct answer *a, struct str pictures);

/* By the header Accept-Encoding; at == NULL: there was none. */
bool page_takes_gzip(struct str encodings);

/* Does If-None-Match name this tag, which is quoted? */
bool page_has_tag(struct str tags, const char *tag);

#endif
