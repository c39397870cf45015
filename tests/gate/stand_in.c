/* Stand-ins for the store, the registry and the REST door, until the real ones are there: records
 * go to a file that is synced, one channel and no devices, no HTTP. */
#include "base/die.h"
#include "core/registry.h"
#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct store {
	int fd;
	uint64_t seq;
};

struct store *store_open(const struct store_options *options, struct error *e)
{
	char path[300];
	snprintf(path, sizeof path, "%s/log", options->directory);
	struct store *s = xcalloc(1, sizeof *s);
	s->fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (s->fd < 0) {
		(void)fail(e, "cannot open %s", path);
		return NULL;
	}
	return s;
}

void store_close(struct store *s)
{
	close(s->fd);
	free(s);
}

bool store_append(struct store *s, struct record *records, size_t count, struct error *e)
{
	static char room[8 << 20];
	size_t len = 0;
	for (size_t i = 0; i < count; i++) {
		if (len > sizeof room - 16384) {
			if (write(s->fd, room, len) < 0)
				return fail(e, "%s", strerror(errno));
			len = 0;
		}
		records[i].seq = ++s->seq;
		memcpy(room + len, &records[i], sizeof records[i]);
		len += sizeof records[i];
		memcpy(room + len, records[i].body.at, records[i].body.len);
		len += records[i].body.len;
	}
	if (write(s->fd, room, len) < 0 || fdatasync(s->fd) != 0)
		return fail(e, "%s", strerror(errno));
	return true;
}

struct registry {
	struct channel channel;
};

struct registry *registry_open(struct store *store, struct error *e)
{
	(void)store, (void)e;
	return xcalloc(1, sizeof(struct registry));
}

void registry_close(struct registry *r)
{
	free(r);
}

uint32_t registry_version(const struct registry *r)
{
	(void)r;
	return 1;
}

uint32_t registry_device_of(struct registry *r, uint64_t ident)
{
	(void)r, (void)ident;
	return 0;
}

uint32_t registry_auto_device(struct registry *r, uint64_t ident, struct error *e)
{
	(void)r, (void)ident;
	(void)fail(e, "stand-in");
	return 0;
}

bool registry_channel(struct registry *r, uint32_t id, struct channel *out)
{
	*out = r->channel;
	return id == r->channel.id;
}

size_t registry_channels(struct registry *r, struct channel **out)
{
	*out = xmalloc(sizeof **out);
	**out = r->channel;
	return r->channel.id != 0;
}

bool registry_put_channel(struct registry *r, struct channel *c, struct error *e)
{
	(void)e;
	c->id = 1;
	r->channel = *c;
	return true;
}

void registry_set_uri(struct registry *r, uint32_t channel, const char *uri)
{
	(void)channel;
	snprintf(r->channel.uri, sizeof r->channel.uri, "%s", uri);
}

struct http *http_start(const struct http_options *options, struct error *e)
{
	(void)options, (void)e;
	return xcalloc(1, 1);
}

uint16_t http_port(const struct http *h)
{
	(void)h;
	return 0;
}

void http_stop(struct http *h)
{
	free(h);
}

void channel_init(struct channel *c)
{
	*c = (struct channel){.name = "cantrack", .enabled = true};
}

/* ---- record ---- */

struct peer peer_of(const struct sockaddr *address)
{
	struct peer p = {0};
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	if (address->sa_family == AF_INET) {
		p.family = 4;
		p.port = ntohs(v4->sin_port);
		memcpy(p.addr, &v4->sin_addr, 4);
	} else {
		p.family = 6;
		p.port = ntohs(v6->sin6_port);
		memcpy(p.addr, &v6->sin6_addr, 16);
	}
	return p;
}

struct str peer_text(const struct peer *peer, char *out)
{
	char host[48];
	inet_ntop(peer->family == 4 ? AF_INET : AF_INET6, peer->addr, host, sizeof host);
	snprintf(out, PEER_TEXT_MAX, peer->family == 4 ? "%s:%u" : "[%s]:%u", host, peer->port);
	return str_of(out);
}

void record_make(struct record *r, const struct message *m, const struct origin *origin, char *body)
{
	r->received_us = m->value[PARAM_SERVER_TIMESTAMP].number;
	r->time_us = m->value[PARAM_TIMESTAMP].number;
	r->origin = *origin;
	r->body = (struct str){body, message_pack(m, RECORD_OUTSIDE, body)};
}
