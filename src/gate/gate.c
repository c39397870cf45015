#include "gate/gate.h"

#include "base/die.h"
#include "base/log.h"
#include "gate/listen.h"
#include "gate/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>

/* An idle connection costs a session, its slot (16 bytes, half as much again free) and its entry
 * in the ident map (at most 41); all in all 512 bytes. */
_Static_assert(sizeof(struct session) + 16 + 24 + 41 <= 512, "a session grew too big");

enum {
	WORKERS_MAX = 256,
	FD_RESERVE = 64, /* descriptors that sessions leave to the database and the REST door */
};

static uint16_t workers_wanted(int asked)
{
	if (asked <= 0)
		asked = (int)uv_available_parallelism();
	return (uint16_t)(asked < 1 ? 1 : asked > WORKERS_MAX ? WORKERS_MAX : asked);
}

static int sessions_fd_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT32_MAX)
		return INT32_MAX;
	return (int)limit.rlim_cur - FD_RESERVE;
}

static void load_entrances(struct gate *g)
{
	struct channel *channels = NULL;
	size_t count = registry_channels(g->options.registry, &channels);
	g->entrances = xcalloc(count, sizeof *g->entrances);
	for (size_t i = 0; i < count; i++) {
		if (!channels[i].enabled)
			continue;
		struct entrance *entrance = &g->entrances[g->entrance_count++];
		entrance->channel = channels[i];
		address_counts_init(&entrance->addresses);
	}
	free(channels);
}

static void gate_free(struct gate *g)
{
	for (uint16_t i = 0; i < g->worker_count; i++)
		worker_free(g->workers[i]);
	for (size_t i = 0; i < g->entrance_count; i++)
		address_counts_clear(&g->entrances[i].addresses);
	ident_map_free(g->idents);
	free(g->workers);
	free(g->entrances);
	free(g);
}

struct gate *gate_start(const struct gate_options *options, struct error *e)
{
	struct gate *g = xcalloc(1, sizeof *g);
	g->options = *options;
	g->fd_limit = sessions_fd_limit();
	g->idents = ident_map_new();
	load_entrances(g);
	g->worker_count = workers_wanted(options->workers);
	g->workers = xcalloc(g->worker_count, sizeof(struct worker *));
	for (uint16_t i = 0; i < g->worker_count; i++)
		g->workers[i] = worker_new(g, i);
	for (size_t i = 0; i < g->entrance_count; i++) {
		if (!entrance_open(g, i, e)) {
			gate_free(g);
			return NULL;
		}
		char uri[80];
		entrance_uri(&g->entrances[i], uri);
		registry_set_uri(options->registry, g->entrances[i].channel.id, uri);
	}
	for (uint16_t i = 0; i < g->worker_count; i++)
		worker_run(g->workers[i]);
	return g;
}

uint16_t gate_port(struct gate *g, uint32_t channel)
{
	for (size_t i = 0; i < g->entrance_count; i++)
		if (g->entrances[i].channel.id == channel)
			return g->entrances[i].port;
	return 0;
}

void gate_quiesce(struct gate *g)
{
	for (uint16_t i = 0; i < g->worker_count; i++) {
		__atomic_store_n(&g->workers[i]->quiesce, true, __ATOMIC_RELEASE);
		uv_async_send(&g->workers[i]->wake);
	}
	for (uint16_t i = 0; i < g->worker_count; i++)
		uv_sem_wait(&g->workers[i]->quiesced);
}

void gate_stop(struct gate *g)
{
	gate_free(g);
}
