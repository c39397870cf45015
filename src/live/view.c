#include "live/view.h"

#include "live/client.h"
#include "live/derive.h"
#include "live/inbox.h"
#include "live/listen.h"
#include "live/publish.h"
#include "live/queue.h"
#include "live/retained.h"
#include "live/session.h"

#include <stdlib.h>

const struct presence *live_presence(struct live *l)
{
	return &l->presence;
}

const struct live_view *live_view(struct live *l)
{
	return &l->view;
}

static bool take(void *context, const struct upgraded *upgraded)
{
	return inbox_client(context, upgraded);
}

/* ---- sessions ---- */

struct listing {
	uint64_t after;
	struct live_session *out;
	size_t count, room;
};

static void describe(const struct session *s, struct live_session *out)
{
	int64_t left_us = s->expires_us ? s->expires_us - clock_monotonic_us() : 0;
	*out = (struct live_session){
		.id = s->id,
		.peer = s->peer,
		.is_connected = s->client != NULL,
		.is_clean = s->is_clean,
		.is_secure = s->is_secure,
		.is_websocket = s->is_websocket,
		.version = s->version,
		.token = s->token,
		.subscriptions = s->subscription_count,
		.bytes = s->queue.bytes,
		.messages = s->queue.count,
		.expires_s = s->expires_us ? (clock_now_us() + left_us) / 1000000 : 0,
		.established_us = s->client ? (int64_t)s->client->id : (int64_t)s->id,
	};
	snprintf(out->client_id, sizeof out->client_id, "%s", s->client_id);
}

static int by_id(const void *a, const void *b)
{
	const struct session *x = *(struct session *const *)a, *y = *(struct session *const *)b;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void list(struct live *l, void *context)
{
	struct listing *to = context;
	struct session **all = xmalloc((l->session_count + 1) * sizeof(struct session *));
	size_t count = 0;
	struct session *s, *next;
	HASH_ITER(hh, l->sessions, s, next)
	{
		if (s->id > to->after)
			all[count++] = s;
	}
	qsort(all, count, sizeof(struct session *), by_id);
	while (to->count < count && to->count < to->room) {
		describe(all[to->count], &to->out[to->count]);
		to->count++;
	}
	free(all);
}

static size_t sessions(void *context, uint64_t after, struct live_session *out, size_t room)
{
	struct listing l = {.after = after, .out = out, .room = room};
	return inbox_call(context, list, &l) ? l.count : 0;
}

struct ending {
	uint64_t id;
	bool found;
};

static void end_one(struct live *l, void *context)
{
	struct ending *e = context;
	struct session *s, *next;
	HASH_ITER(hh, l->sessions, s, next)
	{
		if (s->id != e->id)
			continue;
		e->found = true;
		s->expiry_s = 0;
		if (s->client)
			client_end(s->client, MQTT_ADMINISTRATIVE, CLOSE_BY_USER);
		else
			session_end(l, s);
		return;
	}
}

static bool end(void *context, uint64_t id)
{
	struct ending e = {id, false};
	return inbox_call(context, end_one, &e) && e.found;
}

/* ---- publishing ---- */

struct posting {
	struct str topic, payload;
	bool retain, done;
	struct error *e;
};

static void publish_one(struct live *l, void *context)
{
	struct posting *p = context;
	struct draft draft = {
		.topic = p->topic,
		.payload = p->payload,
		.time_us = clock_now_us(),
		.qos = 1,
		.retain = p->retain,
	};
	if (!p->retain || retained_set(l, &draft)) {
		publish(l, &draft);
		p->done = true;
		return;
	}
	p->done = fail(p->e, "more than %d retained messages, or %d bytes of them",
		(int)RETAINED_MAX, (int)RETAINED_BYTES);
}

static bool publish_for(
	void *context, struct str topic, struct str payload, bool retain, struct error *e)
{
	struct posting p = {topic, payload, retain, false, e};
	if (!topic_check(topic, e))
		return false;
	if (str_is(topic, "flespi") || str_starts(topic, "flespi/") || topic.at[0] == '$')
		return fail(
			e, "topics below flespi/ and those that begin with $ are not published to");
	if (payload.len > PACKET_MAX)
		return fail(e, "the payload exceeds %d bytes", (int)PACKET_MAX);
	if (!inbox_call(context, publish_one, &p))
		return fail(e, "the gateway stops");
	return p.done;
}

struct forgetting {
	uint32_t device;
	uint64_t which; /* parameters, as bits */
};

static void forget_values(struct live *l, void *context)
{
	const struct forgetting *f = context;
	if (l->wants_device_state)
		derive_forgotten(l, f->device, f->which, publish_derived, NULL);
}

static void forget(void *context, uint32_t device, uint64_t which)
{
	struct forgetting f = {device, which};
	(void)inbox_call(context, forget_values, &f);
}

static uint16_t port(void *context, bool is_secure)
{
	const struct live *l = context;
	for (const struct listener *x = l->listeners; x; x = x->next)
		if (x->is_secure == is_secure)
			return x->port;
	return 0;
}

void view_init(struct live *l)
{
	l->presence = (struct presence){l, inbox_presence};
	l->view = (struct live_view){l, take, sessions, end, publish_for, forget, port};
}
