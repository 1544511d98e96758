/* words_table.h - data/words/ as a table, made by tools/gen-words. */
#ifndef AK_BASE_WORDS_TABLE_H
#define AK_BASE_WORDS_TABLE_H

struct ak_words_entry {
    const char *en, *ja;
};

extern const struct ak_words_entry ak_words[]; /* sorted by `en`, byte order */
extern const unsigned ak_n_words;

#endif
