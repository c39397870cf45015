/* datadir: the directory of all data, and the administrator's token in it. That one gateway at a
 * time uses the directory is the store's care. */
#ifndef APP_DATADIR_H
#define APP_DATADIR_H

#include "base/error.h"

#include <stdint.h>

enum { DATADIR_TOKEN_CHARS = 64 };

/* Creates the directory (0700) when missing. False with a sentence when it cannot be used. */
MUST_USE bool datadir_make(const char *path, struct error *e);

/* Reads the token into `out` (DATADIR_TOKEN_CHARS + 1 bytes) and when it was made; at the first start
 * makes it, and then *is_new is true. False with a sentence. */
MUST_USE bool datadir_token(
	const char *path, char *out, int64_t *made_us, bool *is_new, struct error *e);

#endif
