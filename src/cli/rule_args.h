/* rule_args.h - the options of commands that use rules. */
#ifndef AK_CLI_RULE_ARGS_H
#define AK_CLI_RULE_ARGS_H

#include "cli/command.h"
#include "engine/rules.h"

/* The options, for the tables of commands. */
#define AK_OPTION_RULES                                                                            \
    { "--placeholders", 0, "FILE", "values for |expand in rules, as YAML: name: [value, value]" }, \
        { "--filters", 0, "suppress|keep",                                                         \
          "what Sigma filters do with the events they match (default: suppress, as the "           \
          "specification has it; keep: as pySigma)" },                                             \
    {                                                                                              \
        "--rules", 'r', "RULES",                                                                   \
            "rules: a file, a folder or a zip; may be given several times "                        \
            "(default: those that came with akashi)"                                               \
    }

/* The rules of -r, else those that came with akashi, with --exclude and --level-tuning
 * applied where the command has them.  False after complaining.  *out is NULL when no
 * -r was given and akashi has none, unless `needed`. */
bool ak_args_rules(const struct ak_args *args, bool needed, struct ak_rules_in_use **out);

/* Is --filters one of its two words, or not given?  False after complaining. */
bool ak_args_filters(const struct ak_args *args);

/* The severity given with --min-level; AK_SEVERITY_UNDEFINED when none was.  False
 * after complaining. */
bool ak_args_min_level(const struct ak_args *args, enum ak_severity *out);

#endif
