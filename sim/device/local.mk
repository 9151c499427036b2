# SPDX-License-Identifier: MIT
libkfdsim_parts_la_SOURCES += sim/device/device.h sim/device/load.c sim/device/machine.c

simdevicedir = $(pkgdatadir)/devices
libkfdsim_parts_la_CPPFLAGS = $(AM_CPPFLAGS) -DSIM_DEVICE_DIR='"$(simdevicedir)"'
dist_simdevice_DATA = \
	sim/devices/gfx906.ini \
	sim/devices/gfx90a.ini \
	sim/devices/gfx942.ini \
	sim/devices/gfx942-mi308x.ini
