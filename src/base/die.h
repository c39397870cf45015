/* die: the only place that ends the process, and the allocator that never returns NULL.
 * A full memory ends the program (the supervisor restarts it); a *size* that a peer asks for and
 * that is too large is an expected failure and never comes here: see buf.h. */
#ifndef BASE_DIE_H
#define BASE_DIE_H

#include "base/error.h"

#include <stddef.h>

/* One log line at level error, then exit status 1. */
void die(const char *format, ...) PRINTF(1, 2) __attribute__((noreturn));

/* The caller owns the memory and gives it back with free(). */
void *xmalloc(size_t bytes) __attribute__((returns_nonnull, malloc));
void *xcalloc(size_t count, size_t bytes) __attribute__((returns_nonnull, malloc));
void *xrealloc(void *memory, size_t bytes) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((returns_nonnull, malloc));

/* A core invariant, kept in release builds. Never for input or resources. */
#define check(condition)                                                                           \
	((condition) ? (void)0 : die("bug: %s:%d: %s", __FILE__, __LINE__, #condition))

#endif
