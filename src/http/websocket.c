#include "http/websocket.h"

#include "base/base64.h"
#include "base/log.h"
#include "core/metrics.h"
#include "http/headers.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SHA1_BYTES = 20, KEY_CHARS = 24, HEAD_MAX = 256 };

/* ---- the handshake ---- */

/* 16 bytes in Base64. */
static bool is_key(const char *text)
{
	size_t i = 0;
	while (is_letter(text[i]) || is_digit(text[i]) || text[i] == '+' || text[i] == '/')
		i++;
	return i == KEY_CHARS - 2 && strcmp(text + i, "==") == 0;
}

/* Proves that the key was read: any HTTP server could repeat it, only one of WebSockets knows the rest
 * (RFC 6455, 4.2.2). */
static bool prove(const char *key, char *accept)
{
	static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	char text[KEY_CHARS + sizeof magic], digest[SHA1_BYTES];
	struct buf out;
	snprintf(text, sizeof text, "%s%s", key, magic);
	if (gnutls_hash_fast(GNUTLS_DIG_SHA1, text, strlen(text), digest) < 0)
		return false;
	buf_init(&out, WEBSOCKET_ACCEPT_BYTES - 1);
	bool done = base64_add(&out, (struct str){digest, sizeof digest});
	if (done)
		snprintf(accept, WEBSOCKET_ACCEPT_BYTES, "%.*s", STR_PRINT(buf_str(&out)));
	buf_clear(&out);
	return done;
}

static bool is_place(struct str target)
{
	struct str path = str_cut(&target, '?');
	return str_is(path, "/") || str_is(path, "/mqtt") || str_is(path, "/mqtt/");
}

static const char *header(const struct websocket_request *r, const char *name)
{
	const char *value = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
	return value ? value : "";
}

static unsigned refuse(struct error *e, unsigned status, const char *sentence)
{
	(void)fail(e, "%s", sentence);
	return status;
}

unsigned websocket_judge(const struct websocket_request *r, char *accept, struct error *e)
{
	if (!*header(r, "Upgrade") || strcmp(r->method, "GET") != 0 ||
		strcmp(r->version, MHD_HTTP_VERSION_1_1) != 0 || !is_place(r->target))
		return 0;
	if (!headers_list(r->connection, "Upgrade", "websocket"))
		return refuse(e, 426, "here HTTP can be upgraded to websocket only");
	if (!headers_list(r->connection, "Connection", "upgrade"))
		return refuse(e, 400,
			"the header Connection must say Upgrade; a proxy in between has to pass "
			"both on");
	if (strcmp(header(r, "Sec-WebSocket-Version"), "13") != 0)
		return refuse(e, 426, "a WebSocket needs Sec-WebSocket-Version: 13");
	if (!is_key(header(r, "Sec-WebSocket-Key")))
		return refuse(e, 400, "a WebSocket needs a Sec-WebSocket-Key, 16 bytes in Base64");
	if (!headers_list(r->connection, "Sec-WebSocket-Protocol", "mqtt"))
		return refuse(e, 400, "a WebSocket here needs the subprotocol mqtt");
	if (!prove(header(r, "Sec-WebSocket-Key"), accept))
		return refuse(e, 500, "SHA-1 is not to be had");
	return 101;
}

/* ---- handing over ---- */

static gnutls_session_t session_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	return info ? info->tls_session : NULL;
}

bool websocket_is_secure(struct MHD_Connection *connection)
{
	return session_of(connection) != NULL;
}

static int socket_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	return info->connect_fd;
}

/* The library gathers bytes of an answer; MQTT's packets shall go at once, and who vanished without a word
 * be noticed. */
static void tune(int fd)
{
	static const int on = 1, off = 0;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

static bool send_text(const struct upgraded *u, struct str text)
{
	ssize_t sent = u->tls ? gnutls_record_send(u->tls, text.at, text.len)
			      : send(u->fd, text.at, text.len, MSG_NOSIGNAL);
	return sent == (ssize_t)text.len;
}

/* Releases what is not taken. */
static void offer(const struct live_view *live, const struct upgraded *u)
{
	/* a close frame with status 1013 */
	static const struct str later = STR("\x88\x11\x03\xf5"
					    "try again later");
	tune(u->fd);
	if (live->take(live->context, u)) {
		metric_add(http_websockets, 1);
		return;
	}
	(void)send_text(u, later);
	u->release(u->handle);
}

/* ---- with TLS ---- */

static void resume(void *connection)
{
	MHD_resume_connection(connection);
}

static enum MHD_Result open_secure(
	struct MHD_Connection *connection, const char *accept, const struct live_view *live)
{
	const struct upgraded u = {
		.fd = socket_of(connection),
		.tls = session_of(connection),
		.peer = headers_peer(connection),
		.release = resume,
		.handle = connection,
	};
	char head[HEAD_MAX];
	snprintf(head, sizeof head,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
		"Sec-WebSocket-Protocol: mqtt\r\n\r\n",
		accept);
	MHD_suspend_connection(connection); /* the library looks neither at socket nor session */
	if (send_text(&u, str_of(head)))
		offer(live, &u);
	else
		resume(connection);
	return MHD_YES;
}

/* ---- without TLS ---- */

static void close_socket(void *handle)
{
	close((int)(intptr_t)handle);
}

/* The connection goes on with a descriptor of its own, so the library's part of it can end here. */
static void on_upgrade(void *context, struct MHD_Connection *connection, void *exchange,
	const char *early, size_t early_bytes, MHD_socket fd, struct MHD_UpgradeResponseHandle *urh)
{
	(void)exchange;
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	const struct upgraded u = {
		.fd = own,
		.early = {early, early_bytes},
		.peer = headers_peer(connection),
		.release = close_socket,
		.handle = (void *)(intptr_t)own,
	};
	if (own >= 0)
		offer(context, &u);
	else
		log_warning("http", "websocket_lost", "reason=%s", log_quote(strerror(errno)));
	(void)MHD_upgrade_action(urh, MHD_UPGRADE_ACTION_CLOSE);
}

static enum MHD_Result open_plain(
	struct MHD_Connection *connection, const char *accept, const struct live_view *live)
{
	struct MHD_Response *response =
		MHD_create_response_for_upgrade(on_upgrade, (void *)(uintptr_t)live);
	enum MHD_Result sent = MHD_NO;
	if (response && MHD_add_response_header(response, "Upgrade", "websocket") == MHD_YES &&
		MHD_add_response_header(response, "Sec-WebSocket-Accept", accept) == MHD_YES &&
		MHD_add_response_header(response, "Sec-WebSocket-Protocol", "mqtt") == MHD_YES)
		sent = MHD_queue_response(connection, 101, response);
	if (response)
		MHD_destroy_response(response);
	return sent;
}

enum MHD_Result websocket_open(
	struct MHD_Connection *connection, const char *accept, const struct live_view *live)
{
	return websocket_is_secure(connection) ? open_secure(connection, accept, live)
					       : open_plain(connection, accept, live);
}
