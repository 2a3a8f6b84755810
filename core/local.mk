# What every network needs. isa_sources are compiled once per instruction set (see ops/local.mk).
core_sources = \
	core/arena.c core/arena.h \
	core/attr.c core/attr.h core/attr_parts.h core/attr_value.c core/attr_write.c \
	core/backend.c core/backend.h \
	core/bench.c core/bench.h \
	core/checkpoint.c core/checkpoint.h \
	core/checkpoint_read.c \
	core/claims.c core/claims.h core/claims_table.c \
	core/class_weights.c core/class_weights.h \
	core/clock.h \
	core/curvature.c core/curvature.h \
	core/dataset.h \
	core/document.c core/document.h \
	core/document_write.c \
	core/error.c core/error.h \
	core/exec.c core/exec.h core/exec_carry.c core/exec_curvature.c core/exec_new.c \
	core/exec_parts.h core/exec_step.c \
	core/exec_update.c \
	core/feed.c core/feed.h \
	core/file.c core/file.h \
	core/graph.c core/graph.h \
	core/graph_draft.h core/graph_infer.c core/graph_read.c \
	core/graph_write.c \
	core/hash.c core/hash.h \
	core/init.c core/init.h \
	core/json.c core/json.h \
	core/lcnn.c core/lcnn.h core/lcnn_bench.c core/lcnn_data.c core/lcnn_fetch.c core/lcnn_images.c \
	core/lcnn_study.c core/lcnn_study_options.c core/lcnn_study_parts.h core/lcnn_study_trial.c \
	core/lcnn_parts.h core/manual.c \
	core/memory.c core/memory.h \
	core/metrics.c core/metrics.h \
	core/model.c core/model.h core/model_classes.c core/model_data.c core/model_measure.c \
	core/model_published.c \
	core/model_parts.h core/model_write.c \
	core/network.c core/network.h \
	core/number.c core/number.h \
	core/plan.c core/plan.h \
	core/predict.c core/predict.h \
	core/resolve.c core/resolve.h core/resolve_names.c core/resolve_parts.h core/resolve_settings.c \
	core/resolve_tree.c \
	core/rng.c core/rng.h \
	core/scalar_math.h \
	core/schedule.c core/schedule.h \
	core/select.c core/select.h \
	core/study.c core/study.h core/study_axes.c core/study_claims.c \
	core/tensor.c core/tensor.h \
	core/threads.c core/threads.h \
	core/train.c core/train.h core/train_new.c core/train_origin.c core/train_parts.h core/train_state.c \
	core/watch.c core/watch.h

isa_sources = \
	core/loops.c \
	core/op.h \
	core/optim.c core/optim.h core/optim_rmsprop.c core/optim_sdlm.c \
	core/rng_lanes.h core/simd.h core/simd_math.h

# The commit that is built, for run.json. A tarball brings it in a file; without git and without that nobody knows.
core/commit.inc: FORCE
	$(AM_V_at)$(MKDIR_P) core; \
	if test -e '$(srcdir)/.git'; then commit=`cd '$(srcdir)' && git describe --always --dirty --exclude '*' 2>/dev/null`; \
	else commit=`cat '$(srcdir)/commit.txt' 2>/dev/null`; fi; \
	echo "#define LCNN_COMMIT \"$$commit\"" > $@.tmp; \
	if cmp -s $@.tmp $@; then rm -f $@.tmp; else mv $@.tmp $@; fi
FORCE:
BUILT_SOURCES += core/commit.inc
CLEANFILES += core/commit.inc

dist-hook: core/commit.inc
	sed 's/.*"\(.*\)"/\1/' core/commit.inc > '$(distdir)/commit.txt'
