#include "live/walk.h"

#include "live/client.h"
#include "live/derive.h"
#include "live/queue.h"
#include "live/retained.h"
#include "live/rights.h"
#include "live/subscribe.h"

#include <stdlib.h>

/* What one filter goes through, in this order. */
enum stage { STAGE_BEGIN, STAGE_CHANNELS, STAGE_DEVICES, STAGE_END };

struct errand {
	struct errand *next;
	const struct subscription *found; /* when l->changes was: */
	uint64_t changes;
	uint64_t retained; /* the serial of the last one of clients */
	uint64_t serial;   /* of the subscription: another one with the same text is not meant */
	enum stage stage;
	uint32_t *ids; /* of the stage; owned */
	size_t count, at;
	struct derive_place place; /* in the channel at hand */
	uint16_t text_len;
	char text[];
};

struct chore {
	struct chore *next;
	struct errand *errands, **errands_end;
	uint16_t id;
	size_t count;
	uint8_t codes[];
};

/* ---- chores ---- */

struct chore *chore_new(uint16_t packet_id, size_t count)
{
	struct chore *c = xcalloc(1, sizeof *c + count);
	c->id = packet_id;
	c->errands_end = &c->errands;
	return c;
}

bool walk_has_room(const struct session *s)
{
	return s->errand_count < ERRANDS_MAX;
}

void chore_add(struct session *session, struct chore *c, enum mqtt_reason code,
	const struct subscription *s)
{
	c->codes[c->count++] = (uint8_t)code;
	if (!s)
		return;
	struct errand *e = xcalloc(1, sizeof *e + s->text_len);
	e->serial = s->serial;
	e->text_len = s->text_len;
	memcpy(e->text, s->text, s->text_len);
	*c->errands_end = e;
	c->errands_end = &e->next;
	session->errand_count++;
}

static void errand_free(struct session *s, struct errand *e)
{
	s->errand_count--;
	derive_place_clear(&e->place);
	free(e->ids);
	free(e);
}

static void chore_free(struct session *s, struct chore *c)
{
	for (struct errand *e = c->errands, *next; e; e = next) {
		next = e->next;
		errand_free(s, e);
	}
	free(c);
}

static void acknowledge(struct session *s, struct chore *c)
{
	(void)!mqtt_suback_write(
		&s->client->out, MQTT_SUBACK, s->client->version, c->id, c->codes, c->count);
	client_written(s->client);
	chore_free(s, c);
}

void walk_begin(struct session *s, struct chore *c)
{
	if (!c->errands) {
		acknowledge(s, c);
		return;
	}
	*s->chores_end = c;
	s->chores_end = &c->next;
	s->chore_count++;
	client_written(s->client); /* it goes on when that is written */
}

void walk_forget(struct session *s)
{
	for (struct chore *c = s->chores, *next; c; c = next) {
		next = c->next;
		chore_free(s, c);
	}
	s->chores = NULL;
	s->chores_end = &s->chores;
	s->chore_count = 0;
}

/* ---- what is retained ---- */

/* For whom the state is made. */
struct walker {
	struct session *session;
	const struct subscription *subscription;
};

static void give(struct live *l, const struct walker *w, struct publication *p)
{
	const struct subscription *s = w->subscription;
	session_deliver(l, w->session, p, s->qos && p->qos ? 1 : 0, true, &s->id, s->id != 0);
}

/* Does the subscription match it, may its token read it, and is it what $filter asks for? */
static bool is_wanted(struct live *l, const struct walker *w, const struct draft *draft)
{
	const struct subscription *s = w->subscription;
	l->whole.len = 0;
	return topic_matches(subscription_filter(s), draft->topic) &&
	       rights_reads(w->session->holder, draft) &&
	       (!s->demand || demand_fits(l, s->demand, draft));
}

static void offer(struct live *l, void *context, struct draft *draft)
{
	const struct walker *w = context;
	if (!draft->payload.len || !is_wanted(l, w, draft))
		return;
	struct publication *p = publication_new(l, draft);
	give(l, w, p);
	publication_release(l, p);
}

/* Of clients; some at a time, those behind *serial. False: that was all. */
static bool offer_retained(struct live *l, const struct walker *w, uint64_t *serial)
{
	enum { AT_ONCE_BYTES = 64 * 1024 };
	struct retained *r, *next;
	size_t bytes = 0;
	HASH_ITER(hh, l->retained, r, next)
	{
		struct publication *p = r->publication;
		struct draft draft = {
			.topic = publication_topic(p),
			.payload = publication_payload(p),
			.time_us = p->time_us,
			.qos = p->qos,
			.retain = true,
		};
		if (r->serial <= *serial)
			continue;
		if (bytes > AT_ONCE_BYTES)
			return true;
		*serial = r->serial;
		if (!is_wanted(l, w, &draft))
			continue;
		give(l, w, p);
		bytes += publication_bytes(p);
	}
	return false;
}

/* ---- one errand ---- */

static bool holds(const uint32_t *ids, size_t count, uint64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* Ids that a level names one by one, each once; false: it does not. */
static bool listed(struct str level, uint32_t **ids, size_t *count)
{
	struct str rest = level;
	uint64_t id;
	size_t room = 1;
	for (size_t i = 0; i < level.len; i++)
		room += level.at[i] == ',';
	*ids = xmalloc(room * sizeof **ids);
	*count = 0;
	if (str_is(level, "+"))
		return false;
	while (rest.at)
		if (str_to_u64(str_cut(&rest, ','), &id) && id && id <= UINT32_MAX &&
			!holds(*ids, *count, id))
			(*ids)[(*count)++] = (uint32_t)id;
	return true;
}

/* Whose state is to be made in the stage that begins. */
static void choose(struct live *l, struct errand *e, const struct pattern *p)
{
	bool is_devices = e->stage == STAGE_DEVICES;
	free(e->ids);
	e->ids = NULL;
	e->count = e->at = 0;
	if (!pattern_fits(p, 0, "flespi") || !pattern_fits(p, 1, "state") ||
		!pattern_fits(p, 2, "gw") ||
		!pattern_fits(p, 3, is_devices ? "devices" : "channels"))
		return;
	if (p->count > 4 && listed(p->levels[4], &e->ids, &e->count))
		return;
	free(e->ids);
	e->count = is_devices ? registry_device_ids(l->options.registry, &e->ids)
			      : registry_channel_ids(l->options.registry, &e->ids);
}

static void step(struct live *l, struct errand *e, struct walker *w)
{
	struct pattern pattern;
	pattern_parse(&pattern, subscription_filter(w->subscription));
	if (e->stage == STAGE_BEGIN) {
		if (offer_retained(l, w, &e->retained))
			return;
		derive_customer(l, offer, w);
	} else if (e->at < e->count) {
		uint32_t id = e->ids[e->at];
		if (e->stage == STAGE_DEVICES)
			derive_device(l, id, &pattern, offer, w);
		else if (derive_channel_part(l, id, &pattern, &e->place, offer, w))
			return;
		derive_place_clear(&e->place);
		e->at++;
		return;
	}
	e->stage++;
	if (e->stage != STAGE_END)
		choose(l, e, &pattern);
}

/* False: the subscription is gone, or another one has taken its place. */
static bool find(struct live *l, struct session *s, struct errand *e, struct walker *w)
{
	if (!e->found || e->changes != l->changes)
		e->found = session_subscription(s, (struct str){e->text, e->text_len});
	e->changes = l->changes;
	w->session = s;
	w->subscription = e->found;
	return w->subscription && w->subscription->serial == e->serial;
}

static bool may_go_on(const struct session *s)
{
	return s->client && !s->is_lost && s->client->out.len < OUT_HIGH &&
	       !queue_waiting(&s->queue);
}

void walk_step(struct live *l, struct session *s)
{
	enum { TURN_US = 3000 };
	struct walker w;
	int64_t until_us = clock_monotonic_us() + TURN_US;
	while (s->chores && may_go_on(s) && clock_monotonic_us() < until_us) {
		struct chore *c = s->chores;
		struct errand *e = c->errands;
		if (e && e->stage != STAGE_END && find(l, s, e, &w)) {
			step(l, e, &w);
			continue;
		}
		if (e) {
			c->errands = e->next;
			errand_free(s, e);
			continue;
		}
		s->chores = c->next;
		if (!s->chores)
			s->chores_end = &s->chores;
		s->chore_count--;
		acknowledge(s, c);
	}
	if (s->chores && may_go_on(s))
		client_written(s->client); /* a turn is over, the walk is not */
}
