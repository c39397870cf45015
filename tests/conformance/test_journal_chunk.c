/* The blobs of a journal: what was written is read, and any bytes are survived. */
#include "traffic.h"

#include "store/journal_chunk.h"

#include <zstd.h>

enum { KEYS = 5 };

static const uint64_t keys[KEYS] = {0, 1, 2, UINT64_C(9) << 32 | 7, UINT64_MAX};

/* A copy on the heap with some bytes changed or cut off: what is read beyond its end is noticed. */
static struct str spoil(struct str bytes)
{
	size_t len = random_below(4) ? bytes.len : random_below(bytes.len + 1);
	char *copy = malloc(len + 1);
	memcpy(copy, bytes.at, len);
	for (uint64_t n = random_below(4); n && len; n--)
		copy[random_below(random_below(2) ? 40 % len + 1 : len)] ^=
			(char)(1 << random_below(8));
	return (struct str){copy, len};
}

static void any_bytes_are_survived(void **state)
{
	(void)state;
	enum { COUNT = 50, ROUNDS = 20000, ROOM = 65536 };
	static char plain[ROOM], packed[ROOM];
	struct chunk_writer *w = chunk_writer_new();
	struct chunk_reader *r = chunk_reader_new();
	struct journal_entry in[COUNT];
	struct str directory, body;
	for (uint64_t i = 0; i < COUNT; i++)
		in[i] = (struct journal_entry){
			(int64_t)(i * i), i + 1, keys[i % KEYS], {"entry", i % 6}};
	chunk_pack(w, in, COUNT, &directory, &body);
	size_t len = ZSTD_decompress(plain, ROOM, body.at, body.len), hits = 0;
	for (int i = 0; i < ROUNDS; i++) {
		struct str d = i % 2 ? spoil(directory) : directory,
			   p = spoil((struct str){plain, len});
		struct str b = {packed, ZSTD_compress(packed, ROOM, p.at, p.len, 1)};
		const struct journal_entry *entries;
		size_t count, bytes = 0;
		if (chunk_look(r, d, keys, KEYS) == CHUNK_SOMETHING &&
			chunk_read(r, b, 1, 0, &entries, &count)) {
			hits++;
			for (size_t k = 0; k < count; k++)
				bytes += entries[k].body.len;
			assert_true(bytes <= p.len);
		}
		if (i % 2)
			free((char *)(uintptr_t)d.at);
		free((char *)(uintptr_t)p.at);
	}
	assert_true(hits > 100 && hits < ROUNDS);
	chunk_writer_free(w);
	chunk_reader_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(any_bytes_are_survived)};
	random_start();
	return cmocka_run_group_tests_name("journal_chunk", tests, NULL, NULL);
}
