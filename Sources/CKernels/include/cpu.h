#ifndef QUARRY_CPU_H
#define QUARRY_CPU_H

#ifdef __cplusplus
extern "C" {
#endif

/// What the processor can do, as far as there are kernels for it.
typedef enum {
    QK_CPU_SCALAR = 0,
    /// AVX2, FMA and F16C.
    QK_CPU_AVX2 = 1,
    /// AVX-512 (F, BW, DQ, VL) with VNNI, on top of AVX2.
    QK_CPU_AVX512 = 2,
    /// arm64 with the dot product instructions.
    QK_CPU_NEON = 3,
} qk_cpu;

/// The best level that this processor has, found once; the environment variable QUARRY_CPU (scalar, avx2, avx512, neon) chooses a lower one.
/// Operations without a version for a level use the next lower one's.
qk_cpu qk_cpu_level(void);

/// The best level that this processor has, whatever the environment says: tests go through all up to it.
qk_cpu qk_cpu_best(void);

/// Tells the processor that the thread waits for another one's write, for some tens of cycles.
static inline void qk_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

#ifdef __cplusplus
}
#endif

#endif
