#include "gate/entrance.h"

#include "base/die.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
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

static bool is_any(const union address *a)
{
	return a->any.sa_family == AF_INET ? a->v4.sin_addr.s_addr == INADDR_ANY
					   : IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr);
}

bool addresses_overlap(const char *a, const char *b)
{
	union address x, y;
	if (!parse_address(a, 0, &x) || !parse_address(b, 0, &y))
		return false;
	/* sockets of all IPv6 addresses take IPv4 as well */
	if (x.any.sa_family != y.any.sa_family)
		return x.any.sa_family == AF_INET6 ? is_any(&x) : is_any(&y);
	if (is_any(&x) || is_any(&y))
		return true;
	return x.any.sa_family == AF_INET ? x.v4.sin_addr.s_addr == y.v4.sin_addr.s_addr
					  : IN6_ARE_ADDR_EQUAL(&x.v6.sin6_addr, &y.v6.sin6_addr);
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

/* ---- entrances ---- */

struct entrance *entrance_new(const struct channel *c)
{
	struct entrance *entrance = xcalloc(1, sizeof *entrance);
	entrance->id = c->id;
	entrance->port = c->port;
	snprintf(entrance->address, sizeof entrance->address, "%s", c->address);
	address_counts_init(&entrance->addresses);
	return entrance;
}

void entrance_free(struct entrance *entrance)
{
	if (!entrance)
		return;
	settings_free(entrance->settings);
	address_counts_clear(&entrance->addresses);
	free(entrance);
}

static void set_uri(struct entrance *entrance)
{
	bool is_v6 = strchr(entrance->address, ':') != NULL;
	snprintf(entrance->uri, sizeof entrance->uri, is_v6 ? "[%s]:%u" : "%s:%u",
		entrance->address, entrance->port);
}

static bool no_bind(struct error *e, const struct entrance *entrance)
{
	int error = errno;
	if (error == EADDRINUSE)
		return fail(e,
			"cannot listen on %s: another program does; end it or choose another port",
			entrance->uri);
	if (error == EACCES)
		return fail(e,
			"cannot listen on %s: ports below 1024 need a privilege; choose another "
			"port",
			entrance->uri);
	return fail(e, "cannot listen on %s: %s", entrance->uri, strerror(error));
}

bool entrance_bind(struct entrance *entrance, const struct entrance *replaces, int *fds,
	size_t count, struct error *e)
{
	union address a;
	set_uri(entrance);
	if (!parse_address(entrance->address, entrance->port, &a))
		return fail(e, "cannot listen on '%s': not a numeric address", entrance->address);
	bool may_be_ours = replaces && replaces->port == entrance->port &&
			   addresses_overlap(replaces->address, entrance->address);
	if (entrance->port && !may_be_ours && !port_is_free(&a))
		return no_bind(e, entrance);
	for (size_t i = 0; i < count; i++) {
		fds[i] = bound_socket(&a, true);
		if (fds[i] < 0 || listen(fds[i], BACKLOG) != 0) {
			(void)no_bind(e, entrance);
			for (size_t k = 0; k <= i; k++)
				if (fds[k] >= 0)
					close(fds[k]);
			return false;
		}
		if (entrance->port == 0) {
			entrance->port = port_of(fds[i]);
			(void)parse_address(entrance->address, entrance->port, &a);
		}
	}
	set_uri(entrance);
	return true;
}

/* ---- settings ---- */

struct settings *settings_new(const struct channel *c, struct error *e)
{
	struct settings *s = xcalloc(1, sizeof *s);
	struct allow *a = &s->allow;
	s->channel = *c;
	if (ident_list_parse(&a->allowed_idents, str_of(c->allowed_idents), e) &&
		ident_list_parse(&a->blocked_idents, str_of(c->blocked_idents), e) &&
		network_list_parse(&a->allowed_networks, str_of(c->allowed_networks), e) &&
		network_list_parse(&a->blocked_networks, str_of(c->blocked_networks), e))
		return s;
	settings_free(s);
	return NULL;
}

void settings_free(struct settings *s)
{
	if (!s)
		return;
	allow_clear(&s->allow);
	free(s);
}
