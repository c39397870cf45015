/* datadir: the directory of all data, which one gateway at a time may use, and the administrator's
 * token in it. */
#ifndef APP_DATADIR_H
#define APP_DATADIR_H

#include "base/error.h"

enum { DATADIR_TOKEN_CHARS = 64 };

struct datadir {
	const char *path; /* the caller's */
	int lock;         /* descriptor of the locked file; 0: none */
	char token[DATADIR_TOKEN_CHARS + 1];
	bool is_new_token; /* made just now: tell it once */
};

/* Creates the directory (0700) when missing, takes its lock, reads or makes the token. False with a
 * sentence; datadir_close is allowed then too. */
MUST_USE bool datadir_open(struct datadir *d, const char *path, struct error *e);
void datadir_close(struct datadir *d);

#endif
