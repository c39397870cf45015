/* ledger: which frames were sent and when, so that who sees a message knows whose frame it was and how
 * old. One driver writes a tracker's page, any number of watchers read all pages; no locks.
 *
 * A frame is known again by its type and the tracker's own time in it, which no two frames of a tracker
 * share: this is certain. A frame without a time is the next one of its type, in the order of sending. */
#ifndef SIMULATE_LEDGER_H
#define SIMULATE_LEDGER_H

#include "simulate/report.h"

struct sent {
	uint32_t time_s; /* of the frame; 0: it has none */
	uint32_t at_us;  /* low bits of the monotonic clock */
	uint8_t say;     /* enum say */
};

struct ledger {
	uint64_t trackers;
	uint64_t room; /* frames that a page keeps: the newest; a power of two */
	struct sent *sent;
	uint64_t *counts;           /* frames that each page ever had */
	uint64_t watchers;          /* who wait for messages ... */
	bool each;                  /* ... each of one tracker, in turn; else of all */
	_Alignas(64) uint64_t due;  /* messages that must come: a frame counts for each who waits */
	_Alignas(64) uint64_t come; /* those that did */
	_Alignas(64) char end;
};

/* What one watcher has seen of one tracker. Start with all zero. */
struct seen {
	uint64_t next;   /* behind the newest frame seen */
	uint64_t before; /* bit k: frame next - 1 - k was seen */
};

enum sight {
	SIGHT_NEW,
	SIGHT_LATE,   /* behind one that was sent later */
	SIGHT_DOUBLE, /* once more */
	SIGHT_STRANGE /* no such frame was sent, or too long ago to tell */
};

void ledger_init(struct ledger *l, uint64_t trackers, uint64_t watchers, bool each);
void ledger_clear(struct ledger *l);

/* Before the frame is sent. By the tracker's driver only, as the next one. time_s 0: the frame has none. */
void ledger_note(struct ledger *l, uint64_t tracker, enum say say, uint32_t time_s, uint32_t at_us);

/* The newest frame has its end sent only now. */
void ledger_restamp(struct ledger *l, uint64_t tracker, uint32_t at_us);

/* A message came that says `say` and, if such a frame has a time, time_s. SIGHT_NEW and SIGHT_LATE, of
 * which a frame gives one at most, fill *at_us. What lies 64 frames and more behind the newest one seen is
 * SIGHT_STRANGE. */
enum sight ledger_see(const struct ledger *l, uint64_t tracker, struct seen *seen, enum say say,
	uint32_t time_s, uint32_t *at_us);

/* Adds to `come`. */
static inline void ledger_came(struct ledger *l, uint64_t messages)
{
	__atomic_fetch_add(&l->come, messages, __ATOMIC_RELAXED);
}

/* Messages that must come and have not. */
uint64_t ledger_under_way(const struct ledger *l);

/* Has such a frame a time of its own? */
static inline bool say_has_time(enum say say)
{
	return say == SAY_V1 || say == SAY_V2 || say == SAY_V3 || say == SAY_V5;
}

#endif
