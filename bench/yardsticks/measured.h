/* What the yardsticks in C share: time, CPUs, sockets of loopback, and how a loop waits for one. */
#ifndef MAILPORT_BENCH_MEASURED_H
#define MAILPORT_BENCH_MEASURED_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Looking at the clock costs little beside so many sends. */
#define SENDS_PER_CLOCK_READ 64

static inline void fail(const char *what) {
  perror(what);
  exit(1);
}

static inline double now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline void set_int(int fd, int level, int name, int value) {
  if (setsockopt(fd, level, name, &value, sizeof value) < 0) fail("setsockopt");
}

/* As setsockopt counts them; 0 leaves the kernel's own. */
static inline void set_buffers(int fd, int buffer_bytes) {
  if (buffer_bytes == 0) return;
  set_int(fd, SOL_SOCKET, SO_RCVBUF, buffer_bytes);
  set_int(fd, SOL_SOCKET, SO_SNDBUF, buffer_bytes);
}

static inline struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/* Binds to a loopback port that the kernel picks, and says which. */
static inline void bind_loopback(int fd, struct sockaddr_in *address) {
  socklen_t length = sizeof *address;
  *address = loopback(0);
  if (fd < 0 || bind(fd, (struct sockaddr *)address, length) < 0) fail("bind");
  if (getsockname(fd, (struct sockaddr *)address, &length) < 0) fail("getsockname");
}

/*
 * Keeps this process on the index-th of the CPUs that it may use. The scheduler would put the two on one CPU or on two as it likes, and a
 * wake-up across CPUs costs ten times as much.
 */
static inline void run_on(int index) {
  cpu_set_t allowed, one;
  if (sched_getaffinity(0, sizeof allowed, &allowed) < 0) fail("sched_getaffinity");
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &allowed) || index-- > 0) continue;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one) < 0) fail("sched_setaffinity");
    return;
  }
}

/* The descriptor of an epoll that waits for `fd`; -1 for none. */
static inline int loop_for(int fd, bool looped) {
  if (!looped) return -1;
  struct epoll_event wanted = {.events = EPOLLIN};
  int loop = epoll_create1(0);
  if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &wanted) < 0) fail("epoll");
  return loop;
}

/* Waits by such an epoll as libuv does, which asks without waiting first, to know how long it had nothing to do. Without one, at once. */
static inline void await_readable(int loop) {
  struct epoll_event event;
  if (loop >= 0 && epoll_wait(loop, &event, 1, 0) == 0 && epoll_wait(loop, &event, 1, -1) < 0) fail("epoll_wait");
}

#endif
