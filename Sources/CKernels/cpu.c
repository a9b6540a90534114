#include "cpu.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

qk_cpu qk_cpu_best(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c")) return QK_CPU_SCALAR;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512vnni"))
        return QK_CPU_AVX2;
    return QK_CPU_AVX512;
#elif defined(__aarch64__) && defined(__linux__)
    return getauxval(AT_HWCAP) & (1 << 20) ? QK_CPU_NEON : QK_CPU_SCALAR;  // HWCAP_ASIMDDP
#elif defined(__aarch64__) && defined(__APPLE__)
    return QK_CPU_NEON;  // every Apple chip has them
#else
    return QK_CPU_SCALAR;
#endif
}

static qk_cpu chosen(void) {
    static const struct {
        const char *name;
        qk_cpu level;
    } names[] = {{"scalar", QK_CPU_SCALAR}, {"avx2", QK_CPU_AVX2}, {"avx512", QK_CPU_AVX512}, {"neon", QK_CPU_NEON}};
    const qk_cpu best = qk_cpu_best();
    const char *wanted = getenv("QUARRY_CPU");
    for (size_t i = 0; wanted != NULL && i < sizeof names / sizeof *names; i++)
        if (strcmp(wanted, names[i].name) == 0 && names[i].level < best && (names[i].level == QK_CPU_SCALAR || best != QK_CPU_NEON))
            return names[i].level;
    // A level that the processor lacks is no reason to fall to the slowest, nor one of the other family.
    return best;
}

qk_cpu qk_cpu_level(void) {
    // Threads that race here all find the same.
    static atomic_int level = -1;
    int known = atomic_load_explicit(&level, memory_order_relaxed);
    if (known < 0) {
        known = (int)chosen();
        atomic_store_explicit(&level, known, memory_order_relaxed);
    }
    return (qk_cpu)known;
}
