// Threads that share the rows of a batch, and within a group of rows the columns.
#pragma once

#include <omp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

// A barrier for the few threads of one group. A thread spins for about as long as one step takes,
// then sleeps: where other programs are running, the thread that it waits for may be preempted, and
// spinning would only use up its own time slice.
class Barrier {
 public:
  void wait(int members) {
    if (members == 1) return;
    const int round = round_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) == members - 1) {
      arrived_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
#if defined(__cpp_lib_atomic_wait)
      round_.notify_all();
#endif
      return;
    }
    for (int spins = 0; round_.load(std::memory_order_acquire) == round; ++spins) {
      if (spins < SPINS) continue;
#if defined(__cpp_lib_atomic_wait)
      round_.wait(round, std::memory_order_acquire);
#else
      std::this_thread::yield();
#endif
    }
  }

 private:
  static constexpr int SPINS = 5000;
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<int> round_{0};
};

struct Span {
  int64_t start, stop;
};

// One thread's share: every `groups`-th sequence from `group` on, and of the work on those the
// part `member` of `members`. Sequences never wait for those of another group.
struct Share {
  int64_t group, groups, member, members;
  Barrier* barrier;

  // Number of this group's sequences among the first `active`.
  int64_t rows(int64_t active) const { return (active - group + groups - 1) / groups; }
  int64_t sequence(int64_t row) const { return group + row * groups; }
  Span part(int64_t count) const {
    return {member * count / members, (member + 1) * count / members};
  }
  void wait() const { barrier->wait(static_cast<int>(members)); }
};

// Fewer rows than this in a group would wait for weights more than they multiply.
constexpr int64_t GROUP_ROWS = 24;

template <class Work>
static void run_in_team(int64_t batch, int64_t num_threads, Work work) {
  int64_t groups = batch / GROUP_ROWS;
  groups = groups < 1 ? 1 : groups > num_threads ? num_threads : groups;
  const int64_t members = num_threads / groups;
  std::unique_ptr<Barrier[]> barriers(new Barrier[groups]);
#pragma omp parallel num_threads(static_cast<int>(groups * members))
  {
    const int64_t thread = omp_get_thread_num();
    if (omp_get_num_threads() == groups * members) {
      work(Share{thread % groups, groups, thread / groups, members, &barriers[thread % groups]});
    } else if (thread == 0) {
      // The system gave fewer threads; those of a group would wait for ever.
      work(Share{0, 1, 0, 1, &barriers[0]});
    }
  }
}
