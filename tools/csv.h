/* csv.h - small tables of comma-separated values (RFC 4180) in memory: what runs have written, and what belongs to models. */
#ifndef CSV_H
#define CSV_H

typedef struct csv csv;

/* All rows, each of so many fields (0: as many as the first has). NULL when there is no such file (*why NULL) or it is none
 * that fits (*why says why). */
csv *csv_read(const char *path, int columns, const char **why);
void csv_free(csv *c);

int csv_rows(const csv *c); /* the head included */
int csv_columns(const csv *c);
int csv_column(const csv *c, const char *name); /* by its head; -1: none */
const char *csv_text(const csv *c, int row, int column);
double csv_number(const csv *c, int row, int column); /* NaN where it is none */

#endif
