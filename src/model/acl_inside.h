/* acl_inside: the words of an ACL, shared by the files that read and print them. */
#ifndef MODEL_ACL_INSIDE_H
#define MODEL_ACL_INSIDE_H

#include "model/acl.h"

enum { ACL_URIS = 12, ACL_METHODS = 5, ACL_ACTIONS = 2 };

/* What can be granted; /platform and tokens cannot. Those that hold nothing here may stand in a token as
 * well: they grant nothing. */
extern const char *const acl_uris[ACL_URIS], *const acl_submodules[ACL_SUBMODULES];

struct acl_word {
	const char *name;
	uint8_t bit;
};
extern const struct acl_word acl_methods[ACL_METHODS], acl_actions[ACL_ACTIONS];

/* The place of a name in a list; -1: it is not there. */
int acl_place(struct str name, const char *const list[], int count);

#endif
