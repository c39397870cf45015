/* counted: malloc and its kin, replaced by ones that count, for benchmarks of what may not allocate.
 * Include it once, in the program's one file. */
#ifndef TESTS_BENCH_COUNTED_H
#define TESTS_BENCH_COUNTED_H

#include <stdlib.h>

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *memory, size_t bytes);
static unsigned long allocations;

void *malloc(size_t bytes)
{
	allocations++;
	return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
	allocations++;
	return __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
	allocations++;
	return __libc_realloc(memory, bytes);
}

#endif
