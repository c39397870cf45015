#include "live/subscribe.h"

#include "base/json.h"
#include "base/log.h"
#include "live/inbox.h"
#include "live/rights.h"

#include <inttypes.h>
#include <stdlib.h>

enum { DEMAND_BYTES = TOPIC_MAX };

/* ---- demands ---- */

static void demand_free(struct demand *d)
{
	if (!d)
		return;
	filter_free(d->payload);
	filter_free(d->message);
	free(d);
}

/* One more expression: both must hold, which is what && says. */
static bool add_expression(struct filter **to, struct str text, struct error *e)
{
	if (*to)
		return fail(e, "the same kind of filter twice: join the expressions with &&");
	*to = filter_parse(text, e);
	return *to != NULL;
}

static bool add_since(struct demand *d, struct str text, struct error *e)
{
	uint64_t whole;
	struct str rest = text, seconds = str_cut(&rest, '.');
	if (!str_to_u64(seconds, &whole) || whole > (UINT64_C(1) << 40))
		return fail(e, "modified_since> needs seconds since 1970");
	d->since_us = (int64_t)whole * 1000000;
	for (int64_t unit = 100000; rest.len && unit; unit /= 10, rest = str_from(rest, 1)) {
		if (!is_digit(rest.at[0]))
			return fail(e, "modified_since> needs seconds since 1970");
		d->since_us += (rest.at[0] - '0') * unit;
	}
	return true;
}

static bool add_spec(struct demand *d, enum topic_spec kind, struct str value, struct error *e)
{
	switch (kind) {
	case TOPIC_SPEC_PAYLOAD: return add_expression(&d->payload, value, e);
	case TOPIC_SPEC_MESSAGE: return add_expression(&d->message, value, e);
	case TOPIC_SPEC_SINCE: return add_since(d, value, e);
	case TOPIC_SPEC_CID:
		d->is_other_account = d->is_other_account || !str_is(value, "1");
		return true;
	}
	return false;
}

/* False with a sentence. *out stays NULL when nothing is asked. */
static bool demand_parse(
	struct str specs, bool is_other_account, struct demand **out, struct error *e)
{
	enum topic_spec kind;
	struct buf value;
	int found = 0;
	*out = NULL;
	if (!specs.len && !is_other_account)
		return true;
	struct demand *d = xcalloc(1, sizeof *d);
	d->since_us = INT64_MIN;
	d->is_other_account = is_other_account;
	buf_init(&value, DEMAND_BYTES);
	while (specs.len && (found = topic_spec_next(&specs, &kind, &value, e)) > 0)
		if (!add_spec(d, kind, buf_str(&value), e)) {
			found = -1;
			break;
		}
	buf_clear(&value);
	if (found >= 0) {
		*out = d;
		return true;
	}
	demand_free(d);
	return false;
}

static bool put_whole(struct buf *out, const struct draft *draft, bool is_json)
{
	out->len = 0;
	return buf_printf(out, "{\"cid\":1,\"qos\":%d,\"retain\":%s,\"timestamp\":", draft->qos,
		       draft->retain ? "true" : "false") &&
	       json_decimal(out, draft->time_us, 6) && buf_printf(out, ",\"topic\":") &&
	       json_string(out, draft->topic) && buf_printf(out, ",\"payload\":") &&
	       (is_json ? buf_add_str(out, draft->payload) : json_string(out, draft->payload)) &&
	       buf_add_char(out, '}');
}

/* The message as an object for expressions, once for all who ask: the payload as it is, or as a text where it
 * is no JSON. */
static bool message_holds(struct live *l, const struct filter *f, const struct draft *draft)
{
	if (!l->whole.len &&
		!(put_whole(&l->whole, draft, true) && filter_reads(buf_str(&l->whole))) &&
		!put_whole(&l->whole, draft, false))
		return false;
	return filter_json(f, buf_str(&l->whole));
}

bool demand_fits(struct live *l, const struct demand *d, const struct draft *draft)
{
	if (d->is_other_account || (draft->time_us && draft->time_us <= d->since_us))
		return false;
	if (d->message && !message_holds(l, d->message, draft))
		return false;
	if (!d->payload)
		return true;
	return draft->message ? filter_message(d->payload, draft->message)
			      : filter_json(d->payload, draft->payload);
}

/* ---- groups ---- */

static struct group *group_of(struct live *l, struct str text, const struct topic_filter *f)
{
	struct group *g = NULL;
	HASH_FIND(hh, l->groups, text.at, text.len, g);
	if (g)
		return g;
	g = xcalloc(1, sizeof *g + text.len + 1);
	g->target.kind = TARGET_GROUP;
	g->is_sticky = f->is_sticky;
	g->from = f->from;
	g->levels = f->count;
	g->text_len = (uint16_t)text.len;
	g->filter_at = (uint16_t)(f->filter.at - text.at);
	memcpy(g->text, text.at, text.len);
	HASH_ADD_KEYPTR(hh, l->groups, g->text, g->text_len, g);
	index_add(l->index, f->filter, &g->target);
	return g;
}

static void group_join(struct group *g, struct subscription *s)
{
	if (g->count == g->room) {
		g->room = g->room ? 2 * g->room : 4;
		g->members = xrealloc(g->members, g->room * sizeof(struct subscription *));
	}
	g->members[g->count++] = s;
	s->group = g;
}

static void group_leave(struct live *l, struct group *g, const struct subscription *s)
{
	size_t i = 0;
	while (g->members[i] != s)
		i++;
	memmove(g->members + i, g->members + i + 1,
		(--g->count - i) * sizeof(struct subscription *));
	if (g->count)
		return;
	struct str filter = {g->text + g->filter_at, (size_t)(g->text_len - g->filter_at)};
	index_remove(l->index, filter, &g->target);
	HASH_DEL(l->groups, g);
	free(g->members);
	free(g);
}

/* FNV-1a, over the levels and the session: of those who share, the one with the greatest gets what has these
 * levels, so that nobody who comes or goes moves what others have. */
static uint64_t weight_of(struct str levels, uint64_t session)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ session;
	for (size_t i = 0; i < levels.len; i++)
		hash = (hash ^ (uint8_t)levels.at[i]) * UINT64_C(0x100000001b3);
	hash ^= hash >> 32;
	return hash * UINT64_C(0x9e3779b97f4a7c15);
}

static const struct subscription *weightiest(
	struct group *g, const struct draft *draft, wants_fn *wants)
{
	const struct subscription *best = NULL;
	uint64_t most = 0;
	struct str levels = topic_levels(draft->topic, g->from, g->levels);
	for (size_t i = 0; i < g->count; i++) {
		const struct subscription *s = g->members[i];
		uint64_t weight = weight_of(levels, s->session->id);
		bool is_away = !s->session->client;
		bool is_better = !best || (best->session->client ? !is_away && weight > most
								 : !is_away || weight > most);
		if (is_better && !(is_away && (!s->qos || !draft->qos)) && wants(s, draft)) {
			best = s;
			most = weight;
		}
	}
	return best;
}

static const struct subscription *next_in_turn(
	struct group *g, const struct draft *draft, wants_fn *wants)
{
	const struct subscription *away = NULL;
	size_t turn = g->turn;
	for (size_t i = 0; i < g->count; i++) {
		size_t at = (turn + i) % g->count;
		const struct subscription *s = g->members[at];
		bool is_away = !s->session->client;
		if ((is_away && (away || !s->qos || !draft->qos)) || !wants(s, draft))
			continue;
		g->turn = at + 1;
		if (!is_away)
			return s;
		away = s;
	}
	return away;
}

const struct subscription *group_next(struct group *g, const struct draft *draft, wants_fn *wants)
{
	return g->is_sticky ? weightiest(g, draft, wants) : next_in_turn(g, draft, wants);
}

/* ---- subscriptions ---- */

/* What anybody could want decides what is made at all. */
static void review(struct live *l)
{
	const struct index *x = l->index;
	l->wants_channels = index_any_below(x, (struct str)STR("flespi/message/gw/channels"));
	l->wants_devices = index_any_below(x, (struct str)STR("flespi/message/gw/devices"));
	l->wants_device_state = index_any_below(x, (struct str)STR("flespi/state/gw/devices"));
	l->wants_channel_state = index_any_below(x, (struct str)STR("flespi/state/gw/channels"));
	l->wants_logs = index_any_below(x, (struct str)STR("flespi/log"));
	hub_want(l->hub, l->wants_channels || l->wants_devices || l->wants_device_state ||
				 l->wants_channel_state);
	inbox_want(l, l->wants_logs || l->wants_device_state || l->wants_channel_state);
}

struct subscription *session_subscription(const struct session *s, struct str text)
{
	struct subscription *at = s->subscriptions;
	while (at && !str_eq((struct str){at->text, at->text_len}, text))
		at = at->next;
	return at;
}

static struct subscription *subscription_new(
	struct live *l, struct session *s, struct str text, const struct topic_filter *f)
{
	struct subscription *new = xcalloc(1, sizeof *new + text.len + 1);
	new->target.kind = TARGET_ONE;
	new->session = s;
	new->text_len = (uint16_t)text.len;
	new->filter_at = (uint16_t)(f->filter.at - text.at);
	memcpy(new->text, text.at, text.len);
	new->next = s->subscriptions;
	s->subscriptions = new;
	s->subscription_count++;
	if (f->is_shared)
		group_join(group_of(l, text, f), new);
	else
		index_add(l->index, f->filter, &new->target);
	return new;
}

static size_t bytes_of(const struct subscription *s)
{
	return sizeof *s + (s->demand ? 4u : 1u) * (size_t)s->text_len;
}

static void subscription_free(struct live *l, struct subscription *s)
{
	l->changes++;
	l->subscription_bytes -= s->bytes;
	struct subscription **at = &s->session->subscriptions;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->session->subscription_count--;
	s->session->node_count -= s->nodes;
	if (s->group)
		group_leave(l, s->group, s);
	else
		index_remove(l->index, subscription_filter(s), &s->target);
	demand_free(s->demand);
	free(s);
}

static enum mqtt_reason refuse(
	const struct session *s, enum mqtt_reason reason, struct str text, const struct error *e)
{
	log_debug("live", "filter_refused", "session=%" PRIu64 " filter=%.*s reason=%s", s->id,
		STR_PRINT(text), log_quote(e->text));
	return reason;
}

/* What a filter takes in the index, at most. */
static uint32_t nodes_of(struct str filter)
{
	uint32_t levels = 1;
	for (size_t i = 0; i < filter.len; i++)
		levels += filter.at[i] == '/';
	return levels * topic_count(filter);
}

static bool is_full(const struct live *l, const struct session *s, uint32_t nodes)
{
	return s->subscription_count >= SUBSCRIPTIONS_MAX || s->node_count + nodes > NODES_MAX ||
	       index_bytes(l->index) > INDEX_BYTES_MAX ||
	       l->subscription_bytes > SUBSCRIPTION_BYTES_MAX;
}

enum mqtt_reason session_subscribe(struct live *l, struct session *s, const struct wish *wish,
	struct subscription **out, bool *is_new)
{
	struct topic_filter f;
	struct error e;
	struct demand *demand;
	struct str text = wish->topic.filter;
	if (!topic_filter_parse(text, &f, &e) ||
		!demand_parse(f.spec, wish->is_other_account, &demand, &e))
		return refuse(s, MQTT_BAD_FILTER, text, &e);
	struct subscription *old = session_subscription(s, text);
	uint32_t nodes = nodes_of(f.filter);
	enum mqtt_reason reason = MQTT_SUCCESS;
	if (!rights_subscribes(s->holder, f.filter))
		reason = MQTT_NOT_AUTHORIZED;
	else if (!old && is_full(l, s, nodes))
		reason = MQTT_QUOTA;
	if (reason != MQTT_SUCCESS) {
		demand_free(demand);
		return reason;
	}
	*is_new = !old;
	*out = old ? old : subscription_new(l, s, text, &f);
	demand_free((*out)->demand);
	(*out)->demand = demand;
	l->subscription_bytes -= (*out)->bytes;
	(*out)->bytes = (uint32_t)bytes_of(*out);
	l->subscription_bytes += (*out)->bytes;
	(*out)->id = wish->id;
	(*out)->qos = wish->topic.qos ? 1 : 0;
	(*out)->no_local = wish->topic.no_local;
	(*out)->retain_as_published = wish->topic.retain_as_published;
	(*out)->is_other_account = wish->is_other_account;
	(*out)->serial = ++l->serial;
	l->changes++;
	s->node_count += *is_new ? nodes : 0;
	(*out)->nodes = nodes;
	if (*is_new)
		review(l);
	return (*out)->qos ? MQTT_GRANTED_1 : MQTT_SUCCESS;
}

enum mqtt_reason session_unsubscribe(struct live *l, struct session *s, struct str text)
{
	struct subscription *found = session_subscription(s, text);
	if (!found)
		return MQTT_NO_SUBSCRIPTION;
	subscription_free(l, found);
	review(l);
	return MQTT_SUCCESS;
}

void session_unsubscribe_all(struct live *l, struct session *s)
{
	if (!s->subscriptions)
		return;
	while (s->subscriptions)
		subscription_free(l, s->subscriptions);
	review(l);
}
