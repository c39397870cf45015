/* Requests per second of a REST path over keep-alive connections: each client asks, or posts a body,
 * again as soon as its answer is whole. Prints `name value unit` lines: requests per second, bytes of an answer, and
 * percentiles of the time from the request to the last byte of its answer.
 *
 * usage: TOKEN=... bench_http PORT CLIENTS SECONDS FIRST LAST PATH [BODY]
 * on 127.0.0.1; a {} in the path stands for an id from FIRST to LAST, another each time. */
#include "base/clock.h"
#include "base/die.h"
#include "base/str.h"
#include "simulate/histogram.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS_MAX = 1024, HEAD_MAX = 4096, READ_BYTES = 256 * 1024, PATIENCE_MS = 10000 };

/* What of an answer comes next. */
enum part { HEAD, BODY, CHUNK_SIZE, CHUNK, LAST_LINE };

struct client {
	int fd;
	int64_t asked_us;
	enum part part;
	size_t head_len, left; /* left: bytes of the body or the chunk */
	char head[HEAD_MAX];
};

static struct {
	uint16_t port;
	int clients;
	double seconds;
	unsigned first, last;
	const char *path, *token, *body; /* body NULL: GET */
} options;

static struct client clients[CLIENTS_MAX];
static struct histogram times;
static uint64_t bytes;

/* ---- asking ---- */

static void ask(struct client *c)
{
	char request[1024], path[512];
	const char *hole = strstr(options.path, "{}");
	unsigned id = options.first + (unsigned)random() % (options.last - options.first + 1);
	if (hole)
		snprintf(path, sizeof path, "%.*s%u%s", (int)(hole - options.path), options.path,
			id, hole + 2);
	else
		snprintf(path, sizeof path, "%s", options.path);
	const char *body = options.body ? options.body : "";
	int len = snprintf(request, sizeof request,
		"%s %s HTTP/1.1\r\nHost: bench\r\nAuthorization: FlespiToken %s\r\n"
		"Content-Length: %zu\r\n\r\n%s",
		options.body ? "POST" : "GET", path, options.token, strlen(body), body);
	if (len >= (int)sizeof request)
		die("the request is too long");
	c->part = HEAD;
	c->head_len = 0;
	c->asked_us = clock_monotonic_us();
	if (send(c->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
		die("a request could not be sent");
}

static void connect_client(struct client *c)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(options.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int on = 1;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) ||
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
		die("cannot connect to port %u", options.port);
}

/* ---- reading answers ---- */

static void read_head(struct client *c)
{
	struct str head = {c->head, c->head_len};
	c->head[c->head_len] = '\0';
	if (!str_starts(head, "HTTP/1.1 200 "))
		die("the answer is %.60s", c->head);
	const char *length = strstr(c->head, "Content-Length: ");
	c->left = length ? strtoul(length + 16, NULL, 10) : 0;
	c->part = length ? BODY : CHUNK_SIZE;
	c->head_len = 0;
}

/* Takes a line of the head or of a chunk's size, with its end; false: it is not whole. */
static bool take_line(struct client *c, struct str *in, const char *end)
{
	size_t len = strlen(end);
	while (in->len) {
		if (c->head_len == HEAD_MAX - 1)
			die("a line of the answer is too long");
		c->head[c->head_len++] = in->at[0];
		*in = str_from(*in, 1);
		if (c->head_len >= len && memcmp(c->head + c->head_len - len, end, len) == 0)
			return true;
	}
	return false;
}

static void read_size(struct client *c)
{
	c->head[c->head_len] = '\0';
	c->left = strtoul(c->head, NULL, 16);
	c->part = c->left ? CHUNK : LAST_LINE;
	c->left += c->left ? 2 : 0; /* and its CR LF */
	c->head_len = 0;
}

/* True: the answer is whole. */
static bool feed(struct client *c, struct str in)
{
	for (;;) {
		size_t taken = c->left < in.len ? c->left : in.len;
		switch (c->part) {
		case HEAD:
			if (!take_line(c, &in, "\r\n\r\n"))
				return false;
			read_head(c);
			break;
		case CHUNK_SIZE:
			if (!take_line(c, &in, "\r\n"))
				return false;
			read_size(c);
			break;
		case LAST_LINE: return take_line(c, &in, "\r\n");
		case BODY:
		case CHUNK:
			c->left -= taken;
			in = str_from(in, taken);
			if (c->left || c->part == BODY)
				return c->left == 0;
			c->part = CHUNK_SIZE;
		}
	}
}

static void receive(struct client *c)
{
	static char room[READ_BYTES];
	ssize_t got = recv(c->fd, room, sizeof room, 0);
	if (got <= 0)
		die("the gateway closed a connection");
	bytes += (uint64_t)got;
	if (!feed(c, (struct str){room, (size_t)got}))
		return;
	histogram_add(&times, (uint64_t)(clock_monotonic_us() - c->asked_us));
	ask(c);
}

/* Answers that are under way at the end do not count. */
static double run(void)
{
	struct pollfd polled[CLIENTS_MAX];
	for (int i = 0; i < options.clients; i++) {
		connect_client(&clients[i]);
		polled[i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
	}
	int64_t begin_us = clock_monotonic_us(),
		end_us = begin_us + (int64_t)(options.seconds * 1e6);
	for (int i = 0; i < options.clients; i++)
		ask(&clients[i]);
	int64_t now_us = begin_us;
	while (now_us < end_us) {
		if (poll(polled, (nfds_t)options.clients, PATIENCE_MS) <= 0)
			die("no answer for %d s", PATIENCE_MS / 1000);
		for (int i = 0; i < options.clients; i++)
			if (polled[i].revents)
				receive(&clients[i]);
		now_us = clock_monotonic_us();
	}
	return (double)(now_us - begin_us) / 1e6;
}

int main(int argc, char **argv)
{
	options.token = getenv("TOKEN");
	if (argc < 7 || argc > 8 || !options.token) {
		fprintf(stderr, "usage: TOKEN=... bench_http PORT CLIENTS SECONDS FIRST LAST PATH "
				"[BODY]\n");
		return 2;
	}
	options.port = (uint16_t)strtoul(argv[1], NULL, 10);
	options.clients = (int)strtol(argv[2], NULL, 10);
	options.seconds = (double)strtol(argv[3], NULL, 10);
	options.first = (unsigned)strtoul(argv[4], NULL, 10);
	options.last = (unsigned)strtoul(argv[5], NULL, 10);
	options.path = argv[6];
	options.body = argv[7]; /* NULL behind the last one */
	if (options.clients < 1 || options.clients > CLIENTS_MAX || options.last < options.first)
		die("1..%d clients, FIRST not above LAST", (int)CLIENTS_MAX);
	double seconds = run();
	double count = times.count ? (double)times.count : 1;
	printf("requests %.1f per_second\nanswer %.0f bytes\n", (double)times.count / seconds,
		(double)bytes / count);
	printf("p50 %.3f ms\np99 %.3f ms\n", (double)histogram_at(&times, 500) / 1e3,
		(double)histogram_at(&times, 990) / 1e3);
	return times.count ? 0 : 1;
}
