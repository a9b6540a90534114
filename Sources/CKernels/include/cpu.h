#ifndef QUARRY_CPU_H
#define QUARRY_CPU_H

/// What the processor can do, as far as there are kernels for it.
typedef enum {
    QK_CPU_SCALAR = 0,
    /// AVX2, FMA and F16C.
    QK_CPU_AVX2 = 1,
} qk_cpu;

/// The best level that this processor has, found once; the environment variable QUARRY_CPU (scalar, avx2) chooses a lower one.
qk_cpu qk_cpu_level(void);

#endif
