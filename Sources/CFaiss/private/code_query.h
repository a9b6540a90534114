// A vector as the left side of products with codes.

#pragma once

#include <cmath>

#include "code_storage.h"

namespace quarry {

class CodeQuery {
 public:
  explicit CodeQuery(std::size_t dimension) : dimension(dimension) {
    form.resize(qk_code_query_byte_count(dimension));
    codes.resize(dimension);
  }

  /// A vector from outside.
  void set(const float *vector) {
    qk_code_quantise(codes.data(), &scale, &error, vector, dimension);
    qk_code_query(form.data(), codes.data(), dimension);
    float squares = 0;
    for (std::size_t i = 0; i < dimension; ++i) {
      const float value = static_cast<float>(codes[i] - 128);
      squares += value * value;
    }
    length = scale * std::sqrt(squares) * (1 + 1e-4f);
  }

  /// A row's own codes.
  void set(const CodeStorage &storage, std::size_t row) {
    qk_code_query(form.data(), storage.code(row), dimension);
    scale = storage.scales[row];
  }

  /// The approximate products with some rows, or with `count` rows from `first` on.
  void scores(const CodeStorage &storage, const std::int32_t *rows, std::size_t count, float *scores, std::int32_t *products) const {
    this->scores(storage.codes.data(), storage.scales.data(), rows, count, scores, products);
  }
  void scores(const CodeStorage &storage, std::size_t first, std::size_t count, float *scores, std::int32_t *products) const {
    this->scores(storage.code(first), storage.scales.data() + first, count, scores, products);
  }
  /// The same with codes and scales that lie elsewhere.
  void scores(
      const std::uint8_t *from, const float *steps, const std::int32_t *rows, std::size_t count, float *scores, std::int32_t *products) const {
    qk_code_products(products, form.data(), from, rows, count, dimension);
    for (std::size_t i = 0; i < count; ++i) scores[i] = scale * steps[static_cast<std::size_t>(rows[i])] * static_cast<float>(products[i]);
  }
  void scores(const std::uint8_t *from, const float *steps, std::size_t count, float *scores, std::int32_t *products) const {
    qk_code_products(products, form.data(), from, nullptr, count, dimension);
    for (std::size_t i = 0; i < count; ++i) scores[i] = scale * steps[i] * static_cast<float>(products[i]);
  }

  /// q ≈ scale · (codes − 128); `length` is not less than that vector's, `error` not less than that of the rest.
  float scale = 0, length = 0, error = 0;

 private:
  std::size_t dimension;
  Array<std::uint8_t> form, codes;
};

}  // namespace quarry
