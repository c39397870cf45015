/* traffic: records for tests, a directory that goes away, and the model that a store is compared
 * with: an array of all records that were appended. */
#ifndef TESTS_CONFORMANCE_TRAFFIC_H
#define TESTS_CONFORMANCE_TRAFFIC_H

#include "../unit/test.h"

#include "store/store.h"

#include <sys/resource.h>

/* Fails the test with the sentence when something was not done. */
void assert_done(bool done, const struct error *e);

/* A new directory; free() the name after directory_remove. */
char *directory_make(void);
void directory_remove(const char *directory);

/* Seeded by SEED in the environment, else by the clock; says so on standard error. */
void random_start(void);
uint64_t random_below(uint64_t limit);

struct model {
	struct record *at;
	size_t count, room;
};

/* Copies. */
void model_add(struct model *m, const struct record *records, size_t count);
void model_clear(struct model *m);

/* A record with a plain position. Give it back with record_drop. */
struct record record_plain(uint32_t channel, uint32_t device, int64_t time_us, int64_t speed);

/* A record with anything in it: few devices, channels and times, so that they collide. */
struct record record_random(void);
void record_drop(struct record *r);

/* Fails the test when a is not b (bodies and all). */
void assert_same_record(const struct record *a, const struct record *b);

/* Reads and compares with what the model says the answer is. */
void assert_answer(struct store *s, const struct model *m, const struct query *q);

/* Every record by channel and by device, both ways, and the head. */
void assert_all(struct store *s, const struct model *m);

enum { TRAFFIC_CHANNELS = 3, TRAFFIC_DEVICES = 6 };

struct store *open_store(const char *directory);
void append(struct store *s, struct model *m, struct record *records, size_t count);
void settle(struct store *s);

/* A query for everything of a device or channel. */
struct query query_all(enum query_by by, uint32_t id);

/* Files cannot grow beyond this: a full disk. RLIM_INFINITY: they can. */
void limit_files(rlim_t bytes);

#endif
