#include "property.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t round_seed, state;

uint64_t chance(void) /* splitmix64 */
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

size_t chance_below(size_t limit)
{
	return (size_t)(chance() % limit);
}

int64_t chance_number(void)
{
	uint64_t magnitude = chance() >> chance_below(64);
	return (int64_t)(chance() & 1 ? 0 - magnitude : magnitude);
}

char chance_byte(void)
{
	static const char usual[] =
		"**##,,,,..--  \r\n\t\0$~xy0123456789ABCDEFNSWEVXHQ\x7d\x01\x02";
	return chance_below(8) ? usual[chance_below(sizeof usual - 1)] : (char)chance();
}

void property_failed(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: does not hold: %s\nrepeat with --seed %llu --seconds 0\n", file,
		line, condition, (unsigned long long)round_seed);
	exit(1);
}

/* ---- golden reads ---- */

enum { READS_MAX = 4096 };
static struct str reads[READS_MAX];
static size_t read_count;

static void unescape(struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c == '\\' && i + 1 < text.len) {
			c = text.at[++i];
			if (c == 'x' && i + 2 < text.len) {
				c = (char)(hex_digit(text.at[i + 1]) << 4 |
					   hex_digit(text.at[i + 2]));
				i += 2;
			} else {
				c = c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c;
			}
		}
		HOLDS(buf_add_char(out, c));
	}
}

/* The reads live as long as the program. */
static void load_golden(const char *path)
{
	FILE *file = fopen(path, "r");
	if (!file) {
		perror(path);
		exit(2);
	}
	char *line = NULL;
	size_t room = 0;
	for (ssize_t len; (len = getline(&line, &room, file)) >= 0;) {
		if (len < 3 || memcmp(line, "% ", 2) != 0 || read_count == READS_MAX)
			continue;
		struct buf bytes;
		buf_init(&bytes, 1 << 16);
		unescape((struct str){line + 2, (size_t)len - 3}, &bytes);
		reads[read_count++] = buf_str(&bytes);
	}
	free(line);
	fclose(file);
}

struct str golden_read(void)
{
	return reads[chance_below(read_count)];
}

/* ---- rounds ---- */

static double seconds_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int usage(void)
{
	fprintf(stderr, "usage: [--seed NUMBER] [--seconds NUMBER] FILE.golden...\n");
	return 2;
}

int property_main(int argc, char **argv, round_fn *round)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
		{"seconds", required_argument, NULL, 't'}, {0}};
	uint64_t seed = (uint64_t)time(NULL) * 1000003, seconds = 2;
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
		if ((c != 's' || !str_to_u64(str_of(optarg), &seed)) &&
			(c != 't' || !str_to_u64(str_of(optarg), &seconds)))
			return usage();
	if (optind == argc)
		return usage();
	for (int i = optind; i < argc; i++)
		load_golden(argv[i]);
	if (!read_count)
		return usage();
	printf("seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	double end = seconds_now() + (double)seconds;
	uint64_t rounds = 0;
	do {
		round_seed = state = seed + rounds++;
		round();
	} while (seconds_now() < end);
	printf("%llu rounds\n", (unsigned long long)rounds);
	return 0;
}
