#include "gate/listen.h"

#include "base/die.h"
#include "base/log.h"
#include "gate/session.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	BACKLOG = 4096,
	KEEPALIVE_S = 120, /* first probe after so much silence; then every 30 s, dead after 4 */
};

/* ---- sockets ---- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool parse_address(const char *text, uint16_t port, union address *out)
{
	*out = (union address){0};
	if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
		out->any.sa_family = AF_INET;
		out->v4.sin_port = htons(port);
		return true;
	}
	if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
		out->any.sa_family = AF_INET6;
		out->v6.sin6_port = htons(port);
		return true;
	}
	return false;
}

static socklen_t address_len(const union address *a)
{
	return a->any.sa_family == AF_INET ? sizeof a->v4 : sizeof a->v6;
}

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* A bound socket, or -1 with errno. Accepted sockets inherit its options, which saves setting them
 * on each. */
static int bound_socket(const union address *a, bool shared)
{
	int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && set(fd, SOL_SOCKET, SO_REUSEPORT, shared) &&
		set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) && set(fd, IPPROTO_TCP, TCP_NODELAY, 1) &&
		set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_S) &&
		set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 30) && set(fd, IPPROTO_TCP, TCP_KEEPCNT, 4) &&
		bind(fd, &a->any, address_len(a)) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Sockets that share a port let any program of the same user join, so a second gateway would
 * silently take half of the trackers. A socket that does not share tells whether the port is free.
 */
static bool port_is_free(const union address *a)
{
	int fd = bound_socket(a, false);
	if (fd < 0)
		return false;
	bool is_free = listen(fd, 1) == 0;
	int error = errno;
	close(fd);
	errno = error;
	return is_free;
}

static uint16_t port_of(int fd)
{
	union address a;
	socklen_t len = sizeof a;
	if (getsockname(fd, &a.any, &len) != 0)
		return 0;
	return ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
}

/* ---- who may come in ---- */

static bool enter(struct entrance *entrance, const struct peer *peer)
{
	const struct channel *c = &entrance->channel;
	int connections = __atomic_add_fetch(&entrance->connections, 1, __ATOMIC_RELAXED);
	bool enters = !c->max_connections || connections <= c->max_connections;
	if (enters && c->max_per_address)
		enters = address_enter(&entrance->addresses, peer, c->max_per_address);
	if (!enters)
		__atomic_sub_fetch(&entrance->connections, 1, __ATOMIC_RELAXED);
	return enters;
}

void entrance_leave(struct entrance *entrance, const struct peer *peer)
{
	__atomic_sub_fetch(&entrance->connections, 1, __ATOMIC_RELAXED);
	if (entrance->channel.max_per_address)
		address_leave(&entrance->addresses, peer);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void refuse(struct session *s, const char *reason)
{
	static int64_t told_us;
	char room[PEER_TEXT_MAX];
	metric_add(connections_refused, 1);
	if (log_due(&told_us, 60))
		log_warning("listen", "refused", "channel=%" PRIu32 " peer=%.*s reason=%s",
			s->listener->entrance->channel.id, STR_PRINT(peer_text(&s->peer, room)),
			log_quote(reason));
	uv_close((uv_handle_t *)&s->tcp, on_closed);
}

static bool has_descriptors(const struct gate *g, const uv_tcp_t *tcp)
{
	uv_os_fd_t fd;
	return uv_fileno((const uv_handle_t *)tcp, &fd) == 0 && fd < g->fd_limit;
}

static void on_connection(uv_stream_t *server, int status)
{
	static int64_t told_us;
	struct listener *l = (struct listener *)server;
	if (status < 0) {
		if (log_due(&told_us, 60))
			log_warning("listen", "accept_failed", "reason=%s",
				log_quote(uv_strerror(status)));
		return;
	}
	struct session *s = xcalloc(1, sizeof *s);
	s->listener = l;
	uv_tcp_init(server->loop, &s->tcp);
	if (uv_accept(server, (uv_stream_t *)&s->tcp) != 0) {
		uv_close((uv_handle_t *)&s->tcp, on_closed);
		return;
	}
	union address a = {0};
	int len = sizeof a;
	if (uv_tcp_getpeername(&s->tcp, &a.any, &len) == 0)
		s->peer = peer_of(&a.any);
	if (!has_descriptors(l->worker->gate, &s->tcp))
		refuse(s, "the limit of open files is reached: raise it (LimitNOFILE, ulimit -n)");
	else if (!enter(l->entrance, &s->peer))
		refuse(s, "the channel's limit of connections is reached");
	else
		session_open(s);
}

/* ---- opening ---- */

static bool no_bind(struct error *e, const struct entrance *entrance)
{
	int error = errno;
	char uri[80];
	entrance_uri(entrance, uri);
	if (error == EADDRINUSE)
		return fail(e,
			"cannot listen on %s: another program does; end it or choose another port "
			"with --listen",
			uri);
	if (error == EACCES)
		return fail(e,
			"cannot listen on %s: ports below 1024 need a privilege; choose another "
			"port with --listen",
			uri);
	return fail(e, "cannot listen on %s: %s", uri, strerror(error));
}

static bool listener_open(struct listener *l, const union address *a, struct error *e)
{
	int fd = bound_socket(a, true);
	if (fd < 0)
		return no_bind(e, l->entrance);
	if (l->entrance->port == 0)
		l->entrance->port = port_of(fd);
	int status = uv_tcp_open(&l->tcp, fd);
	if (status == 0)
		status = uv_tcp_simultaneous_accepts(&l->tcp, 1);
	if (status == 0)
		status = uv_listen((uv_stream_t *)&l->tcp, BACKLOG, on_connection);
	errno = -status; /* libuv's errors are the system's, negated */
	return status == 0 || no_bind(e, l->entrance);
}

bool entrance_open(struct gate *g, size_t index, struct error *e)
{
	struct entrance *entrance = &g->entrances[index];
	entrance->port = entrance->channel.port;
	union address a;
	if (!parse_address(entrance->channel.address, entrance->port, &a))
		return fail(e, "cannot listen on '%s': not a numeric address",
			entrance->channel.address);
	if (entrance->port && !port_is_free(&a))
		return no_bind(e, entrance);
	for (uint16_t i = 0; i < g->worker_count; i++) {
		if (!listener_open(&g->workers[i]->listeners[index], &a, e))
			return false;
		(void)parse_address(entrance->channel.address, entrance->port, &a);
	}
	return true;
}

void entrance_uri(const struct entrance *entrance, char *out)
{
	const char *address = entrance->channel.address;
	bool is_v6 = strchr(address, ':') != NULL;
	snprintf(out, 80, is_v6 ? "[%s]:%u" : "%s:%u", address, entrance->port);
}
