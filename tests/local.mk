# Check programs. tests/test_NAME alone is made of tests/test_NAME.c, the suite and the whole library: one line each here.
check_LIBRARIES += libsuite.a
libsuite_a_SOURCES = tests/suite.c tests/suite.h

if HAVE_CHECK
check_PROGRAMS += \
	tests/test_checkpoint \
	tests/test_files \
	tests/test_golden \
	tests/test_graph \
	tests/test_metrics \
	tests/test_model \
	tests/test_resolve
endif

AM_CPPFLAGS += $(CHECK_CFLAGS)
LDADD = libsuite.a $(lcnn_libraries) $(CHECK_LIBS)

# `make check` runs them all; `make check CHECKS=tests/test_files` runs one.
CHECKS = $(check_PROGRAMS) $(srcdir)/tests/cli.sh $(srcdir)/tests/bad.sh
check-local: $(check_PROGRAMS) lcnn$(EXEEXT)
	@srcdir='$(srcdir)' LCNN='$(abs_builddir)/lcnn$(EXEEXT)' sh $(srcdir)/tests/run.sh $(CHECKS)
EXTRA_DIST += tests/run.sh tests/cli.sh
MOSTLYCLEANFILES = tests/*.log

# Values made elsewhere that tests compare with, and the scripts that made them.
EXTRA_DIST += \
	tests/golden/fit_simd_math.py \
	tests/golden/lenet5_step.py \
	tests/golden/lenet5_step.safetensors
