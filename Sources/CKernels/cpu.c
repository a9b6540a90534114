#include "cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static qk_cpu detect(void) {
    qk_cpu best = QK_CPU_SCALAR;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) best = QK_CPU_AVX2;
#endif
    const char *wanted = getenv("QUARRY_CPU");
    if (wanted != NULL && strcmp(wanted, "scalar") == 0) return QK_CPU_SCALAR;
    return best;
}

qk_cpu qk_cpu_level(void) {
    // Threads that race here all find the same.
    static atomic_int level = -1;
    int known = atomic_load_explicit(&level, memory_order_relaxed);
    if (known < 0) {
        known = (int)detect();
        atomic_store_explicit(&level, known, memory_order_relaxed);
    }
    return (qk_cpu)known;
}
