# SPDX-License-Identifier: MIT
pkglib_LTLIBRARIES += libkfdsim.la
libkfdsim_la_SOURCES = \
	sim/preload/hook_device.c \
	sim/preload/hook_dir.c \
	sim/preload/hook_open.c \
	sim/preload/hook_stat.c \
	sim/preload/init.c \
	sim/preload/nodes.c sim/preload/nodes.h \
	sim/preload/process_dir.c \
	sim/preload/real.c sim/preload/real.h \
	sim/preload/topology.c \
	sim/preload/tree.c sim/preload/tree.h
# The interposed functions must be the plain ones, not what fortified headers make of them.
libkfdsim_la_CFLAGS = $(AM_CFLAGS) -U_FORTIFY_SOURCE -fno-builtin
libkfdsim_la_LIBADD = libkfdsim_parts.la -ldl
libkfdsim_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -Wl,--version-script=$(srcdir)/sim/preload/exports.map
libkfdsim_la_DEPENDENCIES = libkfdsim_parts.la sim/preload/exports.map
EXTRA_DIST += sim/preload/exports.map

bin_PROGRAMS += kfdsim
kfdsim_SOURCES = sim/preload/launcher.c sim/preload/plan_options.c sim/preload/plan_options.h
kfdsim_CPPFLAGS = $(AM_CPPFLAGS) -DSIM_DEVICE_DIR='"$(simdevicedir)"' -DSIM_LIBRARY_DIR='"$(pkglibdir)"'
kfdsim_CFLAGS = $(AM_CFLAGS) -include config.h
kfdsim_LDADD = libkfdsim_parts.la
dist_man_MANS += man/kfdsim.1

# The launcher looks for the devices beside itself, so that it runs before it is installed.
noinst_DATA = sim/devices/stamp
# By their place in the source tree: make would find the copies first, and never see a change.
sim/devices/stamp: $(srcdir)/sim/devices/gfx906.ini $(srcdir)/sim/devices/gfx90a.ini \
	$(srcdir)/sim/devices/gfx942.ini $(srcdir)/sim/devices/gfx942-mi308x.ini
	@$(MKDIR_P) sim/devices
	@for f in $(dist_simdevice_DATA); do \
		test $(srcdir)/$$f -ef $$f || cp $(srcdir)/$$f $$f || exit 1; \
	done
	@touch $@
CLEANFILES += sim/devices/stamp
clean-local: clean-devices
clean-devices:
	@for f in $(dist_simdevice_DATA); do \
		test ! -e $$f || test $(srcdir)/$$f -ef $$f || rm -f $$f; \
	done
