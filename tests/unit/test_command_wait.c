/* Who waits for instant commands: when the wait is woken, and that nobody looks at it any more when its
 * owner may have freed it. */
#include "test.h"

#include <pthread.h>

static int lock(pthread_mutex_t *mutex);
static int unlock(pthread_mutex_t *mutex);

#define pthread_mutex_lock   lock
#define pthread_mutex_unlock unlock
#include "../../src/core/command_wait.c"
#undef pthread_mutex_lock
#undef pthread_mutex_unlock

static struct commands commands;
static struct command_wait *leaving; /* its owner finds the last end when the lock is next left */
static bool has_left;
static int woken;

static int lock(pthread_mutex_t *mutex)
{
	assert_ptr_equal(mutex, &commands.lock);
	assert_false(has_left); /* it was through the wait that the lock was found */
	return pthread_mutex_lock(mutex);
}

static void leave(struct command_wait *w)
{
	struct command c;
	leaving = NULL;
	assert_int_equal(command_wait_open(w), 0);
	assert_true(command_wait_take(w, &c));
	assert_int_equal(c.id, 7);
	assert_false(command_wait_take(w, &c));
	command_wait_free(w);
	has_left = true;
}

static int unlock(pthread_mutex_t *mutex)
{
	int result = pthread_mutex_unlock(mutex);
	if (leaving)
		leave(leaving);
	return result;
}

static int set_up(void **state)
{
	(void)state;
	memset(&commands, 0, sizeof commands);
	leaving = NULL;
	has_left = false;
	woken = 0;
	return pthread_mutex_init(&commands.lock, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	assert_null(commands.waits);
	return pthread_mutex_destroy(&commands.lock);
}

static void put(struct command_wait *w)
{
	struct command command;
	struct buf json;
	command_init(&command);
	snprintf(command.name, sizeof command.name, "restart");
	buf_init(&json, 4096);
	assert_true(resource_save(&command_resource, &command, &json));
	struct act act = {
		.kind = ACT_ENDED, .id = 7, .device = 2, .text = json.at, .len = json.len};
	command_wait_put(w, &act);
	buf_clear(&json);
}

static void wake(void *context)
{
	assert_ptr_equal(context, &woken);
	woken++;
}

static void the_owner_may_leave_with_the_last_end(void **state)
{
	(void)state;
	struct command_wait *w = command_wait_new(&commands);
	command_wait_expect(w, 1);
	leaving = w;
	put(w);
	assert_true(has_left);
}

static void who_sleeps_is_woken_once(void **state)
{
	(void)state;
	struct command_wait *w = command_wait_new(&commands);
	command_wait_expect(w, 2);
	command_wait_sleep(w, wake, &woken);
	put(w);
	assert_int_equal(woken, 0);
	assert_int_equal(command_wait_open(w), 1);
	put(w);
	assert_int_equal(woken, 1);
	command_wait_sleep(w, wake, &woken); /* all have ended: at once */
	assert_int_equal(woken, 2);
	command_wait_free(w);
}

/* Its last end frees what its owner has left, or the stop does. */
static void what_was_left_is_freed(void **state)
{
	(void)state;
	struct command_wait *w = command_wait_new(&commands), *other = command_wait_new(&commands);
	command_wait_expect(w, 1);
	command_wait_expect(other, 1);
	command_wait_free(w);
	command_wait_free(other);
	assert_ptr_equal(commands.waits, other);
	put(w);
	assert_ptr_equal(commands.waits, other);
	commands.is_stopped = true;
	command_waits_end(&commands);
	command_waits_free(&commands);
	assert_null(commands.waits);
}

static void a_stop_wakes_all(void **state)
{
	(void)state;
	struct command_wait *w = command_wait_new(&commands);
	command_wait_expect(w, 1);
	command_wait_sleep(w, wake, &woken);
	commands.is_stopped = true;
	command_waits_end(&commands);
	assert_int_equal(woken, 1);
	assert_int_equal(command_wait_open(w), 0);
	command_wait_free(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_owner_may_leave_with_the_last_end),
		TEST(who_sleeps_is_woken_once),
		TEST(what_was_left_is_freed),
		TEST(a_stop_wakes_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
