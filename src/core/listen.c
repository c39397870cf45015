#include "core/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t parse_address(const char *text, uint16_t port, union address *out)
{
	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(port);
		return sizeof out->v4;
	}
	if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(port);
		return sizeof out->v6;
	}
	return 0;
}

int listen_at(const char *address, uint16_t port, uint16_t *real_port, struct error *e)
{
	union address at;
	socklen_t bytes = parse_address(address, port, &at);
	if (!bytes) {
		fail(e, "'%s' is no numeric address", address);
		return -1;
	}
	int on = 1;
	int fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
		bind(fd, &at.any, bytes) || listen(fd, SOMAXCONN) ||
		getsockname(fd, &at.any, &bytes)) {
		bool is_v4 = at.any.sa_family == AF_INET;
		fail(e, "cannot listen at %s%s%s:%u: %s", is_v4 ? "" : "[", address,
			is_v4 ? "" : "]", port, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*real_port = ntohs(at.any.sa_family == AF_INET ? at.v4.sin_port : at.v6.sin6_port);
	return fd;
}
