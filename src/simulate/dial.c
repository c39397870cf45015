#include "simulate/dial.h"

#include "base/die.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>

bool endpoint_resolve(struct endpoint *out, const char *option, const char *text, struct error *e)
{
	char host[256];
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	struct str name = {text, len};
	if (len >= 2 && name.at[0] == '[' && name.at[len - 1] == ']')
		name = (struct str){name.at + 1, len - 2};
	uint64_t port;
	if (!name.len || name.len >= sizeof host || !str_to_u64(str_of(colon + 1), &port) ||
		port < 1 || port > 65535)
		return fail(e, "%s takes HOST:PORT, not '%s'", option, text);
	memcpy(host, name.at, name.len);
	host[name.len] = '\0';
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	int code = getaddrinfo(host, colon + 1, &hints, &found);
	if (code)
		return fail(e, "%s %s: %s", option, text, gai_strerror(code));
	memcpy(&out->address, found->ai_addr, found->ai_addrlen);
	out->len = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static bool bind_source(const struct endpoint *to, uint64_t number, uint64_t per_address, int fd)
{
	const struct sockaddr_in *address = (const struct sockaddr_in *)&to->address;
	if (address->sin_family != AF_INET || ntohl(address->sin_addr.s_addr) >> 24 != 127)
		return true;
	struct sockaddr_in from = {.sin_family = AF_INET};
	from.sin_addr.s_addr = htonl((127u << 24) + 2 + (uint32_t)(number / per_address));
	int on = 1;
	return setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) == 0 &&
	       bind(fd, (struct sockaddr *)&from, sizeof from) == 0;
}

bool dial(const struct endpoint *to, uint64_t per_address, uint64_t number, int *fd)
{
	*fd = socket(to->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		die("socket: %s", strerror(errno));
	int on = 1;
	(void)setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (!bind_source(to, number, per_address, *fd))
		return false;
	return connect(*fd, (const struct sockaddr *)&to->address, to->len) == 0 ||
	       errno == EINPROGRESS;
}
