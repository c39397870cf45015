#include "store/journal_chunk.h"

#include "base/die.h"
#include "base/varint.h"
#include "store/ranks.h"

#include <stdlib.h>
#include <zstd.h>

enum {
	LEVEL = 1,     /* of zstd: the last chunk is written more than once */
	MIN_MATCH = 7, /* frames have long ones; a tenth less time for the same size */
	CHECKSUM_BYTES = 4,
	DIRECTORY_HEAD = CHECKSUM_BYTES + 1 + 8,
	ENTRIES_MAX = CHUNK_BYTES / CHUNK_HEAD + 1,
	PLAIN_MAX = VARINT_MAX + ENTRIES_MAX * 3 * VARINT_MAX + CHUNK_BYTES + JOURNAL_BODY_MAX,
};

static void put_fixed(char *at, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++)
		at[i] = (char)(value >> 8 * i);
}

static uint64_t get_fixed(const char *at, size_t width)
{
	uint64_t value = 0;
	for (size_t i = 0; i < width; i++)
		value |= (uint64_t)(uint8_t)at[i] << 8 * i;
	return value;
}

/* FNV-1a. */
static uint32_t checksum_of(struct str bytes)
{
	uint32_t sum = 2166136261u;
	for (size_t i = 0; i < bytes.len; i++)
		sum = (sum ^ (uint8_t)bytes.at[i]) * 16777619u;
	return sum;
}

/* ---- writing ---- */

struct chunk_writer {
	ZSTD_CCtx *zstd;
	struct ranks ranks;
	uint64_t keys[ENTRIES_MAX]; /* each once, rising */
	size_t key_count;
	uint32_t places[ENTRIES_MAX]; /* of each entry's key among them */
	struct buf directory, plain, body;
};

struct chunk_writer *chunk_writer_new(void)
{
	struct chunk_writer *w = xcalloc(1, sizeof *w);
	w->zstd = ZSTD_createCCtx();
	check(w->zstd);
	buf_init(&w->directory, DIRECTORY_HEAD + 8 * ENTRIES_MAX);
	buf_init(&w->plain, PLAIN_MAX);
	buf_init(&w->body, ZSTD_compressBound(PLAIN_MAX));
	return w;
}

void chunk_writer_free(struct chunk_writer *w)
{
	ZSTD_freeCCtx(w->zstd);
	buf_clear(&w->directory);
	buf_clear(&w->plain);
	buf_clear(&w->body);
	ranks_clear(&w->ranks);
	free(w);
}

static void collect_keys(struct chunk_writer *w, const struct journal_entry *entries, size_t count)
{
	struct rank *ranks = ranks_begin(&w->ranks, count);
	for (size_t i = 0; i < count; i++)
		ranks[i] = (struct rank){entries[i].key, (uint32_t)i};
	const struct rank *sorted = ranks_sort(&w->ranks, count);
	w->key_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || sorted[i].value != sorted[i - 1].value)
			w->keys[w->key_count++] = sorted[i].value;
		w->places[sorted[i].place] = (uint32_t)w->key_count - 1;
	}
}

static void write_directory(struct chunk_writer *w)
{
	uint64_t base = w->keys[0], span = w->keys[w->key_count - 1] - base;
	size_t width = 1;
	while (width < 8 && span >> 8 * width)
		width++;
	size_t bytes = DIRECTORY_HEAD + width * w->key_count;
	w->directory.len = 0;
	check(buf_reserve(&w->directory, bytes));
	char *at = w->directory.at;
	at[CHECKSUM_BYTES] = (char)width;
	put_fixed(at + CHECKSUM_BYTES + 1, base, 8);
	for (size_t i = 0; i < w->key_count; i++)
		put_fixed(at + DIRECTORY_HEAD + i * width, w->keys[i] - base, width);
	w->directory.len = bytes;
	put_fixed(
		at, checksum_of(str_from(buf_str(&w->directory), CHECKSUM_BYTES)), CHECKSUM_BYTES);
}

/* The entries as they are before compressing. */
static void write_plain(struct chunk_writer *w, const struct journal_entry *entries, size_t count)
{
	size_t bytes = VARINT_MAX + count * 3 * VARINT_MAX;
	for (size_t i = 0; i < count; i++)
		bytes += entries[i].body.len;
	w->plain.len = 0;
	check(buf_reserve(&w->plain, bytes));
	char *at = put_varint(w->plain.at, count);
	for (size_t i = 0; i < count; i++) {
		const struct journal_entry *n = &entries[i];
		int64_t before_us = i ? entries[i - 1].time_us : n->time_us;
		at = put_varint(at, (uint64_t)n->time_us - (uint64_t)before_us);
		at = put_varint(at, w->places[i]);
		at = put_varint(at, n->body.len);
	}
	for (size_t i = 0; i < count; i++) {
		if (entries[i].body.len)
			memcpy(at, entries[i].body.at, entries[i].body.len);
		at += entries[i].body.len;
	}
	w->plain.len = (size_t)(at - w->plain.at);
}

void chunk_pack(struct chunk_writer *w, const struct journal_entry *entries, size_t count,
	struct str *directory, struct str *body)
{
	check(count && count <= ENTRIES_MAX);
	collect_keys(w, entries, count);
	write_directory(w);
	write_plain(w, entries, count);
	w->body.len = 0;
	check(buf_reserve(&w->body, ZSTD_compressBound(w->plain.len)));
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_minMatch, MIN_MATCH);
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1);
	w->body.len = ZSTD_compress2(w->zstd, w->body.at, w->body.room, w->plain.at, w->plain.len);
	check(!ZSTD_isError(w->body.len));
	*directory = buf_str(&w->directory);
	*body = buf_str(&w->body);
}

/* ---- reading ---- */

struct chunk_reader {
	ZSTD_DCtx *zstd;
	char *plain;
	size_t plain_room;
	uint64_t keys[ENTRIES_MAX]; /* of the directory */
	bool is_wanted[ENTRIES_MAX];
	size_t key_count;
	struct journal_entry *entries;
	size_t count, room;
};

struct chunk_reader *chunk_reader_new(void)
{
	struct chunk_reader *r = xcalloc(1, sizeof *r);
	r->zstd = ZSTD_createDCtx();
	check(r->zstd);
	return r;
}

void chunk_reader_free(struct chunk_reader *r)
{
	ZSTD_freeDCtx(r->zstd);
	free(r->plain);
	free(r->entries);
	free(r);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* A key in a directory that was not taken apart. */
static bool holds(struct str keys, size_t width, uint64_t base, uint64_t key)
{
	size_t low = 0, high = keys.len / width;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t here = base + get_fixed(keys.at + middle * width, width);
		if (here == key)
			return true;
		if (here < key)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Marks the wanted ones among all keys of the directory: two rising rows side by side. */
static void mark(struct chunk_reader *r, struct str packed, size_t width, uint64_t base,
	const uint64_t *keys, size_t key_count)
{
	size_t k = 0;
	r->key_count = packed.len / width;
	for (size_t i = 0; i < r->key_count; i++) {
		r->keys[i] = base + get_fixed(packed.at + i * width, width);
		while (k < key_count && keys[k] < r->keys[i])
			k++;
		r->is_wanted[i] = k < key_count && keys[k] == r->keys[i];
	}
}

enum chunk_found chunk_look(
	struct chunk_reader *r, struct str directory, const uint64_t *keys, size_t key_count)
{
	if (directory.len <= DIRECTORY_HEAD || checksum_of(str_from(directory, CHECKSUM_BYTES)) !=
						       get_fixed(directory.at, CHECKSUM_BYTES))
		return CHUNK_DAMAGED;
	size_t width = (uint8_t)directory.at[CHECKSUM_BYTES];
	uint64_t base = get_fixed(directory.at + CHECKSUM_BYTES + 1, 8);
	struct str packed = str_from(directory, DIRECTORY_HEAD);
	if (width < 1 || width > 8 || packed.len % width || packed.len / width > ENTRIES_MAX)
		return CHUNK_DAMAGED;
	size_t here = packed.len / width;
	bool found = false;
	/* the shorter row is walked, the longer one halved */
	for (size_t i = 0; key_count <= here && i < key_count && !found; i++)
		found = holds(packed, width, base, keys[i]);
	for (size_t i = 0; key_count > here && i < here && !found; i++) {
		uint64_t key = base + get_fixed(packed.at + i * width, width);
		found = bsearch(&key, keys, key_count, sizeof *keys, by_value) != NULL;
	}
	if (!found)
		return CHUNK_NOTHING;
	mark(r, packed, width, base, keys, key_count);
	return CHUNK_SOMETHING;
}

static bool decompress(struct chunk_reader *r, struct str body, struct str *plain)
{
	unsigned long long bytes = ZSTD_getFrameContentSize(body.at, body.len);
	if (bytes > PLAIN_MAX) /* also: unknown, no frame */
		return false;
	if (bytes > r->plain_room) {
		r->plain_room = bytes;
		r->plain = xrealloc(r->plain, bytes);
	}
	if (ZSTD_decompressDCtx(r->zstd, r->plain, r->plain_room, body.at, body.len) != bytes)
		return false;
	*plain = (struct str){r->plain, bytes};
	return true;
}

static struct journal_entry *add_hit(struct chunk_reader *r)
{
	if (r->count == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		r->entries = xrealloc(r->entries, r->room * sizeof *r->entries);
	}
	return &r->entries[r->count++];
}

bool chunk_read(struct chunk_reader *r, struct str body, uint64_t first_no, int64_t first_us,
	const struct journal_entry **entries, size_t *count)
{
	struct str plain;
	uint64_t all, time = (uint64_t)first_us, step, key, len, offset = 0;
	r->count = 0;
	if (!decompress(r, body, &plain) || !get_varint(&plain, &all) || all > ENTRIES_MAX)
		return false;
	for (uint64_t i = 0; i < all; i++) {
		if (!get_varint(&plain, &step) || !get_varint(&plain, &key) ||
			!get_varint(&plain, &len) || key >= r->key_count ||
			len > r->plain_room - offset)
			return false;
		time += step;
		if (r->is_wanted[key])
			*add_hit(r) = (struct journal_entry){(int64_t)time, first_no + i,
				r->keys[key], {r->plain + offset, len}};
		offset += len;
	}
	if (offset != plain.len)
		return false;
	for (size_t i = 0; i < r->count; i++) /* so far counted from the start of the bodies */
		r->entries[i].body.at = plain.at + (r->entries[i].body.at - r->plain);
	*entries = r->entries;
	*count = r->count;
	return true;
}
