#include "gate/tell.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#include <inttypes.h>

/* ---- events ---- */

enum { FOLD_MAX = 96 };

static struct events *events_of(const struct listener *l)
{
	return l->worker->gate->options.events;
}

/* Starts the members of an event in the worker's buffer: who it was. */
static struct buf *who(struct worker *w, uint64_t ident, const struct peer *peer)
{
	struct buf *out = &w->members;
	char room[PEER_TEXT_MAX];
	buf_drop(out, out->len);
	bool done = (!ident || buf_printf(out, "\"ident\":\"%" PRIu64 "\",", ident)) &&
		    buf_printf(out, "\"source\":\"%.*s\",\"transport\":\"tcp\"",
			    STR_PRINT(peer_text(peer, room)));
	(void)done; /* it always fits */
	return out;
}

/* Events of one tracker are told together; of one that never said who it is, those of its address. */
static struct str fold_of(uint64_t ident, const struct peer *peer, const char *kind, char *out)
{
	char room[PEER_TEXT_MAX];
	struct peer address = *peer;
	int len;
	address.port = 0;
	if (ident)
		len = snprintf(out, FOLD_MAX, "%" PRIu64 " %s", ident, kind);
	else
		len = snprintf(
			out, FOLD_MAX, "%.*s %s", STR_PRINT(peer_text(&address, room)), kind);
	return (struct str){out, len < FOLD_MAX ? (size_t)len : FOLD_MAX - 1};
}

/* `connection`: its id, 0: it never got one. */
static void post(const struct listener *l, enum event_code code, uint32_t device,
	uint64_t connection, const struct buf *members, struct str fold)
{
	struct event event = {
		.code = code,
		.origin_type = device ? ORIGIN_DEVICE : ORIGIN_CHANNEL,
		.origin_id = device ? device : l->entrance->id,
		.members = buf_str(members),
		.fold = fold,
		.subject = connection,
	};
	events_post(events_of(l), &event);
}

static void tell(const struct session *s, enum event_code code, uint32_t device)
{
	const struct listener *l = s->listener;
	char fold[FOLD_MAX];
	if (events_of(l))
		post(l, code, device, s->id, who(l->worker, s->ident, &s->peer),
			fold_of(s->ident, &s->peer, "", fold));
}

static void tell_presence(const struct session *s, bool is_open)
{
	const struct presence *presence = s->listener->worker->gate->options.presence;
	struct connection c;
	if (!presence)
		return;
	session_describe(s, &c);
	presence->changed(presence->context, &c, is_open);
}

void tell_accepted(const struct session *s)
{
	tell(s, EVENT_ACCEPTED, 0);
	tell_presence(s, true);
}

void tell_identified(const struct session *s)
{
	tell(s, EVENT_IDENTIFIED, 0);
	if (!s->device) /* else it is told when its device is */
		tell_presence(s, true);
}

void tell_connected(const struct session *s)
{
	tell(s, EVENT_CONNECTED, s->device);
	tell_presence(s, true);
}

static bool add_end(struct buf *out, enum close_code code, int64_t age_us)
{
	return buf_printf(out, ",\"close_code\":%d,\"duration\":", (int)code) &&
	       json_decimal(out, age_us / 1000, 3);
}

static void tell_end(const struct session *s, enum close_code code)
{
	const struct listener *l = s->listener;
	struct buf *members = who(l->worker, s->ident, &s->peer);
	char fold[FOLD_MAX], kind[16];
	if (!add_end(members, code, session_age_us(s)) ||
		!buf_printf(members, ",\"msgs\":%" PRIu32 ",\"recv\":%" PRIu64 ",\"send\":%" PRIu64,
			s->messages, s->received, s->sent))
		return;
	snprintf(kind, sizeof kind, "%d", (int)code);
	struct str text = fold_of(s->ident, &s->peer, kind, fold);
	post(l, EVENT_CLOSED, 0, s->id, members, text);
	if (s->device)
		post(l, EVENT_DISCONNECTED, s->device, s->id, members, text);
}

void tell_turned_away(const struct listener *l, const struct peer *peer)
{
	char fold[FOLD_MAX];
	if (!events_of(l))
		return;
	struct buf *members = who(l->worker, 0, peer);
	if (add_end(members, CLOSE_NOT_ALLOWED, 0) &&
		buf_printf(members, ",\"msgs\":0,\"recv\":0,\"send\":0"))
		post(l, EVENT_CLOSED, 0, 0, members, fold_of(0, peer, "turned away", fold));
}

void tell_refused(const struct session *s, const struct bad_frame *r)
{
	const struct listener *l = s->listener;
	char bytes[240], text[720], fold[FOLD_MAX];
	if (!l->worker->reading_ident)
		l->worker->reading_ident = r->ident;
	if (!events_of(l))
		return;
	uint32_t device = s->device;
	if (r->ident != s->ident || !device)
		device = r->ident ? registry_device_of(l->worker->gate->options.registry, r->ident)
				  : 0;
	struct buf *members = who(l->worker, r->ident, &s->peer);
	snprintf(text, sizeof text, "%s: %s: %s", r->kind, r->reason,
		escape_bytes(r->bytes, bytes, sizeof bytes));
	if (buf_printf(members, ",\"error_text\":") && json_string(members, str_of(text)) &&
		buf_printf(members, ",\"traffic\":{\"timestamp\":") &&
		json_decimal(members, r->now_us, 6) && buf_add_char(members, '}'))
		post(l, device ? EVENT_DEVICE_DATA : EVENT_CHANNEL_DATA, device, s->id, members,
			fold_of(r->ident, &s->peer, r->kind, fold));
}

/* ---- raw traffic ---- */

/* Traffic of a session that has no ident belongs to the one that a refused frame in it names: who
 * reads of that frame in the log finds it there. */
static void add(const struct session *s, enum packet_type type, struct str bytes, int64_t time_us)
{
	struct packet packet = {
		.time_us = time_us,
		.ident = s->ident ? s->ident : s->listener->worker->reading_ident,
		.channel = s->listener->entrance->id,
		.connection = s->id,
		.type = type,
		.bytes = bytes,
	};
	packets_add(s->listener->worker->packets, &packet);
}

/* The beginning is recorded with the first traffic: then the ident is mostly known. */
static void record(struct session *s, enum packet_type type, struct str bytes, int64_t time_us)
{
	enum { MOST = JOURNAL_BODY_MAX - PACKET_HEAD };
	if (!s->recorded)
		add(s, PACKET_CONNECT, (struct str){"", 0}, (int64_t)s->id);
	s->recorded = true;
	for (; bytes.len > MOST; bytes = str_from(bytes, MOST))
		add(s, type, str_upto(bytes, MOST), time_us);
	add(s, type, bytes, time_us);
}

void tell_read(struct worker *w)
{
	struct session *s = w->reading;
	w->reading = NULL;
	if (s && w->reading_bytes.len)
		record(s, PACKET_RECEIVED, w->reading_bytes, w->reading_us);
	w->reading_ident = 0;
}

void tell_sent(struct session *s, struct str bytes)
{
	if (s->listener->worker->packets && bytes.len)
		record(s, PACKET_SENT, bytes, clock_now_us());
}

void tell_closed(struct session *s, enum close_code code)
{
	struct worker *w = s->listener->worker;
	if (events_of(s->listener))
		tell_end(s, code);
	tell_presence(s, false);
	if (!w->packets)
		return;
	if (w->reading == s)
		tell_read(w);
	record(s, PACKET_DISCONNECT, (struct str){"", 0}, clock_now_us());
}
