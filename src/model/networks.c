#include "model/networks.h"

#include "base/log.h"

#include <arpa/inet.h>

bool network_parse(struct str text, struct network *out)
{
	struct str rest = str_trim(text), host = str_trim(str_cut(&rest, '/'));
	char room[INET6_ADDRSTRLEN];
	uint64_t bits;
	if (host.len >= sizeof room)
		return false;
	memcpy(room, host.at, host.len);
	room[host.len] = '\0';
	bool is_v4 = strlen(room) == host.len && inet_pton(AF_INET, room, out->address) == 1;
	if (!is_v4 && (strlen(room) != host.len || inet_pton(AF_INET6, room, out->address) != 1))
		return false;
	out->bytes = is_v4 ? 4 : 16;
	out->bits = (unsigned)out->bytes * 8;
	if (!rest.at)
		return true;
	if (!str_to_u64(str_trim(rest), &bits) || bits > out->bits)
		return false;
	out->bits = (unsigned)bits;
	return true;
}

bool networks_check(struct str *list, struct error *e)
{
	struct network network;
	struct str rest = *list;
	char shown[64];
	while (rest.len) {
		struct str one = str_cut(&rest, ',');
		if (!network_parse(one, &network))
			return fail(e,
				"'%s' is no address or network such as 192.0.2.7, 10.0.0.0/8 or "
				"2001:db8::/32",
				escape_bytes(one, shown, sizeof shown));
	}
	return true;
}

static bool holds(const struct network *n, const uint8_t *address)
{
	unsigned whole = n->bits / 8, left = n->bits % 8;
	if (memcmp(n->address, address, whole) != 0)
		return false;
	return !left || (n->address[whole] ^ address[whole]) >> (8 - left) == 0;
}

bool networks_hold(struct str list, const uint8_t *address, size_t bytes)
{
	struct network network;
	while (list.len)
		if (network_parse(str_cut(&list, ','), &network) && network.bytes == bytes &&
			holds(&network, address))
			return true;
	return false;
}
