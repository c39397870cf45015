/* headers: what the head of a request says, as the library has it. */
#ifndef HTTP_HEADERS_H
#define HTTP_HEADERS_H

#include "http/request.h"

struct MHD_Connection;

struct peer headers_peer(struct MHD_Connection *connection);

/* Whose key came along? False: nobody's; *bad is then true when there was one at all. */
bool headers_token(struct MHD_Connection *connection, struct tokens *tokens,
	const struct peer *peer, struct token *out, bool *bad);

/* Fills host, is_secure, account, app, trace, encodings and tags; views that live as long as the request. */
void headers_read(struct MHD_Connection *connection, struct request *r);

/* Does the header, a list separated by commas that may come in several lines, name the word? In any case of
 * letters. */
bool headers_list(struct MHD_Connection *connection, const char *name, const char *word);

#endif
