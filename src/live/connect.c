/* CONNECT: the name of the user is the key of a token, as flespi's clients send it ("FlespiToken KEY"), or bare;
 * or the token's id, and then the password is the first 16 characters of the key.
 * Sessions belong to a token and a client id: nobody takes over what another token's session waits for. */
#include "live/packets.h"

#include "core/metrics.h"
#include "live/client.h"
#include "live/diary.h"
#include "live/queue.h"
#include "live/rights.h"
#include "live/session.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	PROPERTIES_MAX = 80 * 1024,
	HEAD_MAX = 16,              /* of a CONNACK, before its properties */
	TOKEN_TEXT_MAX = 60 * 1024, /* a property holds 65535 bytes */
};

/* ---- refusing ---- */

static void refuse(struct client *c, enum mqtt_reason reason)
{
	metric_add(live_refused, 1);
	diary_refused(c->live, c, reason);
	(void)!mqtt_connack_write(&c->out, c->version, false, reason, (struct str)STR(""));
	client_leave(c, CLOSE_NOT_ALLOWED);
}

/* What cannot be read tells its version perhaps: the byte behind the protocol's name. */
static void refuse_unread(struct client *c, struct str body, enum mqtt_reason why)
{
	bool is_5 = body.len > 6 && memcmp(body.at, "\0\4MQTT", 6) == 0 && body.at[6] == MQTT_5;
	c->version = is_5 ? MQTT_5 : MQTT_311;
	if (is_5 || why == MQTT_BAD_VERSION) {
		refuse(c, why);
		return;
	}
	client_close(c, CLOSE_PROTOCOL);
}

/* ---- who ---- */

static enum mqtt_reason identify(
	const struct client *c, const struct mqtt_connect *connect, struct token *out)
{
	char text[256];
	struct str key, name = connect->username;
	if (!connect->has_username || !name.len)
		return MQTT_NOT_AUTHORIZED;
	if (name.len >= sizeof text)
		return MQTT_BAD_CREDENTIALS;
	memcpy(text, name.at, name.len);
	text[name.len] = '\0';
	struct tokens *t = c->live->tokens;
	int64_t now_us = clock_now_us();
	uint64_t id;
	bool is_good =
		str_to_u64(name, &id) && connect->has_password
			? tokens_check_head(t, id, connect->password, &c->peer, now_us, out)
			: tokens_key(text, &key) && tokens_check(t, key, &c->peer, now_us, out);
	return is_good ? MQTT_SUCCESS : MQTT_BAD_CREDENTIALS;
}

static enum mqtt_reason check_client_id(const struct mqtt_connect *connect)
{
	struct str id = connect->client_id;
	bool is_good = id.len <= LIVE_CLIENT_ID_MAX &&
		       (id.len || connect->version == MQTT_5 || connect->clean);
	return is_good ? MQTT_SUCCESS : MQTT_BAD_CLIENT_ID;
}

/* ---- will ---- */

static enum mqtt_reason check_will(
	const struct live *l, const struct token *token, const struct mqtt_will *will)
{
	struct error e;
	const struct holder holder = {.token = *token};
	if (will->qos > 1)
		return MQTT_NO_QOS;
	if (!topic_check(will->topic, &e))
		return MQTT_BAD_TOPIC;
	if (str_is(will->topic, "flespi") || str_starts(will->topic, "flespi/") ||
		str_starts(will->topic, "$") || !rights_publishes(&holder, will->topic))
		return MQTT_NOT_AUTHORIZED;
	return l->will_bytes + will->payload.len <= WILLS_BYTES ? MQTT_SUCCESS : MQTT_QUOTA;
}

static struct will *will_of(struct live *l, const struct mqtt_will *from)
{
	const struct mqtt_properties *p = &from->properties;
	struct buf properties;
	buf_init(&properties, PACKET_MAX);
	check(properties_forward(p, &properties));
	struct draft draft = {
		.topic = from->topic,
		.payload = from->payload,
		.properties = buf_str(&properties),
		.qos = from->qos,
		.retain = from->retain,
		/* of a will: so long from its publication, and one more, as 0 is never */
		.expires_us =
			mqtt_has(p, MQTT_PROPERTY_MESSAGE_EXPIRY)
				? p->number[MQTT_PROPERTY_MESSAGE_EXPIRY] * INT64_C(1000000) + 1
				: 0,
	};
	struct will *w = xcalloc(1, sizeof *w);
	w->publication = publication_of(l, &draft);
	w->delay_s =
		mqtt_has(p, MQTT_PROPERTY_WILL_DELAY) ? p->number[MQTT_PROPERTY_WILL_DELAY] : 0;
	l->will_bytes += publication_bytes(w->publication);
	buf_clear(&properties);
	return w;
}

/* ---- CONNACK ---- */

static bool put_token(struct buf *out, const struct token *token)
{
	struct buf json;
	buf_init(&json, TOKEN_TEXT_MAX);
	bool done =
		resource_print(&token_resource, token, resource_shown(&token_resource), &json) &&
		mqtt_put_user(out, (struct str)STR("token"), buf_str(&json));
	buf_clear(&json);
	return done;
}

/* No maximum packet size: mqtt.js would take it for its own. */
static void welcome(struct client *c, const struct mqtt_connect *connect, bool is_present)
{
	const struct session *s = c->session;
	struct buf properties;
	buf_init(&properties, PROPERTIES_MAX);
	bool done = mqtt_put_number(&properties, MQTT_PROPERTY_MAXIMUM_QOS, 1);
	if (s->expiry_s != c->asked_expiry_s)
		done = done &&
		       mqtt_put_number(&properties, MQTT_PROPERTY_SESSION_EXPIRY, s->expiry_s);
	if (!connect->client_id.len)
		done = done && mqtt_put_text(&properties, MQTT_PROPERTY_ASSIGNED_CLIENT_ID,
				       str_of(s->client_id));
	size_t least = properties.len;
	done = done && put_token(&properties, &s->holder->token) &&
	       mqtt_put_user(&properties, (struct str)STR("cid"), (struct str)STR("1"));
	if (!done || properties.len + HEAD_MAX > c->packet_max) /* it does without */
		properties.len = least;
	(void)!mqtt_connack_write(
		&c->out, c->version, is_present, MQTT_SUCCESS, buf_str(&properties));
	buf_clear(&properties);
	client_written(c);
}

/* ---- the session ---- */

static uint32_t number_or(
	const struct mqtt_properties *p, enum mqtt_property property, uint32_t none)
{
	return mqtt_has(p, property) ? p->number[property] : none;
}

static void take_limits(struct client *c, const struct mqtt_connect *connect)
{
	const struct mqtt_properties *p = &connect->properties;
	uint32_t window = number_or(p, MQTT_PROPERTY_RECEIVE_MAXIMUM, WINDOW_MAX);
	c->window = (uint16_t)(window < WINDOW_MAX ? window : WINDOW_MAX);
	c->packet_max = number_or(p, MQTT_PROPERTY_MAXIMUM_PACKET, UINT32_MAX);
	c->keep_us = connect->keep_alive_s * INT64_C(1500000);
	c->asked_expiry_s = number_or(p, MQTT_PROPERTY_SESSION_EXPIRY, 0);
	if (connect->version == MQTT_311)
		c->asked_expiry_s = connect->clean ? 0 : SESSION_EXPIRY_MAX;
}

static struct session *take_session(struct live *l, const struct client *c,
	const struct token *token, const struct mqtt_connect *connect, bool *is_present)
{
	char made[40];
	struct str id = connect->client_id;
	if (!id.len) {
		snprintf(made, sizeof made, "cantrack-%" PRIu64, ++l->assigned);
		id = str_of(made);
	}
	struct session *s = session_find(l, token->id, id);
	if (s && s->client) {
		bool ends = !s->expiry_s;
		client_end(s->client, MQTT_TAKEN_OVER, CLOSE_REPLACED);
		if (ends)
			s = NULL; /* it went with its client */
	}
	if (s && (connect->clean || s->is_lost)) {
		session_end(l, s);
		s = NULL;
	}
	*is_present = s != NULL;
	if (!s)
		s = session_new(l, token, id);
	s->is_clean = connect->clean;
	s->expiry_s = c->asked_expiry_s < SESSION_EXPIRY_MAX ? c->asked_expiry_s
							     : (uint32_t)SESSION_EXPIRY_MAX;
	return s;
}

/* Who has a session comes back to it, however many there are. */
static bool is_one_too_many(
	const struct live *l, const struct token *token, const struct mqtt_connect *connect)
{
	bool is_full = l->session_count >= SESSIONS_MAX ||
		       holder_sessions(l, token->id) >= SESSIONS_OF_TOKEN_MAX;
	return is_full && !session_find(l, token->id, connect->client_id);
}

static enum mqtt_reason look_at(
	const struct client *c, const struct mqtt_connect *connect, struct token *token)
{
	if (mqtt_has(&connect->properties, MQTT_PROPERTY_AUTH_METHOD))
		return MQTT_BAD_AUTH_METHOD;
	enum mqtt_reason reason = check_client_id(connect);
	if (reason == MQTT_SUCCESS)
		reason = identify(c, connect, token);
	if (reason == MQTT_SUCCESS && connect->has_will)
		reason = check_will(c->live, token, &connect->will);
	if (reason == MQTT_SUCCESS && is_one_too_many(c->live, token, connect))
		reason = MQTT_QUOTA;
	return reason;
}

void connect_obey(struct client *c, struct str body)
{
	struct live *l = c->live;
	struct mqtt_connect connect;
	struct token token;
	enum mqtt_reason why;
	bool is_present;
	if (!mqtt_connect_read(body, &connect, &why)) {
		refuse_unread(c, body, why);
		return;
	}
	c->version = connect.version;
	c->heard_us = clock_monotonic_us();
	take_limits(c, &connect);
	why = look_at(c, &connect, &token);
	if (why != MQTT_SUCCESS) {
		refuse(c, why);
		return;
	}
	struct session *s = take_session(l, c, &token, &connect, &is_present);
	s->holder->token = token;
	will_free(l, s->will);
	s->will = connect.has_will ? will_of(l, &connect.will) : NULL;
	session_attach(s, c);
	diary_accepted(l, c);
	welcome(c, &connect, is_present);
	session_pump(l, s);
}
