// Modules, and launches of their kernels.

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <sstream>

#include "CUDAHostKernels.h"
#include "Machine.h"

// MARK: - Modules

/// What the stand-in for NVRTC makes, line by line: its name, the architecture, the compiler's major version, and the program's text.
static const char image_name[] = "Folio's stand-in for a cubin";

EXPORTED int cuModuleLoadData(Module **handle, const char *image) {
  Call call("cuModuleLoadData");
  if (call.refused) return call.refused;
  if (!image || strncmp(image, image_name, strlen(image_name)) != 0) return INVALID_IMAGE;
  std::istringstream lines(image);
  std::string line, architecture, compiler;
  if (!std::getline(lines, line) || !std::getline(lines, architecture) || !std::getline(lines, compiler)) return INVALID_IMAGE;
  std::string own = "sm_" + std::to_string(machine.setting("capability"));
  // An architecture with an `a` behind it is for this one alone.
  if (architecture != own && architecture != own + "a") return NO_BINARY_FOR_GPU;
  if (atoll(compiler.c_str()) > machine.setting("driver version") / 1000) return UNSUPPORTED_PTX_VERSION;
  auto module = std::make_unique<Module>();
  module->context = current_context;
  module->text.assign(std::istreambuf_iterator<char>(lines), {});
  *handle = module.get();
  machine.modules[module.get()] = std::move(module);
  return SUCCESS;
}

static Module *module_of(void *handle) {
  auto found = machine.modules.find(static_cast<Module *>(handle));
  return found != machine.modules.end() && found->second->context == current_context ? found->second.get() : nullptr;
}

EXPORTED int cuModuleUnload(void *handle) {
  Call call("cuModuleUnload");
  if (call.refused) return call.refused;
  Module *module = module_of(handle);
  if (!module) return INVALID_HANDLE;
  for (auto entry = machine.functions.begin(); entry != machine.functions.end();) {
    if (entry->second->module == module) entry = machine.functions.erase(entry);
    else ++entry;
  }
  machine.modules.erase(module);
  return SUCCESS;
}

/// Whether a text has a word.
static bool is_in(const std::string &text, const std::string &word) {
  auto is_part = [&](size_t at) { return at < text.size() && (isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_'); };
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
    if ((at == 0 || !is_part(at - 1)) && !is_part(at + word.size())) return true;
  return false;
}

EXPORTED int cuModuleGetFunction(Function **handle, void *module_handle, const char *name) {
  Call call("cuModuleGetFunction");
  if (call.refused) return call.refused;
  Module *module = module_of(module_handle);
  if (!module) return INVALID_HANDLE;
  if (!is_in(module->text, name) || !host_has(name)) return NOT_FOUND;
  auto function = std::make_unique<Function>();
  function->module = module;
  function->name = name;
  std::vector<size_t> sizes(host_parameters(name, nullptr, 0));
  host_parameters(name, sizes.data(), sizes.size());
  for (size_t i = 0; i < sizes.size(); i++) function->parameters.push_back({sizes[i], host_is_pointer(name, i) != 0});
  *handle = function.get();
  machine.functions[function.get()] = std::move(function);
  return SUCCESS;
}

static Function *function_of(void *handle) {
  auto found = machine.functions.find(static_cast<Function *>(handle));
  return found != machine.functions.end() && found->second->module->context == current_context ? found->second.get() : nullptr;
}

EXPORTED int cuFuncGetAttribute(int *value, int attribute, void *handle) {
  Call call("cuFuncGetAttribute");
  if (call.refused) return call.refused;
  Function *function = function_of(handle);
  if (!function) return INVALID_HANDLE;
  switch (attribute) {
    case 1: *value = 0; return SUCCESS;
    case 8: *value = function->dynamic_shared; return SUCCESS;
    default: return INVALID_VALUE;
  }
}

EXPORTED int cuFuncSetAttribute(void *handle, int attribute, int value) {
  Call call("cuFuncSetAttribute");
  if (call.refused) return call.refused;
  Function *function = function_of(handle);
  if (!function) return INVALID_HANDLE;
  if (attribute != 8 || value < 0 || value > 227 << 10) return INVALID_VALUE;
  function->dynamic_shared = value;
  return SUCCESS;
}

// MARK: - Launches

namespace {
/// A launch that waits for its turn, with copies of its arguments.
struct Launch {
  std::string kernel;
  unsigned grid[3], block;
  size_t shared;
  Context *context;
  struct Argument {
    bool is_pointer;
    std::vector<uint64_t> value;
  };
  std::vector<Argument> arguments;

  int run();

 private:
  /// Puts the host's addresses in place of the card's, and notes the blocks that they lie in.
  bool translate(std::vector<Address> &blocks);
};

bool Launch::translate(std::vector<Address> &blocks) {
  for (auto &argument : arguments) {
    uint64_t &value = argument.value[0];
    // A null pointer is for what a kernel may do without.
    if (!argument.is_pointer || value == 0) continue;
    Address start = 0;
    if (!machine.memory.find(value, 0, context, &start)) return false;
    value = reinterpret_cast<uint64_t>(machine.memory.bytes(value));
    blocks.push_back(start);
  }
  return true;
}

int Launch::run() {
  std::vector<Address> blocks;
  bool backwards = false;
  {
    std::lock_guard<std::mutex> held(machine.lock);
    if (!translate(blocks)) return machine.blame("The kernel " + kernel + " was given memory that is no one's.");
    backwards = machine.setting("backwards") != 0;
  }
  std::vector<void *> pointers;
  for (auto &argument : arguments) pointers.push_back(argument.value.data());
  host_run_backwards(backwards);
  host_launch(kernel.c_str(), grid[0], grid[1], grid[2], block, shared, pointers.data());
  std::lock_guard<std::mutex> held(machine.lock);
  for (Address start : blocks) {
    bool is_there = machine.memory.allocations.count(start) > 0;
    if (!is_there) return machine.blame("A block was freed while the kernel " + kernel + " used it.");
    if (!machine.memory.has_whole_borders(start))
      return machine.blame("The kernel " + kernel + " has written beyond the ends of a block of memory.");
  }
  return SUCCESS;
}
}  // namespace

EXPORTED int cuLaunchKernel(
    void *handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ, unsigned shared,
    void *stream_handle, void **arguments, void **extra) {
  Call call("cuLaunchKernel");
  if (call.refused) return call.refused;
  Function *function = function_of(handle);
  auto stream = stream_of(stream_handle);
  if (!function || !stream) return INVALID_HANDLE;
  bool has_grid = gridX > 0 && gridX <= 0x7fffffff && gridY > 0 && gridY <= 65535 && gridZ > 0 && gridZ <= 65535;
  // The host build knows blocks along x only.
  bool has_block = blockX > 0 && blockX <= 1024 && blockY == 1 && blockZ == 1;
  if (!has_grid || !has_block || shared > static_cast<unsigned>(function->dynamic_shared) || extra) return INVALID_VALUE;
  if (!arguments && !function->parameters.empty()) return INVALID_VALUE;
  Launch launch = {function->name, {gridX, gridY, gridZ}, blockX, shared, current_context, {}};
  for (size_t i = 0; i < function->parameters.size(); i++) {
    if (!arguments[i]) return INVALID_VALUE;
    auto [bytes, is_pointer] = function->parameters[i];
    std::vector<uint64_t> copy(bytes / 8 + 1);
    memcpy(copy.data(), arguments[i], bytes);
    launch.arguments.push_back({is_pointer, std::move(copy)});
  }
  ask(*stream, [launch = std::move(launch)]() mutable -> int { return launch.run(); });
  return SUCCESS;
}
