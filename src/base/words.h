/* words.h - every text a user sees, in Japanese and English.
 *
 * The English text is the key; data/words/NAME.tsv gives the Japanese for it
 * (two columns, tab-separated).  tools/check-words fails when a text that the
 * code shows has no entry. */
#ifndef AK_BASE_WORDS_H
#define AK_BASE_WORDS_H

enum ak_lang { AK_LANG_EN, AK_LANG_JA };

/* The text in this language; the English itself when there is no entry.
 * Static, never freed, unless it is `english` itself. */
const char *ak_word(enum ak_lang lang, const char *english);

#endif
