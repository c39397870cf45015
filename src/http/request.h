/* request: what a handler gets and what it gives, without any HTTP library. A handler fills an
 * answer; a long one is a producer of items that the server calls as fast as the client reads. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "core/commands.h"
#include "core/connections.h"
#include "core/events.h"
#include "core/live_view.h"
#include "core/packets.h"
#include "core/registry.h"
#include "core/tokens.h"
#include "core/writer.h"
#include "model/resource.h"

enum { HTTP_BODY_MAX = 1024 * 1024, QUERY_MAX = 16, PATH_PARAMETERS_MAX = 4 };

/* What all requests share. */
struct context {
	struct store *store;
	struct registry *registry;
	struct writer *writer; /* may be NULL, as may be all below */
	struct events *events;
	struct journal *event_journal;
	struct packets *packets;
	const struct connections *connections;
	struct tokens *tokens;
	struct poster *poster;   /* messages that come over REST */
	struct waiting *waiting; /* long polls; NULL: they do not wait */
	struct commands *commands;
	const struct live_view *live;
	bool no_confirm;             /* dangerous commands need no "confirm" */
	bool auto_devices;           /* unknown idents become devices */
	const char *web_tiles;       /* what tiles_origin() takes; NULL or empty: none */
	const char *web_attribution; /* whom they are from; may be NULL */
};

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_COUNT };

struct route;

struct query_parameter {
	struct str name, value;
};

struct request {
	const struct context *context;
	enum method method;
	struct str target; /* as received: path and query, encoded */
	struct str body;
	/* NULL: no good one was given. Lives until the answer is sent, also for its producer. */
	const struct token *token;
	struct peer peer;          /* who asks; family 0: not known */
	struct str host;           /* where the caller thinks we are, "host:port"; may be empty */
	bool is_secure;            /* asked over https */
	struct str account;        /* x-flespi-cid; may be empty */
	struct str app, trace;     /* x-flespi-app, x-flespi-trace: for the logs; may be empty */
	struct str encodings;      /* Accept-Encoding; at == NULL: none was sent */
	struct str tags;           /* If-None-Match; may be empty */
	const struct route *route; /* the row; set by dispatch */
	/* filled by dispatch, decoded; views into `decoded` */
	struct str segment[PATH_PARAMETERS_MAX]; /* the {parts} of the route */
	struct query_parameter query[QUERY_MAX];
	size_t query_count;
	char *decoded;
};

/* The value of a query parameter; at == NULL: not given. */
struct str request_query(const struct request *r, const char *name);

/* ---- answers ---- */

enum item {
	ITEM_PUT,  /* one item was appended */
	ITEM_NONE, /* nothing this time, call again: shares the thread with other connections */
	ITEM_WAIT, /* before the first item only: nothing yet, call again when `sleep` wakes you */
	ITEM_END,  /* there is nothing more */
	ITEM_FAILED, /* the sentence says why */
};

/* Appends the next item of "result". */
typedef enum item item_fn(void *producer, struct buf *out, struct error *e);

/* What stands around and between the items where they are no members of the JSON envelope. There is
 * no place for errors beside them. */
struct envelope {
	bool (*begin)(void *producer, struct buf *out);
	const char *separator;
	bool (*end)(void *producer, struct buf *out);
	/* What may stand between items to keep the connection alive while the next one is long in
	 * coming; empty: nothing may. */
	const char *idle;
	/* What follows when the rest cannot be given, so that nobody takes the answer for whole;
	 * empty: the end that is missing says so. */
	const char *broken;
};

struct answer {
	unsigned status;
	const char *type;     /* content type */
	char allow[64];       /* methods, for 405 */
	char disposition[96]; /* of a file that is saved; empty: none */
	const char *location; /* for 308: where it is instead; NULL: nowhere */
	bool is_gzip;         /* the body is gzipped */
	bool is_immutable;    /* at this address there will never be another */
	char tag[48];     /* entity tag, quoted: it may be kept and asked about again; empty: not */
	char policy[640]; /* of a page: what it may load; empty: nothing from elsewhere */
	struct buf errors; /* objects, separated by commas */
	struct buf body;   /* ready text; with a producer: the piece that is being sent */
	size_t sent;       /* bytes of the piece that the client has got; the server's */
	/* "result" is made by a producer, when there is one */
	item_fn *next;
	bool (*tail)(void *producer, struct buf *out); /* members behind "result"; may be NULL */
	const struct envelope *envelope;               /* NULL: JSON's; else there is no tail */
	void (*release)(void *producer);
	/* Calls wake(context) once when the producer that said ITEM_WAIT wants to be called again,
	 * perhaps before it returns. Needed by such producers only; no release meanwhile. */
	void (*sleep)(void *producer, void (*wake)(void *context), void *context);
	void *producer;
	bool begun, any_item, ended;
	bool broken; /* it ended too early */
};

void answer_init(struct answer *a);
void answer_clear(struct answer *a);

/* The numbers in "code". */
enum error_code {
	ERROR_UNAUTHORIZED = 1,
	ERROR_BAD_REQUEST = 2,
	ERROR_DENIED = 3,
	ERROR_SERVER = 4
};

/* The request is refused, also when a part of what it asks for could be given: adds an error object
 * with a reason. */
void answer_error(struct answer *a, unsigned status, const char *format, ...) PRINTF(3, 4);

/* Adds the error of an item: with its id, or its place in the posted array, and, when member is not
 * empty, the member at fault. The status stays when one was set before. */
void answer_item_error(struct answer *a, unsigned status, uint64_t id, const char *member,
	const char *format, ...) PRINTF(5, 6);

/* The request is refused with status 400 and the member at fault, when it is not empty. */
void answer_member_error(struct answer *a, const char *member, const char *format, ...)
	PRINTF(3, 4);

/* The refusal of a name in ?fields=. */
void answer_field_error(struct answer *a, struct str field);

/* An id that does not exist, or is not the caller's to see. */
void answer_denied(struct answer *a, uint64_t id);

enum fill {
	FILL_MORE,
	FILL_DONE,
	FILL_FAILED,
	FILL_WAIT, /* nothing was sent yet: fill again when `sleep` wakes */
};

/* Writes the envelope and its items into a->body until it holds `bytes` or all is written. */
enum fill answer_fill(struct answer *a, size_t bytes, struct error *e);

/* After FILL_FAILED in the middle: the last words, when the form of the answer needs some. False:
 * none. */
MUST_USE bool answer_break(struct answer *a);

#endif
