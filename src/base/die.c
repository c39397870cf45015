#include "base/die.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	log_error("die", "fatal", "reason=%s", log_quote(text));
	exit(1);
}

void *xmalloc(size_t bytes)
{
	void *memory = malloc(bytes ? bytes : 1);
	if (!memory)
		die("out of memory: %zu bytes", bytes);
	return memory;
}

void *xcalloc(size_t count, size_t bytes)
{
	void *memory = calloc(count ? count : 1, bytes ? bytes : 1);
	if (!memory)
		die("out of memory: %zu times %zu bytes", count, bytes);
	return memory;
}

void *xrealloc(void *memory, size_t bytes)
{
	void *moved = realloc(memory, bytes ? bytes : 1);
	if (!moved)
		die("out of memory: %zu bytes", bytes);
	return moved;
}

char *xstrdup(const char *text)
{
	size_t bytes = strlen(text) + 1;
	return memcpy(xmalloc(bytes), text, bytes);
}
