#include "gate/worker.h"

#include "base/clock.h"
#include "base/die.h"
#include "gate/identity.h"
#include "gate/letters.h"
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

struct session *worker_session(const struct worker *w, uint32_t slot, uint32_t generation)
{
	return w->slots[slot].generation == generation ? w->slots[slot].session : NULL;
}

/* Those of a worker leave the same rest, so that two workers never give the same one. */
uint64_t worker_connection_id(struct worker *w)
{
	uint64_t count = w->gate->worker_count, id = (uint64_t)clock_now_us();
	if (id < w->last_id + count)
		id = w->last_id + count;
	id += (w->index + count - id % count) % count;
	w->last_id = id;
	return id;
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
	if (w->packets)
		packets_lane_flush(w->packets);
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
		struct session *s = worker_session(w, first->slot, first->generation);
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

void worker_nudge(struct worker *w, struct place place, int code)
{
	uv_mutex_lock(&w->inbox_lock);
	if (w->nudge_count == w->nudge_room) {
		w->nudge_room = w->nudge_room ? 2 * w->nudge_room : 16;
		w->nudges = xrealloc(w->nudges, w->nudge_room * sizeof *w->nudges);
	}
	w->nudges[w->nudge_count++] = (struct nudge){place.slot, place.generation, code};
	uv_mutex_unlock(&w->inbox_lock);
	wake(w);
}

void worker_post(
	struct worker *w, struct place place, uint32_t device, uint64_t command, struct str payload)
{
	struct letter *letter = letter_new(place, device, command, payload);
	uv_mutex_lock(&w->inbox_lock);
	*w->letters_end = letter;
	w->letters_end = &letter->next;
	uv_mutex_unlock(&w->inbox_lock);
	wake(w);
}

static void order_post(struct worker *w, struct order *order)
{
	uv_mutex_lock(&w->inbox_lock);
	*w->orders_end = order;
	w->orders_end = &order->next;
	uv_mutex_unlock(&w->inbox_lock);
	wake(w);
}

void workers_call(struct worker *const *workers, size_t count, order_fn *run, void *context)
{
	struct order *orders = xcalloc(count, sizeof *orders);
	uv_sem_t done;
	uv_sem_init(&done, 0);
	for (size_t i = 0; i < count; i++) {
		orders[i] = (struct order){NULL, run, context, &done};
		if (workers[i]->running) {
			order_post(workers[i], &orders[i]);
		} else {
			run(workers[i], context);
			uv_sem_post(&done);
		}
	}
	for (size_t i = 0; i < count; i++)
		uv_sem_wait(&done);
	uv_sem_destroy(&done);
	free(orders);
}

static void obey(struct worker *w)
{
	uv_mutex_lock(&w->inbox_lock);
	struct nudge *nudges = w->nudges;
	size_t count = w->nudge_count;
	struct order *order = w->orders;
	struct letter *letters = w->letters;
	w->nudges = NULL;
	w->nudge_count = w->nudge_room = 0;
	w->orders = NULL;
	w->orders_end = &w->orders;
	w->letters = NULL;
	w->letters_end = &w->letters;
	uv_mutex_unlock(&w->inbox_lock);
	for (size_t i = 0; i < count; i++) {
		struct session *s = worker_session(w, nudges[i].slot, nudges[i].generation);
		if (s && nudges[i].code == NUDGE_LOOK)
			session_look_again(s);
		else if (s)
			session_close(s, (enum close_code)nudges[i].code);
	}
	free(nudges);
	letters_deliver(w, letters);
	while (order) {
		struct order *next = order->next; /* its owner takes it back when it is done */
		order->run(w, order->context);
		uv_sem_post(order->done);
		order = next;
	}
}

static bool any_to_dismiss(const struct worker *w)
{
	for (const struct listener *l = w->listeners; l; l = l->next)
		if (l->retired && l->session_count)
			return true;
	return false;
}

/* Sessions of retired listeners go some at a time, so that the others have their turns. */
static void dismiss(struct worker *w)
{
	enum { A_TURN = 256 };
	int left = A_TURN;
	if (!any_to_dismiss(w))
		return;
	for (struct listener *l = w->listeners; l && left; l = l->next)
		while (l->retired && l->sessions.first && left && left--)
			session_leave(l->sessions.first, CLOSE_CHANNEL_CHANGED);
	for (struct session *s = w->paused.first, *next; s && left; s = next) {
		next = s->behind;
		if (s->listener->retired && left--)
			session_leave(s, CLOSE_CHANNEL_CHANGED);
	}
	if (!left)
		wake(w);
}

static void close_listeners(struct worker *w)
{
	for (struct listener *l = w->listeners; l; l = l->next)
		listener_close(l);
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
	obey(w);
	dismiss(w);
	if (__atomic_load_n(&w->quiesce, __ATOMIC_ACQUIRE) && !w->quiet)
		quiesce(w);
	if (__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE))
		stop(w);
}

static void tend(struct listener *l)
{
	if (!l->retired) {
		sessions_expire(l);
		listener_wake(l);
	} else if (!l->session_count && !l->is_watched) {
		listener_free(l);
	}
}

static void on_tick(uv_timer_t *handle)
{
	struct worker *w = handle->data;
	for (struct listener *l = w->listeners, *next; l && !w->quiet; l = next) {
		next = l->next;
		tend(l);
	}
	if (!w->quiet)
		sessions_expel(w);
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
	w->packets = packets_lane_open(gate->options.packets);
	buf_init(&w->members, MEMBERS_MAX);
	w->orders_end = &w->orders;
	w->letters_end = &w->letters;
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
	while (w->listeners)
		listener_free(w->listeners);
	roster_clear(&w->roster);
	buf_clear(&w->members);
	packets_lane_close(w->packets);
	letters_free(w->letters);
	free(w->nudges);
	free(w->slots);
	free(w);
}
