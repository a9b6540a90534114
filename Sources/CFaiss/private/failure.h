// The border that no C++ exception crosses.

#pragma once

#include <cstddef>
#include <cstdio>
#include <exception>
#include <new>

#include "CFaiss.h"

namespace quarry {

/// Copies words into the caller's buffer, cut to its size.
inline void say(const char *words, char *message, std::size_t capacity) {
  if (message != nullptr && capacity > 0) std::snprintf(message, capacity, "%s", words);
}

/// Runs `body`, which returns a status, and turns whatever it throws into one.
template <typename Body>
qf_status guarded(char *message, std::size_t capacity, Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    say("not enough memory", message, capacity);
    return QF_OUT_OF_MEMORY;
  } catch (const std::exception &error) {
    say(error.what(), message, capacity);
    return QF_FAILED;
  } catch (...) {
    say("an exception that is not a std::exception", message, capacity);
    return QF_FAILED;
  }
}

}  // namespace quarry
