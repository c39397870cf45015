/* A connection's life: uri_seen (the raw target, before the library touches it) -> on_request once
 * for the header, then for each piece of the body, then once more to answer -> on_completed. The
 * exchange carries it along; an answer too long for one piece moves on into its response. */
#include "http/server.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"
#include "core/metrics.h"
#include "http/asleep.h"
#include "http/attempts.h"
#include "http/door.h"
#include "http/headers.h"
#include "http/respond.h"
#include "http/routes.h"
#include "http/waiting.h"
#include "http/websocket.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	THREADS = 4,
	ANSWER_AT_ONCE = 64 * 1024, /* shorter answers go out whole, with their length */
	/* A body above HTTP_BODY_MAX is read and thrown away, so that the client sees the 413;
	 * above this the connection is closed. */
	DISCARD_MAX = 16 * 1024 * 1024,
	PATIENCE_MS = 500, /* for the answers of those who wait, when the server stops */
};

struct http {
	struct door plain, secure; /* they differ in nothing but TLS */
	struct attempts *attempts;
	struct tokens *own_tokens; /* when the context has none */
	struct context context;
	struct asleep asleep;
	atomic_int secure_websockets;
};

struct exchange {
	struct http *http;
	char *target;
	struct buf body;
	size_t discarded;
	bool begun;
	bool has_token, bad_token; /* a good one, one that is not */
	bool waits;                /* suspended, or just woken: */
	bool is_asleep;            /* it was, and is counted until it is answered */
	bool is_websocket;         /* suspended, and to be closed afterwards */
	struct answer answer;
	struct token token;
	struct peer peer;
};

/* ---- answers ---- */

static void resume(void *connection)
{
	MHD_resume_connection(connection);
}

/* Gives the thread back until the answer wants to go on; then on_request is called again. */
static enum MHD_Result suspend(
	struct MHD_Connection *connection, struct exchange *x, const struct answer *a)
{
	x->answer = *a;
	x->waits = true;
	if (!x->is_asleep)
		asleep_add(&x->http->asleep);
	x->is_asleep = true;
	MHD_suspend_connection(connection);
	x->answer.sleep(x->answer.producer, resume, connection);
	return MHD_YES;
}

/* Takes the answer over. */
static enum MHD_Result send_answer(
	struct MHD_Connection *connection, struct exchange *x, struct answer *a)
{
	struct error e;
	enum fill fill = answer_fill(a, ANSWER_AT_ONCE, &e);
	if (fill == FILL_WAIT)
		return suspend(connection, x, a);
	if (fill == FILL_FAILED) {
		log_error("http", "answer_failed", "reason=%s", log_quote(e.text));
		answer_clear(a);
		answer_init(a);
		answer_error(a, 500, "%s", e.text);
		fill = answer_fill(a, ANSWER_AT_ONCE, &e);
	}
	return respond_answer(connection, a, fill == FILL_DONE);
}

/* ---- requests ---- */

static enum MHD_Result refuse(struct MHD_Connection *connection, struct exchange *x,
	unsigned status, const char *sentence)
{
	struct answer a;
	answer_init(&a);
	answer_error(&a, status, "%s", sentence);
	return send_answer(connection, x, &a);
}

/* An address that comes with bad tokens again and again is not told any more that they are. */
static bool is_tiresome(struct http *h, const struct exchange *x, const struct answer *a)
{
	static int64_t told_us;
	char room[PEER_TEXT_MAX];
	if (a->status != 401 || !x->bad_token ||
		attempts_take(h->attempts, &x->peer, clock_monotonic_us()))
		return false;
	metric_add(http_throttled, 1);
	if (log_due(&told_us, 60))
		log_warning("http", "bad_tokens", "peer=%.*s reason=%s",
			STR_PRINT(peer_text(&x->peer, room)),
			log_quote("tries with bad tokens are turned away"));
	return true;
}

static enum MHD_Result open_websocket(
	struct http *h, struct MHD_Connection *connection, struct exchange *x, const char *accept)
{
	if (!h->context.live)
		return refuse(connection, x, 503, "MQTT is not served here");
	if (websocket_is_secure(connection)) {
		if (atomic_load(&h->secure_websockets) >= SECURE_WEBSOCKETS_MAX)
			return refuse(connection, x, 503,
				"as many WebSockets are open over TLS as can be");
		atomic_fetch_add(&h->secure_websockets, 1);
		asleep_add(&h->asleep);
		x->is_asleep = x->is_websocket = true;
	}
	return websocket_open(connection, accept, h->context.live);
}

static enum MHD_Result answer_request(
	struct http *h, struct MHD_Connection *connection, struct exchange *x, const char *method)
{
	struct request r = {
		.context = &h->context,
		.target = str_of(x->target),
		.body = buf_str(&x->body),
		.token = x->has_token ? &x->token : NULL,
		.peer = x->peer,
	};
	headers_read(connection, &r);
	if (strcmp(method, "OPTIONS") == 0)
		return respond_preflight(connection);
	if (x->discarded && x->has_token)
		return refuse(connection, x, 413, "the body exceeds 1048576 bytes");
	if (!method_parse(strcmp(method, "HEAD") == 0 ? "GET" : method, &r.method))
		return refuse(connection, x, 501, "the method is not known");
	struct answer a;
	answer_init(&a);
	dispatch(&r, &a);
	free(r.decoded);
	if (is_tiresome(h, x, &a)) {
		answer_clear(&a);
		return refuse(connection, x, 429,
			"too many tries with a bad token, one a second is let through");
	}
	return send_answer(connection, x, &a);
}

static enum MHD_Result answer(struct http *h, struct MHD_Connection *connection, struct exchange *x,
	const char *method, const char *version)
{
	struct websocket_request asked = {connection, method, version, str_of(x->target)};
	char accept[WEBSOCKET_ACCEPT_BYTES];
	struct error e;
	metric_add(http_requests, 1);
	unsigned status = websocket_judge(&asked, accept, &e);
	if (status == 101)
		return open_websocket(h, connection, x, accept);
	return status ? refuse(connection, x, status, e.text)
		      : answer_request(h, connection, x, method);
}

static enum MHD_Result go_on(struct MHD_Connection *connection, struct exchange *x)
{
	struct answer a = x->answer;
	x->waits = false;
	return send_answer(connection, x, &a);
}

/* A body without a token is thrown away. False: it is too much even for that. */
static bool collect(struct exchange *x, const char *bytes, size_t len)
{
	if (x->has_token && !x->discarded && buf_add(&x->body, bytes, len))
		return true;
	buf_clear(&x->body);
	x->discarded += len;
	return x->discarded <= DISCARD_MAX;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **state)
{
	(void)url;
	struct http *h = context;
	struct exchange *x = *state;
	if (!x->begun) {
		x->begun = true;
		x->peer = headers_peer(connection);
		x->has_token = headers_token(
			connection, h->context.tokens, &x->peer, &x->token, &x->bad_token);
		return MHD_YES;
	}
	if (*upload_size) {
		bool more = collect(x, upload, *upload_size);
		*upload_size = 0;
		return more ? MHD_YES : MHD_NO;
	}
	if (x->waits)
		return go_on(connection, x);
	if (x->is_websocket)
		return MHD_NO;
	return answer(h, connection, x, method, version);
}

static void *uri_seen(void *context, const char *uri, struct MHD_Connection *connection)
{
	(void)connection;
	struct exchange *x = xcalloc(1, sizeof *x);
	x->http = context;
	x->target = xstrdup(uri);
	buf_init(&x->body, HTTP_BODY_MAX);
	return x;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode code)
{
	(void)context;
	(void)connection;
	(void)code;
	struct exchange *x = *state;
	if (!x)
		return;
	if (x->waits)
		answer_clear(&x->answer);
	if (x->is_websocket)
		atomic_fetch_sub(&x->http->secure_websockets, 1);
	if (x->is_asleep)
		asleep_remove(&x->http->asleep);
	buf_clear(&x->body);
	free(x->target);
	free(x);
	*state = NULL;
}

static void http_free(struct http *h)
{
	tokens_close(h->own_tokens);
	attempts_free(h->attempts);
	asleep_clear(&h->asleep);
	free(h);
}

static struct http *http_new(const struct http_options *options, struct error *e)
{
	struct http *h = xcalloc(1, sizeof *h);
	h->context = options->context;
	asleep_init(&h->asleep);
	if (!h->context.tokens) {
		struct tokens_options only = {.admin_key = options->token};
		h->context.tokens = h->own_tokens = tokens_open(&only, e);
	}
	h->attempts = attempts_new();
	if (h->context.tokens)
		return h;
	http_free(h);
	return NULL;
}

static bool open_doors(struct http *h, const struct http_options *o, struct error *e)
{
	const struct door_keeper keeper = {h, uri_seen, on_request, on_completed};
	unsigned threads = o->threads > 0 ? (unsigned)o->threads : THREADS;
	if (!door_open(&h->plain, o->address, o->port, false, threads, &keeper, e))
		return false;
	if (!o->https_address || !*o->https_address)
		return true;
	return door_open(&h->secure, o->https_address, o->https_port, true, threads, &keeper, e);
}

struct http *http_start(const struct http_options *options, struct error *e)
{
	struct http *h = http_new(options, e);
	if (h && open_doors(h, options, e))
		return h;
	http_stop(h);
	return NULL;
}

uint16_t http_port(const struct http *h)
{
	return h->plain.port;
}

uint16_t http_https_port(const struct http *h)
{
	return h->secure.port;
}

void http_stop(struct http *h)
{
	if (!h)
		return;
	if (h->context.waiting) /* the library wants nobody suspended */
		waiting_stop(h->context.waiting, PATIENCE_MS);
	asleep_wait(&h->asleep, PATIENCE_MS);
	door_close(&h->plain);
	door_close(&h->secure);
	http_free(h);
}
