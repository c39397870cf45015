/* line: one session of the live door and its client, whose queue the test fills and empties. Time stands still
 * but for what the test does to it. */
#ifndef TESTS_UNIT_LINE_H
#define TESTS_UNIT_LINE_H

#include "visitor.h"

#include "live/queue.h"

enum { IDS = 65535 };

struct line {
	struct live *live;
	struct session *session;
	struct visitor *visitor; /* NULL: it is away */
};

extern int64_t now_us; /* what the clock says */

/* For cmocka. At the end nothing is left of what waited. */
int line_begin(void **state);
int line_end(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, line_begin, line_end)

/* A message for the session. */
void give(struct line *q, uint8_t qos, const char *payload);
void give_number(struct line *q, uint8_t qos, unsigned number);
void give_until(struct line *q, const char *payload, uint8_t qos, int64_t expires_us);

/* The client acknowledges, and gets what may be written then. False: nothing with this id is under way. */
bool acknowledge(struct line *q, uint16_t id);

/* The client takes all that was written to it, so that there is room again, and of that the next packet. */
bool next(struct line *q);
unsigned number_of(const struct visitor *v); /* that is its payload */

/* All that is written now, as "1=a 2=b": identifier and payload, with + what is duplicate; QoS 0 is 0. */
const char *taken(struct line *q);

/* The client goes, and comes back. */
void away(struct line *q);
void back(struct line *q, int version, uint16_t window);

#endif
