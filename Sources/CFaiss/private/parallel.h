// Work on several threads.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace quarry {

/// Runs `body(part)` for all parts, each once, on some threads. What a part throws is thrown here.
template <typename Body>
inline void inParallel(std::size_t parts, std::size_t threads, Body body) {
  std::atomic<std::size_t> next{0};
  std::vector<std::exception_ptr> errors(std::max<std::size_t>(threads, 1));
  const auto work = [&](std::size_t thread) {
    try {
      for (std::size_t part; (part = next.fetch_add(1, std::memory_order_relaxed)) < parts;) body(part, thread);
    } catch (...) {
      errors[thread] = std::current_exception();
      next.store(parts);
    }
  };
  std::vector<std::thread> others;
  try {
    for (std::size_t thread = 1; thread < threads; ++thread) others.emplace_back(work, thread);
  } catch (const std::system_error &) {
    // The system has no more of them: those there are do all of it.
  }
  work(0);
  for (std::thread &other : others) other.join();
  for (const std::exception_ptr &error : errors)
    if (error) std::rethrow_exception(error);
}

}  // namespace quarry
