#include "porch.h"

#include "live/client.h"
#include "live/inbox.h"
#include "live/keep.h"
#include "live/session.h"

#include <sys/socket.h>

enum { IDLE_TURNS = 8 };

static void open_door(struct porch *p)
{
	p->live = live_new(&p->options);
	p->live->tokens = p->tokens;
	keep_load(p->live);
}

static void close_door(struct porch *p)
{
	inbox_stop(p->live);
	uv_run(&p->live->loop, UV_RUN_DEFAULT);
	assert_int_equal(p->live->client_count, 0);
	keep_save(p->live);
	live_free(p->live);
}

void porch_reopen(struct porch *p)
{
	close_door(p);
	open_door(p);
}

int porch_begin(void **state)
{
	struct porch *p = calloc(1, sizeof *p);
	struct error e;
	p->store = fake_store_new();
	p->registry = registry_open(p->store, &e);
	assert_non_null(p->registry);
	p->tokens = tokens_open(
		&(struct tokens_options){.store = p->store, .admin_key = PORCH_KEY}, &e);
	assert_non_null(p->tokens);
	p->options = (struct live_options){.store = p->store, .registry = p->registry};
	open_door(p);
	*state = p;
	return 0;
}

int porch_end(void **state)
{
	struct porch *p = *state;
	close_door(p);
	tokens_close(p->tokens);
	registry_close(p->registry);
	fake_store_free(p->store);
	free(p);
	return 0;
}

struct client *porch_call(struct porch *p, struct caller *c, int version, int bytes)
{
	int pair[2];
	const struct peer peer = {4, {127, 0, 0, 1}, 1};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	if (bytes)
		setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	caller_init(c, version);
	c->fd = pair[1];
	const struct transport transport = {.fd = pair[0]};
	client_open(p->live, &transport, &peer, false, str_of(""));
	return p->live->clients;
}

struct client *porch_enter(struct porch *p, struct caller *c, int version, const char *client_id)
{
	struct client *client = porch_call(p, c, version, 0);
	caller_greet(c, &(struct greeting){.key = PORCH_KEY, .client_id = client_id});
	porch_expect(p, c, MQTT_CONNACK);
	assert_int_equal(c->connack.code, 0);
	return client;
}

void porch_turn(struct porch *p)
{
	uv_run(&p->live->loop, UV_RUN_NOWAIT);
}

bool porch_next(struct porch *p, struct caller *c)
{
	(void)!caller_send(c);
	for (int idle = 0; idle < IDLE_TURNS; idle++) {
		size_t before = c->in.len;
		if (caller_take(c))
			return true;
		porch_turn(p);
		bool goes_on = caller_fill(c);
		if (c->in.len != before || p->live->written || p->live->eager)
			idle = -1; /* something was said, or is still to be done */
		else if (!goes_on)
			return false;
	}
	return false;
}

void porch_expect(struct porch *p, struct caller *c, enum mqtt_type type)
{
	assert_true(porch_next(p, c));
	assert_int_equal(c->type, type);
}
