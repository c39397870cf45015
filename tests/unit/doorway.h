/* A small MQTT server for the simulator's watchers: gives each subscriber every message, but for the
 * mischief that a test asks for. Knows of filters only what the watchers ask for. */
#ifndef TESTS_UNIT_DOORWAY_H
#define TESTS_UNIT_DOORWAY_H

#include "mischief.h"
#include "mqtt/packet.h"

enum { GUESTS = 32 };

struct guest {
	int fd;
	int version;
	uint8_t qos;
	bool is_subscribed;
	char ident[24]; /* the only one it wants; "+": all */
	size_t len;
	char bytes[4096];
	size_t held_len;
	char held[1024]; /* a packet that the next one overtakes */
	unsigned count;  /* messages given */
};

struct doorway {
	int listen, stop[2];
	uint16_t port;
	pthread_t thread;
	pthread_mutex_t lock; /* of the guests */
	struct guest guests[GUESTS];
	nfds_t count;
	/* mischief, for every so-many-th message of a guest; 0: never */
	unsigned drop, twice, swap, hang_up;
	bool refuse; /* any CONNECT */
	/* what happened */
	unsigned dropped, doubled, swapped, hung_up, acknowledged;
};

/* The simulator hangs up when its run is over, whatever is still on its way. */
static void guest_say(struct guest *g, struct buf *out)
{
	ssize_t n = g->fd < 0 ? -1 : send(g->fd, out->at, out->len, MSG_NOSIGNAL);
	bool has_gone = g->fd < 0 || (n < 0 && (errno == EPIPE || errno == ECONNRESET));
	if (!has_gone)
		assert_int_equal(n, out->len);
	buf_clear(out);
}

static void guest_hear(
	struct doorway *d, struct guest *g, const struct mqtt_header *header, struct str body)
{
	struct buf out;
	struct str none = {"", 0};
	enum mqtt_reason why;
	buf_init(&out, 1024);
	if (header->type == MQTT_CONNECT) {
		struct mqtt_connect c;
		assert_true(mqtt_connect_read(body, &c, &why));
		g->version = c.version;
		assert_true(mqtt_connack_write(&out, c.version, false,
			d->refuse ? MQTT_NOT_AUTHORIZED : MQTT_SUCCESS, none));
		guest_say(g, &out);
	} else if (header->type == MQTT_SUBSCRIBE) {
		struct mqtt_topics topics;
		struct mqtt_topic topic;
		assert_true(mqtt_topics_read(MQTT_SUBSCRIBE, body, g->version, &topics, &why));
		assert_true(mqtt_topics_next(&topics, MQTT_SUBSCRIBE, &topic));
		g->qos = topic.qos;
		struct str ident = str_from(topic.filter, strlen("flespi/message/gw/channels/+/"));
		snprintf(g->ident, sizeof g->ident, "%.*s", STR_PRINT(ident));
		assert_true(
			mqtt_suback_write(&out, MQTT_SUBACK, g->version, topics.id, &topic.qos, 1));
		guest_say(g, &out);
		g->is_subscribed = true;
	} else if (header->type == MQTT_PUBACK) {
		d->acknowledged++;
	}
}

/* False: the guest is gone. */
static bool guest_receive(struct doorway *d, struct guest *g)
{
	ssize_t n = recv(g->fd, g->bytes + g->len, sizeof g->bytes - g->len, 0);
	if (n <= 0)
		return false;
	g->len += (size_t)n;
	for (;;) {
		struct mqtt_header header;
		enum mqtt_reason why;
		struct str in = {g->bytes, g->len};
		if (mqtt_header_read(in, sizeof g->bytes, &header, &why) != MQTT_READ ||
			header.head + header.body > in.len)
			return true;
		guest_hear(d, g, &header, str_upto(str_from(in, header.head), header.body));
		g->len -= header.head + header.body;
		memmove(g->bytes, g->bytes + header.head + header.body, g->len);
	}
}

static void *doorway_run(void *context)
{
	struct doorway *d = context;
	for (;;) {
		struct pollfd fds[GUESTS + 2] = {{d->stop[0], POLLIN, 0}, {d->listen, POLLIN, 0}};
		nfds_t count = d->count;
		for (nfds_t i = 0; i < count; i++)
			fds[i + 2] = (struct pollfd){d->guests[i].fd, POLLIN, 0};
		if (poll(fds, count + 2, -1) < 0 || fds[0].revents)
			return NULL;
		pthread_mutex_lock(&d->lock);
		for (nfds_t i = 0; i < count; i++)
			if (fds[i + 2].revents && d->guests[i].fd >= 0 &&
				!guest_receive(d, &d->guests[i])) {
				close(d->guests[i].fd);
				d->guests[i].fd = -1; /* poll passes over it */
			}
		if (fds[1].revents && d->count < GUESTS)
			d->guests[d->count++] = (struct guest){.fd = accept(d->listen, NULL, NULL)};
		pthread_mutex_unlock(&d->lock);
	}
}

static void guest_give(struct doorway *d, struct guest *g, struct buf *packet)
{
	unsigned n = ++g->count;
	if (nth(d->hang_up, n)) {
		d->hung_up++;
		shutdown(g->fd, SHUT_RDWR);
		g->is_subscribed = false;
	} else if (nth(d->drop, n)) {
		d->dropped++;
	} else if (nth(d->swap, n)) {
		d->swapped++;
		memcpy(g->held, packet->at, packet->len);
		g->held_len = packet->len;
	} else {
		assert_true(buf_add(packet, g->held, g->held_len));
		g->held_len = 0;
		if (nth(d->twice, n)) {
			d->doubled++;
			assert_true(buf_reserve(packet, packet->len));
			assert_true(buf_add(packet, packet->at, packet->len));
		}
		guest_say(g, packet);
	}
}

/* A struct server's `publish`. */
static void doorway_publish(void *context, const struct message *m)
{
	struct doorway *d = context;
	struct buf json;
	char topic[64];
	buf_init(&json, 1024);
	assert_true(message_json(m, NULL, &json));
	snprintf(topic, sizeof topic, "flespi/message/gw/channels/1/%lld",
		(long long)m->value[PARAM_IDENT].number);
	const char *level = strrchr(topic, '/') + 1;
	pthread_mutex_lock(&d->lock);
	for (nfds_t i = 0; i < d->count; i++) {
		struct guest *g = &d->guests[i];
		if (!g->is_subscribed || (g->ident[0] != '+' && strcmp(g->ident, level) != 0))
			continue;
		struct buf packet;
		struct mqtt_delivery p = {.topic = str_of(topic),
			.payload = buf_str(&json),
			.qos = g->qos,
			.id = (uint16_t)(1 + g->count % 65535)};
		buf_init(&packet, 4096);
		assert_true(mqtt_publish_write(&packet, g->version, &p));
		guest_give(d, g, &packet);
		buf_clear(&packet);
	}
	pthread_mutex_unlock(&d->lock);
	buf_clear(&json);
}

static void doorway_start(struct doorway *d)
{
	d->listen = listen_somewhere(&d->port);
	assert_return_code(pipe(d->stop), errno);
	assert_int_equal(pthread_mutex_init(&d->lock, NULL), 0);
	assert_int_equal(pthread_create(&d->thread, NULL, doorway_run, d), 0);
}

static void doorway_stop(struct doorway *d)
{
	assert_int_equal(write(d->stop[1], "", 1), 1);
	pthread_join(d->thread, NULL);
	for (nfds_t i = 0; i < d->count; i++)
		if (d->guests[i].fd >= 0)
			close(d->guests[i].fd);
	close(d->listen);
	close(d->stop[0]);
	close(d->stop[1]);
	pthread_mutex_destroy(&d->lock);
}

#endif
