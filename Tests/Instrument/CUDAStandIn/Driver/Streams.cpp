// Streams and events: work is done when somebody waits for it.

#include <chrono>

#include "Machine.h"

void ask(Stream &stream, std::function<int()> job) {
  stream.waiting.push_back(std::move(job));
  stream.asked++;
}

std::shared_ptr<Stream> stream_of(void *handle) {
  auto found = machine.streams.find(static_cast<Stream *>(handle));
  return found != machine.streams.end() && found->second->context == current_context ? found->second : nullptr;
}

int work(const std::shared_ptr<Stream> &stream, uint64_t position) {
  std::lock_guard<std::mutex> working(stream->working);
  while (true) {
    std::function<int()> job;
    {
      std::lock_guard<std::mutex> held(machine.lock);
      if (machine.lost != SUCCESS) return machine.lost;
      if (stream->done >= position) return SUCCESS;
      job = std::move(stream->waiting.front());
      stream->waiting.pop_front();
    }
    int result = job();
    std::lock_guard<std::mutex> held(machine.lock);
    stream->done++;
    if (result != SUCCESS && machine.lost == SUCCESS) machine.lost = result;
  }
}

EXPORTED int cuStreamCreate(Stream **handle, unsigned flags) {
  Call call("cuStreamCreate");
  if (call.refused) return call.refused;
  if (flags > 1) return INVALID_VALUE;
  auto stream = std::make_shared<Stream>();
  stream->context = current_context;
  *handle = stream.get();
  machine.streams[stream.get()] = stream;
  return SUCCESS;
}

EXPORTED int cuStreamDestroy_v2(void *handle) {
  Call call("cuStreamDestroy_v2");
  if (call.refused) return call.refused;
  if (!stream_of(handle)) return INVALID_HANDLE;
  machine.streams.erase(static_cast<Stream *>(handle));
  return SUCCESS;
}

EXPORTED int cuStreamSynchronize(void *handle) {
  Call call("cuStreamSynchronize");
  if (call.refused) return call.refused;
  auto stream = stream_of(handle);
  if (!stream) return INVALID_HANDLE;
  uint64_t position = stream->asked;
  call.unlock();
  return work(stream, position);
}

// MARK: - Events

static std::shared_ptr<Event> event_of(void *handle) {
  auto found = machine.events.find(static_cast<Event *>(handle));
  return found != machine.events.end() && found->second->context == current_context ? found->second : nullptr;
}

EXPORTED int cuEventCreate(Event **handle, unsigned flags) {
  Call call("cuEventCreate");
  if (call.refused) return call.refused;
  auto event = std::make_shared<Event>();
  event->context = current_context;
  event->has_time = !(flags & 2);
  *handle = event.get();
  machine.events[event.get()] = event;
  return SUCCESS;
}

EXPORTED int cuEventDestroy_v2(void *handle) {
  Call call("cuEventDestroy_v2");
  if (call.refused) return call.refused;
  if (!event_of(handle)) return INVALID_HANDLE;
  machine.events.erase(static_cast<Event *>(handle));
  return SUCCESS;
}

EXPORTED int cuEventRecord(void *handle, void *stream_handle) {
  Call call("cuEventRecord");
  if (call.refused) return call.refused;
  auto event = event_of(handle);
  auto stream = stream_of(stream_handle);
  if (!event || !stream) return INVALID_HANDLE;
  ask(*stream, [event]() -> int {
    event->time = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    return SUCCESS;
  });
  event->stream = stream;
  event->position = stream->asked;
  return SUCCESS;
}

EXPORTED int cuEventSynchronize(void *handle) {
  Call call("cuEventSynchronize");
  if (call.refused) return call.refused;
  auto event = event_of(handle);
  if (!event) return INVALID_HANDLE;
  if (!event->stream) return SUCCESS;
  auto stream = event->stream;
  uint64_t position = event->position;
  call.unlock();
  return work(stream, position);
}

EXPORTED int cuEventElapsedTime(float *milliseconds, void *first, void *second) {
  Call call("cuEventElapsedTime");
  if (call.refused) return call.refused;
  auto begin = event_of(first), end = event_of(second);
  if (!begin || !end || !begin->stream || !end->stream || !begin->has_time || !end->has_time) return INVALID_HANDLE;
  if (begin->stream->done < begin->position || end->stream->done < end->position) return NOT_READY;
  *milliseconds = static_cast<float>((end->time - begin->time) * 1000);
  return SUCCESS;
}
