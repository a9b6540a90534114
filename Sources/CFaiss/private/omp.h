// The part of OpenMP's C interface that FAISS's headers and this module need, for Swift's clang, which ships no omp.h.
//
// The lock's size and alignment are those of libgomp (GCC's runtime, which Debian's libfaiss is built against) on Linux:
// omp_lock_t is one int. Types and functions are those of the OpenMP 4.5 specification, section 3.

#ifndef QUARRY_CFAISS_OMP_H
#define QUARRY_CFAISS_OMP_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  unsigned char storage[4] __attribute__((aligned(4)));
} omp_lock_t;

void omp_init_lock(omp_lock_t *);
void omp_destroy_lock(omp_lock_t *);
void omp_set_lock(omp_lock_t *);
void omp_unset_lock(omp_lock_t *);
int omp_test_lock(omp_lock_t *);

int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_get_max_threads(void);
void omp_set_num_threads(int);

#ifdef __cplusplus
}
#endif

#endif
