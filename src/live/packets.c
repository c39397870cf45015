#include "live/packets.h"

#include "core/metrics.h"
#include "live/client.h"
#include "live/diary.h"
#include "live/queue.h"
#include "live/retained.h"
#include "live/rights.h"
#include "live/session.h"
#include "live/subscribe.h"
#include "live/walk.h"

void packet_refused(struct client *c, enum mqtt_reason why)
{
	metric_add(live_malformed, 1);
	if (!c->version) /* whatever it is, it does not speak MQTT */
		client_close(c, CLOSE_PROTOCOL);
	else
		client_end(c, why, CLOSE_PROTOCOL);
}

/* ---- PUBLISH ---- */

static bool is_ours(struct str name)
{
	return str_is(name, "timestamp") || str_is(name, "cid");
}

bool properties_forward(const struct mqtt_properties *p, struct buf *out)
{
	static const enum mqtt_property texts[] = {MQTT_PROPERTY_CONTENT_TYPE,
		MQTT_PROPERTY_RESPONSE_TOPIC, MQTT_PROPERTY_CORRELATION_DATA};
	struct str rest = p->raw, name, value;
	bool done = !mqtt_has(p, MQTT_PROPERTY_PAYLOAD_FORMAT) ||
		    mqtt_put_number(out, MQTT_PROPERTY_PAYLOAD_FORMAT,
			    p->number[MQTT_PROPERTY_PAYLOAD_FORMAT]);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (mqtt_has(p, texts[i]))
			done = done && mqtt_put_text(out, texts[i], p->text[texts[i]]);
	while (done && mqtt_has(p, MQTT_PROPERTY_USER) && mqtt_user_next(&rest, &name, &value))
		done = is_ours(name) || mqtt_put_user(out, name, value);
	return done;
}

/* flespi/ is the gateway's, and $ the standard's. */
static enum mqtt_reason check_topic(const struct client *c, struct str topic)
{
	struct error e;
	if (!topic_check(topic, &e) || topic.at[0] == '$')
		return MQTT_BAD_TOPIC;
	if (str_is(topic, "flespi") || str_starts(topic, "flespi/") ||
		!rights_publishes(c->session->holder, topic))
		return MQTT_NOT_AUTHORIZED;
	return MQTT_SUCCESS;
}

static enum mqtt_reason publish_for(struct client *c, const struct mqtt_publish *p)
{
	struct live *l = c->live;
	enum mqtt_reason reason = check_topic(c, p->topic);
	struct buf properties;
	if (reason != MQTT_SUCCESS)
		return reason;
	buf_init(&properties, PACKET_MAX);
	check(properties_forward(&p->properties, &properties));
	struct draft draft = {
		.topic = p->topic,
		.payload = p->payload,
		.properties = buf_str(&properties),
		.time_us = clock_now_us(),
		.qos = p->qos,
		.retain = p->retain,
		.from = c->session,
	};
	if (mqtt_has(&p->properties, MQTT_PROPERTY_MESSAGE_EXPIRY))
		draft.expires_us =
			draft.time_us +
			p->properties.number[MQTT_PROPERTY_MESSAGE_EXPIRY] * INT64_C(1000000);
	if (p->retain && !retained_set(l, &draft))
		reason = MQTT_QUOTA;
	else if (!publish(l, &draft))
		reason = MQTT_NO_SUBSCRIBERS;
	buf_clear(&properties);
	return reason;
}

static bool has_wildcard(struct str name)
{
	return name.len && (memchr(name.at, '+', name.len) || memchr(name.at, '#', name.len));
}

static void obey_publish(struct client *c, uint8_t flags, struct str body)
{
	struct mqtt_publish p;
	enum mqtt_reason why;
	if (!mqtt_publish_read(flags, body, c->version, &p, &why)) {
		packet_refused(c, why);
		return;
	}
	if (p.qos > 1)
		client_end(c, MQTT_NO_QOS, CLOSE_PROTOCOL);
	else if (mqtt_has(&p.properties, MQTT_PROPERTY_TOPIC_ALIAS))
		client_end(c, MQTT_BAD_ALIAS, CLOSE_PROTOCOL);
	else if (mqtt_has(&p.properties, MQTT_PROPERTY_SUBSCRIPTION_ID))
		client_end(c, MQTT_PROTOCOL_ERROR, CLOSE_PROTOCOL);
	else if (has_wildcard(p.topic))
		client_end(c, MQTT_BAD_TOPIC, CLOSE_PROTOCOL);
	else if (mqtt_has(&p.properties, MQTT_PROPERTY_RESPONSE_TOPIC) &&
		 has_wildcard(p.properties.text[MQTT_PROPERTY_RESPONSE_TOPIC]))
		client_end(c, MQTT_PROTOCOL_ERROR, CLOSE_PROTOCOL);
	if (c->is_ending)
		return;
	metric_add(live_published, 1);
	c->published++;
	enum mqtt_reason reason = publish_for(c, &p);
	if (p.qos && !c->is_closed) {
		(void)!mqtt_ack_write(
			&c->out, MQTT_PUBACK, c->version, p.id, reason, (struct str)STR(""));
		client_written(c);
	}
}

/* ---- SUBSCRIBE, UNSUBSCRIBE ---- */

static bool asks_for_another_account(const struct mqtt_properties *p)
{
	struct str rest = p->raw, name, value;
	while (mqtt_has(p, MQTT_PROPERTY_USER) && mqtt_user_next(&rest, &name, &value))
		if (str_is(name, "cid") && !str_is(value, "1"))
			return true;
	return false;
}

/* Who shares does not know whose turn it is: it cannot ask to be spared what it publishes itself. */
static bool shares_but_not_with_itself(struct mqtt_topics topics)
{
	struct mqtt_topic topic;
	while (mqtt_topics_next(&topics, MQTT_SUBSCRIBE, &topic))
		if (topic.no_local && str_starts(topic.filter, "$share/"))
			return true;
	return false;
}

static void obey_subscribe(struct client *c, struct str body)
{
	struct live *l = c->live;
	struct mqtt_topics topics;
	enum mqtt_reason why;
	if (!mqtt_topics_read(MQTT_SUBSCRIBE, body, c->version, &topics, &why)) {
		packet_refused(c, why);
		return;
	}
	if (shares_but_not_with_itself(topics)) {
		packet_refused(c, MQTT_PROTOCOL_ERROR);
		return;
	}
	if (topics.count > SUBSCRIPTIONS_MAX) {
		client_end(c, MQTT_QUOTA, CLOSE_SLOW);
		return;
	}
	struct chore *chore = chore_new(topics.id, topics.count);
	struct wish wish = {.is_other_account = asks_for_another_account(&topics.properties)};
	if (mqtt_has(&topics.properties, MQTT_PROPERTY_SUBSCRIPTION_ID))
		wish.id = topics.properties.number[MQTT_PROPERTY_SUBSCRIPTION_ID];
	while (mqtt_topics_next(&topics, MQTT_SUBSCRIBE, &wish.topic)) {
		struct subscription *s = NULL;
		bool is_new = false;
		if (wish.topic.retain_handling != 2 && !walk_has_room(c->session)) {
			chore_add(c->session, chore, MQTT_QUOTA, NULL);
			continue;
		}
		enum mqtt_reason reason = session_subscribe(l, c->session, &wish, &s, &is_new);
		bool is_walked = s && !s->group && wish.topic.retain_handling != 2 &&
				 (is_new || wish.topic.retain_handling == 0);
		chore_add(c->session, chore, reason, is_walked ? s : NULL);
		if (is_new)
			diary_subscribed(l, c, wish.topic.filter, true);
	}
	walk_begin(c->session, chore);
}

static void obey_unsubscribe(struct client *c, struct str body)
{
	struct mqtt_topics topics;
	struct mqtt_topic topic;
	enum mqtt_reason why;
	if (!mqtt_topics_read(MQTT_UNSUBSCRIBE, body, c->version, &topics, &why)) {
		packet_refused(c, why);
		return;
	}
	if (topics.count > SUBSCRIPTIONS_MAX) { /* nobody has as many */
		client_end(c, MQTT_QUOTA, CLOSE_SLOW);
		return;
	}
	uint8_t *codes = xmalloc(topics.count);
	size_t count = 0;
	while (mqtt_topics_next(&topics, MQTT_UNSUBSCRIBE, &topic)) {
		enum mqtt_reason reason = session_unsubscribe(c->live, c->session, topic.filter);
		codes[count++] = (uint8_t)reason;
		if (reason == MQTT_SUCCESS)
			diary_subscribed(c->live, c, topic.filter, false);
	}
	(void)!mqtt_suback_write(&c->out, MQTT_UNSUBACK, c->version, topics.id, codes, count);
	client_written(c);
	free(codes);
}

/* ---- the rest ---- */

static void obey_puback(struct client *c, struct str body)
{
	struct mqtt_ack ack;
	enum mqtt_reason why;
	if (!mqtt_ack_read(MQTT_PUBACK, body, c->version, &ack, &why)) {
		packet_refused(c, why);
		return;
	}
	if (session_acknowledge(c->live, c->session, ack.id)) {
		session_pump(c->live, c->session); /* there is room in its window */
		client_written(c);
	}
}

static void obey_disconnect(struct client *c, struct str body)
{
	struct mqtt_ack bye;
	enum mqtt_reason why;
	struct session *s = c->session;
	if (!mqtt_ack_read(MQTT_DISCONNECT, body, c->version, &bye, &why)) {
		packet_refused(c, why);
		return;
	}
	if (mqtt_has(&bye.properties, MQTT_PROPERTY_SESSION_EXPIRY)) {
		uint32_t wanted = bye.properties.number[MQTT_PROPERTY_SESSION_EXPIRY];
		if (wanted && !c->asked_expiry_s) {
			client_end(c, MQTT_PROTOCOL_ERROR, CLOSE_PROTOCOL);
			return;
		}
		s->expiry_s = wanted < SESSION_EXPIRY_MAX ? wanted : (uint32_t)SESSION_EXPIRY_MAX;
	}
	if (bye.reason == MQTT_SUCCESS)
		client_leave(c, CLOSE_BY_TRACKER);
	else
		client_close(c, CLOSE_BY_TRACKER); /* its will is wanted */
}

static void obey_ping(struct client *c)
{
	(void)!mqtt_ping_write(&c->out, MQTT_PINGRESP);
	client_written(c);
}

void packet_obey(struct client *c, const struct mqtt_header *head, struct str body)
{
	if (!c->version && head->type == MQTT_CONNECT) {
		connect_obey(c, body);
		return;
	}
	bool is_empty = head->type == MQTT_PINGREQ;
	if (!c->version || (is_empty && body.len)) {
		packet_refused(c, c->version ? MQTT_MALFORMED : MQTT_PROTOCOL_ERROR);
		return;
	}
	switch (head->type) {
	case MQTT_PUBLISH: obey_publish(c, head->flags, body); break;
	case MQTT_SUBSCRIBE: obey_subscribe(c, body); break;
	case MQTT_UNSUBSCRIBE: obey_unsubscribe(c, body); break;
	case MQTT_PUBACK: obey_puback(c, body); break;
	case MQTT_PINGREQ: obey_ping(c); break;
	case MQTT_DISCONNECT: obey_disconnect(c, body); break;
	default: packet_refused(c, MQTT_PROTOCOL_ERROR); break;
	}
}
