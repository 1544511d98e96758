/* table.c - every command, in the order `akashi --help` shows them. */
#include "cli/command.h"

extern const struct ak_command ak_cmd_investigate;
extern const struct ak_command ak_cmd_detect;
extern const struct ak_command ak_cmd_dump;
extern const struct ak_command ak_cmd_ls;
extern const struct ak_command ak_cmd_cat;
extern const struct ak_command ak_cmd_timeline;
extern const struct ak_command ak_cmd_show;
extern const struct ak_command ak_cmd_claims;
extern const struct ak_command ak_cmd_report;
extern const struct ak_command ak_cmd_verify;
extern const struct ak_command ak_cmd_list;

const struct ak_command *const ak_commands[] = {
    &ak_cmd_investigate, &ak_cmd_detect,   &ak_cmd_dump, &ak_cmd_ls,
    &ak_cmd_cat,         &ak_cmd_timeline, &ak_cmd_show, &ak_cmd_claims,
    &ak_cmd_report,      &ak_cmd_verify,   &ak_cmd_list, NULL,
};
