/* Channels and devices that come, change and go while trackers are connected. */
#include "house.h"

#include "base/die.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

/* A socket that listens where a channel might want to. */
static int occupy(uint16_t *port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static uint16_t a_free_port(void)
{
	uint16_t port;
	close(occupy(&port));
	return port;
}

/* To a port that is free; another program may take it meanwhile, then it is another one. */
static uint16_t move_away(struct house *h, uint32_t id)
{
	struct channel c = channel_now(h, id);
	struct error e = {""};
	for (c.port = a_free_port(); !registry_put_channel(h->registry, &c, &e);
		c.port = a_free_port())
		assert_non_null(strstr(e.text, "another program does"));
	return (uint16_t)c.port;
}

/* ---- coming, moving, going ---- */

static void a_new_channel_listens_at_once(void **state)
{
	struct house *h = *state;
	struct channel c = free_channel();
	uint32_t id = put_channel(h, &c);
	assert_int_not_equal(port_of(h, id), 0);
	assert_int_not_equal(port_of(h, id), port_of(h, 1));
	int old = tracker(port_of(h, 1), NULL), new = tracker(port_of(h, id), NULL);
	beat(new, 5);
	beat(old, 5); /* another channel: the same ident may be on both */
	beat(new, 5);
	close(old);
	close(new);
}

static void a_moved_channel_closes_and_listens_elsewhere(void **state)
{
	struct house *h = *state;
	uint16_t before = port_of(h, 1);
	int trackers[20];
	for (uint64_t i = 0; i < 20; i++)
		beat(trackers[i] = tracker(before, NULL), 100 + i);
	uint16_t after = move_away(h, 1);
	assert_int_equal(port_of(h, 1), after);
	for (int i = 0; i < 20; i++)
		ends(trackers[i]);
	for (int i = 100; i < 120; i++) {
		char ident[32];
		snprintf(ident, sizeof ident, "\"ident\":\"%d\"", i);
		assert_true(told(EVENT_CLOSED, 1, ident, "\"close_code\":9,"));
	}
	assert_int_equal(tracker(before, NULL), -1);
	int fd = tracker(after, NULL);
	beat(fd, 100);
	close(fd);
}

static void a_channel_may_move_to_another_address_of_its_port(void **state)
{
	struct house *h = *state;
	uint16_t port = port_of(h, 1);
	int fd = tracker(port, NULL);
	beat(fd, 1);
	struct channel c = channel_now(h, 1);
	c.port = port; /* says what is: nothing moves */
	put_channel(h, &c);
	beat(fd, 1);
	snprintf(c.address, sizeof c.address, "0.0.0.0");
	put_channel(h, &c);
	assert_int_equal(gate_port(h->gate, 1), port);
	ends(fd);
	fd = tracker(port, NULL);
	beat(fd, 1);
	close(fd);
}

static void what_was_accepted_is_answered_before_the_end(void **state)
{
	struct house *h = *state;
	for (int round = 0; round < 20; round++) {
		int fd = tracker(port_of(h, 1), NULL);
		char got[256] = "";
		size_t len = 0;
		ssize_t n;
		beat(fd, 7);
		say(fd, "*HQ,7,HTBT,1#*HQ,7,HTBT,2#");
		struct channel c = channel_now(h, 1);
		c.enabled = false;
		put_channel(h, &c);
		c.enabled = true;
		put_channel(h, &c);
		while ((n = recv(fd, got + len, sizeof got - 1 - len, 0)) > 0)
			len += (size_t)n;
		assert_int_equal(n, 0); /* no reset: nothing of the replies was lost */
		assert_true(!len || strcmp(got, "*HQ,7,HTBT,1#*HQ,7,HTBT,2#") == 0);
		close(fd);
	}
}

static void a_disabled_or_deleted_channel_closes(void **state)
{
	struct house *h = *state;
	uint16_t port = port_of(h, 1);
	struct channel c = channel_now(h, 1);
	int fd = tracker(port, NULL);
	beat(fd, 8);
	c.enabled = false;
	put_channel(h, &c);
	assert_int_equal(port_of(h, 1), 0);
	ends(fd);
	assert_true(told(EVENT_CLOSED, 1, "\"ident\":\"8\"", "\"close_code\":9,"));
	assert_int_equal(tracker(port, NULL), -1);
	c.enabled = true;
	put_channel(h, &c);
	fd = tracker(port_of(h, 1), NULL);
	beat(fd, 8);
	port = port_of(h, 1);
	delete_channel(h, 1);
	assert_int_equal(gate_port(h->gate, 1), 0);
	ends(fd);
	assert_int_equal(tracker(port, NULL), -1);
}

static void what_cannot_be_bound_changes_nothing(void **state)
{
	struct house *h = *state;
	uint16_t port = port_of(h, 1), taken;
	struct channel other = free_channel(), c = channel_now(h, 1);
	struct error e = {""};
	int fd = tracker(port, NULL), occupier = occupy(&taken);
	beat(fd, 9);
	uint32_t neighbour = put_channel(h, &other);
	c.port = taken;
	assert_false(registry_put_channel(h->registry, &c, &e));
	assert_non_null(strstr(e.text, "another program does"));
	c.port = port_of(h, neighbour);
	assert_false(registry_put_channel(h->registry, &c, &e));
	assert_non_null(strstr(e.text, "channel 2 does"));
	c = channel_now(h, 1);
	snprintf(c.address, sizeof c.address, "192.0.2.1"); /* not ours */
	assert_false(registry_put_channel(h->registry, &c, &e));
	assert_non_null(strstr(e.text, "192.0.2.1"));
	snprintf(c.address, sizeof c.address, "somewhere");
	assert_false(registry_put_channel(h->registry, &c, &e));
	c = channel_now(h, 1);
	snprintf(c.allowed_idents, sizeof c.allowed_idents, "x");
	assert_false(registry_put_channel(h->registry, &c, &e));
	c = free_channel();
	c.port = taken;
	assert_false(registry_put_channel(h->registry, &c, &e));
	assert_int_equal(registry_channel(h->registry, 3, &c), false);
	assert_int_equal(port_of(h, 1), port);
	beat(fd, 9);
	close(fd);
	close(occupier);
}

static void other_settings_reach_living_connections(void **state)
{
	struct house *h = *state;
	static const char position[] =
		"*HQ,11,V1,145452,A,2240.55181,N,11358.32389,E,10.00,180,100815,FFFFFFFF#";
	uint16_t port = port_of(h, 1);
	int fd = tracker(port, NULL);
	char reply[64];
	say(fd, position);
	assert_true(recv(fd, reply, sizeof reply, 0) > 10); /* V4,V1 */
	struct channel c = channel_now(h, 1);
	c.ack_v1 = false;
	c.max_per_address = 2;
	put_channel(h, &c);
	assert_int_equal(port_of(h, 1), port);
	say(fd, position);
	beat(fd, 11);                     /* its echo is the next that comes */
	int second = tracker(port, NULL); /* those who were there before count, too */
	beat(second, 12);
	ends(tracker(port, NULL));
	close(fd);
	EVENTUALLY(told(EVENT_CLOSED, 1, "\"ident\":\"11\"", NULL));
	fd = tracker(port, NULL);
	beat(fd, 11);
	c.max_per_address = 0;
	put_channel(h, &c);
	int third = tracker(port, NULL);
	beat(third, 13);
	close(fd);
	close(second);
	close(third);
}

/* ---- lists ---- */

static void networks_are_asked_at_the_door(void **state)
{
	struct house *h = *state;
	struct channel c = channel_now(h, 1);
	int near = tracker(port_of(h, 1), NULL), far = tracker(port_of(h, 1), "127.0.9.1");
	beat(near, 20);
	beat(far, 21);
	snprintf(c.blocked_networks, sizeof c.blocked_networks, "127.0.9.0/24");
	put_channel(h, &c);
	ends(far);
	assert_true(told(EVENT_CLOSED, 1, "\"ident\":\"21\"", "\"close_code\":16,"));
	ends(tracker(port_of(h, 1), "127.0.9.2"));
	assert_true(told(EVENT_CLOSED, 1, "\"source\":\"127.0.9.2:", "\"close_code\":16,"));
	beat(near, 20);
	c.blocked_networks[0] = '\0';
	snprintf(c.allowed_networks, sizeof c.allowed_networks, "::/0, 127.0.9.7");
	put_channel(h, &c);
	ends(near);
	far = tracker(port_of(h, 1), "127.0.9.7");
	beat(far, 22);
	close(far);
}

static void idents_are_asked_when_they_are_told(void **state)
{
	struct house *h = *state;
	struct channel c = channel_now(h, 1);
	int good = tracker(port_of(h, 1), NULL), bad = tracker(port_of(h, 1), NULL);
	beat(good, 861);
	beat(bad, 871);
	snprintf(c.allowed_idents, sizeof c.allowed_idents, "86*,12");
	snprintf(c.blocked_idents, sizeof c.blocked_idents, "8699");
	put_channel(h, &c);
	ends(bad);
	assert_true(told(EVENT_CLOSED, 1, "\"ident\":\"871\"", "\"close_code\":16,"));
	bad = tracker(port_of(h, 1), NULL);
	say(bad, "*HQ,8699,HTBT,5#");
	ends(bad); /* no reply */
	assert_true(told(EVENT_CLOSED, 1, "\"ident\":\"8699\"", "\"close_code\":16,"));
	beat(good, 861);
	say(good, "*HQ,8699,HTBT,5#"); /* a stranger that may not: the connection lives */
	beat(good, 862);               /* one that may */
	assert_true(told(EVENT_CHANNEL_DATA, 1, "\"ident\":\"8699\"", "not_allowed"));
	close(good);
}

/* ---- devices ---- */

static void a_disabled_device_is_not_heard(void **state)
{
	struct house *h = *state;
	uint32_t id = put_device(h, 0, 30, true);
	int fd = tracker(port_of(h, 1), NULL), other = tracker(port_of(h, 1), NULL);
	beat(fd, 30);
	beat(other, 31);
	assert_true(told(EVENT_CONNECTED, id, "\"ident\":\"30\"", "\"transport\":\"tcp\""));
	put_device(h, id, 30, false);
	ends(fd); /* though it says nothing */
	assert_true(told(EVENT_DISCONNECTED, id, "\"close_code\":23,", "\"msgs\":1,"));
	fd = tracker(port_of(h, 1), NULL);
	say(fd, "*HQ,30,HTBT,5#");
	ends(fd);
	EVENTUALLY(told_count(EVENT_CLOSED) == 2);
	say(other, "*HQ,30,HTBT,5#"); /* nor through another's connection */
	beat(other, 31);
	assert_true(told(EVENT_DEVICE_DATA, id, "\"ident\":\"30\"", "disabled"));
	put_device(h, id, 30, true);
	beat(other, 30);
	fd = tracker(port_of(h, 1), NULL);
	beat(fd, 30);
	close(fd);
	close(other);
}

static void a_deleted_or_renamed_device_loses_its_connection(void **state)
{
	struct house *h = *state;
	struct error e = {""};
	uint32_t id = put_device(h, 0, 40, true);
	int fd = tracker(port_of(h, 1), NULL);
	beat(fd, 40);
	put_device(h, id, 41, true);
	ends(fd);
	assert_true(told(EVENT_DISCONNECTED, id, "\"ident\":\"40\"", "\"close_code\":15,"));
	fd = tracker(port_of(h, 1), NULL);
	beat(fd, 41);
	assert_true(registry_delete_device(h->registry, id, &e));
	ends(fd);
	assert_true(told(EVENT_DISCONNECTED, id, "\"ident\":\"41\"", "\"close_code\":15,"));
	fd = tracker(port_of(h, 1), NULL);
	beat(fd, 41); /* as an ident that nobody knows */
	close(fd);
}

static void a_new_device_finds_its_connection(void **state)
{
	struct house *h = *state;
	int fd = tracker(port_of(h, 1), NULL), other = tracker(port_of(h, 1), NULL);
	beat(fd, 50);
	beat(other, 51);
	assert_int_equal(told_count(EVENT_CONNECTED), 0);
	uint32_t id = put_device(h, 0, 50, true);
	assert_true(told(EVENT_CONNECTED, id, "\"ident\":\"50\"", NULL));
	beat(fd, 50);
	put_device(h, 0, 51, false);
	ends(other);
	assert_true(told(EVENT_CLOSED, 1, "\"ident\":\"51\"", "\"close_code\":23,"));
	assert_int_equal(told_count(EVENT_CONNECTED), 1);
	close(fd);
}

/* ---- beginning ---- */

static void one_deaf_channel_does_not_stop_the_others(void **state)
{
	(void)state;
	struct house h;
	struct error e = {""};
	uint16_t taken;
	int occupier = occupy(&taken);
	house_found(&h);
	struct channel c = free_channel(), deaf = free_channel(), last = free_channel();
	deaf.port = taken;
	put_channel(&h, &c);
	put_channel(&h, &deaf);
	put_channel(&h, &last);
	assert_true(house_open(&h, &e));
	assert_int_equal(port_of(&h, deaf.id), 0);
	assert_true(told(EVENT_CHANNEL_INVALID, deaf.id, "\"error_text\":\"cannot listen", NULL));
	int fd = tracker(port_of(&h, last.id), NULL);
	beat(fd, 60);
	deaf.silence_s = 1; /* it may be changed all the same */
	put_channel(&h, &deaf);
	assert_int_equal(port_of(&h, deaf.id), 0);
	close(occupier);
	put_channel(&h, &deaf);
	assert_int_equal(port_of(&h, deaf.id), taken);
	close(fd);
	house_close(&h);
}

static void the_needed_deaf_channel_ends_the_start(void **state)
{
	(void)state;
	struct house h;
	struct error e = {""};
	uint16_t taken;
	int occupier = occupy(&taken);
	house_found(&h);
	struct channel c = free_channel();
	c.port = taken;
	h.needed = put_channel(&h, &c);
	assert_false(house_open(&h, &e));
	assert_non_null(strstr(e.text, "another program does"));
	struct channel other = free_channel();
	h.needed = put_channel(&h, &other);
	assert_true(house_open(&h, &e));
	assert_int_equal(port_of(&h, 1), 0);
	close(occupier);
	house_close(&h);
}

/* ---- all at once ---- */

struct crowd {
	struct house *h;
	bool stop; /* atomic */
};

static void *come_and_go(void *context)
{
	struct crowd *c = context;
	uint64_t ident = 1000;
	while (!__atomic_load_n(&c->stop, __ATOMIC_RELAXED)) {
		uint16_t port = gate_port(c->h->gate, (uint32_t)(1 + ident % 3));
		int fd = port ? tracker(port, NULL) : -1;
		char frame[64], reply[64];
		if (fd < 0)
			continue;
		snprintf(frame, sizeof frame, "*HQ,%" PRIu64 ",HTBT,5#", 1000 + ident++ % 50);
		if (send(fd, frame, strlen(frame), MSG_NOSIGNAL) > 0)
			(void)!recv(fd, reply, sizeof reply, 0);
		close(fd);
	}
	return NULL;
}

static void *look_around(void *context)
{
	struct crowd *c = context;
	const struct connections *all = c->h->connections;
	struct connection some[50];
	while (!__atomic_load_n(&c->stop, __ATOMIC_RELAXED)) {
		size_t count = all->list(all->context, 0, 0, 0, some, 50);
		for (size_t i = 0; i + 1 < count; i++)
			check(some[i].id < some[i + 1].id);
		if (count)
			(void)!all->close(all->context, some[count / 2].id, CLOSE_BY_USER);
		(void)!all->is_connected(all->context, 1001);
		pause_a_little();
	}
	return NULL;
}

static void changes_and_traffic_do_not_disturb_each_other(void **state)
{
	struct house *h = *state;
	struct crowd crowd = {.h = h};
	pthread_t threads[3];
	struct channel two = free_channel(), three = free_channel();
	put_channel(h, &two);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, i ? come_and_go : look_around, &crowd),
			0);
	for (int round = 0; round < 60; round++) {
		three.id = 0;
		put_channel(h, &three);
		two.max_per_address = round % 3;
		two.enabled = round % 4 != 0;
		snprintf(two.blocked_idents, sizeof two.blocked_idents, round % 5 ? "" : "100*");
		put_channel(h, &two);
		uint32_t device = put_device(h, 0, 1000 + (uint64_t)round % 50, true);
		pause_a_little();
		put_device(h, device, 2000, false);
		struct error e;
		assert_true(registry_delete_device(h->registry, device, &e));
		delete_channel(h, three.id);
	}
	__atomic_store_n(&crowd.stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EVENTUALLY(h->connections->list(
			   h->connections->context, 0, 0, 0, &(struct connection){0}, 1) == 0);
	int fd = tracker(port_of(h, 1), NULL);
	beat(fd, 1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_HOUSE(a_new_channel_listens_at_once),
		IN_A_HOUSE(a_moved_channel_closes_and_listens_elsewhere),
		IN_A_HOUSE(a_channel_may_move_to_another_address_of_its_port),
		IN_A_HOUSE(what_was_accepted_is_answered_before_the_end),
		IN_A_HOUSE(a_disabled_or_deleted_channel_closes),
		IN_A_HOUSE(what_cannot_be_bound_changes_nothing),
		IN_A_HOUSE(other_settings_reach_living_connections),
		IN_A_HOUSE(networks_are_asked_at_the_door),
		IN_A_HOUSE(idents_are_asked_when_they_are_told),
		IN_A_HOUSE(a_disabled_device_is_not_heard),
		IN_A_HOUSE(a_deleted_or_renamed_device_loses_its_connection),
		IN_A_HOUSE(a_new_device_finds_its_connection),
		cmocka_unit_test(one_deaf_channel_does_not_stop_the_others),
		cmocka_unit_test(the_needed_deaf_channel_ends_the_start),
		IN_A_HOUSE(changes_and_traffic_do_not_disturb_each_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
