/* literals.h - which of many thousand literals does a text contain?
 *
 * Each literal is filed under one of its runs of four bytes (a gram), the rarest.
 * A text is gone over once; at each place its four bytes are looked up in a bitmap
 * that fits the first cache, mostly in vain.  Only where a gram is in the table
 * are its literals compared.  Grams are rare ones by choice, so that happens a
 * few times a text.  Literals of less than four bytes are taken when they begin beyond
 * ASCII (signs, look-alike letters): texts without such bytes need no look.  The worst a text can
 * do is to be made of grams, which costs a comparison with each literal of that gram a byte. */
#ifndef AK_DETECT_LITERALS_H
#define AK_DETECT_LITERALS_H

#include "base/arena.h"
#include "base/bytes.h"

struct ak_literals;

/* NULL when the arena is spent. */
struct ak_literals *ak_literals_new(struct ak_arena *arena);

/* Can it be a literal: four bytes, or less that begin with a character beyond ASCII? */
bool ak_literals_can(struct ak_str folded);

/* Tell of a text that rules contain, so that rarity can be judged.  Before any
 * ak_literals_rarity(). */
void ak_literals_learn(struct ak_literals *literals, struct ak_str folded);

/* How often a text of an event will contain it, as a guess from 0 to 1. */
double ak_literals_rarity(const struct ak_literals *literals, struct ak_str folded);

/* The literal's number, the same for the same text.  UINT32_MAX when the arena is spent. */
uint32_t ak_literals_add(struct ak_literals *literals, struct ak_str folded);

struct ak_str ak_literals_text(const struct ak_literals *literals, uint32_t literal);
size_t ak_literals_count(const struct ak_literals *literals);

/* After the last add; false when the arena is spent. */
bool ak_literals_finish(struct ak_literals *literals);

/* Where in the text the literal was found. */
enum ak_literal_where { AK_LITERAL_STARTS = 1, AK_LITERAL_ENDS = 2 };

/* Call `each` for every place of every literal in the text. */
void ak_literals_find(const struct ak_literals *literals, struct ak_str folded,
                      void (*each)(void *self, uint32_t literal, unsigned where), void *self);

#endif
