/* tls: certificate and key of all doors with TLS, from files of the operator or, when none are named,
 * self-signed ones that are made once and kept. Each handshake takes what was loaded last, so they
 * can be exchanged while connections live. One at a time in a process: the library's callback
 * knows no context. */
#ifndef CORE_TLS_H
#define CORE_TLS_H

#include "base/error.h"

struct tls;

enum { TLS_PRINT_BYTES = 96 };

struct tls_options {
	const char *cert, *key; /* PEM files; both NULL or empty: https.crt and https.key in ... */
	const char *directory;  /* ... this one, made when there is no https.crt */
	const char
		*address; /* numeric, where the door is: a name of the certificate that is made */
};

/* NULL with a sentence that names the file. */
struct tls *tls_open(const struct tls_options *options, struct error *e);

/* After all doors that take it. */
void tls_close(struct tls *t);

/* Reads the files again. False with a sentence: what was loaded before stays. */
MUST_USE bool tls_reload(struct tls *t, struct error *e);

/* SHA-256 of the certificate, "AB:CD:...", into `out` (TLS_PRINT_BYTES); returns it. */
const char *tls_print(struct tls *t, char *out);

/* Was the certificate made by tls_open? */
bool tls_is_new(const struct tls *t);

/* What is offered: a priority string of GnuTLS. */
extern const char tls_priorities[];

/* A `gnutls_certificate_retrieve_function3 *`, which gives each handshake a copy of its own of the
 * certificate of the open struct tls. It may run in any number of threads and for any number of
 * doors at once, also beside tls_reload. */
void *tls_retrieve(void);

#endif
