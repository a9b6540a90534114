// What the NEON kernels are compiled for: arm64 with the dot product instructions.
#ifndef QUARRY_VECTOR_NEON_H
#define QUARRY_VECTOR_NEON_H

#include <arm_neon.h>

#define NEON __attribute__((target("dotprod")))

#endif
