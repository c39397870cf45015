#include "store/record.h"

#include "base/json.h"

#include <arpa/inet.h>
#include <netinet/in.h>

struct peer peer_of(const struct sockaddr *address)
{
	struct peer peer = {0};
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof in);
		peer.family = 4;
		peer.port = ntohs(in.sin_port);
		memcpy(peer.addr, &in.sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in;
		memcpy(&in, address, sizeof in);
		peer.port = ntohs(in.sin6_port);
		/* a tracker on IPv4 looks the same whether the socket is of one family or of both
		 */
		bool mapped = IN6_IS_ADDR_V4MAPPED(&in.sin6_addr);
		peer.family = mapped ? 4 : 6;
		if (mapped)
			memcpy(peer.addr, in.sin6_addr.s6_addr + 12, 4);
		else
			memcpy(peer.addr, &in.sin6_addr, 16);
	}
	return peer;
}

struct str peer_text(const struct peer *peer, char *out)
{
	char *at = out;
	if (peer->family == 4) {
		for (int i = 0; i < 4; i++) {
			at += json_put_decimal(at, peer->addr[i], 0);
			*at++ = i < 3 ? '.' : ':';
		}
	} else if (peer->family == 6) {
		*at++ = '[';
		inet_ntop(AF_INET6, peer->addr, at, INET6_ADDRSTRLEN);
		at += strlen(at);
		*at++ = ']';
		*at++ = ':';
	} else {
		return str_upto(str_of(""), 0);
	}
	at += json_put_decimal(at, peer->port, 0);
	return (struct str){out, (size_t)(at - out)};
}

void record_make(struct record *r, const struct message *m, const struct origin *origin, char *body)
{
	r->origin = *origin;
	r->received_us = m->value[PARAM_SERVER_TIMESTAMP].number;
	r->time_us =
		message_has(m, PARAM_TIMESTAMP) ? m->value[PARAM_TIMESTAMP].number : r->received_us;
	r->body = (struct str){body, message_pack(m, RECORD_OUTSIDE, body)};
}

bool record_unpack(const struct record *r, struct message *m)
{
	const struct origin *o = &r->origin;
	message_clear(m);
	if (!message_unpack(r->body, m))
		return false;
	message_number(m, PARAM_IDENT, (int64_t)o->ident);
	if (o->vendor[0])
		message_text(m, PARAM_VENDOR_CODE, (struct str){o->vendor, sizeof o->vendor});
	message_number(m, PARAM_TIMESTAMP, r->time_us);
	message_number(m, PARAM_SERVER_TIMESTAMP, r->received_us);
	message_number(m, PARAM_CHANNEL_ID, o->channel);
	return true;
}

bool record_message(const struct record *r, const struct str *device_name, uint32_t device_type,
	char *peer_room, struct message *m)
{
	const struct origin *o = &r->origin;
	if (!record_unpack(r, m))
		return false;
	message_number(m, PARAM_PROTOCOL_ID, PROTOCOL_ID);
	if (o->peer.family)
		message_text(m, PARAM_PEER, peer_text(&o->peer, peer_room));
	if (device_name) {
		message_number(m, PARAM_DEVICE_ID, o->device);
		message_text(m, PARAM_DEVICE_NAME, *device_name);
		message_number(m, PARAM_DEVICE_TYPE_ID, device_type);
	}
	return true;
}
