/* number.c - numbers from text and to text. */
#include "config.h"

#include "number.h"

#include "arena.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *p) {
    while (digit(*p))
        p++;
    return p;
}

/* The end of the number that `text` begins with, or NULL; *integer is false when it has a point or
 * an exponent. */
static const char *end_of_number(const char *text, bool *integer) {
    const char *p = text + (*text == '-');
    if (!digit(*p))
        return NULL;
    p = *p == '0' ? p + 1 : skip_digits(p);
    *integer = true;
    if (*p == '.') {
        if (!digit(p[1]))
            return NULL;
        p = skip_digits(p + 1);
        *integer = false;
    }
    if (*p == 'e' || *p == 'E') {
        p += p[1] == '-' || p[1] == '+' ? 2 : 1;
        if (!digit(*p))
            return NULL;
        p = skip_digits(p);
        *integer = false;
    }
    return p;
}

/* What is wrong with a text that somebody may have meant as a number. */
static const char *explain(const char *text) {
    static const char *const infinite[] = {"nan", "inf", "infinity", NULL};
    const char *p = text + (*text == '-' || *text == '+');
    for (int i = 0; infinite[i]; i++)
        if (strcasecmp(p + (*p == '.'), infinite[i]) == 0)
            return "numbers must be finite";
    if (*text == '+' && digit(*p))
        return "a positive number has no sign";
    if (*p == '.' && digit(p[1]))
        return "a digit is needed before the point";
    if (!digit(*p))
        return NULL;
    if (*p == '0' && p[1] && strchr("xXoObB", p[1]))
        return "numbers are decimal";
    if (*p == '0' && digit(p[1]))
        return "numbers have no leading zeros";
    if (strchr(p, '_') && strspn(p, "0123456789_") == strlen(p))
        return "numbers have no underscores";
    if (*skip_digits(p) == '.' && !digit(skip_digits(p)[1]))
        return "a digit is needed after the point";
    return NULL;
}

/* Whether the digits before the exponent are not all zero. */
static bool not_zero(const char *text) {
    size_t mantissa = strcspn(text, "eE");
    return strcspn(text, "123456789") < mantissa;
}

bool number_real(const char *text, double *value, const char **why) {
    bool integer;
    const char *end = end_of_number(text, &integer);
    if (!end || *end) {
        *why = explain(text);
        return false;
    }
    /* strtod alone would want the comma of a German locale. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain) {
        *why = "out of memory";
        return false;
    }
    double result = strtod_l(text, NULL, plain);
    freelocale(plain);
    *why = isinf(result)                   ? "too large"
           : result == 0 && not_zero(text) ? "too small to tell from 0"
                                           : NULL;
    *value = result;
    return *why == NULL;
}

bool number_integer(const char *text, int64_t *value, const char **why) {
    bool integer = false;
    const char *end = end_of_number(text, &integer);
    if (!end || *end || !integer) {
        *why = end && !*end ? "a whole number is needed" : explain(text);
        return false;
    }
    errno = 0;
    long long result = strtoll(text, NULL, 10);
    *why = errno == ERANGE ? "too large" : NULL;
    *value = result;
    return *why == NULL;
}

char *number_text(double value, char text[NUMBER_TEXT]) {
    double back = 0;
    const char *why;
    for (int digits = 15; digits <= 17; digits++) {
        text_format(text, NUMBER_TEXT, "%.*g", digits, value);
        if (number_real(text, &back, &why) && back == value)
            break;
    }
    return text;
}
