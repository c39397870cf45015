/* Options: defaults, command line, file, and the sentences when they are wrong. */
#include "test.h"

#include "app/config.h"

#include <unistd.h>

static struct config config;
static struct error why;

/* Parses "cantrack serve ARGUMENTS"; the list ends with NULL. */
static bool parse(const char *first, ...)
{
	char *argv[16] = {(char *)(uintptr_t) "serve"};
	int argc = 1;
	va_list more;
	va_start(more, first);
	for (const char *a = first; a; a = va_arg(more, const char *))
		argv[argc++] = (char *)(uintptr_t)a;
	va_end(more);
	why.text[0] = '\0';
	return config_parse(&config, argc, argv, &why);
}

static void assert_said(const char *part)
{
	if (!strstr(why.text, part))
		print_error("said: %s\n", why.text);
	assert_non_null(strstr(why.text, part));
}

static char path[] = "/tmp/cantrack-test-config-XXXXXX";

static void write_file(const char *content)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(content, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void nothing_given_is_the_defaults(void **state)
{
	(void)state;
	assert_true(parse(NULL));
	assert_string_equal(config.data.at, "./data");
	assert_string_equal(config.listen.host, "0.0.0.0");
	assert_int_equal(config.listen.port, 5013);
	assert_string_equal(config.http.host, "127.0.0.1");
	assert_int_equal(config.http.port, 8080);
	assert_string_equal(config.https.host, "");
	assert_int_equal(config.workers, 0);
	assert_int_equal(config.http_threads, 4);
	assert_int_equal(config.silence_timeout, 600);
	assert_int_equal(config.commit_interval_us, 1000);
	assert_int_equal(config.log_level, LOG_INFO);
	assert_false(config.auto_devices);
	assert_false(config.no_ack_v1);
	assert_false(config.extended);
	for (int i = 0; i < OPTION_COUNT; i++)
		assert_false(config.given[i]);
}

static void https_can_be_none(void **state)
{
	(void)state;
	assert_true(parse("--https", ":8443", NULL));
	assert_string_equal(config.https.host, "0.0.0.0");
	assert_int_equal(config.https.port, 8443);
	assert_true(parse("--https", "[::1]:1", "--https=", NULL));
	assert_string_equal(config.https.host, "");
	assert_false(parse("--https", "8443", NULL));
	assert_said("https: '8443' has no port");
}

static void tiles_have_an_address_that_can_be_filled_in(void **state)
{
	(void)state;
	static const char *const good[] = {"", "https://tiles.example/{z}/{x}/{y}.png",
		"http://192.0.2.1:8081/osm/{z}/{x}/{y}{r}.png?key=a&b={x}",
		"https://[::1]/{y}{x}{z}"};
	static const struct {
		const char *url, *said;
	} bad[] = {
		{"tiles.example/{z}/{x}/{y}",
			"is neither http:// nor https://: an address such as"},
		{"file:///{z}/{x}/{y}", "is neither http:// nor https://"},
		{"https:///{z}/{x}/{y}", "has no plain host with a path behind it"},
		{"https://tiles.example", "has no plain host"},
		{"https://{s}.tiles.example/{z}/{x}/{y}", "has no plain host"},
		{"https://a;b/{z}/{x}/{y}", "has no plain host"},
		{"https://me@tiles.example/{z}/{x}/{y}", "has no plain host"},
		{"https://tiles.example/{z}/{x}.png", "has no {y}: an address such as"},
		{"https://tiles.example/{x}/{y}.png", "has no {z}"},
		{"https://tiles.example/{z}/{x}/{y}{t}", "has more than {z}, {x}, {y} and {r}"},
		{"https://tiles.example/{z}/{x}/{y}/{", "has more than"},
		{"https://tiles.example/{z}/{x}/{y} ", "a byte that no address has"},
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(parse("--web-tiles", good[i], NULL));
		assert_string_equal(config.web_tiles.at, good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(parse("--web-tiles", bad[i].url, NULL));
		assert_said("web-tiles: '");
		assert_said(bad[i].said);
	}
}

static void the_command_line_sets_and_is_remembered(void **state)
{
	(void)state;
	assert_true(parse("--listen", "127.0.0.1:0", "--http=[::1]:81", "--auto-devices",
		"--extended=no", "--silence-timeout=5", "--log-level", "debug", NULL));
	assert_string_equal(config.listen.host, "127.0.0.1");
	assert_int_equal(config.listen.port, 0);
	assert_string_equal(config.http.host, "::1");
	assert_int_equal(config.http.port, 81);
	assert_true(config.auto_devices);
	assert_false(config.extended);
	assert_int_equal(config.silence_timeout, 5);
	assert_int_equal(config.log_level, LOG_DEBUG);
	assert_true(config.given[OPTION_listen]);
	assert_true(config.given[OPTION_extended]);
	assert_false(config.given[OPTION_data]);
}

static void a_lone_port_keeps_the_default_address(void **state)
{
	(void)state;
	assert_true(parse("--http", ":9090", "--listen", ":9091", NULL));
	assert_string_equal(config.http.host, "127.0.0.1");
	assert_int_equal(config.http.port, 9090);
	assert_string_equal(config.listen.host, "0.0.0.0");
	assert_int_equal(config.listen.port, 9091);
}

static void wrong_options_are_refused_with_a_sentence(void **state)
{
	(void)state;
	static const struct {
		const char *argument, *said;
	} rows[] = {
		{"--lisen=:1", "unknown option 'lisen'; known are auto-devices, "},
		{"listen", "'listen' is not an option"},
		{"--", "'--' is not an option"},
		{"--listen", "--listen needs ADDR:PORT"},
		{"--listen=5013", "'5013' has no port"},
		{"--listen=:", "port '' is not 0..65535"},
		{"--listen=:65536", "port '65536' is not 0..65535"},
		{"--listen=:-1", "port '-1' is not 0..65535"},
		{"--listen=:5x", "port '5x' is not 0..65535"},
		{"--listen=localhost:1", "'localhost' is not a numeric address"},
		{"--listen=::1:5013", "is not a numeric address"},
		{"--listen=[::1:5013", "is not a numeric address"},
		{"--listen=[127.0.0.1]:1", "is not a numeric address"},
		{"--listen=1.2.3.4.5:1", "is not a numeric address"},
		{"--workers=257", "workers: '257' is not a number from 0 to 256"},
		{"--workers=-1", "workers: '-1' is not a number from 0 to 256"},
		{"--workers=", "workers: '' is not a number"},
		{"--max-connections=99999999999999999999", "is not a number"},
		{"--extended=maybe", "extended: 'maybe' is neither yes nor no"},
		{"--log-level=loud", "'loud' is not error, warning, info or debug"},
		{"--data=", "data: a text of 1 to 200 bytes is wanted"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_false(parse(rows[i].argument, NULL));
		assert_said(rows[i].said);
	}
}

static void help_is_asked_for_in_any_company(void **state)
{
	(void)state;
	assert_true(parse("--nonsense", "--help", NULL));
	assert_true(config.help);
}

static void the_command_line_wins_over_the_file(void **state)
{
	(void)state;
	write_file("# a comment\nlisten = 127.0.0.1:7000\nworkers=3\n\nauto-devices = yes\n"
		   "data = /srv/x ; and why\n");
	assert_true(parse("--workers", "2", "--config", path, NULL));
	assert_int_equal(config.listen.port, 7000);
	assert_int_equal(config.workers, 2);
	assert_true(config.auto_devices);
	assert_string_equal(config.data.at, "/srv/x");
	assert_true(config.given[OPTION_listen]);
	assert_true(config.given[OPTION_workers]);
}

static void a_wrong_file_is_refused_with_its_line(void **state)
{
	(void)state;
	static char longest[400];
	memset(longest, 'x', 250);
	memcpy(longest, "workers = 1\ndata = ", 19);
	memcpy(longest + 250, "=1\n", 4);
	const struct {
		const char *content, *said;
	} rows[] = {
		{"workers = 1\nlisten = nowhere\n", ":2: listen: 'nowhere' has no port"},
		{"\n\nlisen = :1\n", ":3: unknown option 'lisen'; known are auto-devices"},
		{"workers 1\n", ":1: a line should be `name = value`"},
		{"workers 1\nlisen = 2\n", ":1: a line should be `name = value`"},
		{"[serve]\nworkers = 1\n", ":2: [serve]: there are no sections"},
		{"workers = 1\nworkers = 2\n", ":2: workers is given twice"},
		{"data = a\n  b\n", ":2: data is given twice"},
		{"config = other\n", ":1: config: only the command line"},
		{longest, ":2: the line is longer than 198 bytes"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		write_file(rows[i].content);
		assert_false(parse("--config", path, NULL));
		assert_said(rows[i].said);
	}
}

static void a_missing_file_is_refused(void **state)
{
	(void)state;
	assert_false(parse("--config", "/nonexistent/cantrack.ini", NULL));
	assert_said("cannot read '/nonexistent/cantrack.ini': No such file");
	assert_false(parse("--config", "/", NULL));
	assert_said("cannot read '/'");
}

static void an_address_is_printed_as_it_is_read(void **state)
{
	(void)state;
	struct address a = {"0.0.0.0", 0};
	struct error e;
	char text[80];
	assert_true(address_parse(&a, str_of("[fe80::1]:5013"), &e));
	assert_string_equal(address_text(&a, a.port, text), "[fe80::1]:5013");
	assert_true(address_parse(&a, str_of("10.0.0.1:1"), &e));
	assert_string_equal(address_text(&a, a.port, text), "10.0.0.1:1");
}

static int make_file(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given_is_the_defaults),
		cmocka_unit_test(https_can_be_none),
		cmocka_unit_test(tiles_have_an_address_that_can_be_filled_in),
		cmocka_unit_test(the_command_line_sets_and_is_remembered),
		cmocka_unit_test(a_lone_port_keeps_the_default_address),
		cmocka_unit_test(wrong_options_are_refused_with_a_sentence),
		cmocka_unit_test(help_is_asked_for_in_any_company),
		cmocka_unit_test(the_command_line_wins_over_the_file),
		cmocka_unit_test(a_wrong_file_is_refused_with_its_line),
		cmocka_unit_test(a_missing_file_is_refused),
		cmocka_unit_test(an_address_is_printed_as_it_is_read),
	};
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
