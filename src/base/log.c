#include "base/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static enum log_level threshold = LOG_INFO;

void log_set_level(enum log_level level)
{
	threshold = level;
}

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_ERROR: return "error";
	case LOG_WARNING: return "warning";
	case LOG_INFO: return "info";
	case LOG_DEBUG: return "debug";
	}
	return "?";
}

void log_line(enum log_level level, const char *at, const char *event, const char *format, ...)
{
	if (level > threshold)
		return;
	char line[2048];
	int used = snprintf(line, sizeof line, "<%d>level=%s at=%s event=%s ", (int)level,
		level_name(level), at, event);
	size_t len = (size_t)used;
	va_list args;
	va_start(args, format);
	used = vsnprintf(line + len, sizeof line - len - 1, format, args);
	va_end(args);
	if (used > 0)
		len += (size_t)used;
	if (len > sizeof line - 2)
		len = sizeof line - 2;
	while (len && line[len - 1] == ' ')
		len--;
	line[len++] = '\n';
	ssize_t written = write(STDERR_FILENO, line, len);
	(void)written; /* nobody is left to tell */
}

const char *escape_bytes(struct str bytes, char *out, size_t room)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = 0;
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.at[i];
		const char *named = c == '\r'   ? "\\r"
				    : c == '\n' ? "\\n"
				    : c == '\t' ? "\\t"
						: NULL;
		if (c == '\\')
			named = "\\\\";
		size_t need = named ? 2 : c >= 0x20 && c < 0x7f ? 1 : 4;
		if (len + need + 4 > room) {
			memcpy(out + len, "...", 4);
			return out;
		}
		if (named) {
			memcpy(out + len, named, 2);
		} else if (need == 1) {
			out[len] = (char)c;
		} else {
			memcpy(out + len, "\\x", 2);
			out[len + 2] = digits[c >> 4];
			out[len + 3] = digits[c & 15];
		}
		len += need;
	}
	out[len] = '\0';
	return out;
}

const char *log_quote(const char *text)
{
	static _Thread_local char rooms[4][512];
	static _Thread_local unsigned turn;
	char *room = rooms[turn++ % 4];
	bool plain = *text != '\0';
	for (const char *c = text; *c && plain; c++)
		plain = *c > ' ' && *c < 0x7f && *c != '"' && *c != '=' && *c != '\\';
	if (plain && strlen(text) < sizeof rooms[0])
		return text;
	size_t len = 0;
	room[len++] = '"';
	for (const char *c = text; *c && len < sizeof rooms[0] - 8; c++) {
		if (*c == '"' || *c == '\\')
			room[len++] = '\\';
		room[len++] = (unsigned char)*c < 0x20 ? ' ' : *c;
	}
	room[len++] = '"';
	room[len] = '\0';
	return room;
}

bool log_due(int64_t *last_us, int seconds)
{
	int64_t now = clock_monotonic_us();
	int64_t last = __atomic_load_n(last_us, __ATOMIC_RELAXED);
	if (last && now - last < (int64_t)seconds * 1000000)
		return false;
	return __atomic_compare_exchange_n(
		last_us, &last, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
