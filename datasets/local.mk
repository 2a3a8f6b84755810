# One line per transform: the file is the transform. The registry is generated from this list.
transform_files = \
	datasets/transforms/crop.c \
	datasets/transforms/grayscale.c \
	datasets/transforms/invert.c \
	datasets/transforms/normalize.c \
	datasets/transforms/pad.c \
	datasets/transforms/random_affine.c \
	datasets/transforms/random_crop.c \
	datasets/transforms/random_cutout.c \
	datasets/transforms/random_elastic.c \
	datasets/transforms/random_flip.c \
	datasets/transforms/random_noise.c \
	datasets/transforms/rescale.c \
	datasets/transforms/resize.c \
	datasets/transforms/threshold.c \
	datasets/transforms/translate.c \
	datasets/transforms/transpose.c

# One line per format of data: the file is the format.
reader_files = \
	datasets/readers/cifar.c \
	datasets/readers/csv.c \
	datasets/readers/idx.c \
	datasets/readers/image_folder.c \
	datasets/readers/numpy.c

datasets_sources = \
	$(reader_files) datasets/readers/registry.c \
	$(transform_files) datasets/transforms/registry.c \
	datasets/transforms/draws.c datasets/transforms/draws.h \
	datasets/transforms/sampling.c datasets/transforms/sampling.h \
	datasets/catalogue.c datasets/catalogue.h \
	datasets/datasets.c datasets/datasets.h \
	datasets/describe.c datasets/describe.h \
	datasets/digest.c datasets/digest.h \
	datasets/download.c datasets/download.h \
	datasets/fetch.c datasets/fetch.h \
	datasets/glyphs.c datasets/glyphs.h \
	datasets/idx.c datasets/idx.h \
	datasets/ink.c datasets/ink.h datasets/ink_light.c datasets/ink_parts.h \
	datasets/load.c datasets/load.h \
	datasets/npy.c datasets/npy.h datasets/npy_source.c datasets/npy_source.h \
	datasets/picture.c datasets/picture.h datasets/picture_jpeg.c datasets/picture_parts.h \
	datasets/picture_png.c datasets/picture_pnm.c datasets/picture_resize.c \
	datasets/mnist_form.c datasets/mnist_form.h \
	datasets/picture_write.c datasets/picture_write.h \
	datasets/places.c datasets/places.h \
	datasets/store.c datasets/store.h \
	datasets/reader.c datasets/reader.h datasets/readers.c datasets/readers.h \
	datasets/stream.c datasets/stream.h \
	datasets/strokes.c datasets/strokes.h \
	datasets/unpack.c datasets/unpack.h \
	datasets/verify.c datasets/verify.h
AM_CPPFLAGS += -Idatasets
EXTRA_DIST += datasets/catalogue.yaml

# TRANSFORM(normalize), TRANSFORM(pad), ...: included by datasets/transforms/registry.c.
datasets/transforms.inc: $(srcdir)/datasets/local.mk
	$(AM_V_GEN)$(MKDIR_P) datasets && for f in $(transform_files); do \
	  name=`echo "$$f" | sed 's,.*/,,; s,\.c$$,,'`; echo "TRANSFORM($$name)"; \
	done > $@.tmp && mv $@.tmp $@

# READER(cifar), READER(csv), ...: included by datasets/readers/registry.c.
datasets/readers.inc: $(srcdir)/datasets/local.mk
	$(AM_V_GEN)$(MKDIR_P) datasets && for f in $(reader_files); do \
	  name=`echo "$$f" | sed 's,.*/,,; s,\.c$$,,'`; echo "READER($$name)"; \
	done > $@.tmp && mv $@.tmp $@

# The catalogue as a C string literal, a line each, so that the program carries it.
datasets/catalogue.inc: $(srcdir)/datasets/catalogue.yaml
	$(AM_V_GEN)$(MKDIR_P) datasets && sed 's,[\\"],\\&,g; s,^,",; s,$$,\\n",' \
	  $(srcdir)/datasets/catalogue.yaml > $@.tmp && mv $@.tmp $@

BUILT_SOURCES += datasets/transforms.inc datasets/readers.inc datasets/catalogue.inc
CLEANFILES += datasets/transforms.inc datasets/readers.inc datasets/catalogue.inc
