/*
 * Messages over TCP between two processes over loopback. Each message has a header of 4 bytes with its length, as packet 4 of gen_tcp. Nagle is off.
 *   tcp oneway LENGTH SECONDS BUFFER_BYTES   prints messages a second as the receiver counted them: large reads and writes, messages copied into what is written
 *   tcp pingpong LENGTH SECONDS              prints round trips a second, each process on a CPU of its own
 *   tcp looped LENGTH SECONDS                the same by an event loop: looks into epoll, waits there, and reads without blocking, as libuv does
 */
#define _GNU_SOURCE
#include "measured.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define MAX_LENGTH (1 << 20)
#define HEADER 4
/* What one read asks for, and what is gathered for one write. */
#define READ_BYTES (1 << 18)
#define WRITE_BYTES (1 << 16)

static char buffer[MAX_LENGTH + READ_BYTES];
static char message[MAX_LENGTH];

static int connected_pair(int buffer_bytes, int *other) {
  struct sockaddr_in address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  set_buffers(listener, buffer_bytes);
  set_buffers(client, buffer_bytes);
  bind_loopback(listener, &address);
  if (listen(listener, 1) < 0) fail("listen");
  if (connect(client, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
  *other = accept(listener, NULL, NULL);
  if (*other < 0) fail("accept");
  close(listener);
  set_int(client, IPPROTO_TCP, TCP_NODELAY, 1);
  set_int(*other, IPPROTO_TCP, TCP_NODELAY, 1);
  return client;
}

static uint32_t header_at(const char *at) {
  uint32_t length;
  memcpy(&length, at, HEADER);
  return ntohl(length);
}

static int count_messages(int fd) {
  unsigned long count = 0;
  double started = 0;
  size_t held = 0;
  for (;;) {
    ssize_t length = read(fd, buffer + held, READ_BYTES);
    if (length < 0) fail("read");
    if (length == 0) break;
    if (count == 0 && held == 0) started = now_seconds();
    held += (size_t)length;
    size_t at = 0;
    while (held - at >= HEADER && held - at - HEADER >= header_at(buffer + at)) {
      at += HEADER + header_at(buffer + at);
      count++;
    }
    memmove(buffer, buffer + at, held - at);
    held -= at;
  }
  printf("%.0f\n", (double)count / (now_seconds() - started));
  return 0;
}

static void write_all(int fd, struct iovec *pieces, int count) {
  while (count > 0) {
    ssize_t written = writev(fd, pieces, count);
    if (written < 0) fail("writev");
    for (; count > 0 && (size_t)written >= pieces->iov_len; pieces++, count--) written -= (ssize_t)pieces->iov_len;
    if (count > 0) {
      pieces->iov_base = (char *)pieces->iov_base + written;
      pieces->iov_len -= (size_t)written;
    }
  }
}

/* Small messages are gathered; large ones are written from where they lie. */
static void send_for(int fd, size_t length, double seconds) {
  uint32_t header = htonl((uint32_t)length);
  double end = now_seconds() + seconds;
  while (now_seconds() < end) {
    size_t held = 0;
    for (int i = 0; i < SENDS_PER_CLOCK_READ; i++) {
      if (length > WRITE_BYTES / 2) {
        write_all(fd, (struct iovec[]){{&header, HEADER}, {message, length}}, 2);
        continue;
      }
      if (held + HEADER + length > WRITE_BYTES) {
        write_all(fd, &(struct iovec){buffer, held}, 1);
        held = 0;
      }
      memcpy(buffer + held, &header, HEADER);
      memcpy(buffer + held + HEADER, message, length);
      held += HEADER + length;
    }
    write_all(fd, &(struct iovec){buffer, held}, held > 0);
  }
}

static int oneway(size_t length, double seconds, int buffer_bytes) {
  int receiver;
  int sender = connected_pair(buffer_bytes, &receiver);
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    close(sender);
    return count_messages(receiver);
  }
  close(receiver);
  send_for(sender, length, seconds);
  close(sender);
  int status = 0;
  if (waitpid(child, &status, 0) < 0) fail("waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Receives a message whole, with its header. Waits in read(), or as libuv does. */
static void next(int fd, int loop, size_t length) {
  for (size_t held = 0; held < HEADER + length;) {
    await_readable(loop);
    ssize_t got = recv(fd, buffer + held, READ_BYTES, loop >= 0 ? MSG_DONTWAIT : 0);
    if (got <= 0 && errno != EAGAIN) fail("recv");
    if (got > 0) held += (size_t)got;
  }
}

static void say(int fd, size_t length) {
  uint32_t header = htonl((uint32_t)length);
  write_all(fd, (struct iovec[]){{&header, HEADER}, {message, length}}, 2);
}

static int pingpong(size_t length, double seconds, bool looped) {
  int theirs;
  int ours = connected_pair(0, &theirs);
  pid_t child = fork();
  if (child < 0) fail("fork");
  run_on(child == 0 ? 1 : 0);
  int fd = child == 0 ? theirs : ours;
  int loop = loop_for(fd, looped);
  if (child == 0) {
    for (;;) {
      next(fd, loop, length);
      say(fd, length);
    }
  }
  unsigned long count = 0;
  double started = now_seconds();
  while (now_seconds() < started + seconds) {
    say(fd, length);
    next(fd, loop, length);
    count++;
  }
  printf("%.0f\n", (double)count / (now_seconds() - started));
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 4 || argc == 5) {
    size_t length = (size_t)atol(argv[2]);
    double seconds = atof(argv[3]);
    if (length > 0 && length <= MAX_LENGTH && seconds > 0) {
      if (strcmp(argv[1], "oneway") == 0 && argc == 5) return oneway(length, seconds, atoi(argv[4]));
      if (strcmp(argv[1], "pingpong") == 0) return pingpong(length, seconds, false);
      if (strcmp(argv[1], "looped") == 0) return pingpong(length, seconds, true);
    }
  }
  fprintf(stderr, "usage: tcp oneway LENGTH SECONDS BUFFER_BYTES | tcp pingpong|looped LENGTH SECONDS\n");
  return 2;
}
