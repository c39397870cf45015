/* key: which token is shown to the gateway. */
#ifndef CLIENT_KEY_H
#define CLIENT_KEY_H

#include "base/error.h"

enum { KEY_MAX = 255 };

/* `token` (--token) before `environment` ($CANTRACK_TOKEN) before the file admin.token in
 * `directory`; NULL, and an empty environment: not given. `out` has KEY_MAX + 1 bytes. */
MUST_USE bool key_choose(const char *token, const char *environment, const char *directory,
	char *out, struct error *e);

#endif
