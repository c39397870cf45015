#include "live/diary.h"

#include "base/json.h"
#include "live/queue.h"

#include <inttypes.h>
#include <stdio.h>

enum { MEMBERS_MAX = 32 * 1024, FOLD_MAX = 320 };

static const char *transport_name(bool is_websocket, bool is_secure)
{
	return is_websocket ? (is_secure ? "wss" : "ws") : is_secure ? "tls" : "tcp";
}

static bool put_who(struct buf *out, const struct client *c, const char *client_id)
{
	char room[PEER_TEXT_MAX];
	return buf_printf(out, "\"client_id\":") && json_string(out, str_of(client_id)) &&
	       buf_printf(out, ",\"source\":\"%.*s\",\"transport\":\"%s\",\"version\":\"%s\"",
		       STR_PRINT(peer_text(&c->peer, room)),
		       transport_name(c->transport.websocket != NULL, c->is_secure),
		       c->version == MQTT_5 ? "5.0" : "3.1.1");
}

/* What is the same for one client id, or for one address, is told together. */
static void post(struct live *l, enum event_code code, uint64_t session, const struct buf *members,
	struct str fold)
{
	struct event event = {
		.code = code,
		.origin_type = ORIGIN_MQTT,
		.origin_id = 0,
		.members = buf_str(members),
		.fold = fold,
		.subject = session,
	};
	events_post(l->options.events, &event);
}

static struct str fold_of(char *out, const char *text, const struct peer *peer)
{
	char room[PEER_TEXT_MAX];
	struct peer address = *peer;
	address.port = 0;
	int len = snprintf(out, FOLD_MAX, "%s %.*s", text, STR_PRINT(peer_text(&address, room)));
	return (struct str){out, len < FOLD_MAX ? (size_t)len : FOLD_MAX - 1};
}

void diary_accepted(struct live *l, const struct client *c)
{
	struct buf members;
	char fold[FOLD_MAX];
	const struct session *s = c->session;
	buf_init(&members, MEMBERS_MAX);
	if (put_who(&members, c, s->client_id) &&
		buf_printf(&members, ",\"clean\":%s,\"token_id\":%" PRIu32,
			s->is_clean ? "true" : "false", s->token))
		post(l, EVENT_MQTT_ACCEPTED, s->id, &members,
			fold_of(fold, s->client_id, &c->peer));
	buf_clear(&members);
}

void diary_refused(struct live *l, const struct client *c, enum mqtt_reason reason)
{
	struct buf members;
	char fold[FOLD_MAX];
	buf_init(&members, MEMBERS_MAX);
	if (put_who(&members, c, "") && buf_printf(&members, ",\"reason_code\":%d", (int)reason))
		post(l, EVENT_MQTT_REFUSED, 0, &members, fold_of(fold, "", &c->peer));
	buf_clear(&members);
}

void diary_client_closed(struct live *l, const struct client *c)
{
	struct buf members;
	char fold[FOLD_MAX];
	const struct session *s = c->session;
	if (!s)
		return;
	int64_t age_us = clock_now_us() - (int64_t)c->id;
	buf_init(&members, MEMBERS_MAX);
	if (put_who(&members, c, s->client_id) &&
		buf_printf(&members, ",\"close_code\":%d,\"duration\":", c->end_code) &&
		json_decimal(&members, age_us > 0 ? age_us / 1000 : 0, 3) &&
		buf_printf(&members,
			",\"msgs\":%" PRIu64 ",\"published\":%" PRIu64 ",\"received\":%" PRIu64
			",\"recv\":%" PRIu64 ",\"send\":%" PRIu64,
			c->deliveries, c->published, c->deliveries, c->received, c->sent))
		post(l, EVENT_MQTT_CLOSED, s->id, &members, fold_of(fold, s->client_id, &c->peer));
	buf_clear(&members);
}

void diary_overflowed(struct live *l, const struct session *s)
{
	struct buf members;
	buf_init(&members, MEMBERS_MAX);
	if (buf_printf(&members, "\"client_id\":") && json_string(&members, str_of(s->client_id)) &&
		buf_printf(&members, ",\"limit\":%zu", l->options.queue_bytes))
		post(l, EVENT_MQTT_OVERFLOWED, s->id, &members, str_of(s->client_id));
	buf_clear(&members);
}

void diary_subscribed(struct live *l, const struct client *c, struct str filter, bool is_on)
{
	struct buf members;
	char fold[FOLD_MAX];
	const struct session *s = c->session;
	buf_init(&members, MEMBERS_MAX);
	if (put_who(&members, c, s->client_id) && buf_printf(&members, ",\"topic\":") &&
		json_string(&members, filter))
		post(l, is_on ? EVENT_MQTT_SUBSCRIBED : EVENT_MQTT_UNSUBSCRIBED, s->id, &members,
			fold_of(fold, s->client_id, &c->peer));
	buf_clear(&members);
}
