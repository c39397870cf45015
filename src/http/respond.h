/* respond: answers as responses of the HTTP library, with the headers that they all have. */
#ifndef HTTP_RESPOND_H
#define HTTP_RESPOND_H

#include "http/request.h"

#include <microhttpd.h>

/* What browsers ask before a request from a page of another origin. */
enum MHD_Result respond_preflight(struct MHD_Connection *connection);

/* Sends what answer_fill has put into the body, and, when that is not the whole, the rest as fast as the client
 * reads it. Takes the answer over. */
enum MHD_Result respond_answer(struct MHD_Connection *connection, struct answer *a, bool is_whole);

#endif
