/* number.h - numbers as text, both ways, whatever the program's locale says.
 *
 * The grammar is JSON's: decimal, a digit before and after the point, no leading zeros, no underscores; neither
 * hexadecimal nor infinite. */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* The whole text as a number, correctly rounded. False when it is none; *why then says what is wrong with something that
 * was meant as a number, or is NULL. A number too large for double, or so small that it would become 0, is refused. */
bool number_real(const char *text, double *value, const char **why);

/* The whole text as an integer: no point, no exponent. */
bool number_integer(const char *text, int64_t *value, const char **why);

/* The shortest text with 15 to 17 digits that reads back as the same double. Returns `text`. */
enum { NUMBER_TEXT = 32 };
char *number_text(double value, char text[NUMBER_TEXT]);

#endif
