// SPDX-License-Identifier: Apache-2.0
// runtime: see runtime.hpp.
#include "simulated/runtime.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include <cublas_v2.h>
#include <thrust/system_error.h>

using collab::backend::device::HostLoops;
using collab::backend::device::HostSystem;
using collab::backend::device::MatrixProduct;

// ---- What the handles stand for. NVIDIA's headers declare these names.

/// A point in a stream that others wait for.
struct Mark {
    bool done = false;
    cudaStream_t stream;
    CUgraph_st* captured;  // the capture it belongs to: not to be waited for outside of it
};
struct Task {
    std::type_index what = typeid(void);
    std::function<void()> run;
    std::shared_ptr<Mark> awaited, reached;
};
struct CUgraph_st {
    std::vector<Task> tasks;
};
struct CUgraphExec_st {
    int device;
    std::vector<Task> tasks;
};
struct CUstream_st {
    int device;
    std::deque<Task> tasks;
    CUgraph_st* capturing = nullptr;
    cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
    bool broken = false;  // the capture, by something that cannot be captured
};
struct CUevent_st {
    int device;
    std::shared_ptr<Mark> mark;
};
struct cublasContext {
    int device;
    cudaStream_t stream = nullptr;
    void* workspace = nullptr;
};

namespace collab::simulated {
namespace {

struct Block {
    int device;  // -1: page-locked memory of the host
    std::size_t bytes;
};
struct State {
    std::recursive_mutex mutex;
    Counts counts;
    long fails_after = -1;
    int devices = 2;
    std::size_t memory = std::size_t(16) << 30;
    std::array<apart::Device, 2> device;
    std::array<std::size_t, 2> used{};
    std::map<const char*, Block> blocks;
    std::set<cudaStream_t> streams;
    std::set<cudaEvent_t> events;
    std::set<cudaGraph_t> graphs;
    std::set<cudaGraphExec_t> execs;
    std::set<cublasHandle_t> handles;
    std::uint32_t random = 1;
};
State& state() {
    // never destroyed: the programs' own statics may still call
    static State* const s = new State;
    return *s;
}
thread_local int current = 0;
thread_local cudaError_t last = cudaSuccess;

template <class Handle>
Handle kept(std::set<Handle>& all, Handle handle) {
    all.insert(handle);
    return handle;
}
/// False where there is no such handle.
template <class Handle>
bool dropped(std::set<Handle>& all, Handle handle) {
    if (all.erase(handle) == 0)
        return false;
    delete handle;
    return true;
}

/// `n` bytes from p on lie in one block; -2: in none.
int owner(const void* p, std::size_t n) {
    const auto& blocks = state().blocks;
    auto at = blocks.upper_bound(static_cast<const char*>(p));
    if (at == blocks.begin())
        return -2;
    --at;
    const auto offset = std::size_t(static_cast<const char*>(p) - at->first);
    return offset < at->second.bytes && n <= at->second.bytes - offset ? at->second.device : -2;
}

template <class F>
void with_memory(const F& f) {
    state().device[0].see([&] { state().device[1].see(f); });
}
/// The stream's next task, and before it what it waits for.
void advance(cudaStream_t s) {
    const Task t = std::move(s->tasks.front());
    s->tasks.pop_front();
    while (t.awaited && !t.awaited->done)
        advance(t.awaited->stream);
    if (t.run)
        t.run();
    if (t.reached)
        t.reached->done = true;
}
void finish(cudaStream_t s) {
    if (!s->tasks.empty())
        with_memory([&] {
            while (!s->tasks.empty())
                advance(s);
        });
}
/// Now and then some stream gets on by itself.
void get_on() {
    State& s = state();
    const auto draw = [&](std::uint32_t n) {
        s.random = s.random * 1664525u + 1013904223u;
        return (s.random >> 16) % n;
    };
    if (draw(32) != 0 || s.streams.empty())
        return;
    const cudaStream_t stream =
        *std::next(s.streams.begin(), draw(std::uint32_t(s.streams.size())));
    if (stream->tasks.empty())
        return;
    const std::uint32_t tasks = 1 + draw(12);
    with_memory([&] {
        for (std::uint32_t i = 0; i < tasks && !stream->tasks.empty(); ++i)
            advance(stream);
    });
}

cudaError_t said(cudaError_t status) {
    if (status != cudaSuccess)
        last = status;
    return status;
}
/// Whether the call that begins here is one that was asked to fail.
bool fails() {
    State& s = state();
    ++s.counts.calls;
    get_on();
    return s.fails_after >= 0 && s.fails_after-- == 0;
}
/// Of a call that a capture in progress does not allow, unless it is a relaxed one.
bool unsafe_now() {
    for (const cudaStream_t s : state().streams)
        if (s->capturing && s->mode != cudaStreamCaptureModeRelaxed)
            return s->broken = true;
    return false;
}
void issue(cudaStream_t s, Task t) {
    if (s->capturing)
        s->capturing->tasks.push_back(std::move(t));
    else
        s->tasks.push_back(std::move(t));
}
cudaError_t cannot_be_captured(cudaStream_t s) {
    s->broken = true;
    return said(cudaErrorStreamCaptureUnsupported);
}

#define COLLAB_CALL                                                                                \
    const std::lock_guard lock(state().mutex);                                                     \
    if (fails())                                                                                   \
    return said(cudaErrorIllegalAddress)
#define COLLAB_GIVING_BACK /* never asked to fail: what is left then is nobody's fault */          \
    const std::lock_guard lock(state().mutex);                                                     \
    ++state().counts.calls
#define COLLAB_EXPECT(what, error)                                                                 \
    if (!(what))                                                                                   \
    return said(error)

}  // namespace

Counts& counts() {
    return state().counts;
}
void fail_after(long calls) {
    state().fails_after = calls;
}
void set_devices(int count) {
    state().devices = count;
}
void set_memory(std::size_t bytes) {
    state().memory = bytes;
}
long taken() {
    State& s = state();
    return long(s.blocks.size() + s.streams.size() + s.events.size() + s.graphs.size() +
                s.execs.size() + s.handles.size());
}
apart::Device& device_of(cudaStream_t stream) {
    if (!state().streams.contains(stream))
        fail("an operation was put on a stream that there is not");
    return state().device[std::size_t(stream->device)];
}
void launch(cudaStream_t stream, std::type_index what, std::function<void()> run) {
    const std::lock_guard lock(state().mutex);
    if (fails())
        last = cudaErrorIllegalAddress;
    if (stream->device != current)
        last = cudaErrorInvalidResourceHandle;
    if (const cudaError_t status = std::exchange(last, cudaSuccess); status != cudaSuccess)
        throw thrust::system_error(int(status), thrust::generic_category(),
                                   cudaGetErrorString(status));
    ++state().counts.kernels;
    issue(stream, {what, std::move(run), nullptr, nullptr});
}

}  // namespace collab::simulated

using namespace collab::simulated;

// ---- Devices and errors

cudaError_t cudaGetDeviceCount(int* count) {
    COLLAB_CALL;
    *count = state().devices;
    return said(*count > 0 ? cudaSuccess : cudaErrorNoDevice);
}
cudaError_t cudaSetDevice(int device) {
    COLLAB_CALL;
    COLLAB_EXPECT(device >= 0 && device < state().devices, cudaErrorInvalidDevice);
    current = device;
    return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
    COLLAB_CALL;
    COLLAB_EXPECT(device >= 0 && device < state().devices, cudaErrorInvalidDevice);
    std::strcpy(properties->name, "simulated");
    return cudaSuccess;
}
const char* cudaGetErrorString(cudaError_t error) {
    switch (error) {
    case cudaErrorNoDevice:
        return "no CUDA-capable device is detected";
    case cudaErrorMemoryAllocation:
        return "out of memory";
    case cudaErrorIllegalAddress:
        return "an illegal memory access was encountered";
    case cudaErrorInvalidValue:
        return "invalid argument";
    default:
        return "another error";
    }
}
const char* cudaGetErrorName(cudaError_t error) {
    return error == cudaErrorIllegalAddress ? "cudaErrorIllegalAddress" : "cudaErrorOfAnotherName";
}
cudaError_t cudaGetLastError() {
    return std::exchange(last, cudaSuccess);
}

// ---- Memory

cudaError_t cudaMalloc(void** p, std::size_t bytes) {
    COLLAB_CALL;
    State& s = state();
    COLLAB_EXPECT(!unsafe_now(), cudaErrorStreamCaptureUnsupported);
    const auto device = std::size_t(current);
    COLLAB_EXPECT(bytes <= s.memory && s.used[device] + bytes <= s.memory,
                  cudaErrorMemoryAllocation);
    *p = s.device[device].take(bytes);
    // whatever lay there before: NaN; pages cost time, so not in all of it
    s.device[device].see([&] { std::memset(*p, 0xff, std::min(bytes, std::size_t(1) << 16)); });
    s.blocks[static_cast<char*>(*p)] = {current, bytes};
    s.used[device] += bytes;
    return cudaSuccess;
}
cudaError_t cudaFree(void* p) {  // waits for the device
    COLLAB_GIVING_BACK;
    State& s = state();
    if (!p)
        return cudaSuccess;
    COLLAB_EXPECT(!unsafe_now(), cudaErrorStreamCaptureUnsupported);
    const auto at = s.blocks.find(static_cast<char*>(p));
    COLLAB_EXPECT(at != s.blocks.end() && at->second.device >= 0, cudaErrorInvalidValue);
    const Block block = at->second;
    for (const cudaStream_t stream : s.streams)
        if (stream->device == block.device)
            finish(stream);
    s.device[std::size_t(block.device)].give(p);
    s.used[std::size_t(block.device)] -= block.bytes;
    s.blocks.erase(at);
    return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    COLLAB_CALL;
    *total = state().memory;
    *free = *total - state().used[std::size_t(current)];
    return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** p, std::size_t bytes, unsigned) {
    COLLAB_CALL;
    COLLAB_EXPECT(!unsafe_now(), cudaErrorStreamCaptureUnsupported);
    *p = ::operator new(bytes);
    state().blocks[static_cast<char*>(*p)] = {-1, bytes};
    return cudaSuccess;
}
cudaError_t cudaFreeHost(void* p) {
    COLLAB_GIVING_BACK;
    const auto at = state().blocks.find(static_cast<char*>(p));
    COLLAB_EXPECT(at != state().blocks.end() && at->second.device == -1, cudaErrorInvalidValue);
    for (const cudaStream_t stream : state().streams)
        finish(stream);
    state().blocks.erase(at);
    ::operator delete(p);
    return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* p, int value, std::size_t bytes, cudaStream_t stream) {
    COLLAB_CALL;
    COLLAB_EXPECT(state().streams.contains(stream), cudaErrorInvalidResourceHandle);
    COLLAB_EXPECT(owner(p, bytes) == stream->device, cudaErrorInvalidValue);
    issue(stream, {typeid(int),
                   [=, &device = device_of(stream)] {
                       value == 0 ? device.clear(p, bytes)
                                  : static_cast<void>(std::memset(p, value, bytes));
                   },
                   nullptr, nullptr});
    return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
    COLLAB_CALL;
    COLLAB_EXPECT(state().streams.contains(stream), cudaErrorInvalidResourceHandle);
    const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    const int source = owner(from, bytes);
    const int target = owner(to, bytes);
    COLLAB_EXPECT(from_device ? source == stream->device : source < 0, cudaErrorInvalidValue);
    COLLAB_EXPECT(to_device ? target == stream->device : target < 0, cudaErrorInvalidValue);
    ++state().counts.copies;
    const auto copy = [=] { std::memcpy(to, from, bytes); };
    if (source == -2) {  // the host's own memory is read before the call returns
        if (stream->capturing)
            return cannot_be_captured(stream);
        const auto* const first = static_cast<const char*>(from);
        issue(stream, {typeid(char),
                       [to, kept = std::vector<char>(first, first + bytes)] {
                           std::memcpy(to, kept.data(), kept.size());
                       },
                       nullptr, nullptr});
    } else {
        if (target == -2 && stream->capturing)
            return cannot_be_captured(stream);
        issue(stream, {typeid(char), copy, nullptr, nullptr});
        if (target == -2)
            finish(stream);  // and written before it returns
    }
    return cudaSuccess;
}

// ---- Streams and events

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
    COLLAB_CALL;
    *stream = kept(state().streams, new CUstream_st{current, {}});
    return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    COLLAB_GIVING_BACK;
    COLLAB_EXPECT(state().streams.contains(stream), cudaErrorInvalidResourceHandle);
    finish(stream);  // CUDA returns at once and does this in its own time
    dropped(state().streams, stream);
    return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    COLLAB_CALL;
    COLLAB_EXPECT(state().streams.contains(stream), cudaErrorInvalidResourceHandle);
    if (stream->capturing)
        return cannot_be_captured(stream);
    ++state().counts.waits;
    finish(stream);
    return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
    COLLAB_CALL;
    *event = kept(state().events, new CUevent_st{current, nullptr});
    return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    COLLAB_GIVING_BACK;
    COLLAB_EXPECT(dropped(state().events, event), cudaErrorInvalidResourceHandle);
    return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    COLLAB_CALL;
    COLLAB_EXPECT(state().streams.contains(stream) && state().events.contains(event) &&
                      event->device == stream->device,
                  cudaErrorInvalidResourceHandle);
    event->mark = std::make_shared<Mark>(Mark{false, stream, stream->capturing});
    if (!stream->capturing)
        issue(stream, {typeid(void), nullptr, nullptr, event->mark});
    return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    COLLAB_CALL;
    COLLAB_EXPECT(state().events.contains(event), cudaErrorInvalidResourceHandle);
    if (!event->mark)
        return cudaSuccess;  // never recorded: nothing to wait for
    COLLAB_EXPECT(!event->mark->captured, cudaErrorCapturedEvent);
    with_memory([&] {
        while (!event->mark->done)
            advance(event->mark->stream);
    });
    return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
    COLLAB_CALL;
    COLLAB_EXPECT(state().streams.contains(stream) && state().events.contains(event),
                  cudaErrorInvalidResourceHandle);
    if (!event->mark)
        return cudaSuccess;
    // work outside of a graph is nothing that the graph can wait for
    if (event->mark->captured != stream->capturing) {
        stream->broken = true;
        return said(cudaErrorStreamCaptureIsolation);
    }
    if (!stream->capturing)
        issue(stream, {typeid(void), nullptr, event->mark, nullptr});
    return cudaSuccess;
}

// ---- Graphs

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
    COLLAB_CALL;
    COLLAB_EXPECT(state().streams.contains(stream) && !stream->capturing, cudaErrorIllegalState);
    stream->capturing = kept(state().graphs, new CUgraph_st);
    stream->mode = mode;
    stream->broken = false;
    return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
    const std::lock_guard lock(state().mutex);
    const bool failed = fails();  // the capture is over all the same
    COLLAB_EXPECT(state().streams.contains(stream) && stream->capturing, cudaErrorIllegalState);
    *graph = std::exchange(stream->capturing, nullptr);
    ++state().counts.captures;
    if (!stream->broken && !failed)
        return cudaSuccess;
    dropped(state().graphs, std::exchange(*graph, nullptr));
    return said(failed ? cudaErrorIllegalAddress : cudaErrorStreamCaptureInvalidated);
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    COLLAB_GIVING_BACK;
    COLLAB_EXPECT(dropped(state().graphs, graph), cudaErrorInvalidValue);
    return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
    COLLAB_CALL;
    COLLAB_EXPECT(state().graphs.contains(graph), cudaErrorInvalidValue);
    *exec = kept(state().execs, new CUgraphExec_st{current, graph->tasks});
    ++state().counts.instantiated;
    return cudaSuccess;
}
cudaError_t cudaGraphExecUpdate(cudaGraphExec_t exec, cudaGraph_t graph,
                                cudaGraphExecUpdateResultInfo* info) {
    COLLAB_CALL;
    COLLAB_EXPECT(state().execs.contains(exec) && state().graphs.contains(graph),
                  cudaErrorInvalidValue);
    info->result = cudaGraphExecUpdateSuccess;
    const bool same = exec->tasks.size() == graph->tasks.size() &&
                      std::equal(exec->tasks.begin(), exec->tasks.end(), graph->tasks.begin(),
                                 [](const Task& a, const Task& b) { return a.what == b.what; });
    if (!same)
        info->result = cudaGraphExecUpdateErrorTopologyChanged;
    COLLAB_EXPECT(same, cudaErrorGraphExecUpdateFailure);
    exec->tasks = graph->tasks;
    ++state().counts.updated;
    return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
    COLLAB_CALL;
    COLLAB_EXPECT(state().execs.contains(exec) && state().streams.contains(stream) &&
                      exec->device == stream->device,
                  cudaErrorInvalidResourceHandle);
    if (stream->capturing)
        return cannot_be_captured(stream);
    for (const Task& t : exec->tasks)
        issue(stream, t);
    ++state().counts.launched;
    return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {  // what was launched goes on
    COLLAB_GIVING_BACK;
    COLLAB_EXPECT(dropped(state().execs, exec), cudaErrorInvalidValue);
    return cudaSuccess;
}

// ---- cuBLAS

#define COLLAB_BLAS_CALL(handle)                                                                   \
    const std::lock_guard lock(state().mutex);                                                     \
    if (fails())                                                                                   \
        return CUBLAS_STATUS_EXECUTION_FAILED;                                                     \
    if (!state().handles.contains(handle))                                                         \
    return CUBLAS_STATUS_NOT_INITIALIZED

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
    const std::lock_guard lock(state().mutex);
    if (fails())
        return CUBLAS_STATUS_ALLOC_FAILED;
    *handle = kept(state().handles, new cublasContext{current});
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
    COLLAB_GIVING_BACK;
    return dropped(state().handles, handle) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
    COLLAB_BLAS_CALL(handle);
    if (!state().streams.contains(stream) || stream->device != handle->device)
        return CUBLAS_STATUS_INVALID_VALUE;
    handle->stream = stream;
    handle->workspace = nullptr;  // it forgets it, whatever it was
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* workspace, std::size_t bytes) {
    COLLAB_BLAS_CALL(handle);
    if (owner(workspace, bytes) != handle->device || std::uintptr_t(workspace) % 256 != 0)
        return CUBLAS_STATUS_INVALID_VALUE;
    handle->workspace = workspace;
    return CUBLAS_STATUS_SUCCESS;
}
const char* cublasGetStatusString(cublasStatus_t status) {
    return status == CUBLAS_STATUS_INVALID_VALUE ? "an unsupported value" : "it failed";
}

namespace {
/// With as many bits of mantissa as tensor cores look at.
float rounded(float x, int bits) {
    std::uint32_t word;
    std::memcpy(&word, &x, sizeof word);
    const std::uint32_t unit = std::uint32_t(1) << (23 - bits);
    word = (word + unit / 2 - 1 + (word / unit & 1)) & ~(unit - 1);
    std::memcpy(&x, &word, sizeof x);
    return x;
}
/// A matrix whose rows lie `row` numbers apart, rounded, without gaps.
std::vector<float> packed(const float* from, long rows, long columns, long row, int bits) {
    std::vector<float> to;
    for (long i = 0; i < rows; ++i)
        for (long j = 0; j < columns; ++j)
            to.push_back(rounded(from[i * row + j], bits));
    return to;
}
template <class T>
void product(const MatrixProduct<T>& p, int bits) {
    HostSystem host(HostLoops::sequential);
    if constexpr (std::is_same_v<T, float>) {
        if (bits < 23) {
            MatrixProduct<T> q = p;
            q.lda = p.a_transposed ? p.m : p.k;
            q.ldb = p.b_transposed ? p.k : p.n;
            const std::vector<float> a =
                packed(p.a, p.a_transposed ? p.k : p.m, q.lda, p.lda, bits);
            const std::vector<float> b =
                packed(p.b, p.b_transposed ? p.n : p.k, q.ldb, p.ldb, bits);
            q.a = a.data();
            q.b = b.data();
            return host.multiply(q);
        }
    }
    host.multiply(p);
}
/// As cuBLAS takes it: columns lie one after the other, `column` numbers apart.
template <class U>
struct ByColumns {
    U* data;
    long column;
    bool transposed = false;
};
/// c = alpha a b + beta c; a has m rows, b has n columns and a row for each of the k columns of a.
struct Gemm {
    long m, n, k;
    const void *alpha, *beta;
    ByColumns<const void> a, b;
    ByColumns<void> c;
};
template <class T>
cublasStatus_t multiply(cublasHandle_t h, const Gemm& g, int bits) {
    const auto [a, lda, ta] = g.a;
    const auto [b, ldb, tb] = g.b;
    const long ldc = g.c.column;
    const long m = g.m;
    const long n = g.n;
    const long k = g.k;
    // Columns one after the other: each of the three lies there as the transposed one of ours.
    MatrixProduct<T> p;
    p.m = n;
    p.n = m;
    p.k = k;
    p.a = static_cast<const T*>(b);
    p.lda = ldb;
    p.a_transposed = tb;
    p.b = static_cast<const T*>(a);
    p.ldb = lda;
    p.b_transposed = ta;
    p.c = static_cast<T*>(g.c.data);
    p.ldc = ldc;
    const T one = *static_cast<const T*>(g.alpha);
    const T rest = *static_cast<const T*>(g.beta);
    p.add = rest != T(0);
    const auto bytes = [](long columns, long column, long used) {
        return std::size_t((columns - 1) * column + used) * sizeof(T);
    };
    if (m < 1 || n < 1 || k < 1 || one != T(1) || (rest != T(0) && rest != T(1)) ||
        lda < (ta ? k : m) || ldb < (tb ? n : k) || ldc < m)
        return CUBLAS_STATUS_INVALID_VALUE;
    if (owner(a, bytes(ta ? m : k, lda, ta ? k : m)) != h->device ||
        owner(b, bytes(tb ? k : n, ldb, tb ? n : k)) != h->device ||
        owner(g.c.data, bytes(n, ldc, m)) != h->device)
        return CUBLAS_STATUS_EXECUTION_FAILED;  // a GPU would only notice later
    issue(h->stream, {typeid(T), [p, bits] { product(p, bits); }, nullptr, nullptr});
    ++state().counts.products;
    return CUBLAS_STATUS_SUCCESS;
}
}  // namespace

cublasStatus_t cublasGemmEx_64(cublasHandle_t handle, cublasOperation_t ta, cublasOperation_t tb,
                               std::int64_t m, std::int64_t n, std::int64_t k, const void* alpha,
                               const void* a, cudaDataType a_type, std::int64_t lda, const void* b,
                               cudaDataType b_type, std::int64_t ldb, const void* beta, void* c,
                               cudaDataType c_type, std::int64_t ldc, cublasComputeType_t how,
                               cublasGemmAlgo_t) {
    COLLAB_BLAS_CALL(handle);
    if (current != handle->device)
        return CUBLAS_STATUS_ARCH_MISMATCH;
    // it would take memory while a step is captured
    if (!handle->stream || (handle->stream->capturing && !handle->workspace))
        return CUBLAS_STATUS_NOT_INITIALIZED;
    if (a_type != b_type || a_type != c_type)
        return CUBLAS_STATUS_NOT_SUPPORTED;
    const Gemm g{
        m, n, k, alpha, beta, {a, lda, ta == CUBLAS_OP_T}, {b, ldb, tb == CUBLAS_OP_T}, {c, ldc}};
    const auto go = [&]<class T>(T, int bits) { return multiply<T>(handle, g, bits); };
    if (a_type == CUDA_R_64F)
        return how == CUBLAS_COMPUTE_64F ? go(double(), 52) : CUBLAS_STATUS_NOT_SUPPORTED;
    if (a_type != CUDA_R_32F)
        return CUBLAS_STATUS_NOT_SUPPORTED;
    switch (how) {
    case CUBLAS_COMPUTE_32F:
        return go(float(), 23);
    case CUBLAS_COMPUTE_32F_FAST_TF32:
        return go(float(), 10);
    case CUBLAS_COMPUTE_32F_FAST_16BF:
        return go(float(), 7);
    default:
        return CUBLAS_STATUS_NOT_SUPPORTED;
    }
}
