#include "live/listen.h"

#include "base/log.h"
#include "core/listen.h"
#include "live/client.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS_A_TURN = 64 };

bool live_listen(struct live *l, const struct live_listen *listen, struct error *e)
{
	struct error why;
	if (listen->is_secure && !l->tls && !(l->tls = tls_shared_new(e)))
		return false;
	struct listener *new = xcalloc(1, sizeof *new);
	new->live = l;
	new->is_secure = listen->is_secure;
	new->fd = listen_at(listen->address, listen->port, &new->port, &why);
	if (new->fd < 0) {
		free(new);
		return fail(e, "%s (see --%s)", why.text, listen->is_secure ? "mqtts" : "mqtt");
	}
	new->next = l->listeners;
	l->listeners = new;
	return true;
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void rest(struct listener *x)
{
	int why = errno;
	x->is_resting = true;
	uv_poll_stop(&x->poll);
	if (log_due(&x->live->complained_us, 60))
		log_warning("live", "cannot_accept", "port=%u reason=%s", x->port,
			log_quote(strerror(why)));
}

static void admit(struct listener *x, int fd, const struct sockaddr *address)
{
	struct live *l = x->live;
	struct transport t = {.fd = fd};
	struct peer peer = peer_of(address);
	if (client_is_one_too_many(l)) {
		close(fd);
		return;
	}
	if (x->is_secure)
		t.tls = tls_stream_new(l->tls, fd);
	client_open(l, &t, &peer, x->is_secure, (struct str)STR(""));
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct listener *x = poll->data;
	(void)events;
	for (int i = 0; status == 0 && i < ACCEPTS_A_TURN; i++) {
		struct sockaddr_storage address;
		socklen_t bytes = sizeof address;
		int fd = accept4(
			x->fd, (struct sockaddr *)&address, &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			admit(x, fd, (struct sockaddr *)&address);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			rest(x);
		if (fd < 0)
			return;
	}
}

static void start(struct listener *x)
{
	x->is_resting = false;
	uv_poll_start(&x->poll, UV_READABLE, on_poll);
}

void listeners_start(struct live *l)
{
	for (struct listener *x = l->listeners; x; x = x->next) {
		check(uv_poll_init(&l->loop, &x->poll, x->fd) == 0);
		x->poll.data = x;
		start(x);
	}
}

void listeners_tick(struct live *l)
{
	for (struct listener *x = l->listeners; x; x = x->next)
		if (x->is_resting)
			start(x);
}

static void on_closed(uv_handle_t *handle)
{
	struct listener *x = handle->data;
	close(x->fd);
	x->fd = -1;
}

void listeners_close(struct live *l)
{
	for (struct listener *x = l->listeners; x; x = x->next)
		uv_close((uv_handle_t *)&x->poll, on_closed);
}

void listeners_free(struct live *l)
{
	for (struct listener *x = l->listeners, *next; x; x = next) {
		next = x->next;
		if (x->fd >= 0)
			close(x->fd);
		free(x);
	}
	l->listeners = NULL;
}
