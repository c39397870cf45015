#include "town.h"

#include "core/metrics.h"
#include "fake_store.h"
#include "journals.h"

static size_t list(void *context, uint32_t channel, uint64_t ident, uint64_t after,
	struct connection *out, size_t room)
{
	(void)context;
	if (after || !room || (channel && channel != 1) || (ident && ident != 1001))
		return 0;
	*out = (struct connection){77, 1001, 1, 2, {4, {10, 0, 0, 1}, 5}, 1000000};
	return 1;
}

static bool is_connected(void *context, uint64_t ident)
{
	(void)context;
	return ident == 1001;
}

static void put_items(struct town *t)
{
	struct channel c;
	struct device d;
	struct error e;
	channel_init(&c);
	assert_true(registry_put_channel(t->registry, &c, &e));
	for (uint64_t i = 1; i <= TOWN_DEVICES; i++) { /* 2, 3, ... */
		device_init(&d);
		d.ident = 1000 + i;
		assert_true(registry_put_device(t->registry, &d, &e));
		fake_store_message(
			t->store, 1, d.id, d.ident, (int64_t)i * 1000000, (int64_t)i * 1000000);
	}
}

int town_begin(void **state)
{
	struct town *t = calloc(1, sizeof *t);
	struct error e;
	t->store = fake_store_new();
	t->registry = registry_open(t->store, &e);
	t->tokens =
		tokens_open(&(struct tokens_options){.store = t->store, .admin_key = TOWN_KEY}, &e);
	assert_true(t->registry && t->tokens);
	snprintf(t->directory, sizeof t->directory, "/tmp/cantrack-live-XXXXXX");
	t->journal = journal_make(t->directory);
	t->events = events_new(t->journal);
	put_items(t);
	t->live = live_new(&(struct live_options){.store = t->store,
		.registry = t->registry,
		.events = t->events,
		.queue_bytes = 8 << 20,
		.hub_bytes = 30000}); /* so that it falls behind */
	t->view = live_view(t->live);
	t->presence = live_presence(t->live);
	t->connections = (struct connections){.is_connected = is_connected, .list = list};
	*state = t;
	return 0;
}

void town_opens(struct town *t)
{
	struct error e;
	assert_true(live_listen(t->live, &(struct live_listen){.address = "127.0.0.1"}, &e));
	live_run(t->live, t->tokens, &t->connections);
	t->port = t->view->port(t->view->context, false);
	assert_int_not_equal(t->port, 0);
	assert_int_equal(t->view->port(t->view->context, true), 0);
}

int town_end(void **state)
{
	struct town *t = *state;
	live_stop(t->live);
	events_free(t->events);
	live_free(t->live);
	journal_remove(t->journal, t->directory);
	tokens_close(t->tokens);
	registry_close(t->registry);
	fake_store_free(t->store);
	free(t);
	assert_int_equal(metric_get(live_clients), 0);
	assert_int_equal(metric_get(live_sessions), 0);
	return 0;
}
