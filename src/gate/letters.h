/* letters: commands on their way to a session. Inside gate/ only. */
#ifndef GATE_LETTERS_H
#define GATE_LETTERS_H

#include "gate/session.h"

struct letter *letter_new(
	struct place place, uint32_t device, uint64_t command, struct str payload);

/* On the worker's thread: sends each, and tells the commands what became of it. Frees them. */
void letters_deliver(struct worker *w, struct letter *letters);

void letters_free(struct letter *letters);

#endif
