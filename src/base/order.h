/* order: numbers in rising order. */
#ifndef BASE_ORDER_H
#define BASE_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* For qsort and bsearch. */
int order_u32(const void *a, const void *b);
int order_u64(const void *a, const void *b);

/* Sorts and keeps each number once; returns how many are left. */
size_t order_unique_u64(uint64_t *numbers, size_t count);

#endif
