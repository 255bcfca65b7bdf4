// A stand-in for NVRTC: it knows the sources from which the processor's build of the kernels was made, and no others.
//
// It “compiles” a program whose text, headers and options are those of CCUDAKernels, byte for byte, and makes a text of it that the
// stand-in for the driver loads. Whatever else it is given has an error, as a source with a mistake would. Each file of the library that is
// opened is one of its own.

#ifndef FOLIO_NVRTCSTANDIN_H
#define FOLIO_NVRTCSTANDIN_H

#ifdef __cplusplus
extern "C" {
#endif

/// Changes a setting: `version` (10 · major + minor), `oldest architecture` and `newest architecture` (10 · major + minor), `milliseconds`
/// (how long a compilation takes). Returns 0 if there is no such setting.
int stand_in_set(const char *name, long long value);

/// A setting, or the number of `compilations` that succeeded, or of `programs` that are there; -1 for another name.
long long stand_in_get(const char *name);

#ifdef __cplusplus
}
#endif

#endif
