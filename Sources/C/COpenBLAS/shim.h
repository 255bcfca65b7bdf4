#include <cblas.h>
#include <stddef.h>

// LAPACK, which OpenBLAS brings along, as Fortran declares it: every argument is a pointer, matrices lie by columns, and the lengths of texts come last.

void dgesdd_(const char *job, const blasint *m, const blasint *n, double *a, const blasint *lda, double *s, double *u, const blasint *ldu,
             double *vt, const blasint *ldvt, double *work, const blasint *lwork, blasint *iwork, blasint *info, size_t job_length);
void dgelsd_(const blasint *m, const blasint *n, const blasint *sides, double *a, const blasint *lda, double *b, const blasint *ldb,
             double *s, const double *tolerance, blasint *rank, double *work, const blasint *lwork, blasint *iwork, blasint *info);
void dgetrf_(const blasint *m, const blasint *n, double *a, const blasint *lda, blasint *pivots, blasint *info);
void dgetrs_(const char *transposing, const blasint *n, const blasint *sides, const double *a, const blasint *lda, const blasint *pivots,
             double *b, const blasint *ldb, blasint *info, size_t transposing_length);
void dgecon_(const char *norm, const blasint *n, const double *a, const blasint *lda, const double *a_norm, double *condition,
             double *work, blasint *iwork, blasint *info, size_t norm_length);
void dsyevd_(const char *job, const char *part, const blasint *n, double *a, const blasint *lda, double *values, double *work,
             const blasint *lwork, blasint *iwork, const blasint *liwork, blasint *info, size_t job_length, size_t part_length);
void dgeev_(const char *left, const char *right, const blasint *n, double *a, const blasint *lda, double *real, double *imaginary,
            double *left_vectors, const blasint *ldl, double *right_vectors, const blasint *ldr, double *work, const blasint *lwork,
            blasint *info, size_t left_length, size_t right_length);
void dgeqrf_(const blasint *m, const blasint *n, double *a, const blasint *lda, double *factors, double *work, const blasint *lwork,
             blasint *info);
void dorgqr_(const blasint *m, const blasint *n, const blasint *k, double *a, const blasint *lda, const double *factors, double *work,
             const blasint *lwork, blasint *info);
