/* For tests of what is written: the buffer, and what it must hold. */
#ifndef MQTT_WRITTEN_H
#define MQTT_WRITTEN_H

#include "mqtt_bytes.h"

static struct buf out;
static const struct str none = STR("");

/* What was written, which is then forgotten. */
static void assert_written(const char *notation)
{
	assert_bytes(buf_str(&out), notation);
	out.len = 0;
}

static int start(void **state)
{
	(void)state;
	buf_init(&out, 1 << 20);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	buf_clear(&out);
	return 0;
}

#endif
