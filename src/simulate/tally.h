/* tally: what a sending thread counts, and the summary. A thread writes its own tally only; others
 * may read it at any time, so the counters are atomic (relaxed). */
#ifndef SIMULATE_TALLY_H
#define SIMULATE_TALLY_H

#include "base/error.h"
#include "simulate/histogram.h"

#include <stdio.h>

/* TALLY(member, "key in the summary", "words for people") */
#define TALLIES(TALLY)                                                                             \
	TALLY(trackers, "trackers", "trackers that connected")                                     \
	TALLY(connects, "connects", "connections made")                                            \
	TALLY(refused, "refused", "connection attempts that failed")                               \
	TALLY(closed, "closed", "connections the server closed")                                   \
	TALLY(sent, "sent", "frames sent")                                                         \
	TALLY(resent, "resent", "of them for the second time")                                     \
	TALLY(expected, "expected", "replies expected")                                            \
	TALLY(answered, "answered", "replies received")                                            \
	TALLY(lost, "lost", "replies that never came")                                             \
	TALLY(wrong, "wrong", "wrong replies")                                                     \
	TALLY(commands, "commands", "commands received")                                           \
	TALLY(obeyed, "commands_answered", "commands answered")                                    \
	TALLY(late, "answers_late", "of the answers late")                                         \
	TALLY(missing, "answers_missing", "answers kept back")                                     \
	TALLY(doubled, "answers_doubled", "answers sent twice")                                    \
	TALLY(spoiled, "answers_wrong", "answers to another command")                              \
	TALLY(failing, "answers_failing", "answers with a failure")

struct tally {
#define TALLY(member, key, words) uint64_t member;
	TALLIES(TALLY)
#undef TALLY
	uint64_t up;      /* connections at this moment */
	uint64_t reports; /* frames sent but logins and repetitions: what --messages counts */
	struct histogram latency;
};

static inline void tally_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* Adds the counters of a tally that another thread may be writing; not the latencies. */
void tally_peek(struct tally *sum, const struct tally *of);

/* Latencies too: only when the writing thread has ended. */
void tally_merge(struct tally *sum, const struct tally *of);

struct summary {
	uint64_t devices, left_over;
	double seconds, connect_seconds;
	double sent_rate, answered_rate; /* per second */
	double cpu_seconds;              /* of this program */
	struct tally total;
};

void summary_text(const struct summary *s, FILE *out);
void summary_json(const struct summary *s, FILE *out);

/* Every tracker connected, nothing lost, nothing wrong. */
bool summary_is_clean(const struct summary *s);

#endif
