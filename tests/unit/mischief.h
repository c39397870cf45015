/* A small server for the simulator's test: answers as the gateway does, but for the mischief that a
 * test asks for. */
#ifndef TESTS_UNIT_MISCHIEF_H
#define TESTS_UNIT_MISCHIEF_H

#include "cantrack/command.h"
#include "cantrack/framer.h"
#include "cantrack/reply.h"
#include "simulate/engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

enum { PEERS = 64 };

struct peer {
	int fd;
	size_t len;
	char bytes[8192];
};

struct server {
	int listen, stop[2];
	uint16_t port;
	pthread_t thread;
	struct peer peers[PEERS];
	nfds_t count;
	/* mischief */
	size_t piece;         /* replies in writes of so many bytes, 0: whole */
	unsigned drop, spoil; /* every so-many-th V1 is not answered, is answered wrongly */
	unsigned hang_up;     /* closes instead of answering every so-many-th frame */
	unsigned command;     /* sends a command after every so-many-th frame */
	unsigned calm;        /* no more of it after so many frames; 0: there is no end */
	bool is_slow;         /* takes its time for a login */
	const char *payload;  /* this one; NULL: three in turn */
	void (*publish)(void *door, const struct message *m); /* gets every message; may be NULL */
	void *door;
	/* what happened */
	unsigned frames, v1, dropped, spoiled, hung_up, commands, answers, failures, unknown;
	char outbox[4096];
	size_t out_len;
};

static const char payload_s20[] = "S20,130305,1,1", payload_cmd[] = "CMD,130305,check123456",
		  payload_bare[] = "MD123456 1 3 8 1";

static void put(struct server *s, const char *bytes, size_t len)
{
	assert_true(s->out_len + len <= sizeof s->outbox);
	memcpy(s->outbox + s->out_len, bytes, len);
	s->out_len += len;
}

static void command(struct server *s, const struct frame_head *head)
{
	const char *payloads[] = {payload_s20, payload_cmd, payload_bare};
	struct buf frame;
	buf_init(&frame, COMMAND_MAX);
	struct error e;
	bool made = command_make((struct str){head->vendor, 2}, head->raw_id,
		str_of(s->payload ? s->payload : payloads[s->commands % 3]), &frame, &e);
	s->commands++;
	assert_true(made);
	put(s, frame.at, frame.len);
	buf_clear(&frame);
}

static void check_answer(struct server *s, struct str bytes)
{
	struct answer a;
	const char *payloads[] = {s->payload ? s->payload : payload_s20, payload_cmd, payload_bare};
	bool is_answer = answer_parse(bytes, &a);
	for (size_t i = 0; i < sizeof payloads / sizeof *payloads && is_answer; i++) {
		if (!answer_matches(&a, str_of(payloads[i])))
			continue;
		s->answers++;
		s->failures += answer_says(&a, str_of(payloads[i])) == SAYS_FAILED;
		return;
	}
}

static bool nth(unsigned every, unsigned n)
{
	return every && n % every == 0;
}

static bool is_calm(const struct server *s)
{
	return s->calm && s->frames > s->calm;
}

/* False: hang up. */
static bool take_frame(struct server *s, struct str bytes)
{
	static const struct frame_context context = {
		.now_us = INT64_C(1753160000000000), .terminated = true};
	static struct message m;
	struct frame_head head;
	struct error e;
	enum frame_result result = frame_decode(bytes, &context, &m, &head, &e);
	s->frames++;
	if (result != RESULT_MESSAGE) {
		s->unknown++;
		return true;
	}
	if (s->publish)
		s->publish(s->door, &m);
	if (str_is(head.type, "V4"))
		check_answer(s, bytes);
	if (nth(s->hang_up, s->frames) && !is_calm(s)) {
		s->hung_up++;
		return false;
	}
	if (s->is_slow && str_is(head.type, "V0"))
		usleep(20000);
	char reply[REPLY_MAX];
	size_t len = reply_make(bytes, &head, head.raw_id, true, context.now_us, reply);
	bool is_v1 = str_is(head.type, "V1");
	s->v1 += is_v1;
	if (is_v1 && nth(s->drop, s->v1) && !is_calm(s)) {
		s->dropped++;
		len = 0;
	} else if (is_v1 && nth(s->spoil, s->v1) && !is_calm(s)) {
		s->spoiled++;
		reply[6] = reply[6] == '9' ? '8' : '9';
	}
	put(s, reply, len);
	if (nth(s->command, s->frames) && !is_calm(s))
		command(s, &head);
	return true;
}

static bool flush(struct server *s, int fd)
{
	bool sent = true;
	for (size_t at = 0; at < s->out_len && sent;) {
		size_t len = s->out_len - at;
		if (s->piece && len > s->piece)
			len = s->piece;
		sent = send(fd, s->outbox + at, len, MSG_NOSIGNAL) == (ssize_t)len;
		at += len;
	}
	s->out_len = 0;
	return sent;
}

static bool serve(struct server *s, struct peer *p)
{
	ssize_t n = recv(p->fd, p->bytes + p->len, sizeof p->bytes - p->len, 0);
	if (n <= 0)
		return false;
	p->len += (size_t)n;
	struct str input = {p->bytes, p->len};
	struct framer framer = {0};
	for (;;) {
		struct frame frame;
		input = str_from(input, framer_next(&framer, input, false, &frame));
		if (!frame.bytes.len)
			break;
		if (!take_frame(s, frame.bytes) || !flush(s, p->fd)) {
			s->out_len = 0;
			return false;
		}
	}
	memmove(p->bytes, input.at, input.len);
	p->len = input.len;
	return true;
}

static void *server_run(void *context)
{
	struct server *s = context;
	for (;;) {
		struct pollfd fds[PEERS + 2] = {{s->stop[0], POLLIN, 0}, {s->listen, POLLIN, 0}};
		nfds_t count = s->count;
		for (nfds_t i = 0; i < count; i++)
			fds[i + 2] = (struct pollfd){s->peers[i].fd, POLLIN, 0};
		if (poll(fds, count + 2, -1) < 0 && errno != EINTR)
			return NULL;
		/* the simulator has hung up by then: what it sent is read to its end */
		if (fds[0].revents && !count && !fds[1].revents)
			return NULL;
		for (nfds_t i = count; i-- > 0;)
			if (fds[i + 2].revents && !serve(s, &s->peers[i])) {
				close(s->peers[i].fd);
				s->peers[i] = s->peers[--s->count];
			}
		if (fds[1].revents && s->count < PEERS) {
			int fd = accept(s->listen, NULL, NULL);
			int on = 1;
			if (fd >= 0)
				setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
			if (fd >= 0)
				s->peers[s->count++] = (struct peer){.fd = fd};
		}
	}
}

static int listen_somewhere(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_return_code(bind(fd, (struct sockaddr *)&address, len), errno);
	assert_return_code(listen(fd, 128), errno);
	assert_return_code(getsockname(fd, (struct sockaddr *)&address, &len), errno);
	*port = ntohs(address.sin_port);
	return fd;
}

static void server_start(struct server *s)
{
	s->listen = listen_somewhere(&s->port);
	assert_return_code(pipe(s->stop), errno);
	assert_int_equal(pthread_create(&s->thread, NULL, server_run, s), 0);
}

static void server_stop(struct server *s)
{
	assert_int_equal(write(s->stop[1], "", 1), 1);
	pthread_join(s->thread, NULL);
	for (nfds_t i = 0; i < s->count; i++)
		close(s->peers[i].fd);
	close(s->listen);
	close(s->stop[0]);
	close(s->stop[1]);
}

/* Runs `arguments` (separated by blanks) against the server. */
static void simulate(struct server *s, const char *arguments, struct summary *out)
{
	char text[512], *argv[40];
	int argc = 0;
	server_start(s);
	snprintf(text, sizeof text, "simulate --quiet --to=127.0.0.1:%u %s", s->port, arguments);
	for (char *rest = text, *word; (word = strsep(&rest, " "));)
		argv[argc++] = word;
	struct options o;
	struct error e = {""};
	enum options_result result = options_parse(&o, argc, argv, &e);
	bool done = result == OPTIONS_RUN && engine_run(&o, out, &e);
	server_stop(s);
	assert_string_equal(e.text, "");
	assert_true(done);
}

#endif
