# Check programs. tests/test_NAME alone is made of tests/test_NAME.c, the suite and the whole library: one line each here.
if HAVE_CHECK
check_LIBRARIES += libsuite.a
libsuite_a_SOURCES = tests/suite.c tests/suite.h
check_PROGRAMS += \
	tests/test_attr \
	tests/test_catalogue \
	tests/test_checkpoint \
	tests/test_claims \
	tests/test_conv \
	tests/test_conv_gradient \
	tests/test_curvature \
	tests/test_datasets \
	tests/test_dense \
	tests/test_document \
	tests/test_error \
	tests/test_exec \
	tests/test_exec_carry \
	tests/test_faults \
	tests/test_feed \
	tests/test_fetch \
	tests/test_fetch_archive \
	tests/test_fetch_command \
	tests/test_figure \
	tests/test_files \
	tests/test_glyphs \
	tests/test_golden \
	tests/test_golden64 \
	tests/test_gradient \
	tests/test_graph \
	tests/test_idx \
	tests/test_init \
	tests/test_isa \
	tests/test_lenet1998 \
	tests/test_measure \
	tests/test_memory \
	tests/test_metrics \
	tests/test_mnist_form \
	tests/test_model \
	tests/test_number \
	tests/test_numpy \
	tests/test_op_checks \
	tests/test_op_values \
	tests/test_ops \
	tests/test_optim \
	tests/test_picture \
	tests/test_predict \
	tests/test_readers \
	tests/test_rejection \
	tests/test_resolve \
	tests/test_resume \
	tests/test_rng \
	tests/test_schedule \
	tests/test_sdlm \
	tests/test_select \
	tests/test_simd \
	tests/test_statistics \
	tests/test_table_csv \
	tests/test_transforms \
	tests/test_translate \
	tests/test_update \
	tests/test_verify
endif

AM_CPPFLAGS += $(CHECK_CFLAGS)
LDADD = libsuite.a $(lcnn_libraries) $(CHECK_LIBS)

# `make check` runs them all; `make check CHECKS=tests/test_files` runs one. What takes long begins first.
CHECKS = $(srcdir)/tests/resume.sh $(srcdir)/tests/faults.sh $(srcdir)/tests/report.sh $(srcdir)/tests/one-hash.sh $(srcdir)/tests/cli.sh \
	$(srcdir)/tests/study.sh $(srcdir)/tests/verify.sh $(srcdir)/tests/fuzz/replay.sh $(srcdir)/tests/cli-pictures.sh \
	$(srcdir)/tests/published.sh $(srcdir)/tests/bad.sh $(srcdir)/tests/includes.sh $(check_PROGRAMS)
check-local: $(check_PROGRAMS) $(fuzz_programs) lcnn$(EXEEXT)
	@srcdir='$(srcdir)' top_builddir='$(abs_top_builddir)' LCNN='$(abs_builddir)/lcnn$(EXEEXT)' sh $(srcdir)/tests/run.sh $(CHECKS)
EXTRA_DIST += tests/run.sh tests/lsan.supp tests/cli-words.sh tests/cli.sh tests/cli-pictures.sh tests/faults.sh \
	tests/faults/faults.c tests/faults/power.c tests/faults/power.h tests/includes.sh tests/lint.sh tests/one-hash.sh \
	tests/published.sh tests/races.sh tests/report.sh tests/resume.sh tests/study.sh tests/verify.sh
MOSTLYCLEANFILES = tests/*.log

# core/simd.h once per instruction set, for tests/test_simd.
check_LIBRARIES += libsimd_generic.a
libsimd_generic_a_SOURCES = tests/simd_functions.c tests/simd_functions.h
libsimd_generic_a_CPPFLAGS = $(AM_CPPFLAGS) -DLCNN_ISA=generic
tests_test_simd_LDADD = libsimd_generic.a
if X86_64
check_LIBRARIES += libsimd_avx2.a libsimd_avx512.a
libsimd_avx2_a_SOURCES = tests/simd_functions.c tests/simd_functions.h
libsimd_avx2_a_CPPFLAGS = $(AM_CPPFLAGS) -DLCNN_ISA=avx2
libsimd_avx2_a_CFLAGS = $(libavx2_a_CFLAGS)
libsimd_avx512_a_SOURCES = tests/simd_functions.c tests/simd_functions.h
libsimd_avx512_a_CPPFLAGS = $(AM_CPPFLAGS) -DLCNN_ISA=avx512
libsimd_avx512_a_CFLAGS = $(libavx512_a_CFLAGS)
tests_test_simd_LDADD += libsimd_avx2.a libsimd_avx512.a
endif
tests_test_simd_LDADD += $(LDADD) -lm

# Operators on their own: against central differences in the double library, and on every instruction set.
op_checks = tests/op_checks.c tests/op_checks.h tests/op_gradients.c tests/op_harness.c tests/op_harness.h
tests_test_ops_SOURCES = tests/test_ops.c $(op_checks)
tests_test_ops_CPPFLAGS = $(AM_CPPFLAGS) -DLCNN_DOUBLE
tests_test_ops_LDADD = libsuite.a liblcnn64.a $(CHECK_LIBS) -lm
tests_test_op_checks_SOURCES = tests/test_op_checks.c $(op_checks)
tests_test_op_checks_CPPFLAGS = $(AM_CPPFLAGS) -DLCNN_DOUBLE
tests_test_op_checks_LDADD = libsuite.a liblcnn64.a $(CHECK_LIBS) -lm
tests_test_curvature_SOURCES = tests/test_curvature.c tests/op_harness.c tests/op_harness.h
tests_test_curvature_CPPFLAGS = $(AM_CPPFLAGS) -DLCNN_DOUBLE
tests_test_curvature_LDADD = libsuite.a liblcnn64.a $(CHECK_LIBS) -lm
tests_test_isa_SOURCES = tests/test_isa.c $(op_checks)
tests_test_isa_LDADD = $(LDADD) -lm

tests_test_conv_SOURCES = tests/test_conv.c tests/op_harness.c tests/op_harness.h
tests_test_conv_LDADD = $(LDADD) -lm

tests_test_conv_gradient_SOURCES = tests/test_conv_gradient.c tests/op_harness.c tests/op_harness.h
tests_test_conv_gradient_LDADD = $(LDADD) -lm

tests_test_op_values_SOURCES = tests/test_op_values.c tests/op_harness.c tests/op_harness.h

tests_test_lenet1998_SOURCES = tests/test_lenet1998.c tests/op_harness.c tests/op_harness.h
tests_test_lenet1998_LDADD = $(LDADD) -lm

tests_test_measure_LDADD = $(LDADD) -lm
# What of the tools is no command is tested like the library.
tests_test_rejection_LDADD = libtools.a $(LDADD) -lm
tests_test_figure_LDADD = libtools.a $(LDADD) -lm
tests_test_statistics_LDADD = libtools.a $(LDADD) -lm
tests_test_table_csv_LDADD = libtools.a $(LDADD) -lm
tests_test_transforms_LDADD = $(LDADD) -lm

tests_test_dense_SOURCES = tests/test_dense.c tests/op_harness.c tests/op_harness.h
tests_test_dense_LDADD = $(LDADD) -lm

# Once in float, once in double, where it must be a hundred times nearer.
tests_test_golden_LDADD = $(LDADD) -lm
tests_test_golden64_SOURCES = tests/test_golden.c
tests_test_golden64_CPPFLAGS = $(AM_CPPFLAGS) -DLCNN_DOUBLE
tests_test_golden64_LDADD = libsuite.a liblcnn64.a $(CHECK_LIBS) -lm

# Values made elsewhere that tests compare with, and the scripts that made them.
EXTRA_DIST += \
	tests/golden/fit_simd_math.py \
	tests/golden/lenet5_step.py \
	tests/golden/lenet5_step.safetensors

# Bad models and what is said about them; whole folders, so that a case is two files and nothing else.
EXTRA_DIST += tests/bad.sh tests/bad

# What fails on request (tests/faulty.h).
FAULTY_WRAPS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup \
	-Wl,--wrap=aligned_array,--wrap=arena_new,--wrap=arena_alloc,--wrap=arena_array,--wrap=arena_copy,--wrap=arena_format \
	-Wl,--wrap=realpath,--wrap=yaml_parser_initialize,--wrap=yaml_parser_parse \
	-Wl,--wrap=inflateInit2_,--wrap=inflate \
	-Wl,--wrap=png_create_read_struct,--wrap=png_create_write_struct,--wrap=png_create_info_struct \
	-Wl,--wrap=png_read_update_info,--wrap=jpeg_start_decompress,--wrap=archive_read_new \
	-Wl,--wrap=read,--wrap=write,--wrap=fsync,--wrap=fstat,--wrap=stat,--wrap=ftruncate,--wrap=lseek,--wrap=mkdir \
	-Wl,--wrap=renameat,--wrap=opendir,--wrap=readdir,--wrap=fopen,--wrap=open,--wrap=openat
tests_test_faults_SOURCES = tests/test_faults.c tests/faulty.c tests/faulty.h
tests_test_faults_LDFLAGS = $(FAULTY_WRAPS)

# Small data sets, written and read.
tests_test_catalogue_SOURCES = tests/test_catalogue.c tests/small_set.c tests/small_set.h
tests_test_datasets_SOURCES = tests/test_datasets.c tests/small_set.c tests/small_set.h
web_set = tests/web_set.c tests/web_set.h tests/http_server.c tests/http_server.h tests/small_set.c tests/small_set.h
tests_test_fetch_SOURCES = tests/test_fetch.c $(web_set)
tests_test_fetch_archive_SOURCES = tests/test_fetch_archive.c $(web_set)
tests_test_fetch_command_SOURCES = tests/test_fetch_command.c $(web_set)
tests_test_verify_SOURCES = tests/test_verify.c tests/small_set.c tests/small_set.h
tests_test_idx_SOURCES = tests/test_idx.c tests/small_set.c tests/small_set.h
tests_test_mnist_form_SOURCES = tests/test_mnist_form.c tests/image_files.c tests/image_files.h \
	tests/small_set.c tests/small_set.h
tests_test_mnist_form_LDADD = $(LDADD) -lm
tests_test_numpy_SOURCES = tests/test_numpy.c tests/small_set.c tests/small_set.h
tests_test_readers_SOURCES = tests/test_readers.c tests/image_files.c tests/image_files.h \
	tests/small_set.c tests/small_set.h
tests_test_picture_SOURCES = tests/test_picture.c tests/image_files.c tests/image_files.h \
	tests/small_set.c tests/small_set.h

# Gradients of whole networks, in the double library.
tests_test_gradient_CPPFLAGS = $(AM_CPPFLAGS) -DLCNN_DOUBLE
tests_test_gradient_LDADD = libsuite.a liblcnn64.a $(CHECK_LIBS) -lm
EXTRA_DIST += tests/models/carried.yaml tests/models/every-part.yaml tests/models/smooth-parts.yaml

# Fuzz targets, which `make check` runs over their corpora; tests/fuzz/README.md tells how to fuzz.
fuzz_programs = \
	tests/fuzz/fuzz_arguments \
	tests/fuzz/fuzz_catalogue \
	tests/fuzz/fuzz_checkpoint \
	tests/fuzz/fuzz_cifar \
	tests/fuzz/fuzz_csv \
	tests/fuzz/fuzz_dataset_yaml \
	tests/fuzz/fuzz_idx \
	tests/fuzz/fuzz_model \
	tests/fuzz/fuzz_numpy \
	tests/fuzz/fuzz_picture \
	tests/fuzz/fuzz_study \
	tests/fuzz/fuzz_zip
EXTRA_PROGRAMS = $(fuzz_programs)
CLEANFILES += $(fuzz_programs)
fuzz_shared = tests/fuzz/fuzz.c tests/fuzz/fuzz.h tests/fuzz/replay.c tests/faulty.c tests/faulty.h
tests_fuzz_fuzz_arguments_SOURCES = tests/fuzz/fuzz_arguments.c $(fuzz_shared)
tests_fuzz_fuzz_arguments_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tools
tests_fuzz_fuzz_arguments_LDFLAGS = $(FAULTY_WRAPS) -Wl,--wrap=exit
tests_fuzz_fuzz_arguments_LDADD = libtools.a $(lcnn_libraries) -lm
tests_fuzz_fuzz_catalogue_SOURCES = tests/fuzz/fuzz_catalogue.c $(fuzz_shared)
tests_fuzz_fuzz_catalogue_LDFLAGS = $(FAULTY_WRAPS)
tests_fuzz_fuzz_catalogue_LDADD = $(lcnn_libraries)
tests_fuzz_fuzz_checkpoint_SOURCES = tests/fuzz/fuzz_checkpoint.c $(fuzz_shared)
tests_fuzz_fuzz_checkpoint_LDFLAGS = $(FAULTY_WRAPS)
tests_fuzz_fuzz_checkpoint_LDADD = $(lcnn_libraries) -lm
tests_fuzz_fuzz_cifar_SOURCES = tests/fuzz/fuzz_cifar.c $(fuzz_shared)
tests_fuzz_fuzz_cifar_LDFLAGS = $(FAULTY_WRAPS)
tests_fuzz_fuzz_cifar_LDADD = $(lcnn_libraries)
tests_fuzz_fuzz_csv_SOURCES = tests/fuzz/fuzz_csv.c $(fuzz_shared)
tests_fuzz_fuzz_csv_LDFLAGS = $(FAULTY_WRAPS)
tests_fuzz_fuzz_csv_LDADD = $(lcnn_libraries)
tests_fuzz_fuzz_dataset_yaml_SOURCES = tests/fuzz/fuzz_dataset_yaml.c $(fuzz_shared)
tests_fuzz_fuzz_dataset_yaml_LDFLAGS = $(FAULTY_WRAPS)
tests_fuzz_fuzz_dataset_yaml_LDADD = $(lcnn_libraries)
tests_fuzz_fuzz_idx_SOURCES = tests/fuzz/fuzz_idx.c $(fuzz_shared)
tests_fuzz_fuzz_idx_LDFLAGS = $(FAULTY_WRAPS)
tests_fuzz_fuzz_idx_LDADD = $(lcnn_libraries)
tests_fuzz_fuzz_model_SOURCES = tests/fuzz/fuzz_model.c $(fuzz_shared)
tests_fuzz_fuzz_model_LDFLAGS = $(FAULTY_WRAPS)
tests_fuzz_fuzz_model_LDADD = $(lcnn_libraries) -lm
tests_fuzz_fuzz_numpy_SOURCES = tests/fuzz/fuzz_numpy.c $(fuzz_shared)
tests_fuzz_fuzz_numpy_LDFLAGS = $(FAULTY_WRAPS)
tests_fuzz_fuzz_numpy_LDADD = $(lcnn_libraries)
tests_fuzz_fuzz_picture_SOURCES = tests/fuzz/fuzz_picture.c $(fuzz_shared)
tests_fuzz_fuzz_picture_LDFLAGS = $(FAULTY_WRAPS)
tests_fuzz_fuzz_picture_LDADD = $(lcnn_libraries)
tests_fuzz_fuzz_study_SOURCES = tests/fuzz/fuzz_study.c $(fuzz_shared)
tests_fuzz_fuzz_study_LDFLAGS = $(FAULTY_WRAPS)
tests_fuzz_fuzz_study_LDADD = $(lcnn_libraries) -lm
tests_fuzz_fuzz_zip_SOURCES = tests/fuzz/fuzz_zip.c $(fuzz_shared)
tests_fuzz_fuzz_zip_LDFLAGS = $(FAULTY_WRAPS)
tests_fuzz_fuzz_zip_LDADD = $(lcnn_libraries)
EXTRA_DIST += tests/fuzz/README.md tests/fuzz/fuzz.sh tests/fuzz/replay.sh tests/fuzz/arguments.dict tests/fuzz/yaml.dict tests/fuzz/corpus
