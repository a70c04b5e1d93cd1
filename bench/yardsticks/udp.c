/*
 * Datagrams between two processes over loopback, written as a plain program is: one send() or recv() a message, default buffers.
 *   udp oneway LENGTH SECONDS     prints datagrams a second as the receiver counted them
 *   udp pingpong LENGTH SECONDS   prints round trips a second, each process on a CPU of its own
 *   udp looped LENGTH SECONDS     the same by an event loop: looks into epoll, waits there, and reads without blocking, as libuv does
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_LENGTH 65507
/* The receiver's end of a run is a datagram shorter than any that counts. */
#define END_LENGTH 1
#define SENDS_PER_CLOCK_READ 64

static char buffer[MAX_LENGTH];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* A socket bound to a loopback port that the kernel picked. */
static int bound_socket(struct sockaddr_in *address) {
  socklen_t length = sizeof *address;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, (struct sockaddr *)address, length) < 0) fail("bind");
  if (getsockname(fd, (struct sockaddr *)address, &length) < 0) fail("getsockname");
  return fd;
}

static void count_datagrams(int fd) {
  unsigned long count = 0;
  double started = 0;
  for (;;) {
    ssize_t length = recv(fd, buffer, sizeof buffer, 0);
    if (length < 0) fail("recv");
    if (length <= END_LENGTH) break;
    if (count == 0) started = now_seconds();
    count++;
  }
  printf("%.0f\n", (double)count / (now_seconds() - started));
}

static void send_for(int fd, size_t length, double seconds) {
  double end = now_seconds() + seconds;
  while (now_seconds() < end) {
    for (int i = 0; i < SENDS_PER_CLOCK_READ; i++) {
      if (send(fd, buffer, length, 0) < 0) fail("send");
    }
  }
}

static int oneway(size_t length, double seconds) {
  struct sockaddr_in to, from;
  int receiver = bound_socket(&to);
  int sender = bound_socket(&from);
  if (connect(sender, (struct sockaddr *)&to, sizeof to) < 0) fail("connect");
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    count_datagrams(receiver);
    return 0;
  }
  close(receiver);
  send_for(sender, length, seconds);
  /* The end is lost if it meets a full buffer, so it is said until it is heard. */
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    (void)!send(sender, buffer, END_LENGTH, 0);
    usleep(1000);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/*
 * Keeps this process on the index-th of the CPUs that it may use. The scheduler would put the two on one CPU or on two as it likes, and a
 * wake-up across CPUs costs ten times as much.
 */
static void run_on(int index) {
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
static int loop_for(int fd, bool looped) {
  if (!looped) return -1;
  struct epoll_event wanted = {.events = EPOLLIN};
  int loop = epoll_create1(0);
  if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &wanted) < 0) fail("epoll");
  return loop;
}

/* Waits for a datagram: in recv(), or as libuv does, which asks without waiting first, to know how long it had nothing to do. */
static ssize_t next(int fd, int loop) {
  struct epoll_event event;
  if (loop >= 0 && epoll_wait(loop, &event, 1, 0) == 0 && epoll_wait(loop, &event, 1, -1) < 0) fail("epoll_wait");
  return recv(fd, buffer, sizeof buffer, loop >= 0 ? MSG_DONTWAIT : 0);
}

static void echo(int fd, bool looped) {
  int loop = loop_for(fd, looped);
  for (;;) {
    ssize_t length = next(fd, loop);
    if (length < 0 || send(fd, buffer, (size_t)length, 0) < 0) fail("echo");
  }
}

static int pingpong(size_t length, double seconds, bool looped) {
  struct sockaddr_in here, there;
  int ours = bound_socket(&here);
  int theirs = bound_socket(&there);
  if (connect(ours, (struct sockaddr *)&there, sizeof there) < 0) fail("connect");
  if (connect(theirs, (struct sockaddr *)&here, sizeof here) < 0) fail("connect");
  pid_t child = fork();
  if (child < 0) fail("fork");
  run_on(child == 0 ? 1 : 0);
  if (child == 0) echo(theirs, looped);
  int loop = loop_for(ours, looped);
  unsigned long count = 0;
  double started = now_seconds();
  while (now_seconds() < started + seconds) {
    if (send(ours, buffer, length, 0) < 0 || next(ours, loop) < 0) fail("ping");
    count++;
  }
  printf("%.0f\n", (double)count / (now_seconds() - started));
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 4) {
    size_t length = (size_t)atol(argv[2]);
    double seconds = atof(argv[3]);
    if (length > END_LENGTH && length <= MAX_LENGTH && seconds > 0) {
      if (strcmp(argv[1], "oneway") == 0) return oneway(length, seconds);
      if (strcmp(argv[1], "pingpong") == 0) return pingpong(length, seconds, false);
      if (strcmp(argv[1], "looped") == 0) return pingpong(length, seconds, true);
    }
  }
  fprintf(stderr, "usage: udp oneway|pingpong|looped LENGTH SECONDS\n");
  return 2;
}
