#include "inner_product.h"

#include "CFaiss.h"

namespace quarry {
namespace {

/// Eight floats anywhere in memory. (A function that returned one by value would change the calling convention between targets.)
typedef float Lanes __attribute__((vector_size(32), aligned(4), may_alias));

/// Four accumulators of eight lanes hide the latency of the multiply-add; the order of the sums is fixed, whatever the machine.
inline __attribute__((always_inline)) float product(const float *a, const float *b, std::size_t dimension) {
  Lanes sum0 = {}, sum1 = {}, sum2 = {}, sum3 = {};
  std::size_t i = 0;
  for (; i + 32 <= dimension; i += 32) {
    sum0 += *reinterpret_cast<const Lanes *>(a + i) * *reinterpret_cast<const Lanes *>(b + i);
    sum1 += *reinterpret_cast<const Lanes *>(a + i + 8) * *reinterpret_cast<const Lanes *>(b + i + 8);
    sum2 += *reinterpret_cast<const Lanes *>(a + i + 16) * *reinterpret_cast<const Lanes *>(b + i + 16);
    sum3 += *reinterpret_cast<const Lanes *>(a + i + 24) * *reinterpret_cast<const Lanes *>(b + i + 24);
  }
  const Lanes sum = (sum0 + sum1) + (sum2 + sum3);
  float total = ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
  for (; i < dimension; ++i) total += a[i] * b[i];
  return total;
}

float baseline(const float *a, const float *b, std::size_t dimension) { return product(a, b, dimension); }

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) float avx2(const float *a, const float *b, std::size_t dimension) { return product(a, b, dimension); }
#endif

InnerProduct choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2;
#endif
  return baseline;
}

}  // namespace

InnerProduct innerProduct() {
  static const InnerProduct chosen = choose();
  return chosen;
}

}  // namespace quarry

void qf_inner_products(const float *query, const float *rows, size_t count, size_t dimension, float *scores) {
  const quarry::InnerProduct product = quarry::innerProduct();
  for (size_t i = 0; i < count; ++i) scores[i] = product(query, rows + i * dimension, dimension);
}
