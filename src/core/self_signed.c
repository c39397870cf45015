#include "core/self_signed.h"

#include "base/die.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 520, HOST_BYTES = 65, SERIAL_BYTES = 16 };
#define YEARS_10 (INT64_C(10) * 365 * 86400)

static bool write_all(int fd, const gnutls_datum_t *bytes)
{
	for (unsigned done = 0; done < bytes->size;) {
		ssize_t wrote = write(fd, bytes->data + done, bytes->size - done);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		done += (unsigned)wrote;
	}
	return true;
}

/* Complete or not there at all: written beside and renamed. */
static bool write_file(const char *path, mode_t mode, const gnutls_datum_t *bytes, struct error *e)
{
	char beside[PATH_BYTES];
	snprintf(beside, sizeof beside, "%s.new", path);
	(void)unlink(beside); /* of a start that broke off */
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool written = fd >= 0 && write_all(fd, bytes) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
	int why = errno;
	if (fd >= 0 && close(fd) != 0)
		written = false;
	if (written && rename(beside, path) == 0)
		return true;
	return fail(e, "cannot write '%s': %s", path, strerror(written ? errno : why));
}

/* ---- the certificate ---- */

static int add_address(gnutls_x509_crt_t cert, const char *text)
{
	unsigned char raw[16];
	static const unsigned char any[16];
	unsigned bytes = inet_pton(AF_INET, text, raw) == 1    ? 4
			 : inet_pton(AF_INET6, text, raw) == 1 ? 16
							       : 0;
	if (!bytes || memcmp(raw, any, bytes) == 0)
		return 0;
	return gnutls_x509_crt_set_subject_alt_name(
		cert, GNUTLS_SAN_IPADDRESS, raw, bytes, GNUTLS_FSAN_APPEND);
}

static int add_name(gnutls_x509_crt_t cert, const char *name)
{
	return gnutls_x509_crt_set_subject_alt_name(
		cert, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name), GNUTLS_FSAN_APPEND);
}

/* What the library calls an error is below 0. */
static int add_names(gnutls_x509_crt_t cert, const char *address)
{
	char host[HOST_BYTES] = "";
	int result = add_name(cert, "localhost");
	if (gethostname(host, sizeof host - 1) != 0 || !*host)
		snprintf(host, sizeof host, "localhost");
	if (result >= 0 && strcmp(host, "localhost") != 0)
		result = add_name(cert, host);
	if (result >= 0)
		result = add_address(cert, "127.0.0.1");
	if (result >= 0)
		result = add_address(cert, "::1");
	if (result >= 0 && strcmp(address, "127.0.0.1") != 0 && strcmp(address, "::1") != 0)
		result = add_address(cert, address);
	if (result >= 0)
		result = gnutls_x509_crt_set_dn_by_oid(
			cert, GNUTLS_OID_X520_COMMON_NAME, 0, host, (unsigned)strlen(host));
	return result;
}

static int fill(
	gnutls_x509_crt_t cert, gnutls_x509_privkey_t key, const char *address, int64_t now_us)
{
	unsigned char serial[SERIAL_BYTES];
	time_t now = (time_t)(now_us / 1000000);
	int result = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
	serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40); /* positive, and not short */
#define THEN(call)                                                                                 \
	if (result >= 0)                                                                           \
	result = (call)
	THEN(gnutls_x509_crt_set_version(cert, 3));
	THEN(gnutls_x509_crt_set_serial(cert, serial, sizeof serial));
	THEN(gnutls_x509_crt_set_activation_time(cert, now - 86400)); /* clocks differ */
	THEN(gnutls_x509_crt_set_expiration_time(cert, (time_t)(now + YEARS_10)));
	THEN(add_names(cert, address));
	THEN(gnutls_x509_crt_set_basic_constraints(cert, 0, -1));
	THEN(gnutls_x509_crt_set_key_usage(cert, GNUTLS_KEY_DIGITAL_SIGNATURE));
	THEN(gnutls_x509_crt_set_key_purpose_oid(cert, GNUTLS_KP_TLS_WWW_SERVER, 0));
	THEN(gnutls_x509_crt_set_key(cert, key));
	THEN(gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0));
#undef THEN
	return result;
}

static int make(gnutls_x509_crt_t cert, gnutls_x509_privkey_t key, const char *address,
	int64_t now_us, gnutls_datum_t *cert_text, gnutls_datum_t *key_text)
{
	int result = gnutls_x509_privkey_generate2(
		key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0, NULL, 0);
	if (result >= 0)
		result = fill(cert, key, address, now_us);
	if (result >= 0)
		result = gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, cert_text);
	if (result >= 0)
		result = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, key_text);
	return result;
}

bool self_signed_make(const char *cert_path, const char *key_path, const char *address,
	int64_t now_us, struct error *e)
{
	gnutls_x509_crt_t cert = NULL;
	gnutls_x509_privkey_t key = NULL;
	gnutls_datum_t cert_text = {NULL, 0}, key_text = {NULL, 0};
	if (gnutls_x509_crt_init(&cert) < 0 || gnutls_x509_privkey_init(&key) < 0)
		die("out of memory: a certificate");
	int result = make(cert, key, address ? address : "", now_us, &cert_text, &key_text);
	bool done =
		result >= 0 || fail(e, "no certificate could be made: %s", gnutls_strerror(result));
	done = done && write_file(key_path, 0600, &key_text, e) &&
	       write_file(cert_path, 0644, &cert_text, e);
	if (key_text.data)
		gnutls_memset(key_text.data, 0, key_text.size);
	gnutls_free(cert_text.data);
	gnutls_free(key_text.data);
	gnutls_x509_crt_deinit(cert);
	gnutls_x509_privkey_deinit(key);
	return done;
}
