/* What every fuzz target includes. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "base/str.h"

#include <stdlib.h>

/* An assertion that no build switches off. */
#define CHECK(condition) ((condition) ? (void)0 : abort())

static inline bool lies_in(struct str part, struct str whole)
{
	return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
