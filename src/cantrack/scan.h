/* scan: eight bytes at a time. A flag is the upper bit of a byte; the first flag is exact, those
 * behind it may be false (a borrow runs upwards), so look at the first one only, or use
 * scan_commas, whose flags are all exact. */
#ifndef CANTRACK_SCAN_H
#define CANTRACK_SCAN_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { SCAN_BYTES = sizeof(uint64_t) };
#define SCAN_ALL(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The first byte in memory is the lowest. */
static inline uint64_t scan_load(const char *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return le64toh(word);
}

static inline uint64_t scan_below(uint64_t word, uint8_t limit) /* limit <= 0x80 */
{
	return (word - SCAN_ALL(limit)) & ~word & SCAN_ALL(0x80);
}

static inline uint64_t scan_equal(uint64_t word, char c)
{
	return scan_below(word ^ SCAN_ALL((uint8_t)c), 1);
}

/* Number of the first byte with a flag; there is one. */
static inline size_t scan_first(uint64_t flags)
{
	return (size_t)__builtin_ctzll(flags) / 8;
}

static inline uint64_t scan_commas(uint64_t word)
{
	uint64_t x = word ^ SCAN_ALL(','), low = SCAN_ALL(0x7f);
	return ~(((x & low) + low) | x | low);
}

#endif
