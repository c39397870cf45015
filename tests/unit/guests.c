#include "guests.h"

#include "live/session.h"

#define ADMIN "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01"

int guests_begin(void **state)
{
	struct guests *g = calloc(1, sizeof *g);
	struct error e;
	g->store = fake_store_new();
	g->tokens =
		tokens_open(&(struct tokens_options){.store = g->store, .admin_key = ADMIN}, &e);
	assert_non_null(g->tokens);
	g->live = live_new(&(struct live_options){.store = g->store});
	g->live->tokens = g->tokens;
	*state = g;
	return 0;
}

int guests_end(void **state)
{
	struct guests *g = *state;
	for (size_t i = 0; i < GUESTS; i++)
		if (g->visitors[i])
			visitor_go(g->visitors[i]);
	while (g->live->sessions)
		session_end(g->live, g->live->sessions);
	assert_null(g->live->groups);
	assert_null(g->live->holders);
	assert_false(g->live->wants_logs || g->live->wants_devices || g->live->wants_channels);
	assert_int_equal(g->live->publication_bytes, 0);
	live_free(g->live);
	tokens_close(g->tokens);
	fake_store_free(g->store);
	free(g);
	return 0;
}

/* ---- coming and going ---- */

struct visitor *guest_of(struct guests *g, size_t i, const struct token *token)
{
	char id[16];
	snprintf(id, sizeof id, "guest %zu", i);
	g->sessions[i] = visitor_session(g->live, token, id);
	return g->visitors[i] = visitor_come(g->live, g->sessions[i], MQTT_5);
}

struct visitor *guest(struct guests *g, size_t i)
{
	struct token token;
	token_init(&token);
	token.access = ACCESS_MASTER;
	return guest_of(g, i, &token);
}

void guest_leaves(struct guests *g, size_t i)
{
	visitor_go(g->visitors[i]);
	g->visitors[i] = NULL;
}

void guest_returns(struct guests *g, size_t i)
{
	g->visitors[i] = visitor_come(g->live, g->sessions[i], MQTT_5);
}

enum mqtt_reason wish(struct guests *g, size_t i, const struct wish *w)
{
	struct subscription *s;
	bool is_new;
	return session_subscribe(g->live, g->sessions[i], w, &s, &is_new);
}

enum mqtt_reason want(struct guests *g, size_t i, const char *filter, uint8_t qos)
{
	return wish(g, i, &(struct wish){.topic = {.filter = str_of(filter), .qos = qos}});
}

enum mqtt_reason want_no_more(struct guests *g, size_t i, const char *filter)
{
	return session_unsubscribe(g->live, g->sessions[i], str_of(filter));
}

struct draft about(const char *topic, const char *payload)
{
	return (struct draft){.topic = str_of(topic), .payload = str_of(payload), .qos = 1};
}

/* Returns how many got it. */
size_t tell(struct guests *g, const char *topic, const char *payload)
{
	struct draft draft = about(topic, payload);
	return publish(g->live, &draft);
}
