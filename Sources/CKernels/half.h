// Half-precision floats (IEEE 754 binary16) as bits, portably.
#ifndef QUARRY_HALF_H
#define QUARRY_HALF_H

#include <stdint.h>
#include <string.h>

static inline float half_to_float(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    const uint32_t exponent = half >> 10 & 0x1F;
    uint32_t mantissa = half & 0x3FF;
    uint32_t bits;
    if (exponent == 31) {
        bits = sign | 0x7F800000 | mantissa << 13;
    } else if (exponent != 0) {
        bits = sign | (exponent + 112) << 23 | mantissa << 13;
    } else if (mantissa == 0) {
        bits = sign;
    } else {  // subnormal: shift until the leading bit is implicit
        uint32_t shift = 0;
        while (!(mantissa & 0x400)) mantissa <<= 1, shift++;
        bits = sign | (113 - shift) << 23 | (mantissa & 0x3FF) << 13;
    }
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// Rounds to nearest even, as the processor's own conversion does.
static inline uint16_t float_to_half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    bits &= 0x7FFFFFFF;
    if (bits > 0x7F800000) return sign | 0x7E00;
    if (bits >= 0x477FF000) return sign | 0x7C00;  // rounds to infinity
    if (bits < 0x38800000) {                       // subnormal or zero in half precision
        if (bits < 0x33000000) return sign;
        const uint32_t exponent = bits >> 23, mantissa = (bits & 0x7FFFFF) | 0x800000;
        const uint32_t shift = 126 - exponent;  // 14 … 24
        const uint32_t kept = mantissa >> shift, rest = mantissa & ((1u << shift) - 1), middle = 1u << (shift - 1);
        return (uint16_t)(sign | (kept + (rest > middle || (rest == middle && (kept & 1)))));
    }
    const uint32_t rounded = bits + 0xFFF + (bits >> 13 & 1);
    return (uint16_t)(sign | (rounded - 0x38000000) >> 13);
}

#endif
