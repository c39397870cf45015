#include "simulate/ledger.h"

#include "base/die.h"

#include <stdlib.h>

enum {
	SENT_MAX = 1 << 22, /* frames kept of all trackers, if those are not too many */
	PAGE_MIN = 16,
	SEEN_BITS = 64,
};

void ledger_init(struct ledger *l, uint64_t trackers, uint64_t watchers, bool each)
{
	*l = (struct ledger){.trackers = trackers, .watchers = watchers, .each = each};
	l->room = PAGE_MIN;
	while (l->room * 2 * trackers <= SENT_MAX)
		l->room *= 2;
	l->sent = xcalloc(trackers * l->room, sizeof *l->sent);
	l->counts = xcalloc(trackers, sizeof *l->counts);
}

void ledger_clear(struct ledger *l)
{
	free(l->sent);
	free(l->counts);
	*l = (struct ledger){0};
}

static struct sent *place(const struct ledger *l, uint64_t tracker, uint64_t index)
{
	return &l->sent[tracker * l->room + (index & (l->room - 1))];
}

static uint64_t watchers_of(const struct ledger *l, uint64_t tracker)
{
	if (!l->each)
		return l->watchers;
	return l->watchers / l->trackers + (tracker < l->watchers % l->trackers);
}

/* Who reads a part of what is written here also sees that the page has come so far. */
void ledger_note(struct ledger *l, uint64_t tracker, enum say say, uint32_t time_s, uint32_t at_us)
{
	uint64_t count = l->counts[tracker];
	struct sent *sent = place(l, tracker, count);
	__atomic_store_n(&sent->time_s, time_s, __ATOMIC_RELEASE);
	__atomic_store_n(&sent->at_us, at_us, __ATOMIC_RELEASE);
	__atomic_store_n(&sent->say, (uint8_t)say, __ATOMIC_RELEASE);
	__atomic_store_n(&l->counts[tracker], count + 1, __ATOMIC_RELEASE);
	__atomic_fetch_add(&l->due, watchers_of(l, tracker), __ATOMIC_RELAXED);
}

void ledger_restamp(struct ledger *l, uint64_t tracker, uint32_t at_us)
{
	if (l->counts[tracker])
		__atomic_store_n(
			&place(l, tracker, l->counts[tracker] - 1)->at_us, at_us, __ATOMIC_RELEASE);
}

uint64_t ledger_under_way(const struct ledger *l)
{
	uint64_t come = __atomic_load_n(&l->come, __ATOMIC_RELAXED);
	uint64_t due = __atomic_load_n(&l->due, __ATOMIC_RELAXED);
	return due > come ? due - come : 0; /* a message may be ahead of its frame's counting */
}

/* ---- seeing ---- */

struct search {
	const struct ledger *l;
	uint64_t tracker;
	enum say say;
	uint32_t time_s;
};

/* Copies the frame at `index`. False: its place has been, or is being, written anew. */
static bool look(const struct search *s, uint64_t index, struct sent *out)
{
	const struct sent *sent = place(s->l, s->tracker, index);
	out->time_s = __atomic_load_n(&sent->time_s, __ATOMIC_ACQUIRE);
	out->at_us = __atomic_load_n(&sent->at_us, __ATOMIC_ACQUIRE);
	out->say = __atomic_load_n(&sent->say, __ATOMIC_ACQUIRE);
	return __atomic_load_n(&s->l->counts[s->tracker], __ATOMIC_ACQUIRE) - index < s->l->room;
}

static bool fits(const struct search *s, const struct sent *sent)
{
	return sent->say == s->say && sent->time_s == s->time_s;
}

/* From the next frame on. A tracker's time only grows, so one that is later ends the search. */
static bool see_ahead(const struct search *s, struct seen *seen, uint32_t *at_us)
{
	uint64_t count = __atomic_load_n(&s->l->counts[s->tracker], __ATOMIC_ACQUIRE);
	uint64_t oldest = count >= s->l->room ? count - s->l->room + 1 : 0;
	for (uint64_t i = seen->next > oldest ? seen->next : oldest; i < count; i++) {
		struct sent sent;
		if (!look(s, i, &sent))
			continue;
		if (s->time_s && sent.time_s > s->time_s)
			return false;
		if (!fits(s, &sent))
			continue;
		uint64_t passed = i + 1 - seen->next;
		seen->before = (passed < SEEN_BITS ? seen->before << passed : 0) | 1;
		seen->next = i + 1;
		*at_us = sent.at_us;
		return true;
	}
	return false;
}

static enum sight see_behind(const struct search *s, struct seen *seen, uint32_t *at_us)
{
	enum sight sight = SIGHT_STRANGE;
	for (unsigned back = 0; back < SEEN_BITS && back < seen->next; back++) {
		struct sent sent;
		if (!look(s, seen->next - 1 - back, &sent) || !fits(s, &sent))
			continue;
		if (seen->before >> back & 1) {
			sight = SIGHT_DOUBLE;
			continue;
		}
		seen->before |= UINT64_C(1) << back;
		*at_us = sent.at_us;
		return SIGHT_LATE;
	}
	return sight;
}

enum sight ledger_see(const struct ledger *l, uint64_t tracker, struct seen *seen, enum say say,
	uint32_t time_s, uint32_t *at_us)
{
	struct search s = {l, tracker, say, say_has_time(say) ? time_s : 0};
	return see_ahead(&s, seen, at_us) ? SIGHT_NEW : see_behind(&s, seen, at_us);
}
