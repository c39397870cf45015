#include "rest.h"

#include "base/die.h"

#include <semaphore.h>
#include <stdlib.h>

struct rest *rest_new(void)
{
	struct rest *r = xcalloc(1, sizeof *r);
	struct error e;
	r->store = fake_store_new();
	r->context.store = r->store;
	r->context.poster = fake_poster(r->store);
	r->context.registry = registry_open(r->store, &e);
	check(r->context.registry != NULL);
	struct tokens_options tokens = {.store = r->store, .admin_key = REST_KEY};
	r->context.tokens = tokens_open(&tokens, &e);
	check(r->context.tokens != NULL);
	channel_init(&r->channel);
	token_init(&r->master);
	r->master.access = ACCESS_MASTER;
	check(registry_put_channel(r->context.registry, &r->channel, &e));
	buf_init(&r->text, 64 * 1024 * 1024);
	return r;
}

void rest_free(struct rest *r)
{
	tokens_close(r->context.tokens);
	registry_close(r->context.registry);
	fake_store_free(r->store);
	buf_clear(&r->text);
	free(r);
}

static void wake(void *woken)
{
	check(sem_post(woken) == 0);
}

/* Until the producer wants to go on. */
static void sleep_until_woken(struct answer *a)
{
	sem_t woken;
	check(sem_init(&woken, 0, 0) == 0);
	a->sleep(a->producer, wake, &woken);
	while (sem_wait(&woken) != 0)
		;
	sem_destroy(&woken);
}

/* As the server does: the request is gone before the answer is filled, and what was written is taken
 * away before more is asked for. */
void rest_request(struct rest *r, struct request *request)
{
	struct answer a;
	struct error e;
	enum fill fill;
	struct request *own = xmalloc(sizeof *own);
	*own = *request;
	answer_init(&a);
	dispatch(own, &a);
	free(own->decoded);
	free(own);
	r->text.len = 0;
	do {
		fill = answer_fill(&a, 4096, &e);
		check(buf_add_str(&r->text, buf_str(&a.body)));
		a.body.len = 0;
		if (fill == FILL_WAIT)
			sleep_until_woken(&a);
	} while (fill == FILL_MORE || fill == FILL_WAIT);
	if (fill == FILL_FAILED)
		check(buf_printf(&r->text, "FAILED %s", e.text));
	check(buf_add_char(&r->text, '\0'));
	r->text.len--;
	r->status = a.status;
	r->type = a.type;
	memcpy(r->allow, a.allow, sizeof r->allow);
	answer_clear(&a);
}

void rest_ask_with(struct rest *r, const struct token *token, enum method method,
	const char *target, const char *body)
{
	struct request request = {.context = &r->context,
		.method = method,
		.target = str_of(target),
		.body = str_of(body ? body : ""),
		.token = token};
	rest_request(r, &request);
}

void rest_ask(struct rest *r, enum method method, const char *target, const char *body)
{
	rest_ask_with(r, &r->master, method, target, body);
}

void rest_ask_bare(struct rest *r, enum method method, const char *target)
{
	rest_ask_with(r, NULL, method, target, NULL);
}

void rest_get(struct rest *r, const char *target)
{
	rest_ask(r, METHOD_GET, target, NULL);
}

int rest_tear_down(void **state)
{
	rest_free(*state);
	return 0;
}
