/* access: may this token use this row of the API, and with which items? What an ACL calls uri are
 * the first two segments of the row's pattern, its submodule is the last literal segment behind
 * them: "packets" in /gw/channels/{channels}/idents/{ident}/packets. All below /mqtt is of the uri
 * mqtt. What describes protocols may be read with any token. */
#ifndef HTTP_ACCESS_H
#define HTTP_ACCESS_H

#include "http/routes.h"

bool access_route(const struct route *route, const struct token *token);

/* True when access_item is true for whatever the request chooses. */
bool access_all(const struct request *r);

/* May the request do what it wants with this item? Its row says what that is; items of another uri
 * than the row's are only looked at. */
bool access_item(const struct request *r, const struct resource *resource, uint32_t id);

/* May the token read this item, or what lies below it (`submodule`, empty: the item itself), whatever
 * the request is about? With id 0: all items of the kind. NULL: nobody asked for a token. */
bool access_reads(const struct token *token, const struct resource *resource, struct str submodule,
	uint32_t id);

/* May the request publish to this topic? */
bool access_publishes(const struct request *r, struct str topic);

/* The parts of a pattern. */
struct str access_uri(const char *pattern);
struct str access_submodule(const char *pattern);

#endif
