#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "CCUDAKernels.h"
#include "NVRTCStandIn.h"

#define EXPORTED extern "C" __attribute__((visibility("default")))

/// NVRTC's results, with its numbers.
enum Result { SUCCESS = 0, INVALID_INPUT = 3, INVALID_PROGRAM = 4, INVALID_OPTION = 5, COMPILATION_FAILED = 6 };

struct Program {
  std::string name, text, log, image;
  std::map<std::string, std::string> headers;
};

static std::mutex lock;
static std::map<std::string, long long> settings = {
    {"version", 130}, {"oldest architecture", 75}, {"newest architecture", 121}, {"milliseconds", 0}};
static long long compilations, programs;

EXPORTED int stand_in_set(const char *name, long long value) {
  std::lock_guard<std::mutex> held(lock);
  auto found = settings.find(name);
  if (found == settings.end()) return 0;
  found->second = value;
  return 1;
}

EXPORTED long long stand_in_get(const char *name) {
  std::lock_guard<std::mutex> held(lock);
  if (strcmp(name, "compilations") == 0) return compilations;
  if (strcmp(name, "programs") == 0) return programs;
  auto found = settings.find(name);
  return found == settings.end() ? -1 : found->second;
}

static long long setting(const char *name) { return stand_in_get(name); }

// MARK: - What it is

EXPORTED int nvrtcVersion(int *major, int *minor) {
  *major = static_cast<int>(setting("version") / 10);
  *minor = static_cast<int>(setting("version") % 10);
  return SUCCESS;
}

static std::vector<int> architectures() {
  std::vector<int> known;
  for (int one : {50, 52, 60, 61, 70, 75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121})
    if (one >= setting("oldest architecture") && one <= setting("newest architecture")) known.push_back(one);
  return known;
}

EXPORTED int nvrtcGetNumSupportedArchs(int *count) {
  *count = static_cast<int>(architectures().size());
  return SUCCESS;
}

EXPORTED int nvrtcGetSupportedArchs(int *all) {
  for (int one : architectures()) *all++ = one;
  return SUCCESS;
}

EXPORTED const char *nvrtcGetErrorString(int result) {
  switch (result) {
    case SUCCESS: return "NVRTC_SUCCESS";
    case INVALID_INPUT: return "NVRTC_ERROR_INVALID_INPUT";
    case INVALID_PROGRAM: return "NVRTC_ERROR_INVALID_PROGRAM";
    case INVALID_OPTION: return "NVRTC_ERROR_INVALID_OPTION";
    case COMPILATION_FAILED: return "NVRTC_ERROR_COMPILATION";
    default: return "NVRTC_ERROR unknown";
  }
}

// MARK: - Programs

EXPORTED int nvrtcCreateProgram(
    Program **made, const char *text, const char *name, int count, const char *const *headers, const char *const *names) {
  if (!made || !text || count < 0 || (count > 0 && (!headers || !names))) return INVALID_INPUT;
  auto program = new Program{name ? name : "default_program", text, "", "", {}};
  for (int i = 0; i < count; i++) program->headers[names[i]] = headers[i];
  *made = program;
  std::lock_guard<std::mutex> held(lock);
  programs++;
  return SUCCESS;
}

EXPORTED int nvrtcDestroyProgram(Program **program) {
  if (!program || !*program) return INVALID_PROGRAM;
  delete *program;
  *program = nullptr;
  std::lock_guard<std::mutex> held(lock);
  programs--;
  return SUCCESS;
}

/// What is not as it was when the host's build was made; empty if all is.
static std::string mistake(const Program &program) {
  bool is_known = false;
  for (size_t i = 0; i < cuda_source_count; i++) {
    const cuda_source &source = cuda_sources[i];
    bool is_header = strlen(source.name) > 4 && strcmp(source.name + strlen(source.name) - 4, ".cuh") == 0;
    if (source.name == program.name) {
      is_known = true;
      if (program.text != source.text) return program.name + "(1): error: this is not the text that the stand-in knows";
    } else if (is_header) {
      auto given = program.headers.find(source.name);
      if (given == program.headers.end() || given->second != source.text)
        return program.name + "(1): catastrophic error: cannot open source file \"" + source.name + "\"";
    }
  }
  return is_known ? "" : program.name + "(1): error: the stand-in knows no such program";
}

EXPORTED int nvrtcCompileProgram(Program *program, int count, const char *const *options) {
  if (!program) return INVALID_PROGRAM;
  static const std::string asked = "--gpu-architecture=sm_";
  bool has_options = count == static_cast<int>(cuda_option_count) + 1 && std::string(options[0]).rfind(asked, 0) == 0;
  for (size_t i = 0; has_options && i < cuda_option_count; i++) has_options = strcmp(options[i + 1], cuda_options[i]) == 0;
  if (!has_options) {
    program->log = "nvrtc: error: these are not the options that the kernels promise";
    return INVALID_OPTION;
  }
  std::string architecture = std::string(options[0]).substr(asked.size());
  bool is_known = false;
  for (int one : architectures()) {
    std::string name = std::to_string(one);
    is_known |= architecture == name || (one >= 90 && architecture == name + "a");
  }
  if (!is_known) {
    program->log = "nvrtc: error: invalid value for --gpu-architecture (-arch)";
    return INVALID_OPTION;
  }
  program->log = mistake(*program);
  if (!program->log.empty()) return COMPILATION_FAILED;
  std::this_thread::sleep_for(std::chrono::milliseconds(setting("milliseconds")));
  std::string compiler = std::to_string(setting("version") / 10);
  program->image = "Folio's stand-in for a cubin\nsm_" + architecture + "\n" + compiler + "\n" + program->text;
  std::lock_guard<std::mutex> held(lock);
  compilations++;
  return SUCCESS;
}

EXPORTED int nvrtcGetCUBINSize(Program *program, size_t *size) {
  if (!program || program->image.empty()) return INVALID_PROGRAM;
  *size = program->image.size() + 1;
  return SUCCESS;
}

EXPORTED int nvrtcGetCUBIN(Program *program, char *image) {
  if (!program || program->image.empty()) return INVALID_PROGRAM;
  memcpy(image, program->image.c_str(), program->image.size() + 1);
  return SUCCESS;
}

EXPORTED int nvrtcGetProgramLogSize(Program *program, size_t *size) {
  if (!program) return INVALID_PROGRAM;
  *size = program->log.size() + 1;
  return SUCCESS;
}

EXPORTED int nvrtcGetProgramLog(Program *program, char *log) {
  if (!program) return INVALID_PROGRAM;
  memcpy(log, program->log.c_str(), program->log.size() + 1);
  return SUCCESS;
}
