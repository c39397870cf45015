/* expect: the replies that a connection still waits for, oldest first, and the check of what comes
 * back, byte for byte. Pure but for the ring's memory, which an idle connection does not have. */
#ifndef SIMULATE_EXPECT_H
#define SIMULATE_EXPECT_H

#include "base/str.h"
#include "simulate/report.h"

struct expectation {
	char *copy;       /* the frame, owned; NULL unless it may have to be sent again */
	uint32_t sent_us; /* low bits of the monotonic clock */
	uint32_t time_s;  /* of the frame; 0: it carries none */
	uint16_t len;     /* of copy */
	uint8_t say;      /* enum say */
	uint8_t percent;
	bool has_percent;
};

/* Start with all zero. */
struct expected {
	struct expectation *ring;
	uint32_t head, count, room; /* room is a power of two */
};

void expected_push(struct expected *q, const struct expectation *e);

/* The oldest one; its copy is then the caller's. False: none. */
bool expected_pop(struct expected *q, struct expectation *out);

/* The `newest` ones have only now been sent. */
void expected_restamp(struct expected *q, uint32_t newest, uint32_t sent_us);

/* Frees everything; returns how many there were. */
uint32_t expected_clear(struct expected *q);

enum verdict {
	VERDICT_ANSWER,  /* of *out; `skipped` older ones were passed over and are gone */
	VERDICT_COMMAND, /* a frame for the tracker that is no reply: it wants an answer */
	VERDICT_WRONG,   /* no frame, for another tracker, or a reply to nothing we sent */
};

/* Judges one piece that ends with '#'. `head` is "*HQ,<id>,". For VERDICT_ANSWER *out (and its
 * copy) is the caller's. */
enum verdict expected_match(struct expected *q, struct str head, struct str bytes,
	struct expectation *out, unsigned *skipped);

/* Does the server answer such a frame? V1 only with acknowledgements. */
bool say_is_answered(enum say say, bool acks);

#endif
