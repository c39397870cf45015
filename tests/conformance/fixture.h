/* fixture: a store in a directory of its own, and the model of what is in it. */
#ifndef TESTS_CONFORMANCE_FIXTURE_H
#define TESTS_CONFORMANCE_FIXTURE_H

#include "traffic.h"

struct fixture {
	char *directory;
	struct store *store;
	struct model model;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	f->directory = directory_make();
	f->store = open_store(f->directory);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	store_close(f->store);
	directory_remove(f->directory);
	model_clear(&f->model);
	free(f->directory);
	free(f);
	return 0;
}

static void reopen(struct fixture *f)
{
	store_close(f->store);
	f->store = open_store(f->directory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
