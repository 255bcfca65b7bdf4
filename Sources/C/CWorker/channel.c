// The channel to the host: frames in order, and standard streams that cannot forge them. See CWorker.h.
//
// `stdout` and `stderr` become streams whose writes are frames of the channel, so that one socket carries everything in order.
// Code that writes to the descriptors 1 and 2 itself (FileHandle, C libraries, child processes) reaches the host by pipes. To
// keep these in order too, whoever sends a frame first looks whether the pipes hold unread bytes, and if so asks the host to empty
// them and waits for its word; the host, in turn, reads the frames that were sent before a pipe's bytes first.

#define _GNU_SOURCE
#include "include/CWorker.h"

#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FRAME_STDOUT = 1, FRAME_STDERR = 2, FRAME_SYNC = 5 };

static int channel = -1;
static int acknowledgement = -1;
static pthread_mutex_t sending = PTHREAD_MUTEX_INITIALIZER;
_Thread_local bool folio_is_sending = false;

static bool pipes_hold_bytes(void) {
  int count = 0;
  return (ioctl(1, FIONREAD, &count) == 0 && count > 0) || (ioctl(2, FIONREAD, &count) == 0 && count > 0);
}

/// What the host knows our frames by. See `WorkerProtocol.Seal`.
static uint64_t seal = 0;

static uint32_t sealed(uint8_t kind, uint32_t count) {
  uint64_t mixed = (seal ^ ((uint64_t)kind << 32 | count)) * 0x9E3779B97F4A7C15;
  return (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9 >> 32;
}

/// There is no host to talk to any more.
_Noreturn static void end_without_host(void) {
  folio_end_programs(getpid(), 0, NULL);
  _exit(FOLIO_NO_HOST);
}

static void write_frame(uint8_t kind, const void *bytes, size_t count) {
  uint32_t words[2] = {count, sealed(kind, count)};
  uint8_t header[1 + sizeof words] = {kind};
  memcpy(header + 1, words, sizeof words);
  struct iovec parts[2] = {{header, sizeof header}, {(void *)bytes, count}};
  struct iovec *part = parts;
  int left = count ? 2 : 1;
  while (left > 0) {
    struct msghdr message = {.msg_iov = part, .msg_iovlen = left};
    ssize_t written = sendmsg(channel, &message, MSG_NOSIGNAL);
    if (written < 0) {
      if (errno == EINTR) continue;
      end_without_host();
    }
    while (left > 0 && (size_t)written >= part->iov_len) {
      written -= part->iov_len;
      part++, left--;
    }
    if (left > 0) {
      part->iov_base = (char *)part->iov_base + written;
      part->iov_len -= written;
    }
  }
}

static void send_in_order(uint8_t kind, const void *bytes, size_t count) {
  folio_is_sending = true;
  pthread_mutex_lock(&sending);
  if (pipes_hold_bytes()) {
    write_frame(FRAME_SYNC, NULL, 0);
    char word;
    while (read(acknowledgement, &word, 1) < 0 && errno == EINTR) {}
  }
  write_frame(kind, bytes, count);
  pthread_mutex_unlock(&sending);
  folio_is_sending = false;
}

// MARK: - Standard streams

/// In a process that a cell has forked, the streams go to the descriptors.
static ssize_t write_raw(int descriptor, const char *bytes, size_t count) {
  ssize_t written = write(descriptor, bytes, count);
  return written < 0 ? 0 : written;
}

static ssize_t write_stdout(void *cookie, const char *bytes, size_t count) {
  (void)cookie;
  if (channel < 0) return write_raw(1, bytes, count);
  send_in_order(FRAME_STDOUT, bytes, count);
  return count;
}

static ssize_t write_stderr(void *cookie, const char *bytes, size_t count) {
  (void)cookie;
  if (channel < 0) return write_raw(2, bytes, count);
  // What was printed before, also without a newline, comes before. A thread that is parked with the lock is not waited for.
  if (ftrylockfile(stdout) == 0) {
    fflush_unlocked(stdout);
    funlockfile(stdout);
  }
  send_in_order(FRAME_STDERR, bytes, count);
  return count;
}

static void open_standard_streams(void) {
  FILE *out = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_stdout});
  FILE *err = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_stderr});
  if (out) {
    setvbuf(out, NULL, _IOLBF, 1 << 16);
    stdout = out;
  }
  if (err) {
    setvbuf(err, NULL, _IOLBF, 1 << 12);
    stderr = err;
  }
}

/// Flushes a stream. Returns false if a thread that is parked holds its lock: other threads give it back within moments, and must find the
/// stream that they have locked when they do.
static bool flush_unless_held(FILE *stream) {
  for (int attempt = 0; attempt < 5000; attempt++) {
    if (ftrylockfile(stream) == 0) {
      fflush_unlocked(stream);
      funlockfile(stream);
      return true;
    }
    usleep(100);
  }
  return false;
}

void folio_standard_streams_recover(void) {
  bool is_free = flush_unless_held(stdout);
  if (!flush_unless_held(stderr) || !is_free) open_standard_streams();
}

// MARK: - The channel

/// Moves a descriptor to a free number far from those that programs use, as far as the process may have such, closed in child processes.
static int move_away(int descriptor) {
  struct rlimit limit = {1024, 1024};
  getrlimit(RLIMIT_NOFILE, &limit);
  int span = limit.rlim_cur < 1024 ? (int)limit.rlim_cur : 1024;
  int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, span / 5 + (getpid() * 31) % (span * 3 / 5 + 1));
  if (moved < 0) moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (moved >= 0) close(descriptor);
  return moved;
}

/// Ends the process when the host is gone, also while a cell runs that never ends.
static void *watch_host(void *nothing) {
  (void)nothing;
  struct pollfd host = {.fd = channel};
  for (;;) {
    if (poll(&host, 1, -1) > 0 && (host.revents & (POLLHUP | POLLERR | POLLNVAL))) end_without_host();
  }
}

/// A process that a cell forks is not the worker: what it says must not come between the worker's frames.
static void leave_channel(void) {
  close(channel);
  close(acknowledgement);
  channel = acknowledgement = -1;
  pthread_mutex_init(&sending, NULL);
}

int folio_channel_open(int control, int acknowledgements) {
  channel = move_away(control);
  acknowledgement = move_away(acknowledgements);
  if (channel < 0 || acknowledgement < 0) return errno;
  if (!folio_channel_receive(&seal, sizeof seal)) return EPIPE;
  // Programs whose parents have ended stay ours, and can be ended with us.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pthread_atfork(NULL, NULL, leave_channel);
  open_standard_streams();
  pthread_t watch;
  return pthread_create(&watch, NULL, watch_host, NULL);
}

bool folio_channel_is_open(void) { return channel >= 0; }

void folio_channel_send(uint8_t kind, const void *bytes, size_t count) {
  if (channel < 0) return;
  fflush(stderr);
  fflush(stdout);
  send_in_order(kind, bytes, count);
}

bool folio_channel_receive(void *bytes, size_t count) {
  char *to = bytes;
  while (count > 0) {
    ssize_t got = read(channel, to, count);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    count -= got;
  }
  return true;
}
