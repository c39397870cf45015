#include "live/publish.h"

#include "base/json.h"
#include "live/queue.h"
#include "live/rights.h"
#include "live/subscribe.h"

#include <stdlib.h>

/* ---- publications ---- */

static struct str account = STR("1");

/* What every message carries for clients of 5.0. */
static bool put_properties(struct live *l, const struct draft *draft, int64_t time_us)
{
	char text[JSON_DECIMAL_MAX];
	size_t len = json_put_decimal(text, time_us, 6);
	struct buf *out = &l->properties;
	out->len = 0;
	return buf_add_str(out, draft->properties) &&
	       mqtt_put_user(out, (struct str)STR("timestamp"), (struct str){text, len}) &&
	       mqtt_put_user(out, (struct str)STR("cid"), account);
}

struct publication *publication_of(struct live *l, const struct draft *draft)
{
	size_t bytes = draft->topic.len + draft->properties.len + draft->payload.len;
	struct publication *p = xmalloc(sizeof *p + bytes);
	*p = (struct publication){
		.references = 1,
		.topic_len = (uint32_t)draft->topic.len,
		.properties_len = (uint32_t)draft->properties.len,
		.forwarded_len = (uint32_t)draft->properties.len,
		.payload_len = (uint32_t)draft->payload.len,
		.time_us = draft->time_us,
		.expires_us = draft->expires_us,
		.qos = draft->qos,
		.retain = draft->retain,
	};
	memcpy(p->bytes, draft->topic.at, p->topic_len);
	if (p->properties_len)
		memcpy(p->bytes + p->topic_len, draft->properties.at, p->properties_len);
	if (p->payload_len)
		memcpy(p->bytes + p->topic_len + p->properties_len, draft->payload.at,
			p->payload_len);
	l->publication_bytes += publication_bytes(p);
	return p;
}

struct publication *publication_new(struct live *l, const struct draft *draft)
{
	struct draft whole = *draft;
	if (!whole.time_us)
		whole.time_us = clock_now_us();
	check(put_properties(l, draft, whole.time_us));
	whole.properties = buf_str(&l->properties);
	struct publication *p = publication_of(l, &whole);
	p->forwarded_len = (uint32_t)draft->properties.len;
	return p;
}

struct publication *publication_keep(struct publication *p)
{
	p->references++;
	return p;
}

void publication_release(struct live *l, struct publication *p)
{
	if (!p || --p->references)
		return;
	l->publication_bytes -= publication_bytes(p);
	free(p);
}

/* ---- who gets it ---- */

static void note(void *context, void *item)
{
	struct live *l = context;
	if (l->matched_count == l->matched_room) {
		l->matched_room = l->matched_room ? 2 * l->matched_room : 64;
		l->matched = xrealloc(l->matched, l->matched_room * sizeof(struct target *));
	}
	l->matched[l->matched_count++] = item;
}

static uint8_t lower(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

/* The place of the session's copy. `own`: a copy of its own, as shared subscriptions get. */
static struct delivery *delivery_of(struct live *l, struct session *s, bool own)
{
	if (!own && s->mark == l->mark)
		return &l->deliveries[s->delivery];
	if (l->delivery_count == l->delivery_room) {
		l->delivery_room = l->delivery_room ? 2 * l->delivery_room : 16;
		l->deliveries = xrealloc(l->deliveries, l->delivery_room * sizeof *l->deliveries);
	}
	struct delivery *d = &l->deliveries[l->delivery_count];
	d->session = s;
	d->qos = 0;
	d->id_count = 0;
	d->retain = false;
	if (!own) {
		s->mark = l->mark;
		s->delivery = l->delivery_count;
	}
	l->delivery_count++;
	return d;
}

static void add(struct live *l, const struct subscription *s, const struct draft *draft)
{
	struct delivery *d = delivery_of(l, s->session, s->group != NULL);
	uint8_t qos = lower(s->qos, draft->qos);
	if (qos > d->qos)
		d->qos = qos;
	if (s->id && d->id_count < SUBSCRIPTION_IDS_MAX)
		d->ids[d->id_count++] = s->id;
	d->retain = d->retain || (draft->retain && s->retain_as_published);
}

static bool wants(const struct subscription *s, const struct draft *draft)
{
	return !s->session->is_lost && !(s->no_local && s->session == draft->from) &&
	       rights_reads(s->session->holder, draft) &&
	       (!s->demand || demand_fits(s->session->holder->live, s->demand, draft));
}

static void choose(struct live *l, struct target *target, const struct draft *draft)
{
	if (target->kind == TARGET_ONE) {
		const struct subscription *s = (const struct subscription *)target;
		if (wants(s, draft))
			add(l, s, draft);
		return;
	}
	struct group *g = (struct group *)target;
	const struct subscription *s = group_next(g, draft, wants);
	if (s)
		add(l, s, draft);
}

size_t publish(struct live *l, struct draft *draft)
{
	l->matched_count = l->delivery_count = 0;
	index_match(l->index, draft->topic, note, l);
	if (!l->matched_count)
		return 0;
	if (draft->make && !draft->make(l, draft->context))
		return 0;
	if (draft->make)
		draft->payload = buf_str(&l->payload);
	l->mark++;
	l->whole.len = 0;
	for (size_t i = 0; i < l->matched_count; i++)
		choose(l, l->matched[i], draft);
	if (!l->delivery_count)
		return 0;
	struct publication *p = publication_new(l, draft);
	for (size_t i = 0; i < l->delivery_count; i++) {
		struct delivery *d = &l->deliveries[i];
		session_deliver(l, d->session, p, d->qos, d->retain, d->ids, d->id_count);
	}
	publication_release(l, p);
	return l->delivery_count;
}

void publish_derived(struct live *l, void *context, struct draft *draft)
{
	(void)context;
	(void)publish(l, draft);
}
