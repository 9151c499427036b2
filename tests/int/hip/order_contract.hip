/* SPDX-License-Identifier: MIT */
/*
 * The order contract, see order.h. Written for any GPU; the tool library may or may not be loaded.
 *
 * usage: order_contract.gpu [KERNELS [MICROSECONDS]]
 */
#include "order.h"

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {ORDER_TESTS};
	int status = order_start(argc, argv, "");

	return status ? status : hip_test_main(tests);
}
