#include "base/machine.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of an interface, into `out`; false: nobody else gets there. */
static bool address_text_of(const struct sockaddr *address, int family, char *out)
{
	const void *bytes;
	if (family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)address;
		uint32_t host = ntohl(v4->sin_addr.s_addr);
		if (host >> 24 == 127 || host >> 16 == 0xa9fe || host == 0)
			return false;
		bytes = &v4->sin_addr;
	} else {
		const struct sockaddr_in6 *v6 = (const void *)address;
		if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) || IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr))
			return false;
		bytes = &v6->sin6_addr;
	}
	return inet_ntop(family, bytes, out, MACHINE_ADDRESS_BYTES) != NULL;
}

static bool has(const struct machine_addresses *all, const char *text)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->text[i], text) == 0)
			return true;
	return false;
}

static void add(struct machine_addresses *out, const char *text)
{
	if (out->count < MACHINE_ADDRESSES_MAX && !has(out, text))
		memcpy(out->text[out->count++], text, MACHINE_ADDRESS_BYTES);
}

static void add_family(
	struct machine_addresses *out, const struct ifaddrs *all, int family, const char *first)
{
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		char text[MACHINE_ADDRESS_BYTES] = "";
		bool is_up = (i->ifa_flags & IFF_UP) && !(i->ifa_flags & IFF_LOOPBACK);
		if (is_up && i->ifa_addr && i->ifa_addr->sa_family == family &&
			address_text_of(i->ifa_addr, family, text) &&
			(!first || strcmp(text, first) == 0))
			add(out, text);
	}
}

/* Where a packet to an address that is only for examples would leave from; none is sent. */
static void outward(char *out)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)}, from;
	socklen_t len = sizeof from;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	*out = '\0';
	if (fd < 0)
		return;
	to.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1 */
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
		getsockname(fd, (struct sockaddr *)&from, &len) == 0 &&
		!inet_ntop(AF_INET, &from.sin_addr, out, MACHINE_ADDRESS_BYTES))
		*out = '\0';
	close(fd);
}

void machine_addresses(struct machine_addresses *out)
{
	struct ifaddrs *all = NULL;
	char first[MACHINE_ADDRESS_BYTES];
	out->count = 0;
	if (getifaddrs(&all) != 0)
		return;
	outward(first);
	add_family(out, all, AF_INET, first);
	add_family(out, all, AF_INET, NULL);
	add_family(out, all, AF_INET6, NULL);
	freeifaddrs(all);
}
