#include "gate/gate.h"

#include "base/die.h"
#include "base/log.h"
#include "gate/channels.h"
#include "gate/connections.h"
#include "gate/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>

/* An idle connection costs a session, its slot and its place in the roster (16 bytes each, with the
 * free room 44) and its entry in the ident map (at most 41); all in all 512 bytes. */
_Static_assert(sizeof(struct session) + 44 + 41 <= 512, "a session grew too big");

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

struct gate *gate_start(const struct gate_options *options, struct error *e)
{
	struct gate *g = xcalloc(1, sizeof *g);
	g->options = *options;
	g->fd_limit = sessions_fd_limit();
	g->idents = ident_map_new();
	uv_mutex_init(&g->lock);
	uv_rwlock_init(&g->door);
	connections_init(g);
	g->worker_count = workers_wanted(options->workers);
	g->workers = xcalloc(g->worker_count, sizeof(struct worker *));
	for (uint16_t i = 0; i < g->worker_count; i++)
		g->workers[i] = worker_new(g, i);
	if (!channels_open(g, e)) {
		gate_stop(g);
		gate_free(g);
		return NULL;
	}
	for (uint16_t i = 0; i < g->worker_count; i++)
		worker_run(g->workers[i]);
	channels_watch(g);
	return g;
}

uint16_t gate_port(struct gate *g, uint32_t channel)
{
	uv_mutex_lock(&g->lock);
	const struct entrance *entrance = channel_entrance(g, channel);
	uint16_t port = entrance ? entrance->port : 0;
	uv_mutex_unlock(&g->lock);
	return port;
}

const struct connections *gate_connections(struct gate *g)
{
	return &g->connections;
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
	channels_unwatch(g);
	__atomic_store_n(&g->stopped, true, __ATOMIC_RELEASE);
	uv_rwlock_wrlock(&g->door); /* until those who are inside have left */
	uv_rwlock_wrunlock(&g->door);
	for (uint16_t i = 0; i < g->worker_count; i++)
		worker_free(g->workers[i]);
	g->entrances = NULL; /* they went with their last listeners */
}

void gate_free(struct gate *g)
{
	ident_map_free(g->idents);
	uv_rwlock_destroy(&g->door);
	uv_mutex_destroy(&g->lock);
	free(g->workers);
	free(g);
}
