/* log: logfmt lines on standard error with the priority prefixes that systemd and journald read
 * ("<6>level=info at=session event=identified ident=8168000008"). One line is one write(2), so
 * lines of several threads never mix. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/error.h"
#include "base/str.h"

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_INFO = 6, LOG_DEBUG = 7 };

/* Lines above this level are dropped. Default LOG_INFO. Set before threads start. */
void log_set_level(enum log_level level);

/* `at` is the module, `event` one greppable word; the rest is key=value text made by `format`. */
void log_line(enum log_level level, const char *at, const char *event, const char *format, ...)
	PRINTF(4, 5);

#define log_error(at, event, ...)   log_line(LOG_ERROR, at, event, __VA_ARGS__)
#define log_warning(at, event, ...) log_line(LOG_WARNING, at, event, __VA_ARGS__)
#define log_info(at, event, ...)    log_line(LOG_INFO, at, event, __VA_ARGS__)
#define log_debug(at, event, ...)   log_line(LOG_DEBUG, at, event, __VA_ARGS__)

/* text as a logfmt value: quoted when needed, control bytes escaped, cut at about 500 bytes.
 * The answer lives in one of a few buffers of the calling thread, in turn: use it in the same
 * log call. */
const char *log_quote(const char *text);

/* Escapes bytes for people: printable ASCII as it is, others as \r \n \t \\ or \xHH. Writes at most
 * `room` bytes with the final NUL; a text that does not fit ends in "...". Returns `out`. */
const char *escape_bytes(struct str bytes, char *out, size_t room);

/* True at most once in `seconds` for one *last (start it with 0): the gate of repeated warnings. */
bool log_due(int64_t *last_us, int seconds);

#endif
