# One line per operator: the file is the operator. The registry is generated from this list.
op_files = \
	ops/add.c \
	ops/avg_pool2d.c \
	ops/batch_norm.c \
	ops/concat.c \
	ops/conv2d.c \
	ops/dense.c \
	ops/dropout.c \
	ops/flatten.c \
	ops/global_avg_pool2d.c \
	ops/leaky_relu.c \
	ops/max_pool2d.c \
	ops/mean_squared_error.c \
	ops/multiply.c \
	ops/pad.c \
	ops/rbf.c \
	ops/rbf_map.c \
	ops/rbf_mse.c \
	ops/relu.c \
	ops/reshape.c \
	ops/scaled_tanh.c \
	ops/sigmoid.c \
	ops/silu.c \
	ops/softmax.c \
	ops/softmax_cross_entropy.c \
	ops/subsample2d.c \
	ops/tanh.c

isa_sources += $(op_files) ops/registry.c \
	ops/kernels/columns.h \
	ops/kernels/connections.h \
	ops/kernels/conv.c ops/kernels/conv.h ops/kernels/conv_taps.c ops/kernels/conv_taps.h \
	ops/kernels/conv_single.c ops/kernels/conv_single.h \
	ops/kernels/conv_single_depthwise.c ops/kernels/conv_single_full.c \
	ops/kernels/conv_gradient.c ops/kernels/conv_gradient.h \
	ops/kernels/conv_gradient_block.c ops/kernels/conv_gradient_block.h \
	ops/kernels/conv_gradient_cut.c ops/kernels/conv_gradient_cut.h \
	ops/kernels/conv_gradient_pack.c ops/kernels/conv_gradient_pack.h \
	ops/kernels/dense.c ops/kernels/dense.h ops/kernels/dense_single.c \
	ops/kernels/elementwise.h \
	ops/kernels/logistic.h \
	ops/kernels/penalty.h \
	ops/kernels/loss.h \
	ops/kernels/reshape.h \
	ops/kernels/softmax.h \
	ops/kernels/pool.h \
	ops/kernels/window.h \
	ops/kernels/rbf_codes.h
nodist_isa_sources = ops/registry.inc

# OP(conv2d), OP(dense), ...: included by ops/registry.c.
ops/registry.inc: $(srcdir)/ops/local.mk
	$(AM_V_GEN)$(MKDIR_P) ops && for f in $(op_files); do \
	  name=`echo "$$f" | sed 's,.*/,,; s,\.c$$,,'`; echo "OP($$name)"; \
	done > $@.tmp && mv $@.tmp $@
BUILT_SOURCES += ops/registry.inc
CLEANFILES += ops/registry.inc

noinst_LIBRARIES += libgeneric.a
libgeneric_a_SOURCES = $(isa_sources)
libgeneric_a_CPPFLAGS = $(AM_CPPFLAGS) -Iops -DLCNN_ISA=generic
isa_libraries = libgeneric.a

if X86_64
noinst_LIBRARIES += libavx2.a libavx512.a
libavx2_a_SOURCES = $(isa_sources)
libavx2_a_CPPFLAGS = $(AM_CPPFLAGS) -Iops -DLCNN_ISA=avx2
libavx2_a_CFLAGS = $(AM_CFLAGS) -mavx2 -mfma
libavx512_a_SOURCES = $(isa_sources)
libavx512_a_CPPFLAGS = $(AM_CPPFLAGS) -Iops -DLCNN_ISA=avx512
libavx512_a_CFLAGS = $(AM_CFLAGS) -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma
isa_libraries += libavx512.a libavx2.a
endif

noinst_LIBRARIES += liblcnn.a
liblcnn_a_SOURCES = $(core_sources) $(datasets_sources)

# What programs link with; the core and the backends refer to each other, hence twice.
lcnn_libraries = liblcnn.a $(isa_libraries) liblcnn.a

# The whole library once more in double, for finite differences in tests.
check_LIBRARIES += liblcnn64.a
liblcnn64_a_SOURCES = $(core_sources) $(datasets_sources) $(isa_sources)
liblcnn64_a_CPPFLAGS = $(AM_CPPFLAGS) -Iops -DLCNN_ISA=generic -DLCNN_DOUBLE
