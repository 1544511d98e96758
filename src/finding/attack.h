/* attack.h - names of MITRE ATT&CK's tactics and techniques, from data/attack. */
#ifndef AK_FINDING_ATTACK_H
#define AK_FINDING_ATTACK_H

#include "base/bytes.h"

struct ak_attack_name {
    const char *key;   /* tactic: as tags have it, "initial-access"; technique: "T1059.001" */
    const char *in[2]; /* by enum ak_lang */
};

/* Tactics in the order of an attack; techniques by key. */
extern const struct ak_attack_name ak_attack_tactics[], ak_attack_techniques[];
extern const unsigned ak_n_attack_tactics, ak_n_attack_techniques;

/* The technique of this key; NULL when data/attack lacks it. */
const struct ak_attack_name *ak_attack_technique(struct ak_str key);

/* Do the tags of a rule ("attack.initial-access", in any notation of a list) name
 * this tactic or technique (lower case)?  '_' and '-' are the same; a technique
 * also stands for its sub-techniques. */
bool ak_attack_tagged(struct ak_str tags, const char *what);

#endif
