/* porch: a live door whose loop the test turns, with callers at the other ends of socket pairs: all on one
 * thread, so that each step is seen. */
#ifndef TESTS_UNIT_PORCH_H
#define TESTS_UNIT_PORCH_H

#include "caller.h"

#include "core/tokens.h"
#include "fake_store.h"
#include "live/door.h"

/* Of the administrator. */
#define PORCH_KEY "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01"

struct porch {
	struct store *store;
	struct registry *registry;
	struct tokens *tokens;
	struct live_options options;
	struct live *live;
};

/* For cmocka: a door without items. At the end it has stopped, and nothing is left of its sessions. */
int porch_begin(void **state);
int porch_end(void **state);
#define ON_THE_PORCH(name) cmocka_unit_test_setup_teardown(name, porch_begin, porch_end)

/* The door stops in order, and another one takes its place, with p->options as they are now. */
void porch_reopen(struct porch *p);

/* The caller's connection, and the door's client of it. `bytes` of messages are about what the system keeps
 * between the two; 0: as it likes. */
struct client *porch_call(struct porch *p, struct caller *c, int version, int bytes);
/* The same, welcome. */
struct client *porch_enter(struct porch *p, struct caller *c, int version, const char *client_id);

/* One turn, without waiting for anything. */
void porch_turn(struct porch *p);

/* Says what is in `out` and turns until there is a packet. False: nothing comes, or the end does. */
bool porch_next(struct porch *p, struct caller *c);
void porch_expect(struct porch *p, struct caller *c, enum mqtt_type type);

#endif
