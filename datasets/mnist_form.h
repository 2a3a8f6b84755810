/* mnist_form.h - a picture of a character, brought to the form that MNIST's makers gave theirs.
 *
 * LeCun, Cortes and Burges fitted each digit, its aspect kept, into 20x20 pixels with grey edges and put its centre of mass
 * into the middle of 28x28. Here the same shares of any size serve. Thin strokes are made as wide as MNIST's thinner ones:
 * a fine pen on a large sheet would else leave next to nothing. */
#ifndef MNIST_FORM_H
#define MNIST_FORM_H

#include "picture.h"

/* Fills out->pixels, of the shape that `out` has, with the character on `p`: light on black, equal in all channels. False
 * with a message that begins with `name`. */
bool mnist_form(const char *name, const picture *p, picture *out, lcnn_errors *errors);

#endif
