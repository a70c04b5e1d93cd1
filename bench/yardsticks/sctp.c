/*
 * Messages over the kernel's SCTP between two processes over loopback, written as a plain program is: one sendmsg() or recvmsg() a message,
 * one-to-many sockets, blocking.
 *   sctp LENGTH SECONDS BUFFER_BYTES     prints messages a second as the receiver counted them
 * Nagle is off, and both sockets have buffers of BUFFER_BYTES as setsockopt counts them.
 */
#include <arpa/inet.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_LENGTH 65536
/* The receiver's end of a run is a message shorter than any that counts. */
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

static void set(int fd, int level, int name, const void *value, socklen_t length) {
  if (setsockopt(fd, level, name, value, length) < 0) fail("setsockopt");
}

/* A socket bound to a loopback port that the kernel picked. */
static int bound_socket(int buffer_bytes, struct sockaddr_in *address) {
  const int on = 1;
  const struct sctp_event_subscribe events = {.sctp_data_io_event = 1};
  socklen_t length = sizeof *address;
  int fd = socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);
  if (fd < 0) fail("socket");
  set(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  set(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
  set(fd, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on);
  set(fd, IPPROTO_SCTP, SCTP_EVENTS, &events, sizeof events);
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, (struct sockaddr *)address, length) < 0) fail("bind");
  if (getsockname(fd, (struct sockaddr *)address, &length) < 0) fail("getsockname");
  return fd;
}

static ssize_t receive(int fd) {
  char control[CMSG_SPACE(sizeof(struct sctp_sndrcvinfo))];
  struct sockaddr_in from;
  struct iovec piece = {buffer, sizeof buffer};
  struct msghdr message = {&from, sizeof from, &piece, 1, control, sizeof control, 0};
  return recvmsg(fd, &message, 0);
}

static ssize_t send_one(int fd, sctp_assoc_t assoc, size_t length) {
  char control[CMSG_SPACE(sizeof(struct sctp_sndrcvinfo))] = {0};
  struct iovec piece = {buffer, length};
  struct msghdr message = {NULL, 0, &piece, 1, control, sizeof control, 0};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  struct sctp_sndrcvinfo *info = (struct sctp_sndrcvinfo *)CMSG_DATA(header);
  header->cmsg_level = IPPROTO_SCTP;
  header->cmsg_type = SCTP_SNDRCV;
  header->cmsg_len = CMSG_LEN(sizeof *info);
  info->sinfo_assoc_id = assoc;
  return sendmsg(fd, &message, 0);
}

static int count_messages(int fd) {
  unsigned long count = 0;
  double started = 0;
  for (;;) {
    ssize_t length = receive(fd);
    if (length < 0) fail("recvmsg");
    if (length <= END_LENGTH) break;
    if (count == 0) started = now_seconds();
    count++;
  }
  printf("%.0f\n", (double)count / (now_seconds() - started));
  return 0;
}

static sctp_assoc_t associate(int fd, struct sockaddr_in *to) {
  struct sctp_getaddrs_old request = {0, sizeof *to, (struct sockaddr *)to};
  socklen_t length = sizeof request;
  if (getsockopt(fd, IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX3, &request, &length) < 0) fail("connect");
  return request.assoc_id;
}

int main(int argc, char **argv) {
  size_t length = argc == 4 ? (size_t)atol(argv[1]) : 0;
  double seconds = argc == 4 ? atof(argv[2]) : 0;
  if (length <= END_LENGTH || length > MAX_LENGTH || seconds <= 0) {
    fprintf(stderr, "usage: sctp LENGTH SECONDS BUFFER_BYTES\n");
    return 2;
  }
  struct sockaddr_in here, there;
  int receiver = bound_socket(atoi(argv[3]), &there);
  if (listen(receiver, 1) < 0) fail("listen");
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) return count_messages(receiver);
  close(receiver);
  int sender = bound_socket(atoi(argv[3]), &here);
  sctp_assoc_t assoc = associate(sender, &there);
  double end = now_seconds() + seconds;
  while (now_seconds() < end) {
    for (int i = 0; i < SENDS_PER_CLOCK_READ; i++) {
      if (send_one(sender, assoc, length) < 0) fail("sendmsg");
    }
  }
  if (send_one(sender, assoc, END_LENGTH) < 0) fail("sendmsg");
  int status = 0;
  if (waitpid(child, &status, 0) < 0) fail("waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
