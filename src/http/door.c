#include "http/door.h"

#include "base/log.h"
#include "core/listen.h"
#include "core/tls.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	CONNECTIONS_MAX = 8192,       /* of REST */
	CONNECTION_BYTES = 32 * 1024, /* request head, and the piece of an answer that is sent */
	IDLE_S = 30,
};

/* The library decodes forgivingly; ours (url.c) is strict and reads the raw target. */
static size_t keep_encoded(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

static void on_library_line(void *context, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void on_library_line(void *context, const char *format, va_list args)
{
	(void)context;
	char text[256];
	vsnprintf(text, sizeof text, format, args);
	log_debug("http", "library", "text=%s", log_quote(text));
}

bool door_open(struct door *d, const char *address, uint16_t port, bool secure, unsigned threads,
	const struct door_keeper *keeper, struct error *e)
{
	char *priorities = (char *)(uintptr_t)tls_priorities;
	struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}},
			      tls[] = {{MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, tls_retrieve()},
				      {MHD_OPTION_HTTPS_PRIORITIES, 0, priorities},
				      {MHD_OPTION_END, 0, NULL}};
	unsigned limit = secure ? CONNECTIONS_MAX + SECURE_WEBSOCKETS_MAX : CONNECTIONS_MAX;
	struct error why;
	int fd = listen_at(address, port, &d->port, &why);
	if (fd < 0)
		return fail(e, "%s (see --%s)", why.text, secure ? "https" : "http");
	d->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG |
					     MHD_ALLOW_SUSPEND_RESUME |
					     (secure ? MHD_USE_TLS : MHD_ALLOW_UPGRADE),
		0, NULL, NULL, keeper->request, keeper->context, MHD_OPTION_EXTERNAL_LOGGER,
		on_library_line, NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE,
		threads, MHD_OPTION_CONNECTION_LIMIT, limit, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, keeper->begin,
		keeper->context, MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, keeper->end, keeper->context, MHD_OPTION_ARRAY,
		secure ? tls : plain, MHD_OPTION_END);
	if (d->daemon)
		return true;
	close(fd);
	return fail(e, "the %s server did not start at %s, port %u", secure ? "HTTPS" : "HTTP",
		address, d->port);
}

void door_close(struct door *d)
{
	if (d->daemon)
		MHD_stop_daemon(d->daemon); /* closes the listening socket too */
	d->daemon = NULL;
}
