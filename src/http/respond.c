#include "http/respond.h"

#include "base/die.h"
#include "base/log.h"

#include <stdlib.h>

enum { ANSWER_PIECE = 64 * 1024 };

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	check(MHD_add_response_header(response, name, value) == MHD_YES);
}

/* What a page may do, and how long its parts may be kept: an answer of the API never may. */
static void add_page_headers(struct MHD_Response *response, const struct answer *a)
{
	add_header(response, "Cache-Control",
		a->is_immutable ? "public, max-age=31536000, immutable"
		: *a->tag       ? "no-cache"
				: "no-store");
	if (*a->tag)
		add_header(response, "ETag", a->tag);
	if (*a->policy) {
		add_header(response, "Content-Security-Policy", a->policy);
		add_header(response, "Referrer-Policy", "no-referrer");
	}
	if (a->is_gzip)
		add_header(response, "Content-Encoding", "gzip");
	if (a->is_immutable || *a->tag)
		add_header(response, "Vary", "Accept-Encoding");
}

/* Adds the headers and sends it; the response is the library's then. */
static enum MHD_Result respond(
	struct MHD_Connection *connection, const struct answer *head, struct MHD_Response *response)
{
	unsigned status = head->status;
	add_header(response, "Access-Control-Allow-Origin", "*");
	add_header(response, "X-Content-Type-Options", "nosniff");
	add_page_headers(response, head);
	if (head->type)
		add_header(response, "Content-Type", head->type);
	if (head->location)
		add_header(response, "Location", head->location);
	if (*head->allow)
		add_header(response, "Allow", head->allow);
	if (*head->disposition)
		add_header(response, "Content-Disposition", head->disposition);
	if (status == 401)
		add_header(response, "WWW-Authenticate", "FlespiToken");
	if (status == 426) {
		add_header(response, "Upgrade", "websocket");
		add_header(response, "Sec-WebSocket-Version", "13");
	}
	if (status == 429)
		add_header(response, "Retry-After", "1");
	enum MHD_Result sent = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return sent;
}

enum MHD_Result respond_preflight(struct MHD_Connection *connection)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	add_header(response, "Access-Control-Allow-Methods", "GET,POST,PUT,PATCH,DELETE");
	add_header(response, "Access-Control-Allow-Headers",
		"authorization,content-type,x-flespi-app,x-flespi-cid,x-flespi-trace");
	add_header(response, "Access-Control-Max-Age", "86400");
	return respond(connection, &(struct answer){.status = 204}, response);
}

static ssize_t read_piece(void *context, uint64_t position, char *out, size_t room)
{
	(void)position;
	struct answer *a = context;
	struct error e;
	if (a->body.len == 0) {
		if (a->ended)
			return a->broken ? MHD_CONTENT_READER_END_WITH_ERROR
					 : MHD_CONTENT_READER_END_OF_STREAM;
		enum fill fill = answer_fill(a, ANSWER_PIECE, &e);
		check(fill != FILL_WAIT); /* it waits before the first piece or not at all */
		if (fill == FILL_FAILED) {
			log_error("http", "answer_broken", "reason=%s", log_quote(e.text));
			if (!answer_break(a))
				return MHD_CONTENT_READER_END_WITH_ERROR;
		}
	}
	/* 0, when records were read and none was wanted, means: call again after the others */
	size_t len = a->body.len - a->sent < room ? a->body.len - a->sent : room;
	if (len)
		memcpy(out, a->body.at + a->sent, len);
	a->sent += len;
	if (a->sent == a->body.len)
		a->sent = a->body.len = 0;
	return (ssize_t)len;
}

static void release_answer(void *context)
{
	answer_clear(context);
	free(context);
}

enum MHD_Result respond_answer(struct MHD_Connection *connection, struct answer *a, bool is_whole)
{
	struct MHD_Response *response;
	const struct answer head = *a; /* of which the body is no longer good when it is read */
	if (is_whole) {
		/* the response owns the text from here on; it came from malloc */
		response = MHD_create_response_from_buffer(
			a->body.len, a->body.at, MHD_RESPMEM_MUST_FREE);
		a->body.at = NULL;
		answer_clear(a);
	} else {
		struct answer *kept = xmalloc(sizeof *kept);
		*kept = *a;
		response = MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, ANSWER_PIECE, read_piece, kept, release_answer);
	}
	if (!response)
		die("out of memory: a response");
	return respond(connection, &head, response);
}
