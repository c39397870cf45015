/* self_signed: makes a certificate that signs itself, for an HTTPS door to begin with. */
#ifndef CORE_SELF_SIGNED_H
#define CORE_SELF_SIGNED_H

#include "base/error.h"

#include <stdint.h>

/* Writes a new ECDSA P-256 key (mode 0600) and its certificate (0644), good for ten years, for
 * localhost, the name of this host, 127.0.0.1, ::1 and the address, when that is a certain one. The
 * key comes first, each is complete or not there. False with a sentence. */
MUST_USE bool self_signed_make(const char *cert_path, const char *key_path, const char *address,
	int64_t now_us, struct error *e);

#endif
