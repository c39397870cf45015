#include "gate/worker.h"

#include "base/die.h"
#include "gate/listen.h"
#include "gate/session.h"

#include <pthread.h>
#include <stdlib.h>

/* ---- slots ---- */

enum { NO_SLOT = UINT32_MAX };

uint32_t worker_slot_take(struct worker *w, struct session *s)
{
	uint32_t slot = w->free_slot;
	if (slot != NO_SLOT) {
		w->free_slot = w->slots[slot].next_free;
	} else {
		if (w->slot_count == w->slot_room) {
			w->slot_room = w->slot_room ? w->slot_room + w->slot_room / 2 : 64;
			w->slots = xrealloc(w->slots, w->slot_room * sizeof *w->slots);
		}
		slot = w->slot_count++;
		w->slots[slot].generation = 0;
	}
	w->slots[slot].session = s;
	return slot;
}

void worker_slot_give(struct worker *w, uint32_t slot)
{
	w->slots[slot].session = NULL;
	w->slots[slot].generation++;
	w->slots[slot].next_free = w->free_slot;
	w->free_slot = slot;
}

static struct session *session_at(const struct worker *w, uint32_t slot, uint32_t generation)
{
	return w->slots[slot].generation == generation ? w->slots[slot].session : NULL;
}

/* ---- batches ---- */

struct batch *worker_batch(struct worker *w)
{
	if (w->batch && batch_is_full(w->batch)) {
		lane_submit(w->lane, w->batch);
		w->batch = NULL;
	}
	if (!w->batch)
		w->batch = lane_borrow(w->lane);
	return w->batch;
}

static void on_turn_end(uv_check_t *handle)
{
	struct worker *w = handle->data;
	if (w->batch)
		lane_submit(w->lane, w->batch);
	w->batch = NULL;
	metrics_merge(&w->tally);
}

/* Sends the replies of a committed batch, neighbours of one session as one. */
static void answer(struct worker *w, const struct batch *b)
{
	const struct pending_reply *end = b->pending + b->reply_count, *p = b->pending;
	const char *at = b->replies;
	while (p < end) {
		const struct pending_reply *first = p;
		size_t len = 0;
		for (; p < end && p->slot == first->slot && p->generation == first->generation; p++)
			len += p->len;
		struct session *s = session_at(w, first->slot, first->generation);
		if (s)
			session_reply(s, (struct str){at, len}, (size_t)(p - first));
		else
			w->tally.replies_dropped += (size_t)(p - first);
		at += len;
	}
}

static void answer_returned(struct worker *w)
{
	struct batch *b = lane_returned(w->lane);
	while (b) {
		struct batch *next = b->next;
		answer(w, b);
		lane_recycle(w->lane, b);
		b = next;
	}
	while (w->paused.first && !w->quiet && !lane_is_congested(w->lane))
		session_resume(w->paused.first);
}

/* ---- orders from other threads ---- */

static void wake(void *context)
{
	struct worker *w = context;
	uv_async_send(&w->wake);
}

void worker_evict(struct worker *w, struct place place, enum close_code code)
{
	uv_mutex_lock(&w->inbox_lock);
	if (w->eviction_count == w->eviction_room) {
		w->eviction_room = w->eviction_room ? 2 * w->eviction_room : 16;
		w->evictions = xrealloc(w->evictions, w->eviction_room * sizeof *w->evictions);
	}
	w->evictions[w->eviction_count++] = (struct eviction){place.slot, place.generation, code};
	uv_mutex_unlock(&w->inbox_lock);
	wake(w);
}

static void evict(struct worker *w)
{
	uv_mutex_lock(&w->inbox_lock);
	struct eviction *evictions = w->evictions;
	size_t count = w->eviction_count;
	w->evictions = NULL;
	w->eviction_count = w->eviction_room = 0;
	uv_mutex_unlock(&w->inbox_lock);
	for (size_t i = 0; i < count; i++) {
		struct session *s = session_at(w, evictions[i].slot, evictions[i].generation);
		if (s)
			session_close(s, evictions[i].code);
	}
	free(evictions);
}

static void close_listeners(struct worker *w)
{
	for (size_t i = 0; i < w->gate->entrance_count; i++)
		listener_close(&w->listeners[i]);
}

static void quiesce(struct worker *w)
{
	w->quiet = true;
	close_listeners(w);
	for (uint32_t i = 0; i < w->slot_count; i++)
		if (w->slots[i].session)
			session_mute(w->slots[i].session);
	on_turn_end(&w->turn_end);
	uv_sem_post(&w->quiesced);
}

/* Ends the loop: it has nothing left to wait for. */
static void stop(struct worker *w)
{
	close_listeners(w);
	for (uint32_t i = 0; i < w->slot_count; i++) {
		if (!w->slots[i].session)
			continue;
		session_discard_input(w->slots[i].session);
		session_close(w->slots[i].session, CLOSE_RESTART);
	}
	uv_close((uv_handle_t *)&w->wake, NULL);
	uv_close((uv_handle_t *)&w->turn_end, NULL);
	uv_close((uv_handle_t *)&w->tick, NULL);
	metrics_merge(&w->tally);
}

static void on_wake(uv_async_t *handle)
{
	struct worker *w = handle->data;
	answer_returned(w);
	evict(w);
	if (__atomic_load_n(&w->quiesce, __ATOMIC_ACQUIRE) && !w->quiet)
		quiesce(w);
	if (__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE))
		stop(w);
}

static void on_tick(uv_timer_t *handle)
{
	struct worker *w = handle->data;
	for (size_t i = 0; i < w->gate->entrance_count && !w->quiet; i++) {
		sessions_expire(&w->listeners[i]);
		listener_wake(&w->listeners[i]);
	}
	metrics_merge(&w->tally); /* timers run before the sockets: the turn may last */
}

/* ---- life ---- */

struct worker *worker_new(struct gate *gate, uint16_t index)
{
	struct worker *w = xcalloc(1, sizeof *w);
	w->gate = gate;
	w->index = index;
	w->free_slot = NO_SLOT;
	if (uv_loop_init(&w->loop) != 0 || uv_async_init(&w->loop, &w->wake, on_wake) != 0)
		die("cannot make an event loop: out of file descriptors?");
	uv_check_init(&w->loop, &w->turn_end);
	uv_timer_init(&w->loop, &w->tick);
	uv_check_start(&w->turn_end, on_turn_end);
	uv_timer_start(&w->tick, on_tick, 1000, 1000);
	w->loop.data = w->wake.data = w->turn_end.data = w->tick.data = w;
	uv_mutex_init(&w->inbox_lock);
	uv_sem_init(&w->quiesced, 0);
	w->lane = lane_open(gate->options.writer, wake, w);
	w->listeners = xcalloc(gate->entrance_count, sizeof *w->listeners);
	for (size_t i = 0; i < gate->entrance_count; i++) {
		struct listener *l = &w->listeners[i];
		l->worker = w;
		l->entrance = &gate->entrances[i];
		l->fd = -1;
	}
	return w;
}

static void run(void *context)
{
	struct worker *w = context;
	uv_run(&w->loop, UV_RUN_DEFAULT);
}

void worker_run(struct worker *w)
{
	if (uv_thread_create(&w->thread, run, w) != 0)
		die("cannot start a worker's thread");
	w->running = true;
	char name[16];
	snprintf(name, sizeof name, "worker-%u", w->index);
	pthread_setname_np(w->thread, name);
}

void worker_free(struct worker *w)
{
	__atomic_store_n(&w->stop, true, __ATOMIC_RELEASE);
	wake(w);
	if (w->running)
		uv_thread_join(&w->thread);
	else
		run(w);
	check(uv_loop_close(&w->loop) == 0);
	uv_mutex_destroy(&w->inbox_lock);
	uv_sem_destroy(&w->quiesced);
	free(w->evictions);
	free(w->listeners);
	free(w->slots);
	free(w);
}
