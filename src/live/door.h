/* What the files of the live door share. Inside live/ only. All of it belongs to the door's thread but what
 * is said to be under the lock.
 *
 *   live.c        life, and the thread's loop
 *   inbox.c       what other threads leave for it
 *   listen.c      listening sockets
 *   transport.c   bytes in and out: a socket, TLS on it, or WebSocket frames (websocket.c)
 *   client.c      a connection: reading, writing, its end
 *   spare.c       buffers between two clients
 *   connect.c     CONNECT: who is it, and which session does it go on with
 *   packets.c     the other packets
 *   session.c     sessions, their ends and wills
 *   queue.c       what waits for a session, and what it has not acknowledged
 *   subscribe.c   subscriptions, shared ones, what $filter asks
 *   publish.c     publications, and who gets them
 *   records.c     what was committed becomes publications
 *   catchup.c     what the hub could not hold is read in the log
 *   news.c        events and connections of trackers become publications
 *   diary.c       what the door tells of itself: its own events
 *   derive.c      flespi/state/...: made from what the gateway knows
 *   pattern.c     filters in levels
 *   walk.c        retained messages for a new subscription
 *   retained.c    retained messages of clients
 *   keep.c        sessions from one run to the next
 *   rights.c      what a token may read and publish; tokens that change or end
 *   view.c        what others see and want of the door
 *
 * A turn of the loop: sockets are read, packets obeyed, news published; whatever is to be written collects in
 * the clients' buffers, and at the end of the turn each client that has some is written to, once. */
#ifndef LIVE_DOOR_H
#define LIVE_DOOR_H

#include "base/clock.h"
#include "base/die.h"
#include "core/hub.h"
#include "live/live.h"
#include "live/transport.h"
#include "model/filter.h"
#include "mqtt/index.h"
#include "mqtt/packet.h"

#include <pthread.h>
#include <uv.h>

#define uthash_fatal(message) die("%s", message)
#include <uthash.h>

enum {
	PACKET_MAX = 256 * 1024,   /* of a client's packet; what we send may be as large */
	OUT_HIGH = 64 * 1024,      /* so much may lie in a client's buffer before messages wait */
	OUT_MAX = 4 * 1024 * 1024, /* of a client's buffer, with a message and answers on top */
	SPARES_MAX = 1024, /* buffers that no client has at the moment, kept for the next one */
	SPARE_BYTES = 16 << 20,   /* ... in all */
	OUT_DEAF = 1024 * 1024,   /* a client that does not take its answers is not read */
	WINDOW_MAX = 16384,       /* messages of QoS 1 under way to a client */
	SUBSCRIPTIONS_MAX = 2000, /* of a session */
	SUBSCRIPTION_BYTES_MAX = 512 << 20, /* of all: texts, and what $filter asks */
	SESSIONS_OF_TOKEN_MAX = 50000,
	SUBSCRIPTION_IDS_MAX = 64, /* in one PUBLISH; more are left out */
	NODES_MAX = 20000,    /* of a session in the index: a filter with lists stands for many */
	ERRANDS_MAX = 4000,   /* filters of a session whose retained messages are to be sent */
	RETAINED_MAX = 10000, /* of clients */
	RETAINED_BYTES = 16 << 20,       /* ... in all */
	WILLS_BYTES = 64 << 20,          /* of all */
	SESSION_EXPIRY_MAX = 30 * 86400, /* seconds; who asks for more gets this */
	SESSIONS_MAX = 1000000,
	SLICE_US = 10000,   /* so long one thing keeps the others waiting, about */
	CONNECT_MS = 10000, /* from the connection to its CONNECT */
	READ_BYTES = 64 * 1024,
	INDEX_BYTES_MAX = 1 << 30,
	HUB_BYTES = 64 << 20,
	NEWS_BYTES = 64 << 20,
};

/* ---- what is published ---- */

/* One message, shared by all who get it. */
struct publication {
	uint32_t references;
	uint32_t topic_len, properties_len, payload_len;
	uint32_t forwarded_len; /* of the properties: those of who published; ours stand behind */
	int64_t time_us;        /* user property "timestamp" */
	int64_t expires_us;     /* of the clock on the wall; 0: never */
	uint8_t qos;
	bool retain;
	char bytes[]; /* topic, properties of 5.0 but the expiry, payload */
};

static inline struct str publication_topic(const struct publication *p)
{
	return (struct str){p->bytes, p->topic_len};
}

static inline struct str publication_properties(const struct publication *p)
{
	return (struct str){p->bytes + p->topic_len, p->properties_len};
}

static inline struct str publication_payload(const struct publication *p)
{
	return (struct str){p->bytes + p->topic_len + p->properties_len, p->payload_len};
}

static inline size_t publication_bytes(const struct publication *p)
{
	return sizeof *p + p->topic_len + p->properties_len + p->payload_len;
}

/* What an ACL calls the thing that a flespi topic is about. */
struct scope {
	struct str uri;       /* "gw/devices"; empty: a topic of clients */
	struct str submodule; /* "messages"; empty: the item itself */
	uint32_t id;
	bool is_for_masters;
};

/* ---- sessions ---- */

/* A token with clients. */
struct holder {
	UT_hash_handle hh; /* by id */
	struct live *live;
	uint32_t id;
	size_t references; /* sessions */
	size_t clients;    /* of them that are connected */
	struct token token;
};

/* One message for one session. */
struct entry {
	struct publication *publication; /* a reference; NULL: it was acknowledged */
	union {
		uint32_t one;
		uint32_t *many; /* owned; when id_count > 1 */
	} ids;
	uint16_t id_count; /* subscription identifiers */
	uint8_t qos;
	bool retain, was_sent; /* was_sent: on this connection, or on one before */
};

/* At `sent` entries were written and wait for their PUBACK; the packet identifier of entry i of them is
 * first_id + i, and one more. The others wait to be written. */
struct queue {
	struct entry *entries; /* a ring */
	uint32_t room, first, count, sent;
	uint32_t unacknowledged; /* of those that were sent on this connection */
	uint16_t first_id;       /* less one */
	size_t bytes;            /* of all */
};

enum target_kind { TARGET_ONE, TARGET_GROUP };

/* What stands in the index. */
struct target {
	enum target_kind kind;
};

/* Parsed $filter. */
struct demand {
	struct filter *payload, *message; /* NULL: none */
	int64_t since_us;                 /* INT64_MIN: any time */
	bool is_other_account;            /* cid is not ours: nothing fits */
};

struct subscription {
	struct target target;      /* first; not in the index when it shares */
	struct subscription *next; /* of its session: mostly a few */
	struct session *session;
	struct group *group;   /* NULL: not shared */
	struct demand *demand; /* NULL: none */
	uint64_t serial;
	uint32_t id; /* subscription identifier; 0: none */
	uint32_t nodes, bytes;
	uint8_t qos;
	bool no_local, retain_as_published, is_other_account;
	uint16_t text_len, filter_at; /* where FILTER begins in the text */
	char text[];                  /* as the client wrote it */
};

static inline struct str subscription_filter(const struct subscription *s)
{
	return (struct str){s->text + s->filter_at, (size_t)(s->text_len - s->filter_at)};
}

/* Those who share. */
struct group {
	struct target target; /* first */
	UT_hash_handle hh;    /* by text: $share/name.../FILTER */
	struct subscription **members;
	size_t count, room, turn;
	bool is_sticky;
	unsigned from, levels;
	uint16_t text_len, filter_at;
	char text[];
};

struct will {
	struct publication *publication;
	uint32_t delay_s;
};

struct chore;

struct session {
	UT_hash_handle hh; /* by token and client id */
	struct session *next_lost;
	uint64_t id; /* microseconds of its beginning, each once */
	struct holder *holder;
	struct client *client; /* NULL: it is away */
	struct subscription *subscriptions;
	uint32_t subscription_count, node_count;
	struct queue queue;
	struct will *will; /* NULL: none */
	struct chore *chores, **chores_end;
	size_t chore_count, errand_count;
	uint64_t mark;               /* the publication that was matched last */
	size_t delivery;             /* its place there */
	int64_t expires_us, will_us; /* monotonic, when it is away; 0: not, INT64_MAX: never */
	uint32_t expiry_s;
	uint8_t version;
	bool is_clean, is_secure, is_websocket;
	bool is_lost; /* its queue was full: it ends with this turn */
	struct peer peer;
	/* the key: */
	uint16_t key_len; /* of token and client_id together */
	uint32_t token;
	char client_id[]; /* and a NUL */
};

/* ---- connections ---- */

struct client {
	uv_poll_t poll; /* first */
	struct live *live;
	struct client *next, *previous; /* of all */
	struct client *next_written, *next_eager;
	struct session *session; /* NULL: before its CONNECT, or it lost it */
	struct transport transport;
	struct buf in, out; /* in: an unfinished packet */
	uint64_t id;        /* microseconds of its beginning */
	uint64_t received, sent;
	uint64_t deliveries, published;
	int64_t opened_us; /* monotonic, as is: */
	int64_t heard_us;
	int64_t keep_us;         /* 0: no keep-alive */
	uint32_t asked_expiry_s; /* with CONNECT */
	uint32_t packet_max;
	uint16_t window;
	uint8_t version;
	int events;      /* of poll */
	bool is_eager;   /* has packets in `in` that are still to be obeyed: others come first */
	bool is_written; /* in the list of those to write to */
	bool is_ending;  /* what is in `out` is sent, nothing is read */
	bool is_closed, is_secure;
	uint8_t end_code; /* enum close_code */
	int64_t ends_us;  /* is_ending: then, at the latest */
	struct peer peer;
};

struct listener {
	uv_poll_t poll; /* first */
	struct live *live;
	struct listener *next;
	int fd;
	uint16_t port;
	bool is_secure, is_resting;
};

/* ---- the door ---- */

enum news_kind { NEWS_EVENT, NEWS_PRESENCE, NEWS_CLIENT, NEWS_ORDER };

/* Something for the thread, from another one. */
struct news {
	struct news *next;
	enum news_kind kind;
	size_t bytes;
	bool is_open;                 /* PRESENCE */
	struct connection connection; /* PRESENCE */
	struct event event;           /* EVENT: without members and fold */
	struct str json;              /* EVENT: its text */
	struct upgraded upgraded;     /* CLIENT; early points behind this struct */
	void (*order)(struct live *live, void *context); /* ORDER */
	void *context;
	uv_sem_t *done;
	char rest[];
};

struct delivery {
	struct session *session;
	uint8_t qos;
	bool retain;
	uint16_t id_count;
	uint32_t ids[SUBSCRIPTION_IDS_MAX];
};

/* A device as messages name it. */
struct known_device {
	uint32_t id, version, type;
	bool is_there;
	char name[NAME_MAX_BYTES + 1];
};
enum { KNOWN_DEVICES = 4096 };

struct live {
	struct live_options options;
	struct tokens *tokens;
	const struct connections *connections;
	struct presence presence;
	struct live_view view;
	struct hub *hub;
	uv_loop_t loop;
	uv_async_t wake;
	uv_check_t turn_end;
	uv_timer_t tick;
	pthread_t thread;
	bool is_running;
	struct listener *listeners;
	struct tls_shared *tls; /* what TLS connections share; NULL: none is served */

	pthread_mutex_t lock; /* of: */
	struct news *news, **news_end;
	size_t news_bytes;
	bool is_stopping;

	bool is_stopped, is_ended; /* says goodbye; has nothing left to wait for */
	bool wants_news;           /* atomic */
	struct news *taken;        /* from `news`, to be obeyed */
	struct catchup *catchup;   /* NULL: the hub holds all that is new */
	struct hub_group *records; /* from the hub, to be published: */
	size_t record_at;

	struct client *clients, *written, *eager, **eager_end;
	struct buf spares[SPARES_MAX];
	size_t spare_count, spare_bytes;
	uint64_t delivered; /* in this turn: not counted yet */
	bool is_full;       /* a buffer is, of a client that may be written to */
	size_t client_count;
	struct session *sessions;
	size_t session_count;
	uint64_t last_id;
	struct holder *holders;
	struct index *index;
	struct group *groups;
	struct retained *retained;
	size_t retained_count, retained_bytes;
	uint64_t retained_serial;
	size_t subscription_bytes;
	size_t entry_bytes, publication_bytes; /* of all queues; of all publications */
	size_t will_bytes;                     /* of these, in wills */
	struct session *lost;
	uint64_t serial;   /* of subscriptions */
	uint64_t changes;  /* of subscriptions: they came, went or were replaced */
	uint64_t assigned; /* of client ids */
	uint64_t mark;     /* of publications */
	struct delivery *deliveries;
	size_t delivery_count, delivery_room;
	struct target **matched;
	size_t matched_count, matched_room;
	struct known_device *known;
	int64_t complained_us; /* for log_due */
	/* could anybody want these? */
	bool wants_channels, wants_devices, wants_device_state, wants_channel_state, wants_logs;
	struct message message;
	struct buf properties, payload;
	struct buf whole; /* the message as an object, for $filter/message; empty: not made yet */
	char room[READ_BYTES];
};

#endif
