#include "live/live.h"

#include "core/metrics.h"
#include "live/client.h"
#include "live/inbox.h"
#include "live/keep.h"
#include "live/listen.h"
#include "live/news.h"
#include "live/retained.h"
#include "live/rights.h"
#include "live/session.h"
#include "live/spare.h"
#include "live/view.h"

#include <stdlib.h>

enum { TICK_MS = 500, PATIENCE_MS = 300, JSON_MAX = 1 << 20 };
static const size_t queue_bytes = (size_t)256 << 20, queues_bytes = (size_t)1 << 30;

/* ---- the loop ---- */

static void end(struct live *l);

static void end_turn(struct live *l)
{
	clients_flush(l);
	sessions_end_lost(l);
	if (l->is_stopped && !l->clients)
		end(l);
}

static void on_turn_end(uv_check_t *check_handle)
{
	end_turn(check_handle->data);
}

static void on_tick(uv_timer_t *timer)
{
	struct live *l = timer->data;
	holders_review(l);
	clients_tick(l);
	sessions_tick(l);
	retained_tick(l);
	listeners_tick(l);
	end_turn(l); /* timers run before the loop sleeps */
}

static void wake(void *context)
{
	uv_async_send(&((struct live *)context)->wake);
}

/* The loop has nothing left to wait for. */
static void end(struct live *l)
{
	if (l->is_ended)
		return;
	l->is_ended = true;
	for (struct client *c = l->clients, *next; c; c = next) {
		next = c->next;
		client_close(c, CLOSE_RESTART);
	}
	uv_close((uv_handle_t *)&l->wake, NULL);
	uv_close((uv_handle_t *)&l->turn_end, NULL);
	uv_close((uv_handle_t *)&l->tick, NULL);
}

static void on_patience_over(uv_timer_t *timer)
{
	end(timer->data);
}

/* Clients may read to the end what was said to them, and close. */
static void stop(struct live *l)
{
	while (news_records(l)) /* the writer has stopped: these are the last */
		clients_flush(l);
	for (struct client *c = l->clients, *next; c; c = next) {
		next = c->next;
		client_end(c, MQTT_SHUTTING_DOWN, CLOSE_RESTART);
	}
	clients_flush(l);
	listeners_close(l);
	uv_timer_start(&l->tick, on_patience_over, PATIENCE_MS, 0);
}

static void on_wake(uv_async_t *async)
{
	struct live *l = async->data;
	clients_go_on(l);
	if (news_records(l))
		wake(l); /* others come to their turn before */
	if (inbox_obey(l))
		stop(l);
}

static void *run(void *context)
{
	struct live *l = context;
	uv_run(&l->loop, UV_RUN_DEFAULT);
	return NULL;
}

/* ---- life ---- */

static void init_loop(struct live *l)
{
	if (uv_loop_init(&l->loop) != 0 || uv_async_init(&l->loop, &l->wake, on_wake) != 0)
		die("cannot make an event loop: out of file descriptors?");
	uv_check_init(&l->loop, &l->turn_end);
	uv_timer_init(&l->loop, &l->tick);
	uv_check_start(&l->turn_end, on_turn_end);
	uv_timer_start(&l->tick, on_tick, TICK_MS, TICK_MS);
	l->wake.data = l->turn_end.data = l->tick.data = l;
}

struct live *live_new(const struct live_options *options)
{
	struct live *l = xcalloc(1, sizeof *l);
	l->options = *options;
	if (!l->options.queue_bytes)
		l->options.queue_bytes = queue_bytes;
	if (!l->options.queues_bytes)
		l->options.queues_bytes = queues_bytes;
	if (!l->options.hub_bytes)
		l->options.hub_bytes = HUB_BYTES;
	l->hub = hub_new(l->options.hub_bytes, wake, l);
	l->index = index_new();
	l->known = xcalloc(KNOWN_DEVICES, sizeof *l->known);
	buf_init(&l->payload, JSON_MAX);
	buf_init(&l->properties, JSON_MAX);
	buf_init(&l->whole, 16 * JSON_MAX);
	l->eager_end = &l->eager;
	inbox_init(l);
	view_init(l);
	init_loop(l);
	if (l->options.events)
		events_follow(l->options.events, inbox_event, inbox_wants, l);
	return l;
}

void live_committed(void *live, const struct record *records, size_t count)
{
	hub_committed(((struct live *)live)->hub, records, count);
}

void live_run(struct live *l, struct tokens *tokens, const struct connections *connections)
{
	l->tokens = tokens;
	l->connections = connections;
	keep_load(l);
	listeners_start(l);
	if (pthread_create(&l->thread, NULL, run, l) != 0)
		die("no thread for the live door");
	pthread_setname_np(l->thread, "live");
	l->is_running = true;
}

void live_stop(struct live *l)
{
	if (!l)
		return;
	inbox_stop(l);
	if (l->is_running) {
		pthread_join(l->thread, NULL);
		keep_save(l);
	}
	l->is_running = false;
	inbox_drain(l);
}

static void close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void live_free(struct live *l)
{
	if (!l)
		return;
	struct session *s, *next;
	HASH_ITER(hh, l->sessions, s, next) session_end(l, s);
	uv_walk(&l->loop, close_handle, NULL); /* of one that never ran */
	uv_run(&l->loop, UV_RUN_DEFAULT);
	check(uv_loop_close(&l->loop) == 0);
	listeners_free(l);
	inbox_drain(l);
	news_clear(l);
	retained_clear(l);
	hub_free(l->hub);
	index_free(l->index);
	tls_shared_free(l->tls);
	buf_clear(&l->payload);
	buf_clear(&l->properties);
	buf_clear(&l->whole);
	spares_free(l);
	free(l->deliveries);
	free(l->matched);
	free(l->known);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
