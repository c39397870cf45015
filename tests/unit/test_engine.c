/* The simulator against a small server of this file, over real sockets. */
#include "test.h"

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

/* Answers as the gateway does, but for the mischief that the test asks for. */
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
	/* what happened */
	unsigned frames, v1, dropped, spoiled, hung_up, commands, answers, unknown;
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
		str_of(payloads[s->commands++ % 3]), &frame, &e);
	assert_true(made);
	put(s, frame.at, frame.len);
	buf_clear(&frame);
}

static void check_answer(struct server *s, struct str bytes)
{
	struct answer a;
	bool is_answer = answer_parse(bytes, &a);
	s->answers += is_answer && (answer_matches(&a, str_of(payload_s20)) ||
					   answer_matches(&a, str_of(payload_cmd)) ||
					   str_starts(a.text, payload_bare));
}

static bool nth(unsigned every, unsigned n)
{
	return every && n % every == 0;
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
	if (str_is(head.type, "V4"))
		check_answer(s, bytes);
	if (nth(s->hang_up, s->frames)) {
		s->hung_up++;
		return false;
	}
	char reply[REPLY_MAX];
	size_t len = reply_make(bytes, &head, head.raw_id, true, context.now_us, reply);
	bool is_v1 = str_is(head.type, "V1");
	s->v1 += is_v1;
	if (is_v1 && nth(s->drop, s->v1)) {
		s->dropped++;
		len = 0;
	} else if (is_v1 && nth(s->spoil, s->v1)) {
		s->spoiled++;
		reply[6] = reply[6] == '9' ? '8' : '9';
	}
	put(s, reply, len);
	if (nth(s->command, s->frames))
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
		if (fds[0].revents)
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

static void server_start(struct server *s)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	socklen_t len = sizeof address;
	s->listen = socket(AF_INET, SOCK_STREAM, 0);
	assert_return_code(bind(s->listen, (struct sockaddr *)&address, len), errno);
	assert_return_code(listen(s->listen, 128), errno);
	assert_return_code(getsockname(s->listen, (struct sockaddr *)&address, &len), errno);
	s->port = ntohs(address.sin_port);
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

static struct summary summary;
#define total summary.total

static void all_is_answered(void **state)
{
	(void)state;
	static const char *const runs[] = {
		"--devices=20 --messages=1500 --rate=30000 --irregular",
		"--devices=20 --messages=1500 --rate=30000 --irregular --split=60 --batch=4",
		"--devices=20 --messages=1500 --rate=30000 --reconnect=10 --split=30",
		"--devices=7 --messages=1500 --mode=flood --threads=3",
		"--devices=7 --messages=1500 --mode=flood --batch=10 --window=20",
		"--devices=1 --messages=500 --mode=flood --window=1",
	};
	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
		for (size_t piece = 0; piece <= 11; piece += 11) {
			static struct server s;
			s = (struct server){.piece = piece};
			simulate(&s, runs[i], &summary);
			assert_true(summary_is_clean(&summary));
			assert_true(total.sent >= 500);
			assert_int_equal(total.sent, s.frames);
			assert_int_equal(total.answered, total.expected);
			assert_true(total.expected > total.sent / 2);
			assert_true(total.latency.count > 0);
			assert_int_equal(s.unknown, 0);
			if (strstr(runs[i], "reconnect"))
				assert_true(total.connects > 100);
			else
				assert_int_equal(total.connects, summary.devices);
		}
}

static void losses_are_counted(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){.drop = 50};
	simulate(&s, "--devices=5 --messages=2000 --rate=20000 --drain=0", &summary);
	assert_true(s.dropped > 10);
	assert_false(summary_is_clean(&summary));
	/* a missing reply shows as the frame after it, or another V1, is answered in its place:
	 * in the end exactly so many are missing (and those that came after the end) */
	assert_true(total.lost >= s.dropped);
	assert_int_equal(total.lost + total.answered, total.expected);
}

static void wrong_replies_are_counted(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){.spoil = 40};
	simulate(&s, "--devices=5 --messages=2000 --mode=flood --drain=0 --window=1000", &summary);
	assert_true(s.spoiled > 10);
	assert_int_equal(total.wrong, s.spoiled);
	assert_false(summary_is_clean(&summary));
}

static void nothing_is_lost_with_a_memory(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){.hang_up = 97};
	simulate(&s, "--devices=5 --messages=1500 --mode=flood --resend --drain=30", &summary);
	assert_true(s.hung_up > 5);
	assert_true(total.resent >= s.hung_up);
	assert_true(total.closed >= s.hung_up);
	assert_int_equal(total.lost, 0);
	assert_int_equal(total.answered, 1500);
}

static void without_a_memory_it_is(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){.hang_up = 97};
	simulate(&s, "--devices=5 --messages=1500 --mode=flood", &summary);
	assert_true(total.lost >= s.hung_up);
	assert_int_equal(total.resent, 0);
	assert_int_equal(total.lost + total.answered, 1500);
}

static void commands_are_answered(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){.command = 20, .piece = 5};
	simulate(&s, "--devices=5 --messages=1000 --rate=5000 --drain=1 --hold=1", &summary);
	assert_true(s.commands >= 40);
	assert_int_equal(total.commands, s.commands);
	assert_int_equal(s.answers, s.commands);
	assert_true(summary_is_clean(&summary));
}

static void the_idle_stay_silent(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){0};
	simulate(&s, "--devices=30 --idle --seconds=1", &summary);
	assert_int_equal(s.frames, 30);
	assert_int_equal(total.answered, 30);
	assert_true(summary_is_clean(&summary));
}

static void no_acknowledgements_no_losses(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){.drop = 1}; /* answers no V1 at all */
	simulate(&s, "--devices=5 --messages=2000 --mode=flood --acks=none", &summary);
	assert_int_equal(total.sent, 2000);
	assert_int_equal(total.expected, 0);
	assert_true(summary_is_clean(&summary));
}

static void answers_are_logged(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){0};
	char path[] = "/tmp/cantrack-answered-XXXXXX", arguments[256];
	int fd = mkstemp(path);
	assert_return_code(fd, errno);
	snprintf(arguments, sizeof arguments,
		"--devices=4 --messages=800 --mode=flood --begin=1700000000 --log-answered=%s",
		path);
	simulate(&s, arguments, &summary);
	FILE *log = fdopen(fd, "r");
	unsigned lines = 0, next[4] = {0};
	char line[128];
	while (fgets(line, sizeof line, log)) {
		struct str rest = str_trim(str_of(line));
		uint64_t ident, time;
		assert_true(str_to_u64(str_cut(&rest, ' '), &ident));
		assert_str(str_cut(&rest, ' '), "V1");
		assert_true(str_to_u64(rest, &time));
		assert_in_range(ident, 865205000000001, 865205000000004);
		/* each second of each tracker once, in order */
		assert_int_equal(time, 1700000001 + next[ident - 865205000000001]++);
		lines++;
	}
	fclose(log);
	unlink(path);
	assert_int_equal(lines, 800);
}

static void a_dead_server_is_reported(void **state)
{
	(void)state;
	static struct server s;
	s = (struct server){0};
	server_start(&s);
	server_stop(&s); /* the port is now closed */
	char to[64], name[] = "simulate", patience[] = "--patience=1", seconds[] = "--seconds=1",
		     quiet[] = "--quiet";
	snprintf(to, sizeof to, "--to=127.0.0.1:%u", s.port);
	char *argv[] = {name, to, patience, seconds, quiet, NULL};
	struct options o;
	struct error e;
	assert_int_equal(options_parse(&o, 5, argv, &e), OPTIONS_RUN);
	assert_true(engine_run(&o, &summary, &e));
	assert_int_equal(total.trackers, 0);
	assert_true(total.refused >= summary.devices);
	assert_false(summary_is_clean(&summary));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_answered),
		cmocka_unit_test(losses_are_counted),
		cmocka_unit_test(wrong_replies_are_counted),
		cmocka_unit_test(nothing_is_lost_with_a_memory),
		cmocka_unit_test(without_a_memory_it_is),
		cmocka_unit_test(commands_are_answered),
		cmocka_unit_test(the_idle_stay_silent),
		cmocka_unit_test(no_acknowledgements_no_losses),
		cmocka_unit_test(answers_are_logged),
		cmocka_unit_test(a_dead_server_is_reported),
	};
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
