/* list_rules.h - akashi list rules: every rule and how it stands. */
#ifndef AK_CLI_LIST_RULES_H
#define AK_CLI_LIST_RULES_H

#include "cli/command.h"

/* Print them; the exit status. */
int ak_list_rules(const struct ak_args *args);

#endif
