/*
 * Sends as much as it can over one TCP connection with a congestion control of the caller's choice, until the other end closes it.
 *
 *   tcp_bulk ADDRESS PORT CONTROL
 */
#define _GNU_SOURCE
#include "measured.h"

#include <signal.h>

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: tcp_bulk ADDRESS PORT CONTROL\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};
  if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) fail(argv[1]);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, argv[3], (socklen_t)strlen(argv[3])) < 0) fail(argv[3]);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
  static char bytes[65536];
  while (write(fd, bytes, sizeof bytes) > 0) continue;
  return 0;
}
