/* sigma_story.h - the table of Sigma's sentences told as a story, whoever evaluates. */
#ifndef AK_TESTS_SIGMA_STORY_H
#define AK_TESTS_SIGMA_STORY_H

#include "tests/support/sigma_cases.h"
#include "tests/support/story.h"

/* What |expand has to put in, in the table's rules. */
static const char SIGMA_PLACEHOLDERS[] =
    "Admins: [alice, 'bob*']\nnet.lab: 10.1.0.0/16\nOne: 1\nempty: []\nDash-ed: '-x'\n";

/* Every case in turn, under the sentence it belongs to. */
static inline void sigma_tell(void (*check_case)(const struct sigma_case *c))
{
    static struct sigma_table table;
    static struct sigma_case c;
    char last[256] = "";
    size_t n = 0;
    if (sigma_open(&table, "tests/unit/detect/sigma_cases.txt"))
        for (; sigma_next(&table, &c); n++) {
            if (strcmp(last, c.sentence) != 0) {
                story_end(); /* before its name goes */
                story_begin(strcpy(last, c.sentence));
            }
            check_case(&c);
        }
    TEST ("the table was read to its end") {
        CHECK(n > 300);
    }
    printf("%zu expectations\n", n);
    sigma_close(&table);
}

#endif
