# SPDX-License-Identifier: MIT
# xschedctl: a thin main.c over a library that the tests link too.
noinst_LTLIBRARIES += libcli.la
libcli_la_SOURCES = \
	%D%/cmd_doctor.c %D%/cmd_list.c %D%/cmd_policy.c %D%/cmd_resume.c %D%/cmd_run.c %D%/cmd_set.c %D%/cmd_stats.c \
	%D%/cmd_suspend.c %D%/cmd_top.c %D%/cmd_trace.c \
	%D%/command.c %D%/command.h \
	%D%/doctor.c %D%/doctor.h %D%/doctor_daemon.c %D%/doctor_gpu.c %D%/doctor_program.c \
	%D%/elf_look.c %D%/elf_look.h \
	%D%/launch.c %D%/launch.h \
	%D%/parse.c %D%/parse.h \
	%D%/request.c %D%/request.h \
	%D%/screen.c %D%/screen.h \
	%D%/session.c %D%/session.h \
	%D%/show.h \
	%D%/snapshot.c %D%/snapshot.h \
	%D%/system.c %D%/system.h \
	%D%/table.c %D%/table.h \
	%D%/totals.c %D%/totals.h \
	%D%/trace_merge.c %D%/trace_merge.h \
	%D%/usage.c %D%/usage.h
libcli_la_CPPFLAGS = $(AM_CPPFLAGS) -DCLI_LIBDIR='"$(libdir)"'
libcli_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(NCURSESW_CFLAGS)
libcli_la_LIBADD = libipc.la libsched.la libcommon.la $(JANSSON_LIBS) $(NCURSESW_LIBS)

bin_PROGRAMS += xschedctl
xschedctl_SOURCES = %D%/main.c
xschedctl_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) -include config.h
xschedctl_LDADD = libcli.la
dist_man_MANS += man/xschedctl.1

if BASH_COMPLETION
dist_bashcompletion_DATA = %D%/completion/xschedctl
endif
EXTRA_DIST += %D%/completion/xschedctl
