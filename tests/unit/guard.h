/* guard: bytes laid directly before a page that nobody may read, so that a decoder that looks one
 * byte too far crashes instead of passing. */
#ifndef TESTS_UNIT_GUARD_H
#define TESTS_UNIT_GUARD_H

#include "base/str.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

/* A copy of `bytes` (64 KiB at most) that ends at the guard page; valid until the next call. */
static inline struct str guarded(struct str bytes)
{
	static char *room;
	const size_t size = 65536;
	if (!room) {
		size_t page = (size_t)sysconf(_SC_PAGESIZE);
		room = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
		assert(room != MAP_FAILED && mprotect(room + size, page, PROT_NONE) == 0);
	}
	assert(bytes.len <= size);
	char *at = room + size - bytes.len;
	if (bytes.len)
		memcpy(at, bytes.at, bytes.len);
	return (struct str){at, bytes.len};
}

#endif
