/* api_sessions: the sessions of MQTT clients. Answers are made a page of the live door at a time. */
#include "base/die.h"
#include "http/ids.h"
#include "http/openapi.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the form of a session ---- */

struct shown {
	int64_t id, size, messages, subscriptions, token, expires, established_us;
	bool connected, clean;
	char client_id[LIVE_CLIENT_ID_MAX + 1], source[PEER_TEXT_MAX], ip[PEER_TEXT_MAX],
		transport[4], version[6];
};

/* clang-format off */
#define ROW(member, path, kind, min, max, text) FIELD(struct shown, member, path, kind, FIELD_SHOWN, min, max, text)
static const struct field fields[] = {
	ROW(id, "id", FIELD_NUMBER, 1, INT64_MAX, "Number of the session"),
	FIELD_OF_LITERAL("cid", FIELD_SHOWN, "1", "Account"),
	ROW(client_id, "client_id", FIELD_TEXT, 0, LIVE_CLIENT_ID_MAX, "What the client calls itself"),
	ROW(connected, "connected", FIELD_BOOLEAN, 0, 1, "Is its client connected"),
	ROW(clean, "clean", FIELD_BOOLEAN, 0, 1, "Did it begin anew"),
	ROW(expires, "expires", FIELD_NUMBER, 0, INT64_MAX, "When it ends unless its client comes back, seconds since 1970; 0: it is connected, or never"),
	ROW(ip, "ip", FIELD_TEXT, 0, PEER_TEXT_MAX - 1, "Address of the client"),
	ROW(source, "source", FIELD_TEXT, 0, PEER_TEXT_MAX - 1, "Address and port of the client"),
	ROW(size, "size", FIELD_NUMBER, 0, INT64_MAX, "Bytes that wait for it"),
	ROW(messages, "messages", FIELD_NUMBER, 0, INT64_MAX, "Messages that wait for it"),
	ROW(subscriptions, "subscriptions", FIELD_NUMBER, 0, INT64_MAX, "How many filters it has subscribed to"),
	ROW(version, "version", FIELD_TEXT, 3, 5, "Of MQTT: 3.1.1 or 5.0"),
	ROW(token, "token_id", FIELD_NUMBER, 0, UINT32_MAX, "Its token; 0: the administrator's"),
	ROW(transport, "transport", FIELD_TEXT, 2, 3, "tcp, tls, ws (WebSocket) or wss (over TLS)"),
	ROW(established_us, "established", FIELD_TIME, 0, INT64_MAX, "When its connection, the last one, began"),
};
/* clang-format on */

const struct resource mqtt_session_resource = {
	"mqtt_session", fields, sizeof fields / sizeof *fields, sizeof(struct shown), NULL, false};

static void show(const struct live_session *s, struct shown *out)
{
	static const char *const names[2][2] = {{"tcp", "tls"}, {"ws", "wss"}};
	char room[PEER_TEXT_MAX];
	*out = (struct shown){
		.id = (int64_t)s->id,
		.size = (int64_t)s->bytes,
		.messages = s->messages,
		.subscriptions = s->subscriptions,
		.token = s->token,
		.expires = s->expires_s,
		.established_us = s->established_us,
		.connected = s->is_connected,
		.clean = s->is_clean,
	};
	struct str source = peer_text(&s->peer, room);
	size_t colon = source.len;
	while (colon && source.at[colon - 1] != ':')
		colon--;
	struct str ip = str_upto(source, colon ? colon - 1 : 0);
	if (ip.len && ip.at[0] == '[')
		ip = (struct str){ip.at + 1, ip.len - 2};
	snprintf(out->source, sizeof out->source, "%.*s", STR_PRINT(source));
	snprintf(out->ip, sizeof out->ip, "%.*s", STR_PRINT(ip));
	snprintf(out->client_id, sizeof out->client_id, "%s", s->client_id);
	snprintf(out->version, sizeof out->version, "%s", s->version == 5 ? "5.0" : "3.1.1");
	snprintf(out->transport, sizeof out->transport, "%s", names[s->is_websocket][s->is_secure]);
}

/* ---- which ones ---- */

enum { PAGE = 64 };

struct walk {
	const struct live_view *live;
	uint64_t *ids; /* those that were asked for by id, rising; NULL: all */
	size_t id_count;
	uint64_t after; /* id of the last one */
	struct live_session page[PAGE];
	size_t at, count; /* of the page, or of ids */
	uint64_t rows;
	struct page cut;
};

static bool find(const struct walk *w, uint64_t id, struct live_session *out)
{
	return w->live && id && w->live->sessions(w->live->context, id - 1, out, 1) == 1 &&
	       out->id == id;
}

/* False: there are no more. */
static bool turn(struct walk *w)
{
	w->at = w->count = 0;
	if (w->live)
		w->count = w->live->sessions(w->live->context, w->after, w->page, PAGE);
	if (w->count)
		w->after = w->page[w->count - 1].id;
	return w->count != 0;
}

/* NULL: there are no more. */
static const struct live_session *step(struct walk *w)
{
	while (w->ids && w->at < w->id_count)
		if (find(w, w->ids[w->at++], &w->page[0]))
			return &w->page[0];
	if (w->ids || (w->at == w->count && !turn(w)))
		return NULL;
	return &w->page[w->at++];
}

/* Those that exist stay in w->ids, the others become errors. False: none does. */
static bool look_up(struct walk *w, struct answer *a)
{
	size_t kept = 0;
	for (size_t i = 0; i < w->id_count; i++) {
		if (find(w, w->ids[i], &w->page[0]))
			w->ids[kept++] = w->ids[i];
		else
			answer_denied(a, w->ids[i]);
	}
	w->id_count = kept;
	a->status = kept ? 200 : 403; /* what exists is answered, the errors stand beside */
	return kept != 0;
}

static void walk_free(void *producer)
{
	struct walk *w = producer;
	free(w->ids);
	free(w);
}

/* NULL: answered already. */
static struct walk *begin(const struct request *r, struct answer *a)
{
	struct walk *w = xcalloc(1, sizeof *w);
	w->live = r->context->live;
	a->producer = w;
	a->release = walk_free;
	bool done = page_parse(r, a, &w->cut) &&
		    fields_parse(r, a, &mqtt_session_resource, &w->rows) &&
		    big_ids_parse(a, "sessions", r->segment[0], &w->ids, &w->id_count) &&
		    (!w->ids || look_up(w, a));
	return done ? w : NULL;
}

/* ---- the answer ---- */

/* Those beside the asked part are only counted. */
static enum item put_next(void *producer, struct buf *out, struct error *e)
{
	struct walk *w = producer;
	const struct live_session *s;
	struct shown shown;
	while ((s = step(w))) {
		size_t place = w->cut.count++;
		if (place < w->cut.offset || place - w->cut.offset >= w->cut.limit)
			continue;
		show(s, &shown);
		if (resource_print(&mqtt_session_resource, &shown, w->rows, out))
			return ITEM_PUT;
		fail(e, "the session exceeds the answer");
		return ITEM_FAILED;
	}
	return ITEM_END;
}

static bool put_tail(void *producer, struct buf *out)
{
	return page_print(&((const struct walk *)producer)->cut, out);
}

void get_mqtt_sessions(const struct request *r, struct answer *a)
{
	if (!begin(r, a))
		return;
	a->next = put_next;
	a->tail = put_tail;
}

/* All are ended before the answer begins: it must not depend on how much of it is read. */
void delete_mqtt_sessions(const struct request *r, struct answer *a)
{
	struct walk *w = begin(r, a);
	const struct live_session *s;
	uint64_t *ended = NULL;
	size_t count = 0, room = 0;
	while (w && (s = step(w))) {
		uint64_t id = s->id;
		if (!w->live->end(w->live->context, id))
			continue;
		if (count == room) {
			room = room ? room * 2 : 64;
			ended = xrealloc(ended, room * sizeof *ended);
		}
		ended[count++] = id;
	}
	if (!w)
		return;
	walk_free(w);
	answer_big_ids(a, ended, count);
}
