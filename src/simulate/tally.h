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

/* The same of a watching thread. WATCH(member, "key in the summary", "words for people") */
#define WATCHES(WATCH)                                                                             \
	WATCH(watchers, "watchers", "watchers that subscribed")                                    \
	WATCH(refused, "refused", "watchers that could not")                                       \
	WATCH(closed, "closed", "watchers that lost their connection")                             \
	WATCH(messages, "messages", "messages that came to watchers")                              \
	WATCH(bytes, "bytes", "bytes of them, payloads alone")                                     \
	WATCH(seen, "seen", "of the messages known as a frame that was sent, each once")           \
	WATCH(disordered, "disordered", "of those behind one that was sent later")                 \
	WATCH(doubled, "doubled", "of the messages once more")                                     \
	WATCH(strange, "strange", "of the messages that no frame fits")                            \
	WATCH(others, "others", "of the messages those of others, or answers to commands")         \
	WATCH(acknowledged, "acknowledged", "messages acknowledged (QoS 1)")

struct watch_tally {
#define WATCH(member, key, words) uint64_t member;
	WATCHES(WATCH)
#undef WATCH
	uint64_t up; /* at this moment */
	struct histogram latency;
};

static inline void tally_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* Adds the counters of a tally that another thread may be writing; not the latencies. */
void tally_peek(struct tally *sum, const struct tally *of);

void watch_tally_peek(struct watch_tally *sum, const struct watch_tally *of);

/* Latencies too: only when the writing thread has ended. */
void tally_merge(struct tally *sum, const struct tally *of);
void watch_tally_merge(struct watch_tally *sum, const struct watch_tally *of);

struct summary {
	uint64_t devices, left_over;
	double seconds, connect_seconds;
	double sent_rate, answered_rate; /* per second */
	double cpu_seconds;              /* of this program */
	struct tally total;
	uint64_t
		watchers; /* that there should have been; 0: nobody watched, the rest is of no use */
	uint64_t missing; /* messages that did not come to them */
	double seen_rate; /* per second */
	struct watch_tally watched;
};

void summary_text(const struct summary *s, FILE *out);
void summary_json(const struct summary *s, FILE *out);

/* Every tracker connected, nothing lost, nothing wrong; every watcher saw all, once and in order. */
bool summary_is_clean(const struct summary *s);

#endif
