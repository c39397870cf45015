#include "gate/letters.h"

#include "base/die.h"
#include "base/log.h"
#include "cantrack/command.h"

#include <inttypes.h>
#include <stdlib.h>

struct letter *letter_new(struct place place, uint32_t device, uint64_t command, struct str payload)
{
	struct letter *letter = xmalloc(sizeof *letter + payload.len);
	*letter = (struct letter){NULL, place.slot, place.generation, device, command, payload.len};
	memcpy(letter->payload, payload.at, payload.len);
	return letter;
}

/* The frame has the vendor and the id, zeros included, of the tracker's own (SPEC 7.1). */
static bool deliver(struct worker *w, const struct letter *letter)
{
	struct session *s = worker_session(w, letter->slot, letter->generation);
	struct buf frame;
	struct error e;
	if (!s || s->device != letter->device)
		return false;
	buf_init(&frame, COMMAND_MAX);
	bool done = command_make((struct str){s->vendor, sizeof s->vendor},
		(struct str){s->raw_id, s->raw_id_len}, (struct str){letter->payload, letter->len},
		&frame, &e);
	if (!done)
		log_error("session", "command_not_sent", "id=%" PRIu64 " reason=%s",
			letter->command, log_quote(e.text));
	done = done && session_send(s, buf_str(&frame));
	buf_clear(&frame);
	return done;
}

void letters_deliver(struct worker *w, struct letter *letters)
{
	while (letters) {
		struct letter *next = letters->next;
		commands_sent(w->gate->options.commands, letters->device, letters->command,
			deliver(w, letters));
		free(letters);
		letters = next;
	}
}

void letters_free(struct letter *letters)
{
	while (letters) {
		struct letter *next = letters->next;
		free(letters);
		letters = next;
	}
}
