/*
 * Datagrams between two processes over loopback.
 *   udp oneway LENGTH SECONDS                prints datagrams a second as the receiver counted them: one send() or recv() a datagram, default buffers
 *   udp batched LENGTH SECONDS BUFFER_BYTES  the same by sendmmsg() and recvmmsg(), with socket buffers of that size
 *   udp pingpong LENGTH SECONDS              prints round trips a second, each process on a CPU of its own
 *   udp looped LENGTH SECONDS                the same by an event loop: looks into epoll, waits there, and reads without blocking, as libuv does
 */
#define _GNU_SOURCE
#include "measured.h"

#include <signal.h>
#include <sys/wait.h>

#define MAX_LENGTH 65507
/* The receiver's end of a run is a datagram shorter than any that counts. */
#define END_LENGTH 1
/* Datagrams that one sendmmsg() or recvmmsg() takes. */
#define BATCH 64

static char buffer[MAX_LENGTH];

static int bound_socket(struct sockaddr_in *address) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  bind_loopback(fd, address);
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

/* A batch whose datagrams lie one behind the other in a buffer of their own. */
static struct mmsghdr *batch_of(size_t length) {
  struct mmsghdr *batch = calloc(BATCH, sizeof *batch);
  struct iovec *pieces = calloc(BATCH, sizeof *pieces);
  char *bytes = calloc(BATCH, length);
  if (batch == NULL || pieces == NULL || bytes == NULL) fail("calloc");
  for (int i = 0; i < BATCH; i++) {
    pieces[i] = (struct iovec){bytes + (size_t)i * length, length};
    batch[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
  }
  return batch;
}

static void count_batches(int fd) {
  struct mmsghdr *batch = batch_of(MAX_LENGTH);
  unsigned long count = 0;
  double started = 0;
  for (;;) {
    int taken = recvmmsg(fd, batch, BATCH, MSG_WAITFORONE, NULL);
    if (taken < 0) fail("recvmmsg");
    if (count == 0) started = now_seconds();
    for (int i = 0; i < taken; i++) {
      if (batch[i].msg_len <= END_LENGTH) {
        printf("%.0f\n", (double)count / (now_seconds() - started));
        return;
      }
      count++;
    }
  }
}

static void send_batches_for(int fd, size_t length, double seconds) {
  struct mmsghdr *batch = batch_of(length);
  double end = now_seconds() + seconds;
  while (now_seconds() < end) {
    if (sendmmsg(fd, batch, BATCH, 0) < 0) fail("sendmmsg");
  }
}

static int oneway(size_t length, double seconds, bool batched, int buffer_bytes) {
  struct sockaddr_in to, from;
  int receiver = bound_socket(&to);
  int sender = bound_socket(&from);
  set_buffers(receiver, buffer_bytes);
  set_buffers(sender, buffer_bytes);
  if (connect(sender, (struct sockaddr *)&to, sizeof to) < 0) fail("connect");
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    (batched ? count_batches : count_datagrams)(receiver);
    return 0;
  }
  close(receiver);
  (batched ? send_batches_for : send_for)(sender, length, seconds);
  /* The end is lost if it meets a full buffer, so it is said until it is heard. */
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    (void)!send(sender, buffer, END_LENGTH, 0);
    usleep(1000);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Waits for a datagram: in recv(), or by a loop. */
static ssize_t next(int fd, int loop) {
  await_readable(loop);
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
  if (argc == 4 || argc == 5) {
    size_t length = (size_t)atol(argv[2]);
    double seconds = atof(argv[3]);
    if (length > END_LENGTH && length <= MAX_LENGTH && seconds > 0) {
      if (strcmp(argv[1], "oneway") == 0) return oneway(length, seconds, false, 0);
      if (strcmp(argv[1], "batched") == 0 && argc == 5) return oneway(length, seconds, true, atoi(argv[4]));
      if (strcmp(argv[1], "pingpong") == 0) return pingpong(length, seconds, false);
      if (strcmp(argv[1], "looped") == 0) return pingpong(length, seconds, true);
    }
  }
  fprintf(stderr, "usage: udp oneway|pingpong|looped LENGTH SECONDS | udp batched LENGTH SECONDS BUFFER_BYTES\n");
  return 2;
}
