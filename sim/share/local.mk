# SPDX-License-Identifier: MIT
# Part of the command processor's library, whose tests need it as it is.
libcp_la_SOURCES += \
	%D%/arbiter.h %D%/arbiter.c \
	%D%/cu.h %D%/cu.c \
	%D%/meeting.c \
	%D%/share.h %D%/share.c
