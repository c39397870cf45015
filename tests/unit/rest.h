/* rest: a gateway of a fake store, asked without a socket: what the tests of the REST handlers
 * stand on. */
#ifndef TESTS_UNIT_REST_H
#define TESTS_UNIT_REST_H

#include "fake_store.h"
#include "http/routes.h"

/* Of the administrator. */
#define REST_KEY "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01"

struct rest {
	struct store *store;
	struct context context;
	struct channel channel; /* id 1 */
	struct token master;
	/* of the last request */
	unsigned status;
	const char *type; /* of the content */
	char allow[64];
	struct buf text;
};

/* One channel, no device. */
struct rest *rest_new(void);
void rest_free(struct rest *r);

/* For cmocka: frees *state. */
int rest_tear_down(void **state);

/* Asks with a master token; the whole answer is in r->text until the next request. */
void rest_ask(struct rest *r, enum method method, const char *target, const char *body);

/* GETs with a master token. */
void rest_get(struct rest *r, const char *target);

/* In tests that include cmocka: the last answer. */
#define assert_answer(r, expected_status, expected)                                                \
	do {                                                                                       \
		assert_string_equal((r)->text.at, expected);                                       \
		assert_int_equal((r)->status, expected_status);                                    \
	} while (0)

/* Dispatches any request. */
void rest_request(struct rest *r, struct request *request);

/* The same with another token, which may be NULL. */
void rest_ask_with(struct rest *r, const struct token *token, enum method method,
	const char *target, const char *body);

/* The same without a token. */
void rest_ask_bare(struct rest *r, enum method method, const char *target);

#endif
