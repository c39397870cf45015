#include "gate/listen.h"

#include "base/die.h"
#include "base/log.h"
#include "gate/entrance.h"
#include "gate/session.h"
#include "gate/tell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum { ACCEPTS_A_TURN = 64 }; /* then those who are connected have their turn */

/* ---- who may come in ---- */

static bool enter(struct listener *l, struct session *s)
{
	const struct channel *c = &l->settings->channel;
	struct entrance *entrance = l->entrance;
	int connections = __atomic_add_fetch(&entrance->connections, 1, __ATOMIC_RELAXED);
	bool enters = !c->max_connections || connections <= c->max_connections;
	if (enters && c->max_per_address)
		enters = s->counted =
			address_enter(&entrance->addresses, &s->peer, c->max_per_address);
	if (!enters)
		__atomic_sub_fetch(&entrance->connections, 1, __ATOMIC_RELAXED);
	return enters;
}

void entrance_leave(struct entrance *entrance, const struct session *s)
{
	__atomic_sub_fetch(&entrance->connections, 1, __ATOMIC_RELAXED);
	if (s->counted)
		address_leave(&entrance->addresses, &s->peer);
}

static void refuse(struct listener *l, int fd, const struct peer *peer, const char *reason)
{
	static int64_t told_us;
	char room[PEER_TEXT_MAX];
	metric_add(connections_refused, 1);
	if (log_due(&told_us, 60))
		log_warning("listen", "refused", "channel=%" PRIu32 " peer=%.*s reason=%s",
			l->entrance->id, STR_PRINT(peer_text(peer, room)), log_quote(reason));
	close(fd);
}

static void on_not_opened(uv_handle_t *handle)
{
	free(handle);
}

/* Whose descriptor `fd` is. */
static void begin(struct listener *l, int fd, const struct peer *peer)
{
	struct session *s = xcalloc(1, sizeof *s);
	s->listener = l;
	s->peer = *peer;
	if (!enter(l, s)) {
		free(s);
		refuse(l, fd, peer, "the channel's limit of connections is reached");
		return;
	}
	uv_tcp_init(&l->worker->loop, &s->tcp);
	int status = uv_tcp_open(&s->tcp, fd);
	if (status == 0) {
		session_open(s);
		return;
	}
	entrance_leave(l->entrance, s);
	refuse(l, fd, peer, uv_strerror(status));
	uv_close((uv_handle_t *)&s->tcp, on_not_opened);
}

static void admit(struct listener *l, int fd, const struct sockaddr *address)
{
	struct peer peer = peer_of(address);
	if (fd >= l->worker->gate->fd_limit) {
		refuse(l, fd, &peer,
			"the limit of open files is reached: raise it (LimitNOFILE, ulimit -n)");
	} else if (!allow_peer(&l->settings->allow, &peer)) {
		refuse(l, fd, &peer, "the channel does not allow its network");
		tell_turned_away(l, &peer);
	} else {
		begin(l, fd, &peer);
	}
}

static void on_connections(uv_poll_t *poll, int status, int events);

void listener_wake(struct listener *l)
{
	if (!l->resting)
		return;
	l->resting = false;
	uv_poll_start(&l->poll, UV_READABLE, on_connections);
}

/* The system has nothing left for a new connection: it waits in the kernel's queue. */
static void rest(struct listener *l, int error)
{
	static int64_t told_us;
	l->resting = true;
	uv_poll_stop(&l->poll);
	if (log_due(&told_us, 60))
		log_warning("listen", "accept_failed", "channel=%" PRIu32 " reason=%s",
			l->entrance->id, log_quote(strerror(error)));
}

static void on_connections(uv_poll_t *poll, int status, int events)
{
	struct listener *l = poll->data;
	(void)status, (void)events; /* accept4 tells better */
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		union {
			struct sockaddr any;
			struct sockaddr_storage room;
		} a = {0};
		socklen_t len = sizeof a;
		int fd = accept4(l->fd, &a.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			admit(l, fd, &a.any);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			rest(l, errno);
			return;
		}
		/* the others are troubles of one connection */
	}
}

/* ---- listeners ---- */

void listener_open(struct worker *w, struct entrance *entrance, int fd)
{
	struct listener *l = xcalloc(1, sizeof *l);
	l->worker = w;
	l->entrance = entrance;
	l->settings = entrance->settings;
	l->fd = fd;
	l->next = w->listeners;
	w->listeners = l;
	__atomic_add_fetch(&entrance->listeners, 1, __ATOMIC_RELAXED);
	if (uv_poll_init(&w->loop, &l->poll, fd) != 0)
		die("cannot watch a listening socket");
	l->poll.data = l;
	l->is_watched = l->resting = true;
	if (w->quiet)
		listener_close(l);
	else
		listener_wake(l);
}

static void on_unwatched(uv_handle_t *handle)
{
	((struct listener *)handle->data)->is_watched = false;
}

void listener_close(struct listener *l)
{
	if (l->fd < 0)
		return;
	uv_close((uv_handle_t *)&l->poll, on_unwatched);
	close(l->fd);
	l->fd = -1;
	l->resting = false;
}

void listener_free(struct listener *l)
{
	struct listener **at = &l->worker->listeners;
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	if (__atomic_sub_fetch(&l->entrance->listeners, 1, __ATOMIC_ACQ_REL) == 0)
		entrance_free(l->entrance);
	free(l);
}

void listener_change(struct listener *l, const struct settings *settings)
{
	struct worker *w = l->worker;
	bool counts = settings->channel.max_per_address && !l->settings->channel.max_per_address;
	l->settings = settings;
	if (!counts && allow_is_open(&settings->allow))
		return; /* nobody has to be looked at */
	for (uint32_t i = 0; i < w->slot_count; i++) {
		struct session *s = w->slots[i].session;
		if (!s || s->listener != l)
			continue;
		if (counts && !s->counted)
			s->counted = address_enter(&l->entrance->addresses, &s->peer, INT32_MAX);
		if (!allow_peer(&settings->allow, &s->peer) ||
			(s->ident && !allow_ident(&settings->allow, s->ident)))
			session_leave(s, CLOSE_NOT_ALLOWED);
	}
}
