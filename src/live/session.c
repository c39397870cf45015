#include "live/session.h"

#include "core/metrics.h"
#include "live/client.h"
#include "live/diary.h"
#include "live/publish.h"
#include "live/queue.h"
#include "live/retained.h"
#include "live/rights.h"
#include "live/subscribe.h"
#include "live/walk.h"

#include <stdlib.h>

static const int64_t second_us = 1000000;

struct session *session_find(const struct live *l, uint32_t token, struct str client_id)
{
	char key[sizeof token + LIVE_CLIENT_ID_MAX];
	struct session *found = NULL;
	check(client_id.len <= LIVE_CLIENT_ID_MAX);
	memcpy(key, &token, sizeof token);
	memcpy(key + sizeof token, client_id.at, client_id.len);
	HASH_FIND(hh, l->sessions, key, sizeof token + client_id.len, found);
	return found;
}

struct session *session_new(struct live *l, const struct token *token, struct str client_id)
{
	struct session *s = xcalloc(1, sizeof *s + client_id.len + 1);
	s->id = (uint64_t)clock_now_us();
	if (s->id <= l->last_id)
		s->id = l->last_id + 1;
	l->last_id = s->id;
	s->holder = holder_take(l, token);
	s->chores_end = &s->chores;
	s->token = token->id;
	memcpy(s->client_id, client_id.at, client_id.len);
	s->key_len = (uint16_t)(sizeof s->token + client_id.len);
	HASH_ADD_KEYPTR(hh, l->sessions, (char *)&s->token, s->key_len, s);
	l->session_count++;
	metric_add(live_sessions, 1);
	return s;
}

/* ---- wills ---- */

void will_free(struct live *l, struct will *w)
{
	if (!w)
		return;
	l->will_bytes -= publication_bytes(w->publication);
	publication_release(l, w->publication);
	free(w);
}

static void publish_will(struct live *l, struct session *s)
{
	struct will *w = s->will;
	s->will = NULL;
	s->will_us = 0;
	if (!w)
		return;
	const struct publication *p = w->publication;
	int64_t now_us = clock_now_us();
	struct draft draft = {
		.topic = publication_topic(p),
		.time_us = now_us,
		.payload = publication_payload(p),
		.properties = publication_properties(p),
		.expires_us = p->expires_us ? now_us + p->expires_us - 1 : 0,
		.qos = p->qos,
		.retain = p->retain,
		.from = s,
	};
	/* what it may today counts, not what it might at CONNECT */
	if (rights_publishes(s->holder, draft.topic) && (!p->retain || retained_set(l, &draft)))
		(void)publish(l, &draft);
	will_free(l, w);
}

/* ---- coming and going ---- */

void session_attach(struct session *s, struct client *c)
{
	s->client = c;
	s->holder->clients++;
	s->expires_us = s->will_us = 0;
	s->version = c->version;
	s->peer = c->peer;
	s->is_secure = c->is_secure;
	s->is_websocket = c->transport.websocket != NULL;
	c->session = s;
	queue_rewind(&s->queue);
}

static void leave_client(struct session *s)
{
	s->client->session = NULL;
	s->client = NULL;
	s->holder->clients--;
}

void session_detach(struct live *l, struct session *s, bool drops_will)
{
	int64_t now_us = clock_monotonic_us();
	leave_client(s);
	walk_forget(s);
	if (drops_will) {
		will_free(l, s->will);
		s->will = NULL;
	}
	if (s->will && s->will->delay_s && s->expiry_s)
		s->will_us = now_us + s->will->delay_s * second_us;
	else
		publish_will(l, s);
	if (!s->expiry_s)
		session_end(l, s);
	else
		s->expires_us = now_us + s->expiry_s * second_us;
}

void session_end(struct live *l, struct session *s)
{
	if (s->client)
		leave_client(s);
	publish_will(l, s);
	session_unsubscribe_all(l, s);
	walk_forget(s);
	queue_clear(l, &s->queue);
	for (struct session **at = &l->lost; *at; at = &(*at)->next_lost)
		if (*at == s) {
			*at = s->next_lost;
			break;
		}
	HASH_DEL(l->sessions, s);
	l->session_count--;
	metric_sub(live_sessions, 1);
	holder_release(l, s->holder);
	free(s);
}

/* ---- too much ---- */

void session_lose(struct live *l, struct session *s)
{
	if (s->is_lost)
		return;
	s->is_lost = true;
	s->next_lost = l->lost;
	l->lost = s;
	metric_add(live_overflows, 1);
	queue_clear(l, &s->queue);
}

void sessions_end_lost(struct live *l)
{
	struct session *s;
	while ((s = l->lost) != NULL) {
		diary_overflowed(l, s);
		s->expiry_s = 0; /* with its client it ends */
		if (s->client)
			client_end(s->client, MQTT_QUOTA, CLOSE_SLOW);
		else
			session_end(l, s);
	}
}

void sessions_tick(struct live *l)
{
	struct session *s, *next;
	int64_t now_us = clock_monotonic_us();
	HASH_ITER(hh, l->sessions, s, next)
	{
		if (s->client)
			continue;
		if (s->will_us && now_us >= s->will_us)
			publish_will(l, s);
		if (s->expires_us && now_us >= s->expires_us)
			session_end(l, s);
	}
}
