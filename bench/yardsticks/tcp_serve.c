/*
 * A server that answers one request of each connection and ends it, by one epoll loop, with as few system calls as there are: accept4, recv, send, shutdown and close,
 * and epoll_ctl only for a connection whose request has not come yet.
 *   tcp_serve   prints its port and serves until it is ended
 */
#define _GNU_SOURCE
#include "measured.h"

#include <errno.h>

#define MAX_EVENTS 1024

static char request[4096];

/* Whether the connection is over: it is served, or its request will not come. */
static bool is_served(int fd) {
  ssize_t length = recv(fd, request, sizeof request, 0);
  if (length < 0 && errno == EAGAIN) return false;
  /* The answer and the end leave in one segment. */
  if (length > 0 && send(fd, request, (size_t)length, MSG_NOSIGNAL | MSG_MORE) == length) shutdown(fd, SHUT_WR);
  return true;
}

static void accept_all(int loop, int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (is_served(fd)) {
      close(fd);
      continue;
    }
    struct epoll_event wanted = {.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &wanted) < 0) fail("epoll_ctl");
  }
}

int main(void) {
  struct sockaddr_in address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  bind_loopback(listener, &address);
  if (listen(listener, 1024) < 0) fail("listen");
  set_int(listener, IPPROTO_TCP, TCP_NODELAY, 1);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  int loop = epoll_create1(0);
  struct epoll_event events[MAX_EVENTS] = {{.events = EPOLLIN, .data = {.fd = listener}}};
  if (epoll_ctl(loop, EPOLL_CTL_ADD, listener, &events[0]) < 0) fail("epoll_ctl");
  for (;;) {
    int ready = epoll_wait(loop, events, MAX_EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.fd == listener) {
        accept_all(loop, listener);
      } else if (is_served(events[i].data.fd)) {
        close(events[i].data.fd);
      }
    }
  }
}
