# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/acceptance %D%/check %D%/demo %D%/matrix %D%/packages.sh %D%/probe-kernel
EXTRA_DIST += %D%/acceptance.d/run %D%/acceptance.d/1.1.sh %D%/acceptance.d/1.2.sh %D%/acceptance.d/1.3.sh \
	%D%/acceptance.d/2.2-queues.sh %D%/acceptance.d/3.1.sh %D%/acceptance.d/3.2.sh %D%/acceptance.d/3.3.sh \
	%D%/acceptance.d/5.2.sh %D%/acceptance.d/order.sh
EXTRA_DIST += %D%/acceptance.d/2.1.sh %D%/acceptance.d/2.2.sh %D%/acceptance.d/2.3.sh %D%/acceptance.d/4.2.sh \
	%D%/acceptance.d/4.1.sh %D%/acceptance.d/5.1.sh %D%/acceptance.d/5.3.sh
EXTRA_DIST += tests/others/primitives.hip tests/others/random.hip
