/* Certificates are handed to a handshake as copies of its own, which the library frees: nothing is
 * shared with connections, so a reload may throw the old ones away at once. */
#include "core/tls.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/die.h"
#include "core/self_signed.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* TLS 1.2 and 1.3, and of 1.2 only what has forward secrecy. */
const char tls_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA";

enum { PATH_BYTES = 512, FILE_MAX = 1024 * 1024, CHAIN_MAX = 16, DIGEST = 32 };

/* The chain, its end first, and the key; all DER. */
struct pair {
	gnutls_datum_t chain[CHAIN_MAX], key;
	unsigned count;
};

struct tls {
	char cert[PATH_BYTES], key[PATH_BYTES];
	bool is_new;
	pthread_mutex_t lock;
	struct pair pair; /* under the lock */
};

static struct tls *active; /* set while no door is open */

static void pair_clear(struct pair *p)
{
	for (unsigned i = 0; i < p->count; i++)
		gnutls_free(p->chain[i].data);
	if (p->key.data)
		gnutls_memset(p->key.data, 0, p->key.size);
	gnutls_free(p->key.data);
	*p = (struct pair){.count = 0};
}

/* ---- reading ---- */

static bool read_file(const char *path, struct buf *out, struct error *e)
{
	char piece[4096];
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(e, "cannot open '%s': %s", path, strerror(errno));
	bool fits = true;
	while (fits && (got = read(fd, piece, sizeof piece)) > 0)
		fits = buf_add(out, piece, (size_t)got);
	int why = got < 0 ? errno : 0;
	gnutls_memset(piece, 0, sizeof piece);
	close(fd);
	if (!fits)
		return fail(e, "'%s' has more than %d bytes", path, (int)FILE_MAX);
	return !why || fail(e, "cannot read '%s': %s", path, strerror(why));
}

static gnutls_datum_t datum_of(const struct buf *b)
{
	return (gnutls_datum_t){(unsigned char *)b->at, (unsigned)b->len};
}

static bool load_chain(const char *path, const struct buf *text, struct pair *out,
	gnutls_x509_crt_t *first, struct error *e)
{
	gnutls_x509_crt_t *list = NULL;
	unsigned count = 0;
	gnutls_datum_t data = datum_of(text);
	int result = gnutls_x509_crt_list_import2(&list, &count, &data, GNUTLS_X509_FMT_PEM, 0);
	if (result < 0)
		return fail(
			e, "'%s' holds no certificate in PEM: %s", path, gnutls_strerror(result));
	bool done = count <= CHAIN_MAX || fail(e, "'%s' holds %u certificates, the limit is %d",
						  path, count, (int)CHAIN_MAX);
	for (unsigned i = 0; done && i < count; i++) {
		result = gnutls_x509_crt_export2(
			list[i], GNUTLS_X509_FMT_DER, &out->chain[out->count]);
		done = result >= 0 || fail(e, "'%s': %s", path, gnutls_strerror(result));
		out->count += done;
	}
	*first = list[0];
	for (unsigned i = 1; i < count; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
	return done;
}

static bool load_key(const char *path, const struct buf *text, struct pair *out,
	gnutls_x509_privkey_t key, struct error *e)
{
	gnutls_datum_t data = datum_of(text);
	int result = gnutls_x509_privkey_import2(
		key, &data, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN);
	if (result >= 0)
		result = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_DER, &out->key);
	return result >= 0 || fail(e, "'%s' holds no private key in PEM without a password: %s",
				      path, gnutls_strerror(result));
}

static bool belong_together(gnutls_x509_crt_t cert, gnutls_x509_privkey_t key)
{
	unsigned char a[64], b[64];
	size_t a_len = sizeof a, b_len = sizeof b;
	return gnutls_x509_crt_get_key_id(cert, GNUTLS_KEYID_USE_SHA256, a, &a_len) >= 0 &&
	       gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, b, &b_len) >= 0 &&
	       a_len == b_len && memcmp(a, b, a_len) == 0;
}

static bool load_pair(const struct tls *t, struct pair *out, struct error *e)
{
	struct buf cert_text, key_text;
	gnutls_x509_crt_t cert = NULL;
	gnutls_x509_privkey_t key = NULL;
	buf_init(&cert_text, FILE_MAX);
	buf_init(&key_text, FILE_MAX);
	if (gnutls_x509_privkey_init(&key) < 0)
		die("out of memory: a private key");
	bool done =
		read_file(t->cert, &cert_text, e) && read_file(t->key, &key_text, e) &&
		load_chain(t->cert, &cert_text, out, &cert, e) &&
		load_key(t->key, &key_text, out, key, e) &&
		(belong_together(cert, key) ||
			fail(e, "'%s' is not the key of the certificate in '%s'", t->key, t->cert));
	if (key_text.at)
		gnutls_memset(key_text.at, 0, key_text.len);
	buf_clear(&cert_text);
	buf_clear(&key_text);
	if (cert)
		gnutls_x509_crt_deinit(cert);
	gnutls_x509_privkey_deinit(key);
	return done;
}

bool tls_reload(struct tls *t, struct error *e)
{
	struct pair fresh = {.count = 0};
	bool done = load_pair(t, &fresh, e);
	if (done) {
		pthread_mutex_lock(&t->lock);
		struct pair old = t->pair;
		t->pair = fresh;
		pthread_mutex_unlock(&t->lock);
		fresh = old;
	}
	pair_clear(&fresh);
	return done;
}

/* ---- opening ---- */

static bool find_files(struct tls *t, const struct tls_options *o, struct error *e)
{
	bool has_cert = o->cert && *o->cert, has_key = o->key && *o->key;
	if (has_cert != has_key)
		return fail(e, "https-cert and https-key go together: %s is missing",
			has_cert ? "https-key" : "https-cert");
	int a, b;
	if (has_cert) {
		a = snprintf(t->cert, sizeof t->cert, "%s", o->cert);
		b = snprintf(t->key, sizeof t->key, "%s", o->key);
	} else {
		a = snprintf(t->cert, sizeof t->cert, "%s/https.crt", o->directory);
		b = snprintf(t->key, sizeof t->key, "%s/https.key", o->directory);
	}
	if (a >= PATH_BYTES || b >= PATH_BYTES)
		return fail(e, "a path of the certificate or its key is too long");
	t->is_new = !has_cert && access(t->cert, F_OK) != 0 && errno == ENOENT;
	return !t->is_new || self_signed_make(t->cert, t->key, o->address, clock_now_us(), e);
}

struct tls *tls_open(const struct tls_options *options, struct error *e)
{
	struct tls *t = xcalloc(1, sizeof *t);
	pthread_mutex_init(&t->lock, NULL);
	if (find_files(t, options, e) && tls_reload(t, e)) {
		check(!active);
		active = t;
		return t;
	}
	tls_close(t);
	return NULL;
}

void tls_close(struct tls *t)
{
	if (!t)
		return;
	if (active == t)
		active = NULL;
	pair_clear(&t->pair);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

bool tls_is_new(const struct tls *t)
{
	return t->is_new;
}

const char *tls_print(struct tls *t, char *out)
{
	unsigned char digest[DIGEST];
	pthread_mutex_lock(&t->lock);
	int result = gnutls_hash_fast(
		GNUTLS_DIG_SHA256, t->pair.chain[0].data, t->pair.chain[0].size, digest);
	pthread_mutex_unlock(&t->lock);
	*out = '\0';
	for (int i = 0; result >= 0 && i < DIGEST; i++)
		snprintf(out + 3 * i, 4, i < DIGEST - 1 ? "%02X:" : "%02X", digest[i]);
	return out;
}

/* ---- handshakes ---- */

/* False: nothing is left to free. */
static bool copy_pair(const struct pair *p, gnutls_pcert_st *chain, gnutls_privkey_t key)
{
	unsigned i = 0;
	while (i < p->count &&
		gnutls_pcert_import_x509_raw(&chain[i], &p->chain[i], GNUTLS_X509_FMT_DER, 0) >= 0)
		i++;
	if (i == p->count &&
		gnutls_privkey_import_x509_raw(key, &p->key, GNUTLS_X509_FMT_DER, NULL, 0) >= 0)
		return true;
	while (i > 0)
		gnutls_pcert_deinit(&chain[--i]);
	return false;
}

static int retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
	gnutls_pcert_st **certs, unsigned *count, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_count,
	gnutls_privkey_t *key, unsigned *flags)
{
	(void)session;
	(void)info;
	gnutls_privkey_t own = NULL;
	if (gnutls_privkey_init(&own) < 0)
		return -1;
	pthread_mutex_lock(&active->lock);
	const struct pair *p = &active->pair;
	gnutls_pcert_st *chain = gnutls_calloc(p->count, sizeof *chain);
	bool done = chain && copy_pair(p, chain, own);
	*count = p->count;
	pthread_mutex_unlock(&active->lock);
	if (!done) {
		gnutls_free(chain);
		gnutls_privkey_deinit(own);
		return -1;
	}
	*certs = chain;
	*key = own;
	*ocsp = NULL;
	*ocsp_count = 0;
	*flags = GNUTLS_CERT_RETR_DEINIT_ALL;
	return 0;
}

void *tls_retrieve(void)
{
	gnutls_certificate_retrieve_function3 *function = retrieve;
	void *out;
	memcpy(&out, &function, sizeof out);
	return out;
}
