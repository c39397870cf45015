/* message: the parameters that one frame carried. What is not in the frame is not in the message:
 * presence is a bit, never a magic value. Numbers are scaled integers (params.def gives the
 * decimals), so a value is exact from the wire to the JSON text and needs no floating point. */
#ifndef CANTRACK_MESSAGE_H
#define CANTRACK_MESSAGE_H

#include "base/buf.h"

enum param {
#define PARAM(id, name, kind, decimals, unit, text, frames, group) PARAM_##id,
#include "cantrack/params.def"
#undef PARAM
	PARAM_COUNT
};
_Static_assert(PARAM_COUNT <= 64, "the presence bits are one 64-bit word");

enum param_kind { KIND_BOOLEAN, KIND_NUMBER, KIND_TEXT, KIND_IDENT, KIND_MAC };
enum param_group { GROUP_SEED, GROUP_NEWER, GROUP_SERVICE };

struct param_info {
	struct str name;
	enum param_kind kind;
	int decimals;
	const char *unit, *text, *frames;
	enum param_group group;
};
extern const struct param_info params[PARAM_COUNT]; /* sorted by name */

/* The row with this name, or NULL. */
const struct param_info *param_find(struct str name);

/* The parameter of "gsm.lac" (*index 0) or of its further value "gsm.lac.12" (*index 12);
 * PARAM_COUNT: there is none. */
enum param param_split(struct str name, unsigned *index);

union value {
	int64_t number;  /* BOOLEAN: 0 or 1; NUMBER: scaled by 10^decimals; IDENT and MAC: as a
			    number */
	struct str text; /* borrowed: valid as long as the frame (or record) it was read from */
};

/* The second and further cells of a V3 and access points of a V5: "gsm.lac.1" is
 * { PARAM_GSM_LAC, 1, ... }. Numbers only. */
struct more {
	uint8_t param;
	uint8_t index; /* 1..99 */
	int64_t number;
};
enum { MORE_MAX = 300 }; /* 98 further cells of 3 values */

struct message {
	uint64_t present; /* bit p: value[p] holds something */
	union value value[PARAM_COUNT];
	uint16_t more_count;
	struct more
		more[MORE_MAX]; /* in JSON order: by param, then by index as text: 1, 10, 11, 2 */
};

static inline void message_clear(struct message *m)
{
	m->present = 0;
	m->more_count = 0;
}

static inline bool message_has(const struct message *m, enum param p)
{
	return m->present >> p & 1;
}

static inline void message_number(struct message *m, enum param p, int64_t number)
{
	m->value[p].number = number;
	m->present |= UINT64_C(1) << p;
}

static inline void message_text(struct message *m, enum param p, struct str text)
{
	m->value[p].text = text;
	m->present |= UINT64_C(1) << p;
}

/* Appends a further value; the caller keeps the order that `more` wants. Dropped when full. */
static inline void message_more(struct message *m, enum param p, unsigned index, int64_t number)
{
	if (m->more_count < MORE_MAX)
		m->more[m->more_count++] = (struct more){(uint8_t)p, (uint8_t)index, number};
}

/* Steps through 1..count in the order of their decimal texts (1, 10, 11, ..., 19, 2, 20, ...).
 * Start with 0; the answer 0 is the end. 0 <= count <= 99. */
unsigned index_next(unsigned index, unsigned count);

/* Which parameters to print; NULL prints all. Made by selection_parse. */
struct selection {
	uint64_t params;               /* bit p: print value[p] */
	uint64_t more[PARAM_COUNT][2]; /* bit i: print the further value i of p */
};

/* From "position.*,ident": names and masks ('*' is any run), separated by commas. */
void selection_parse(struct selection *s, struct str list);

/* One JSON object, keys in bytewise order, no blanks. With `only`, just the selected members.
 * False when the buffer's maximum is reached. */
MUST_USE bool message_json(const struct message *m, const struct selection *only, struct buf *out);

/* The JSON text of one value: what follows the colon. */
MUST_USE bool param_json(enum param p, union value value, struct buf *out);

/* ---- packed form: what a record keeps of a message ---- */

enum { MESSAGE_PACK_MAX = 8192 }; /* no message needs more */

/* Writes the parameters of m, less those in `without`, to out (MESSAGE_PACK_MAX bytes); returns the
 * length. Texts longer than 512 bytes are cut. */
size_t message_pack(const struct message *m, uint64_t without, char *out);

/* The reverse. Adds to m (call message_clear first); texts point into `packed`. False: `packed` is
 * damaged, and m holds what came before the damage. */
MUST_USE bool message_unpack(struct str packed, struct message *m);

#endif
