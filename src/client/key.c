#include "client/key.h"

#include "base/str.h"

#include <errno.h>
#include <stdio.h>

static bool take(const char *from, struct str key, char *out, struct error *e)
{
	bool sound = key.len && key.len <= KEY_MAX;
	for (size_t i = 0; i < key.len && sound; i++)
		sound = key.at[i] > ' ' && key.at[i] < 0x7f; /* it becomes part of a header */
	if (!sound)
		return fail(
			e, "%s holds no token: that is 1 to %d letters and digits", from, KEY_MAX);
	memcpy(out, key.at, key.len);
	out[key.len] = '\0';
	return true;
}

bool key_choose(const char *token, const char *environment, const char *directory, char *out,
	struct error *e)
{
	if (token)
		return take("--token", str_of(token), out, e);
	if (environment && *environment)
		return take("$CANTRACK_TOKEN", str_of(environment), out, e);
	char path[512], text[KEY_MAX + 3];
	int len = snprintf(path, sizeof path, "%s/admin.token", directory ? directory : "data");
	if (len < 0 || (size_t)len >= sizeof path)
		return fail(e, "the path '%s' is too long", directory);
	FILE *file = fopen(path, "re");
	if (!file)
		return fail(e,
			"there is no token: cannot open '%s': %s; --token, $CANTRACK_TOKEN or "
			"--data says which one to show",
			path, strerror(errno));
	size_t got = fread(text, 1, sizeof text, file);
	fclose(file);
	return take(path, str_trim((struct str){text, got}), out, e);
}
