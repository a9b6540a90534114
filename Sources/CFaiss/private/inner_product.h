// The one inner product of this module: scores are compared across exact scans, graphs and single rows, so all must agree bit for bit.

#pragma once

#include <cstddef>

namespace quarry {

/// a · b over `dimension` floats.
using InnerProduct = float (*)(const float *a, const float *b, std::size_t dimension);

/// The version for this processor: chosen once.
InnerProduct innerProduct();

}  // namespace quarry
