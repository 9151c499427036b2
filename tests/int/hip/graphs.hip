/* SPDX-License-Identifier: MIT */
/*
 * Graphs, built by the explicit calls and by capturing streams: kernels, copies, memsets and host
 * functions in the order that the edges say, again at each launch.
 */
#include "busy.h"
#include "check.h"

#define COUNT 1000

__global__ static void add(int *data, int value, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < count)
		data[i] += value;
}

__global__ static void multiply(int *data, int value, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i == 0)
		busy_wait(20000);
	if (i < count)
		data[i] *= value;
}

__global__ static void sum_of(int *to, const int *a, const int *b, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < count)
		to[i] = a[i] + b[i];
}

static void count_up(void *data)
{
	++*(int *)data;
}

static hipGraphNode_t kernel_node(
	hipGraph_t graph, std::vector<hipGraphNode_t> after, void *kernel, void **arguments)
{
	hipGraphNode_t node;
	hipKernelNodeParams p;
	memset((void *)&p, 0, sizeof(p));
	p.func = kernel;
	p.gridDim = dim3((COUNT + 127) / 128);
	p.blockDim = dim3(128);
	p.kernelParams = arguments;
	hip_ok(hipGraphAddKernelNode(&node, graph, after.data(), after.size(), &p));
	return node;
}

static void edges_order_kernels_copies_and_memsets(void **state)
{
	hipGraph_t graph;
	hipGraphExec_t exec;
	hipStream_t stream;
	hipGraphNode_t copy_in, clear, copy_out;
	hipMemsetParams set;
	std::vector<int> in(COUNT), out(COUNT), want(COUNT);
	int *a = device_new<int>(COUNT), *b = device_new<int>(COUNT), *c = device_new<int>(COUNT);
	int five = 5, three = 3, count = COUNT;
	void *multiply_a[] = {&a, &three, &count}, *add_b[] = {&b, &five, &count},
	     *sum[] = {&c, &a, &b, &count};
	for (int i = 0; i < COUNT; i++)
		in[i] = i, want[i] = i * 3 + 5;
	hip_ok(hipGraphCreate(&graph, 0));
	hip_ok(hipGraphAddMemcpyNode1D(&copy_in, graph, NULL, 0, a, in.data(), COUNT * sizeof(int),
		hipMemcpyHostToDevice));
	memset((void *)&set, 0, sizeof(set));
	set.dst = b;
	set.elementSize = 4;
	set.width = COUNT;
	set.height = 1;
	hip_ok(hipGraphAddMemsetNode(&clear, graph, NULL, 0, &set));
	hipGraphNode_t m = kernel_node(graph, {copy_in}, (void *)multiply, multiply_a);
	hipGraphNode_t s = kernel_node(graph, {clear}, (void *)add, add_b);
	hipGraphNode_t t = kernel_node(graph, {m, s}, (void *)sum_of, sum);
	hip_ok(hipGraphAddMemcpyNode1D(&copy_out, graph, &t, 1, out.data(), c, COUNT * sizeof(int),
		hipMemcpyDeviceToHost));
	hip_ok(hipGraphInstantiate(&exec, graph, NULL, NULL, 0));
	hip_ok(hipStreamCreate(&stream));
	for (int round = 0; round < 5; round++) {
		std::fill(out.begin(), out.end(), -1);
		hip_ok(hipGraphLaunch(exec, stream));
		hip_ok(hipStreamSynchronize(stream));
		equal(out.data(), want.data(), COUNT);
	}
	size_t nodes = 0;
	hip_ok(hipGraphGetNodes(graph, NULL, &nodes));
	same(nodes, (size_t)6);
	hip_ok(hipGraphExecDestroy(exec));
	hip_ok(hipGraphDestroy(graph));
	hip_ok(hipStreamDestroy(stream));
	hip_ok(hipFree(a));
	hip_ok(hipFree(b));
	hip_ok(hipFree(c));
}

static void a_captured_stream_becomes_a_graph(void **state)
{
	hipGraph_t graph;
	hipGraphExec_t exec;
	hipStream_t stream;
	std::vector<int> want(COUNT), got;
	int *data = device_new<int>(COUNT);
	hip_ok(hipMemset(data, 0, COUNT * sizeof(int)));
	hip_ok(hipStreamCreate(&stream));
	hip_ok(hipStreamBeginCapture(stream, hipStreamCaptureModeGlobal));
	for (int i = 0; i < 10; i++) {
		add<<<(COUNT + 127) / 128, 128, 0, stream>>>(data, i, COUNT);
		multiply<<<(COUNT + 127) / 128, 128, 0, stream>>>(data, 3, COUNT);
	}
	hip_ok(hipStreamEndCapture(stream, &graph));
	hip_ok(hipDeviceSynchronize());
	got = host_copy_of(data, COUNT);
	equal(got.data(), want.data(), COUNT); /* captured, not run: still zero */
	hip_ok(hipGraphInstantiate(&exec, graph, NULL, NULL, 0));
	int value = 0;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 10; i++)
			value = (int)((unsigned)(value + i) * 3u);
		hip_ok(hipGraphLaunch(exec, stream));
	}
	hip_ok(hipStreamSynchronize(stream));
	std::fill(want.begin(), want.end(), value);
	got = host_copy_of(data, COUNT);
	equal(got.data(), want.data(), COUNT);
	hip_ok(hipGraphExecDestroy(exec));
	hip_ok(hipGraphDestroy(graph));
	hip_ok(hipStreamDestroy(stream));
	hip_ok(hipFree(data));
}

static void a_capture_across_streams_keeps_fork_and_join(void **state)
{
	hipGraph_t graph;
	hipGraphExec_t exec;
	hipStream_t first, second;
	hipEvent_t forked, joined;
	std::vector<int> want(COUNT, 2 * 7 + 3), got;
	int *a = device_new<int>(COUNT), *b = device_new<int>(COUNT), *c = device_new<int>(COUNT);
	hip_ok(hipStreamCreate(&first));
	hip_ok(hipStreamCreate(&second));
	hip_ok(hipEventCreateWithFlags(&forked, hipEventDisableTiming));
	hip_ok(hipEventCreateWithFlags(&joined, hipEventDisableTiming));
	hip_ok(hipStreamBeginCapture(first, hipStreamCaptureModeGlobal));
	hip_ok(hipMemsetAsync(a, 0, COUNT * sizeof(int), first));
	hip_ok(hipEventRecord(forked, first));
	hip_ok(hipStreamWaitEvent(second, forked, 0));
	hip_ok(hipMemsetAsync(b, 0, COUNT * sizeof(int), second));
	add<<<(COUNT + 127) / 128, 128, 0, second>>>(b, 3, COUNT);
	add<<<(COUNT + 127) / 128, 128, 0, first>>>(a, 7, COUNT);
	multiply<<<(COUNT + 127) / 128, 128, 0, first>>>(a, 2, COUNT);
	hip_ok(hipEventRecord(joined, second));
	hip_ok(hipStreamWaitEvent(first, joined, 0));
	sum_of<<<(COUNT + 127) / 128, 128, 0, first>>>(c, a, b, COUNT);
	hip_ok(hipStreamEndCapture(first, &graph));
	hip_ok(hipGraphInstantiate(&exec, graph, NULL, NULL, 0));
	for (int round = 0; round < 4; round++) {
		hip_ok(hipMemset(c, 0xff, COUNT * sizeof(int)));
		hip_ok(hipGraphLaunch(exec, first));
		hip_ok(hipStreamSynchronize(first));
		got = host_copy_of(c, COUNT);
		equal(got.data(), want.data(), COUNT);
	}
	hip_ok(hipGraphExecDestroy(exec));
	hip_ok(hipGraphDestroy(graph));
	hip_ok(hipEventDestroy(forked));
	hip_ok(hipEventDestroy(joined));
	hip_ok(hipStreamDestroy(first));
	hip_ok(hipStreamDestroy(second));
	hip_ok(hipFree(a));
	hip_ok(hipFree(b));
	hip_ok(hipFree(c));
}

static void host_nodes_run_once_per_launch(void **state)
{
	hipGraph_t graph;
	hipGraphExec_t exec;
	hipStream_t stream;
	hipGraphNode_t host;
	hipHostNodeParams p;
	int *data = device_new<int>(COUNT), one = 1, count = COUNT, calls = 0, *calls_p = &calls;
	void *arguments[] = {&data, &one, &count};
	hip_ok(hipMemset(data, 0, COUNT * sizeof(int)));
	hip_ok(hipGraphCreate(&graph, 0));
	hipGraphNode_t first = kernel_node(graph, {}, (void *)add, arguments);
	p.fn = count_up;
	p.userData = calls_p;
	hip_ok(hipGraphAddHostNode(&host, graph, &first, 1, &p));
	kernel_node(graph, {host}, (void *)add, arguments);
	hip_ok(hipGraphInstantiate(&exec, graph, NULL, NULL, 0));
	hip_ok(hipStreamCreate(&stream));
	/* HIP 5.2.3 frees commands that it still uses when the next launch does not wait for this one. */
	for (int round = 0; round < 6; round++) {
		hip_ok(hipGraphLaunch(exec, stream));
		hip_ok(hipStreamSynchronize(stream));
		same(*(volatile int *)calls_p, round + 1);
	}
	std::vector<int> got = host_copy_of(data, COUNT), want(COUNT, 12);
	equal(got.data(), want.data(), COUNT);
	hip_ok(hipGraphExecDestroy(exec));
	hip_ok(hipGraphDestroy(graph));
	hip_ok(hipStreamDestroy(stream));
	hip_ok(hipFree(data));
}

static void an_instantiated_graph_takes_new_arguments(void **state)
{
	hipGraph_t graph;
	hipGraphExec_t exec;
	hipStream_t stream;
	hipKernelNodeParams p;
	int *data = device_new<int>(COUNT), value = 1, count = COUNT;
	void *arguments[] = {&data, &value, &count};
	hip_ok(hipMemset(data, 0, COUNT * sizeof(int)));
	hip_ok(hipGraphCreate(&graph, 0));
	hipGraphNode_t node = kernel_node(graph, {}, (void *)add, arguments);
	hip_ok(hipGraphInstantiate(&exec, graph, NULL, NULL, 0));
	hip_ok(hipStreamCreate(&stream));
	hip_ok(hipGraphLaunch(exec, stream));
	hip_ok(hipStreamSynchronize(stream));
	memset((void *)&p, 0, sizeof(p));
	value = 100;
	p.func = (void *)add;
	p.gridDim = dim3((COUNT + 127) / 128);
	p.blockDim = dim3(128);
	p.kernelParams = arguments;
	hip_ok(hipGraphExecKernelNodeSetParams(exec, node, &p));
	hip_ok(hipGraphLaunch(exec, stream));
	hip_ok(hipStreamSynchronize(stream));
	std::vector<int> got = host_copy_of(data, COUNT), want(COUNT, 101);
	equal(got.data(), want.data(), COUNT);
	hip_ok(hipGraphExecDestroy(exec));
	hip_ok(hipGraphDestroy(graph));
	hip_ok(hipStreamDestroy(stream));
	hip_ok(hipFree(data));
}

static void a_long_graph_runs_every_node(void **state)
{
	hipGraph_t graph;
	hipGraphExec_t exec;
	hipStream_t stream;
	int *data = device_new<int>(COUNT);
	hip_ok(hipMemset(data, 0, COUNT * sizeof(int)));
	hip_ok(hipStreamCreate(&stream));
	hip_ok(hipStreamBeginCapture(stream, hipStreamCaptureModeThreadLocal));
	/* HIP 5.2.3 reads freed memory when it instantiates a graph of more than 64 nodes. */
	for (int i = 0; i < 60; i++)
		add<<<(COUNT + 127) / 128, 128, 0, stream>>>(data, 1, COUNT);
	hip_ok(hipStreamEndCapture(stream, &graph));
	hip_ok(hipGraphInstantiate(&exec, graph, NULL, NULL, 0));
	for (int round = 0; round < 5; round++)
		hip_ok(hipGraphLaunch(exec, stream));
	hip_ok(hipStreamSynchronize(stream));
	std::vector<int> got = host_copy_of(data, COUNT), want(COUNT, 300);
	equal(got.data(), want.data(), COUNT);
	hip_ok(hipGraphExecDestroy(exec));
	hip_ok(hipGraphDestroy(graph));
	hip_ok(hipStreamDestroy(stream));
	hip_ok(hipFree(data));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges_order_kernels_copies_and_memsets),
		cmocka_unit_test(a_captured_stream_becomes_a_graph),
		cmocka_unit_test(a_capture_across_streams_keeps_fork_and_join),
		cmocka_unit_test(host_nodes_run_once_per_launch),
		cmocka_unit_test(an_instantiated_graph_takes_new_arguments),
		cmocka_unit_test(a_long_graph_runs_every_node),
	};
	return hip_test_main(tests);
}
