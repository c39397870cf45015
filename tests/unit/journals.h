/* journals: a journal in a directory of its own, for tests of what stands on it. */
#ifndef TESTS_UNIT_JOURNALS_H
#define TESTS_UNIT_JOURNALS_H

#include "base/die.h"
#include "store/journal.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static inline struct journal *journal_make(char directory[])
{
	struct error e = {""};
	check(mkdtemp(directory) != NULL);
	struct journal_options options = {.directory = directory, .file = "test.db"};
	struct journal *j = journal_open(&options, &e);
	check(j != NULL);
	return j;
}

static inline int journal_remove_one(
	const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status, (void)type, (void)ftw;
	return remove(path);
}

static inline void journal_remove(struct journal *j, const char *directory)
{
	journal_close(j);
	check(nftw(directory, journal_remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

#endif
