/* queues: a gateway with commands, asked without a socket: the real queues on a store in memory; the
 * trackers are a function that answers at once, or does not. */
#ifndef TESTS_UNIT_QUEUES_H
#define TESTS_UNIT_QUEUES_H

#include "rest.h"

#include <inttypes.h>
#include <stdatomic.h>

struct gateway {
	struct rest *rest;
	struct commands *commands;
	struct connections connections;
	atomic_bool are_connected, answer; /* the trackers; that of device 4 is never there */
	atomic_size_t sent;
	char text[65536]; /* of the last answer: numbers of nine and more digits are N */
};

/* For cmocka. Devices 2 (generic), 3 (G06L), 4 (GF50). */
int queues_set_up(void **state);
int queues_tear_down(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, queues_set_up, queues_tear_down)

void ask_with(struct gateway *g, const struct token *token, enum method method, const char *target,
	const char *body);
void ask(struct gateway *g, enum method method, const char *target, const char *body);

#define assert_masked(g, expected_status, expected)                                                \
	do {                                                                                       \
		assert_string_equal((g)->text, expected);                                          \
		assert_int_equal((g)->rest->status, expected_status);                              \
	} while (0)

#define INTERVAL "{\"name\":\"interval.set\",\"properties\":{\"seconds\":60}}"
#define CUT      "{\"name\":\"engine.stop\",\"confirm\":true}"
#define DENIED   "\"reason\":\"access denied or unable to process the item\"}"

/* SPEC 4.6: what stands in an answer behind its command's time. */
#define FIX "151007,A,2240.55503,N,11358.35174,E,0.85,0,100815,FFFFFBFF"

/* The id of the n-th object of the last answer. */
uint64_t id_of(const struct gateway *g, size_t n);

/* Until so many have ended in all. */
void wait_for_ends(struct gateway *g, size_t count);

/* With this ACL; NULL: a standard one. */
struct token token_of(const char *acl);

/* To which an entry says nothing of what lies below; or names commands; or what is dangerous. */
#define WHOLE "[{\"uri\":\"gw/devices\",\"methods\":[\"GET\",\"POST\",\"DELETE\"],\"ids\":[2,3]}]"
#define BELOW(names)                                                                               \
	"[{\"uri\":\"gw/devices\",\"methods\":[\"GET\"],\"ids\":[2,3],\"submodules\":[" names "]}" \
	"]"
#define GRANT(name, method) "{\"name\":\"" name "\",\"methods\":[\"" method "\"]}"

#endif
