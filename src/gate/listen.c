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
	ACCEPTS_A_TURN = 64, /* then those who are connected have their turn */
	KEEPALIVE_S = 120,   /* first probe after so much silence; then every 30 s, dead after 4 */
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

static void refuse(struct listener *l, int fd, const struct peer *peer, const char *reason)
{
	static int64_t told_us;
	char room[PEER_TEXT_MAX];
	metric_add(connections_refused, 1);
	if (log_due(&told_us, 60))
		log_warning("listen", "refused", "channel=%" PRIu32 " peer=%.*s reason=%s",
			l->entrance->channel.id, STR_PRINT(peer_text(peer, room)),
			log_quote(reason));
	close(fd);
}

static void on_not_opened(uv_handle_t *handle)
{
	free(handle);
}

static void admit(struct listener *l, int fd, const union address *address)
{
	struct peer peer = peer_of(&address->any);
	if (fd >= l->worker->gate->fd_limit) {
		refuse(l, fd, &peer,
			"the limit of open files is reached: raise it (LimitNOFILE, ulimit -n)");
		return;
	}
	if (!enter(l->entrance, &peer)) {
		refuse(l, fd, &peer, "the channel's limit of connections is reached");
		return;
	}
	struct session *s = xcalloc(1, sizeof *s);
	s->listener = l;
	s->peer = peer;
	uv_tcp_init(&l->worker->loop, &s->tcp);
	int status = uv_tcp_open(&s->tcp, fd);
	if (status == 0) {
		session_open(s);
		return;
	}
	entrance_leave(l->entrance, &peer);
	refuse(l, fd, &peer, uv_strerror(status));
	uv_close((uv_handle_t *)&s->tcp, on_not_opened);
}

static void on_connections(uv_poll_t *poll, int status, int events);

void listener_wake(struct listener *l)
{
	if (!l->resting)
		return;
	l->resting = false;
	uv_poll_start(&l->poll, UV_READABLE, on_connections);
}

/* The system has nothing left for a new connection: it waits in the kernel's queue. */
static void rest(struct listener *l, int error)
{
	static int64_t told_us;
	l->resting = true;
	uv_poll_stop(&l->poll);
	if (log_due(&told_us, 60))
		log_warning("listen", "accept_failed", "channel=%" PRIu32 " reason=%s",
			l->entrance->channel.id, log_quote(strerror(error)));
}

static void on_connections(uv_poll_t *poll, int status, int events)
{
	struct listener *l = poll->data;
	(void)status, (void)events; /* accept4 tells better */
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		union address a = {0};
		socklen_t len = sizeof a;
		int fd = accept4(l->fd, &a.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			admit(l, fd, &a);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			rest(l, errno);
			return;
		}
		/* the others are troubles of one connection */
	}
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
	l->fd = bound_socket(a, true);
	if (l->fd < 0)
		return no_bind(e, l->entrance);
	if (l->entrance->port == 0)
		l->entrance->port = port_of(l->fd);
	if (listen(l->fd, BACKLOG) != 0) {
		(void)no_bind(e, l->entrance);
		close(l->fd);
		l->fd = -1;
		return false;
	}
	if (uv_poll_init(&l->worker->loop, &l->poll, l->fd) != 0)
		die("cannot watch a listening socket");
	l->poll.data = l;
	l->resting = true;
	listener_wake(l);
	return true;
}

void listener_close(struct listener *l)
{
	if (l->fd < 0)
		return;
	uv_close((uv_handle_t *)&l->poll, NULL);
	close(l->fd);
	l->fd = -1;
	l->resting = false;
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
