// Starting, cards, contexts, and the words of errors.

#include <cstdio>
#include <cstring>

#include "Machine.h"

EXPORTED int cuInit(unsigned flags) {
  std::lock_guard<std::mutex> held(machine.lock);
  machine.counts["cuInit"]++;
  if (flags != 0) return INVALID_VALUE;
  int result = static_cast<int>(machine.setting("start result"));
  if (result == SUCCESS && machine.setting("cards") == 0) result = NO_DEVICE;
  if (result == SUCCESS) machine.is_started = true;
  return result;
}

EXPORTED int cuDriverGetVersion(int *version) {
  std::lock_guard<std::mutex> held(machine.lock);
  *version = static_cast<int>(machine.setting("driver version"));
  return SUCCESS;
}

struct Words {
  int result;
  const char *name, *text;
};

static const Words words[] = {
    {SUCCESS, "CUDA_SUCCESS", "no error"},
    {INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {46, "CUDA_ERROR_DEVICE_UNAVAILABLE", "CUDA-capable device(s) is/are busy or unavailable"},
    {NO_DEVICE, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {NO_BINARY_FOR_GPU, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    {UNSUPPORTED_PTX_VERSION, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the provided PTX was compiled with an unsupported toolchain."},
    {INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"},
};

static const Words *words_of(int result) {
  for (const Words &one : words)
    if (one.result == result) return &one;
  return nullptr;
}

EXPORTED int cuGetErrorName(int result, const char **name) {
  const Words *found = words_of(result);
  *name = found ? found->name : nullptr;
  return found ? SUCCESS : INVALID_VALUE;
}

EXPORTED int cuGetErrorString(int result, const char **text) {
  const Words *found = words_of(result);
  *text = found ? found->text : nullptr;
  // What the stand-in has seen says more.
  std::lock_guard<std::mutex> held(machine.lock);
  if (found && result == machine.lost && !machine.fault.empty()) *text = machine.fault.c_str();
  return found ? SUCCESS : INVALID_VALUE;
}

// MARK: - Cards

static bool is_device(int device) { return device >= 0 && device < machine.setting("cards") && device < 16; }

EXPORTED int cuDeviceGetCount(int *count) {
  Call call("cuDeviceGetCount", false);
  if (call.refused) return call.refused;
  *count = static_cast<int>(machine.setting("cards"));
  return SUCCESS;
}

EXPORTED int cuDeviceGet(int *device, int index) {
  Call call("cuDeviceGet", false);
  if (call.refused) return call.refused;
  if (!is_device(index)) return INVALID_DEVICE;
  *device = index;
  return SUCCESS;
}

EXPORTED int cuDeviceGetName(char *name, int room, int device) {
  Call call("cuDeviceGetName", false);
  if (call.refused) return call.refused;
  if (!is_device(device)) return INVALID_DEVICE;
  snprintf(name, static_cast<size_t>(room), "Stand-in card %d", device);
  return SUCCESS;
}

EXPORTED int cuDeviceGetUuid_v2(unsigned char *uuid, int device) {
  Call call("cuDeviceGetUuid_v2", false);
  if (call.refused) return call.refused;
  if (!is_device(device)) return INVALID_DEVICE;
  for (int i = 0; i < 16; i++) uuid[i] = static_cast<unsigned char>(16 * device + i);
  return SUCCESS;
}

EXPORTED int cuDeviceTotalMem_v2(size_t *bytes, int device) {
  Call call("cuDeviceTotalMem_v2", false);
  if (call.refused) return call.refused;
  if (!is_device(device)) return INVALID_DEVICE;
  *bytes = static_cast<size_t>(machine.setting("memory"));
  return SUCCESS;
}

EXPORTED int cuDeviceGetAttribute(int *value, int attribute, int device) {
  Call call("cuDeviceGetAttribute", false);
  if (call.refused) return call.refused;
  if (!is_device(device)) return INVALID_DEVICE;
  int capability = static_cast<int>(machine.setting("capability"));
  switch (attribute) {
    case 16: *value = 4; return SUCCESS;
    case 75: *value = capability / 10; return SUCCESS;
    case 76: *value = capability % 10; return SUCCESS;
    case 97: *value = 227 << 10; return SUCCESS;
    default: return INVALID_VALUE;
  }
}

// MARK: - Contexts

EXPORTED int cuDevicePrimaryCtxRetain(Context **context, int device) {
  Call call("cuDevicePrimaryCtxRetain", false);
  if (call.refused) return call.refused;
  if (!is_device(device)) return INVALID_DEVICE;
  if (int result = static_cast<int>(machine.setting("context result"))) return result;
  *context = &machine.contexts[device];
  (*context)->device = device;
  (*context)->holders++;
  return SUCCESS;
}

EXPORTED int cuDevicePrimaryCtxRelease_v2(int device) {
  Call call("cuDevicePrimaryCtxRelease_v2", false);
  if (call.refused) return call.refused;
  if (!is_device(device)) return INVALID_DEVICE;
  Context &context = machine.contexts[device];
  if (context.holders == 0) return INVALID_CONTEXT;
  if (--context.holders == 0) machine.end(&context);
  return SUCCESS;
}

EXPORTED int cuCtxSetCurrent(Context *context) {
  Call call("cuCtxSetCurrent", false);
  if (call.refused) return call.refused;
  bool is_known = !context || (context >= machine.contexts && context < machine.contexts + 16 && context->holders > 0);
  if (!is_known) return INVALID_CONTEXT;
  current_context = context;
  return SUCCESS;
}
