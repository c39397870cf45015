#include "live/inbox.h"

#include "core/metrics.h"
#include "live/client.h"
#include "live/news.h"

#include <stdlib.h>

void inbox_init(struct live *l)
{
	pthread_mutex_init(&l->lock, NULL);
	l->news_end = &l->news;
}

void inbox_want(struct live *l, bool wants)
{
	__atomic_store_n(&l->wants_news, wants, __ATOMIC_RELAXED);
}

bool inbox_wants(void *live)
{
	const struct live *l = live;
	return __atomic_load_n(&l->wants_news, __ATOMIC_RELAXED);
}

/* ---- from other threads ---- */

static struct news *news_new(enum news_kind kind, size_t rest)
{
	struct news *n = xcalloc(1, sizeof *n + rest);
	n->kind = kind;
	n->bytes = sizeof *n + rest;
	return n;
}

/* Takes it over. False: it was refused, and is gone. */
static bool post(struct live *l, struct news *n)
{
	bool may_drop = n->kind == NEWS_EVENT || n->kind == NEWS_PRESENCE;
	pthread_mutex_lock(&l->lock);
	bool was_empty = !l->news, fits = !may_drop || l->news_bytes + n->bytes <= NEWS_BYTES;
	bool taken = fits && !l->is_stopping;
	if (taken) {
		*l->news_end = n;
		l->news_end = &n->next;
		l->news_bytes += n->bytes;
	}
	pthread_mutex_unlock(&l->lock);
	if (taken && was_empty)
		uv_async_send(&l->wake);
	if (!fits)
		metric_add(live_skipped, 1);
	if (!taken)
		free(n);
	return taken;
}

void inbox_event(void *live, const struct event *event, struct str json)
{
	struct live *l = live;
	struct str text = event->subject_text;
	struct news *n = news_new(NEWS_EVENT, json.len + text.len);
	n->event = *event;
	n->event.members = n->event.fold = (struct str){"", 0};
	n->event.subject_text = (struct str){n->rest + json.len, text.len};
	n->json = (struct str){n->rest, json.len};
	memcpy(n->rest, json.at, json.len);
	if (text.len)
		memcpy(n->rest + json.len, text.at, text.len);
	(void)post(l, n);
}

void inbox_presence(void *live, const struct connection *c, bool is_open)
{
	struct live *l = live;
	if (!inbox_wants(l))
		return;
	struct news *n = news_new(NEWS_PRESENCE, 0);
	n->connection = *c;
	n->is_open = is_open;
	(void)post(l, n);
}

bool inbox_client(struct live *l, const struct upgraded *upgraded)
{
	struct news *n = news_new(NEWS_CLIENT, upgraded->early.len);
	n->upgraded = *upgraded;
	n->upgraded.early.at = n->rest;
	if (upgraded->early.len)
		memcpy(n->rest, upgraded->early.at, upgraded->early.len);
	return post(l, n);
}

bool inbox_call(struct live *l, void (*order)(struct live *l, void *context), void *context)
{
	uv_sem_t done;
	uv_sem_init(&done, 0);
	struct news *n = news_new(NEWS_ORDER, 0);
	n->order = order;
	n->context = context;
	n->done = &done;
	bool taken = post(l, n);
	if (taken)
		uv_sem_wait(&done);
	uv_sem_destroy(&done);
	return taken;
}

void inbox_stop(struct live *l)
{
	pthread_mutex_lock(&l->lock);
	l->is_stopping = true;
	pthread_mutex_unlock(&l->lock);
	uv_async_send(&l->wake);
}

/* ---- on the door's thread ---- */

/* What has come is taken when all that was taken before is obeyed. Returns whether the door is to stop. */
static bool take(struct live *l)
{
	pthread_mutex_lock(&l->lock);
	if (!l->taken) {
		l->taken = l->news;
		l->news = NULL;
		l->news_end = &l->news;
		l->news_bytes = 0;
	}
	bool is_stopping = l->is_stopping;
	pthread_mutex_unlock(&l->lock);
	return is_stopping;
}

/* NULL: nothing is left. The caller's to free(). */
static struct news *next_news(struct live *l)
{
	if (!l->taken)
		(void)take(l);
	struct news *n = l->taken;
	if (n)
		l->taken = n->next;
	return n;
}

static void admit(struct live *l, const struct upgraded *u)
{
	if (client_is_one_too_many(l)) {
		u->release(u->handle);
		return;
	}
	struct transport t = {
		.fd = u->fd,
		.tls = u->tls ? tls_stream_borrow(u->tls) : NULL,
		.websocket = websocket_new(),
		.release = u->release,
		.handle = u->handle,
	};
	client_open(l, &t, &u->peer, u->tls != NULL, u->early);
}

static void obey(struct live *l, struct news *n)
{
	switch (n->kind) {
	case NEWS_EVENT: news_event(l, n); break;
	case NEWS_PRESENCE: news_presence(l, &n->connection, n->is_open); break;
	case NEWS_CLIENT: admit(l, &n->upgraded); break;
	case NEWS_ORDER:
		n->order(l, n->context);
		uv_sem_post(n->done);
		break;
	}
}

/* For a slice of time; when the door stops, all. */
bool inbox_obey(struct live *l)
{
	int64_t until_us = clock_monotonic_us() + SLICE_US;
	bool is_stopping = take(l);
	for (struct news *n; (n = next_news(l)) != NULL;) {
		obey(l, n);
		free(n);
		if (!is_stopping && clock_monotonic_us() >= until_us) {
			uv_async_send(&l->wake);
			break;
		}
	}
	bool ends = is_stopping && !l->is_stopped;
	l->is_stopped = l->is_stopped || is_stopping;
	return ends;
}

/* Who waits is not kept waiting: an order that was taken is obeyed, be it by another thread now. */
void inbox_drain(struct live *l)
{
	for (struct news *n; (n = next_news(l)) != NULL;) {
		if (n->kind == NEWS_CLIENT)
			n->upgraded.release(n->upgraded.handle);
		if (n->kind == NEWS_ORDER)
			obey(l, n);
		free(n);
	}
}
