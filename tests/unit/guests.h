/* guests: a live door with an empty store, and sessions with a visitor each (visitor.h) that the test asks by
 * number. */
#ifndef TESTS_UNIT_GUESTS_H
#define TESTS_UNIT_GUESTS_H

#include "visitor.h"

#include "fake_store.h"
#include "live/publish.h"
#include "live/subscribe.h"

enum { GUESTS = 8 };

struct guests {
	struct store *store;
	struct tokens *tokens;
	struct live *live;
	struct session *sessions[GUESTS];
	struct visitor *visitors[GUESTS];
};

/* For cmocka. At the end nothing is left of what the guests had. */
int guests_begin(void **state);
int guests_end(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, guests_begin, guests_end)

/* Number i comes, "guest i", with that token or as a master. */
struct visitor *guest_of(struct guests *g, size_t i, const struct token *token);
struct visitor *guest(struct guests *g, size_t i);
/* His session stays; he comes back to it. */
void guest_leaves(struct guests *g, size_t i);
void guest_returns(struct guests *g, size_t i);

/* He subscribes; unsubscribes. */
enum mqtt_reason wish(struct guests *g, size_t i, const struct wish *w);
enum mqtt_reason want(struct guests *g, size_t i, const char *filter, uint8_t qos);
enum mqtt_reason want_no_more(struct guests *g, size_t i, const char *filter);

/* A message of QoS 1. */
struct draft about(const char *topic, const char *payload);
/* Publishes one; returns how many got it. */
size_t tell(struct guests *g, const char *topic, const char *payload);

#endif
