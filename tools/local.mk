# The lcnn command. It includes one header of the library: core/lcnn.h.
bin_PROGRAMS += lcnn
lcnn_SOURCES = tools/main.c
lcnn_LDADD = libtools.a $(lcnn_libraries) -lm
noinst_LIBRARIES += libtools.a
libtools_a_SOURCES = \
	tools/bench_report.c tools/bench_report.h \
	tools/checkpoints.c tools/checkpoints.h \
	tools/child.c tools/child.h \
	tools/cmd_bench.c \
	tools/cmd_check.c \
	tools/cmd_data.c \
	tools/cmd_help.c \
	tools/cmd_ops.c \
	tools/cmd_predict.c \
	tools/cmd_report.c \
	tools/cmd_run.c \
	tools/cmd_show.c \
	tools/cmd_study.c \
	tools/cmd_test.c \
	tools/cmd_verify.c \
	tools/data_fetch.c \
	tools/data_verify.c \
	tools/command.h tools/commands.c \
	tools/csv.c tools/csv.h \
	tools/data_show.c \
	tools/data_stats.c \
	tools/duplicates.c tools/duplicates.h \
	tools/figure.c tools/figure.h \
	tools/figure_draw.c tools/figure_parts.h \
	tools/figure_heat.c \
	tools/figure_names.c \
	tools/figure_scale.c \
	tools/figure_svg.c \
	tools/font.c tools/font.h \
	tools/interrupt.c tools/interrupt.h \
	tools/job.c tools/job.h \
	tools/machine.c tools/machine.h \
	tools/memory.c tools/memory.h \
	tools/messages.c \
	tools/options.c \
	tools/page.c tools/page.h tools/page_parts.h \
	tools/page_picture.c \
	tools/page_style.c \
	tools/page_table.c \
	tools/past_run.c tools/past_run.h \
	tools/preview.c tools/preview.h \
	tools/progress.c tools/progress.h \
	tools/published.c tools/published.h \
	tools/published_record.c tools/published_record.h \
	tools/rejection.c tools/rejection.h \
	tools/report.h \
	tools/report_bundle.c tools/report_bundle.h \
	tools/report_charts.c \
	tools/report_compare.c \
	tools/report_gallery.c tools/report_gallery.h \
	tools/report_graph.c \
	tools/report_parts.c tools/report_parts.h \
	tools/report_run.c tools/report_run_parts.h \
	tools/report_run_images.c \
	tools/report_run_inside.c \
	tools/report_run_origin.c \
	tools/report_run_published.c \
	tools/report_run_scores.c \
	tools/report_study.c tools/report_study.h \
	tools/report_study_charts.c \
	tools/report_study_trials.c \
	tools/result.c tools/result.h \
	tools/run_files.c tools/run_files.h \
	tools/run_lines.c tools/run_lines.h \
	tools/run_resume.c \
	tools/rundir.c tools/rundir.h \
	tools/sheet.c tools/sheet.h \
	tools/statistics.c tools/statistics.h \
	tools/study.h \
	tools/study_figures.c \
	tools/study_findings.c \
	tools/study_folder.c \
	tools/study_prepare.c \
	tools/study_print.c \
	tools/study_probes.c \
	tools/study_results.c \
	tools/study_train.c \
	tools/table.c \
	tools/text.c tools/text.h \
	tools/trace.c tools/trace.h \
	tools/transfer.c tools/transfer.h

# Measuring lcnn beside its peers, by hand: see tools/bench/README.md.
EXTRA_DIST += tools/report.png \
	tools/bench/README.md \
	tools/bench/compare.py \
	tools/bench/files.py \
	tools/bench/layers.py \
	tools/bench/models/layer.yaml \
	tools/bench/models/resnet-mini-rgb.yaml \
	tools/bench/onednn.c \
	tools/bench/peer_torch.py
