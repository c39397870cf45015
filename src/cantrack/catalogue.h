/* catalogue: the commands of commands.def: their properties, their payloads, and what any payload -
 * also one that a user wrote by hand - is about. Pure. Source: SPEC 7.2, 7.3. */
#ifndef CANTRACK_CATALOGUE_H
#define CANTRACK_CATALOGUE_H

#include "base/buf.h"

enum command_risk { RISK_NONE, RISK_REACH, RISK_FUEL };

/* What confirms a command, see commands.def. */
enum answer_kind { ANSWER_V4, ANSWER_TEXT, ANSWER_OPEN };

/* What the status word must show (bit 27, 0: the relay is active) when it was carried out. */
enum command_proof { PROOF_NONE, PROOF_CUT, PROOF_RUNS };

enum property_kind {
	PROPERTY_TEXT,
	PROPERTY_PHONE,
	PROPERTY_NUMBER,
	PROPERTY_CHOICE,
	PROPERTY_PHONES,
	PROPERTY_NUMBERS,
	PROPERTY_ADDRESS,
	PROPERTY_CLOCKS,
	PROPERTY_PAYLOAD,
};

struct command_property {
	const char *name;
	enum property_kind kind;
	int64_t min, max; /* of a NUMBER or CHOICE the value, of lists the count, else the bytes */
	const char *initial; /* as value text; NULL: one must be given */
	const char *title, *choices;
};

enum { COMMAND_MAX = 512 }; /* bytes of the whole frame */

enum { COMMAND_PROPERTIES_MAX = 6, COMMAND_NAME_MAX = 40 };

struct command_type {
	const char *name, *models;
	enum command_risk risk;
	enum answer_kind answer;
	enum command_proof proof;
	const char *payload, *title, *text;
	const struct command_property *properties;
	size_t property_count;
};

extern const struct command_type command_types[];
extern const size_t command_type_count;

/* NULL: there is none of this name. */
const struct command_type *command_type_find(struct str name);

/* Does a device type of this name ("g06l") have the command? */
bool command_type_suits(const struct command_type *type, struct str model);

/* Is this a value for the property? Values are texts: "20"; lists have a comma between their entries;
 * an address has its dots. False with a sentence that names the property and the limit. */
MUST_USE bool property_check(
	const struct command_property *property, struct str value, struct error *e);

/* Appends the payload. values[i] belongs to properties[i]; at == NULL: not given, its initial value is
 * taken. The time is written as 000000, at out->at + *time_at; *time_at is SIZE_MAX when there is none.
 * False with a sentence when a value is missing or not good; then nothing is appended. What the payload
 * as a whole must be is checked by command_make. */
MUST_USE bool command_payload(const struct command_type *type, const struct str *values,
	struct buf *out, size_t *time_at, struct error *e);

/* What a payload is about, whoever wrote it. */
struct command_nature {
	enum command_risk risk;
	enum answer_kind answer;
	enum command_proof proof;
};

/* That of the row whose form it has (blanks around fields are passed over); of several with the same
 * word, or when only the word (with CMD, or bare: the keyword, in any case) is one of a row's, the most
 * dangerous of them. Whatever holds the word of a fuel cut anywhere, in any case, with blanks within, is
 * one too, unless it has the form of a row of word and time ("S20,130305,1,0"). A word that no row has:
 * no risk; V4 when it is "WORD,hhmmss...", TEXT behind "CMD,", else OPEN. */
struct command_nature payload_nature(struct str payload);

#endif
