/* V3, cells around a tracker that has no fix.  SPEC 4.4.
 *
 *   *HQ,355488020882405,V3,095426,74001,04,010278,045142,128,-92,010278,026311,125,,...
 *    0  1               2  3      4     5  6      7      8   9  | next cell
 *                          time   net   n  LAC    CID    RS  dBm
 *   ...,02DD,0,X,090517,FFFFFBFF#
 *       battery, reboot, X, date, status
 */
#include "cantrack/fields.h"

enum { TIME = 3, NETWORK = 4, CELL_FIELDS = 4, CELLS_MAX = 99 };
enum { LAC, CID, RS, DBM };

struct layout {
	int first; /* field of the first cell */
	int cells;
	int battery, end; /* `end` is the field X */
};

/* The tail is found from the end: fields that are not known yet may come before X. */
static int find_x(const struct fields *f)
{
	for (int i = f->count - 1; i > NETWORK; i--)
		if (f->at[i].len == 1 && (f->at[i].at[0] & ~0x20) == 'X')
			return i;
	return -1;
}

/* The count of the frame is not to be trusted: it is used only where the fields do not add up. */
static int count_cells(const struct fields *f, const struct layout *l)
{
	int room = l->end - l->first - 2; /* without battery and reboot */
	if (room >= 0 && room % CELL_FIELDS == 0)
		return room / CELL_FIELDS;
	uint64_t said;
	struct str count = f->at[l->first - 1];
	if (count.len <= 2 && str_to_u64(count, &said) && (int)said * CELL_FIELDS <= room)
		return (int)said;
	return 0;
}

static bool is_network_code(struct str s, size_t least, size_t most)
{
	return s.len >= least && s.len <= most && all_digits(s);
}

/* "46000" in one field, or "460" and "00" in two, unless the fields add up to cells with the second
 * of them as the count; returns the field of the first cell. */
static int network_decode(const struct fields *f, int end, struct message *m)
{
	struct str mcc = f->at[NETWORK], mnc = f->at[NETWORK + 1];
	int first = NETWORK + 2;
	bool two = mcc.len == 3 && is_network_code(mnc, 2, 3) && (end - first - 2) % CELL_FIELDS;
	if (two) {
		first++;
	} else {
		mnc = mcc.len > 3 ? str_from(mcc, 3) : str_upto(mcc, 0);
		mcc.len = mcc.len < 3 ? mcc.len : 3;
	}
	uint64_t number;
	if (is_network_code(mcc, 3, 3) && is_network_code(mnc, 2, 3)) {
		if (str_to_u64(mcc, &number))
			message_number(m, PARAM_GSM_MCC, (int64_t)number);
		if (str_to_u64(mnc, &number))
			message_number(m, PARAM_GSM_MNC, (int64_t)number);
	}
	return first;
}

static bool cell_number(struct str s, int64_t *out)
{
	uint64_t number;
	if (s.len > 10 || !str_to_u64(s, &number))
		return false;
	*out = (int64_t)number;
	return true;
}

static bool signal_dbm(struct str s, int64_t *out)
{
	uint64_t number;
	if (s.len < 2 || s.len > 4 || s.at[0] != '-' || !str_to_u64(str_from(s, 1), &number))
		return false;
	*out = -(int64_t)number;
	return *out < 0 && *out > -200;
}

/* The first cell is the serving one; only it has a level, and RS stands in for a dBm that is
 * missing or positive. */
static void serving_cell(const struct str *cell, struct message *m)
{
	int64_t number;
	if (cell_number(cell[LAC], &number))
		message_number(m, PARAM_GSM_LAC, number);
	if (cell_number(cell[CID], &number))
		message_number(m, PARAM_GSM_CELLID, number);
	if (!signal_dbm(cell[DBM], &number)) {
		if (cell[RS].len > 3 || !cell_number(cell[RS], &number))
			return;
		number -= 220;
		if (number >= 0 || number <= -150)
			return;
	}
	int64_t above = number + 113 < 0 ? 0 : number + 113;
	int64_t level = (above * 200 + 62) / 124;
	message_number(m, PARAM_GSM_SIGNAL_DBM, number);
	message_number(m, PARAM_GSM_SIGNAL_LEVEL, level < 100 ? level : 100);
}

/* One value of every further cell, in the order of the indexes as text. */
static void further_cells(const struct fields *f, const struct layout *l, enum param p, int member,
	bool (*read)(struct str, int64_t *), struct message *m)
{
	unsigned further = (unsigned)l->cells - 1;
	for (unsigned i = index_next(0, further); i; i = index_next(i, further)) {
		int64_t number;
		if (read(f->at[l->first + (int)i * CELL_FIELDS + member], &number))
			message_more(m, p, i, number);
	}
}

enum frame_result decode_v3(const struct fields *f, struct message *m, struct error *e)
{
	struct layout l = {.end = find_x(f)};
	if (l.end < NETWORK + 4) { /* network, count, battery, reboot, X */
		fail(e, "V3 has no field X behind its cells");
		return RESULT_BAD_LAYOUT;
	}
	l.first = network_decode(f, l.end, m);
	l.cells = count_cells(f, &l);
	if (l.cells > CELLS_MAX)
		l.cells = CELLS_MAX;
	l.battery = l.first + l.cells * CELL_FIELDS;
	if (l.cells) {
		serving_cell(&f->at[l.first], m);
		further_cells(f, &l, PARAM_GSM_CELLID, CID, cell_number, m);
		further_cells(f, &l, PARAM_GSM_LAC, LAC, cell_number, m);
		further_cells(f, &l, PARAM_GSM_SIGNAL_DBM, DBM, signal_dbm, m);
	}
	if (l.battery < l.end)
		battery_decode(f->at[l.battery], m);
	tail_decode(f, TIME, l.end + 1, m);
	return RESULT_MESSAGE;
}
