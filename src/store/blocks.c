/* A device's history: blocks that do not overlap. Each owns the places from its own first one up to
 * the next block's (the first block also all before), like the leaves of a B+tree, so a record that
 * comes late finds the block it belongs to.
 *
 * Records after the last block make a new block. It swallows the blocks before it as long as they
 * are not full and not larger than itself: a device with few records in a pass gets blocks of
 * halving sizes, and a record is written again only when its block doubles. */
#include "store/sqlite.h"

#include "base/die.h"

enum {
	BLOCK_MAX = 1024,    /* records; a larger one is cut into equal parts */
	BLOCK_FULL = 512,    /* never swallowed */
	FULL_LEVEL = 6,      /* of zstd: written once */
	TEMPORARY_LEVEL = 1, /* will be swallowed */
	SWALLOWED_MAX = 16,  /* halving from 512 there are 10 */
};

struct block {
	int64_t id;
	struct place from, to;
	size_t count, bytes;
};

/* The block that statement `i` answers; *found tells whether there is one. */
static bool find(
	struct store *s, int i, sqlite3_stmt *row, struct block *b, bool *found, struct error *e)
{
	enum db_step step = db_step(&s->history, i, e);
	*found = step == DB_ROW;
	if (!*found)
		return step == DB_DONE;
	*b = (struct block){
		.id = sqlite3_column_int64(row, 0),
		.from = {sqlite3_column_int64(row, 1), (uint64_t)sqlite3_column_int64(row, 2)},
		.to = {sqlite3_column_int64(row, 3), (uint64_t)sqlite3_column_int64(row, 4)},
		.count = (size_t)sqlite3_column_int64(row, 5),
		.bytes = (size_t)sqlite3_column_int64(row, 6),
	};
	db_end(&s->history, i);
	return true;
}

static bool find_at(struct store *s, int i, uint32_t device, struct place place, struct block *b,
	bool *found, struct error *e)
{
	return find(s, i,
		db_start(&s->history, i, "iii", (int64_t)device, place.us, (int64_t)place.seq), b,
		found, e);
}

static bool find_first(
	struct store *s, uint32_t device, struct block *b, bool *found, struct error *e)
{
	return find(s, HISTORY_BLOCK_FIRST,
		db_start(&s->history, HISTORY_BLOCK_FIRST, "i", (int64_t)device), b, found, e);
}

static bool add_row(void *context, const struct record *r)
{
	rows_add(context, r);
	return true;
}

/* Appends the records of a block and deletes it. */
static bool take(
	struct store *s, uint32_t device, const struct block *b, struct rows *rows, struct error *e)
{
	struct db *db = &s->history;
	sqlite3_stmt *row = db_start(db, HISTORY_READ, "i", b->id);
	enum db_step step = db_step(db, HISTORY_READ, e);
	if (step == DB_DONE)
		return fail(e, "history.db: block %jd is gone", (intmax_t)b->id);
	if (step != DB_ROW)
		return false;
	bool done = columns_decode(s->decoder, db_blob(row, 0), NULL, add_row, rows, e);
	db_end(db, HISTORY_READ);
	kept_take(s->kept, QUERY_DEVICE, device, b->bytes);
	return done && db_do(db, HISTORY_DELETE, e, "i", b->id);
}

bool block_write(struct store *s, const struct record *r, size_t count, struct error *e)
{
	int level = count >= BLOCK_FULL ? FULL_LEVEL : TEMPORARY_LEVEL;
	struct place from = place_of(&r[0]), to = place_of(&r[count - 1]);
	s->blob.len = 0;
	if (!columns_encode(s->encoder, r, count, level, &s->blob, e))
		return false;
	struct ages ages = ages_of(r, count);
	kept_add(s->kept, QUERY_DEVICE, r->origin.device, s->blob.len, ages);
	return db_do(&s->history, HISTORY_BLOCK_ADD, e, "iiiiiibiii", (int64_t)r->origin.device,
		from.us, (int64_t)from.seq, to.us, (int64_t)to.seq, (int64_t)count,
		buf_str(&s->blob), ages.newest_us, ages.oldest_us, (int64_t)s->blob.len);
}

static bool write_blocks(struct store *s, const struct rows *rows, struct error *e)
{
	size_t parts = (rows->count + BLOCK_MAX - 1) / BLOCK_MAX;
	for (size_t i = 0; i < parts; i++) {
		size_t begin = rows->count * i / parts, end = rows->count * (i + 1) / parts;
		if (!block_write(s, rows->at + begin, end - begin, e))
			return false;
	}
	return true;
}

/* Takes the blocks that `count` records after the last block swallow, oldest first. */
static bool swallow(struct store *s, uint32_t device, struct block last, size_t count,
	struct rows *rows, struct error *e)
{
	struct block blocks[SWALLOWED_MAX];
	size_t n = 0;
	bool found = true;
	while (found && n < SWALLOWED_MAX && last.count < BLOCK_FULL && last.count <= count) {
		blocks[n++] = last;
		count += last.count;
		struct place before = last.from;
		if (before.seq-- == 0)
			break;
		if (!find_at(s, HISTORY_BLOCK_OWNER, device, before, &last, &found, e))
			return false;
	}
	while (n)
		if (!take(s, device, &blocks[--n], rows, e))
			return false;
	return true;
}

/* Puts the first of the records, those that belong to one block, into their place; *done_count
 * tells how many they were. */
static bool add_some(struct store *s, const struct record *const *records, size_t count,
	struct rows *rows, size_t *done_count, struct error *e)
{
	uint32_t device = records[0]->origin.device;
	struct place first = place_of(records[0]);
	struct block owner, next;
	bool has_owner, has_next = false;
	if (!find_at(s, HISTORY_BLOCK_OWNER, device, first, &owner, &has_owner, e) ||
		(!has_owner && !find_first(s, device, &owner, &has_owner, e)) ||
		(has_owner &&
			!find_at(s, HISTORY_BLOCK_NEXT, device, owner.from, &next, &has_next, e)))
		return false;
	size_t n = 0;
	while (n < count && (!has_next || place_cmp(place_of(records[n]), next.from) < 0))
		n++;
	rows_empty(rows);
	bool is_after_all = has_owner && !has_next && place_cmp(first, owner.to) > 0;
	if (is_after_all ? !swallow(s, device, owner, n, rows, e)
			 : has_owner && !take(s, device, &owner, rows, e))
		return false;
	for (size_t i = 0; i < n; i++)
		rows_add_borrowed(rows, records[i]);
	rows_sort(rows);
	*done_count = n;
	return write_blocks(s, rows, e);
}

bool blocks_add(struct store *s, const struct record *const *records, size_t count, struct error *e)
{
	struct rows rows = {0};
	bool done = true;
	for (size_t i = 0, n; done && i < count; i += n) {
		n = 0;
		done = add_some(s, records + i, count - i, &rows, &n, e);
	}
	rows_clear(&rows);
	return done;
}
