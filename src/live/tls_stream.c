#include "live/transport.h"

#include "base/die.h"
#include "core/tls.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

struct tls_shared {
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priorities;
};

struct tls_stream {
	gnutls_session_t session;
	bool is_ready; /* the handshake is done */
	bool is_borrowed;
};

struct tls_shared *tls_shared_new(struct error *e)
{
	struct tls_shared *s = xcalloc(1, sizeof *s);
	if (gnutls_certificate_allocate_credentials(&s->credentials) < 0)
		die("out of memory: TLS");
	int result = gnutls_priority_init(&s->priorities, tls_priorities, NULL);
	if (result < 0) {
		fail(e, "TLS: %s", gnutls_strerror(result));
		gnutls_certificate_free_credentials(s->credentials);
		free(s);
		return NULL;
	}
	gnutls_certificate_set_retrieve_function3(s->credentials, tls_retrieve());
	return s;
}

void tls_shared_free(struct tls_shared *shared)
{
	if (!shared)
		return;
	gnutls_priority_deinit(shared->priorities);
	gnutls_certificate_free_credentials(shared->credentials);
	free(shared);
}

struct tls_stream *tls_stream_new(struct tls_shared *shared, int fd)
{
	struct tls_stream *s = xcalloc(1, sizeof *s);
	if (gnutls_init(&s->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0)
		die("out of memory: a TLS session");
	gnutls_priority_set(s->session, shared->priorities);
	gnutls_credentials_set(s->session, GNUTLS_CRD_CERTIFICATE, shared->credentials);
	gnutls_certificate_server_set_request(s->session, GNUTLS_CERT_IGNORE);
	gnutls_transport_set_int(s->session, fd);
	return s;
}

struct tls_stream *tls_stream_borrow(struct gnutls_session_int *session)
{
	struct tls_stream *s = xcalloc(1, sizeof *s);
	s->session = session;
	s->is_ready = s->is_borrowed = true;
	return s;
}

void tls_stream_free(struct tls_stream *s)
{
	if (!s)
		return;
	if (!s->is_borrowed)
		gnutls_deinit(s->session);
	free(s);
}

/* A result of the library as recv and send have it. */
static ssize_t errno_of(ssize_t result)
{
	if (result >= 0)
		return result;
	errno = result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED ? EAGAIN : EPROTO;
	return -1;
}

bool tls_stream_shake(struct tls_stream *s)
{
	if (s->is_ready)
		return true;
	int result = gnutls_handshake(s->session);
	while (result < 0 && result != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(result))
		result = gnutls_handshake(s->session); /* a warning of the other end */
	s->is_ready = result == 0;
	if (result < 0 && gnutls_error_is_fatal(result))
		(void)gnutls_alert_send_appropriate(s->session, result); /* says why */
	return s->is_ready || errno_of(result) == 0;
}

ssize_t tls_stream_read(struct tls_stream *s, char *out, size_t room)
{
	if (!tls_stream_shake(s))
		return -1;
	ssize_t got = gnutls_record_recv(s->session, out, room);
	if (got == GNUTLS_E_PREMATURE_TERMINATION)
		return 0; /* many clients just go */
	return errno_of(got);
}

ssize_t tls_stream_write(struct tls_stream *s, const char *bytes, size_t len)
{
	if (!tls_stream_shake(s))
		return -1;
	return errno_of(gnutls_record_send(s->session, bytes, len));
}

bool tls_stream_has_more(const struct tls_stream *s)
{
	return gnutls_record_check_pending(s->session) > 0;
}

bool tls_stream_wants_write(const struct tls_stream *s)
{
	return !s->is_ready && gnutls_record_get_direction(s->session) == 1;
}

void tls_stream_bye(struct tls_stream *s)
{
	if (s->is_ready)
		(void)gnutls_bye(s->session, GNUTLS_SHUT_WR);
}
