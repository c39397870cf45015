/* caller: the client's side of an MQTT connection in tests, by the codec of src/mqtt: packets are put into
 * `out`, and taken one at a time from `in`. How the bytes get from there to a door and back is said below:
 * over a socket, or not at all. */
#ifndef TESTS_UNIT_CALLER_H
#define TESTS_UNIT_CALLER_H

#include "test.h"

#include "mqtt/packet.h"

struct caller {
	int fd; /* -1: none */
	int version;
	uint16_t last_id; /* of SUBSCRIBE, UNSUBSCRIBE and PUBLISH */
	struct buf in, out;
	size_t taken; /* of `in`, by the packet that was taken last: */
	enum mqtt_type type;
	struct mqtt_publish publish;
	struct mqtt_ack ack;
	struct mqtt_suback suback; /* of UNSUBACK too */
	struct mqtt_connack connack;
};

void caller_init(struct caller *c, int version);
void caller_clear(struct caller *c); /* closes the descriptor */

/* Takes the next packet of `in`, whose texts are valid until the next call. False: there is no whole one.
 * Checks that what a server must not send is not sent. */
bool caller_take(struct caller *c);

/* ---- what is said: each puts a packet into `out` ---- */

struct greeting {
	const char *key, *client_id;
	bool goes_on;      /* not clean */
	uint32_t expiry_s; /* of 5.0; 0: none */
	uint16_t window;   /* of 5.0; 0: none is said */
	uint32_t packet_max;
	const char *will; /* a topic; NULL: none. Its payload is "gone" */
	uint32_t will_delay_s;
};
void caller_greet(struct caller *c, const struct greeting *g);
/* Returns the packet identifier, as do the next two. */
uint16_t caller_subscribe(struct caller *c, const char *filter, uint8_t qos);
uint16_t caller_unsubscribe(struct caller *c, const char *filter);
uint16_t caller_publish(
	struct caller *c, const char *topic, struct str payload, uint8_t qos, bool retain);
void caller_acknowledge(struct caller *c, uint16_t id);
void caller_ping(struct caller *c);
void caller_leave(struct caller *c);

/* ---- over a socket ---- */

/* Connects to a port of 127.0.0.1. False: nobody listens there. */
bool caller_call(struct caller *c, uint16_t port);
/* Sends all of `out`, waiting where it must. False: the other end is gone. */
bool caller_send(struct caller *c);
/* Waits for the next packet, at most some seconds. False: the other end is gone. */
bool caller_read(struct caller *c);
/* Reads what is there, without waiting. False: the other end is gone. */
bool caller_fill(struct caller *c);
/* The next packet is of this type. */
void caller_expect(struct caller *c, enum mqtt_type type);
/* Connects and greets. False: it is not welcome, or the other end is gone. */
bool caller_enter(struct caller *c, uint16_t port, const struct greeting *g);

#endif
