/*
 * Clients that servers of TCP are measured with, the same for each server.
 *   tcp_clients churn PORT CONCURRENCY SECONDS   prints connections a second. Each connects, sends a request of 64 bytes, reads 64 bytes and the server's end,
 *                                                and is replaced by the next; so many are under way at a time
 *   tcp_clients hold PORT COUNT                  opens so many connections, prints "held", and keeps them until its standard input ends
 */
#define _GNU_SOURCE
#include "measured.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#define REQUEST_BYTES 64
#define MAX_CONCURRENCY 1024

static char request[REQUEST_BYTES];
static char answer[4096];

struct client {
  int fd;
  size_t received;
  bool asked;
};

/* Sends the request, if the connection is there. */
static void ask(struct client *client) {
  ssize_t length = send(client->fd, request, sizeof request, MSG_NOSIGNAL);
  if (length < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
  if (length != sizeof request) fail("send");
  client->asked = true;
}

/*
 * Begins a connection and asks at once: on the loopback interface the connection is mostly there when connect returns. The loop tells once of each change, so
 * that a connection costs six system calls here, fewer than any server needs: the client must not be what is measured.
 */
static void begin(int loop, struct client *client, const struct sockaddr_in *to) {
  client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  client->received = 0;
  client->asked = false;
  if (client->fd < 0) fail("socket");
  if (connect(client->fd, (const struct sockaddr *)to, sizeof *to) < 0 && errno != EINPROGRESS) fail("connect");
  ask(client);
  uint32_t writing = client->asked ? 0 : EPOLLOUT;
  struct epoll_event wanted = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET | writing, .data = {.ptr = client}};
  if (epoll_ctl(loop, EPOLL_CTL_ADD, client->fd, &wanted) < 0) fail("epoll_ctl");
}

/* Whether the server has answered and ended the connection. `ended`: it has ended it, so that a read of the whole answer is the last one. */
static bool is_served(struct client *client, bool ended) {
  for (;;) {
    ssize_t length = recv(client->fd, answer, sizeof answer, 0);
    if (length < 0 && errno == EAGAIN) return false;
    if (length < 0) fail("recv");
    client->received += (size_t)length;
    if (length == 0 || (ended && client->received >= REQUEST_BYTES)) break;
  }
  if (client->received != REQUEST_BYTES) {
    fprintf(stderr, "%zu bytes were answered\n", client->received);
    exit(1);
  }
  return true;
}

static int churn(int port, int concurrency, double seconds) {
  static struct client clients[MAX_CONCURRENCY];
  struct epoll_event events[MAX_CONCURRENCY];
  struct sockaddr_in to = loopback(port);
  int loop = epoll_create1(0);
  unsigned long served = 0;
  for (int i = 0; i < concurrency; i++) begin(loop, &clients[i], &to);
  double started = now_seconds();
  while (now_seconds() < started + seconds) {
    int ready = epoll_wait(loop, events, MAX_CONCURRENCY, 1000);
    if (ready < 0) fail("epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct client *client = events[i].data.ptr;
      if (!client->asked) {
        if ((events[i].events & EPOLLOUT) != 0) ask(client);
      } else if (is_served(client, (events[i].events & EPOLLRDHUP) != 0)) {
        close(client->fd);
        begin(loop, client, &to);
        served++;
      }
    }
  }
  printf("%.0f\n", (double)served / (now_seconds() - started));
  return 0;
}

static int hold(int port, int count) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) fail("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) < 0) fail("setrlimit");
  struct sockaddr_in to = loopback(port);
  for (int i = 0; i < count; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) fail("connect");
  }
  puts("held");
  fflush(stdout);
  while (read(STDIN_FILENO, answer, sizeof answer) > 0);
  return 0;
}

int main(int argc, char **argv) {
  int port = argc > 3 ? atoi(argv[2]) : 0;
  int count = argc > 3 ? atoi(argv[3]) : 0;
  if (port > 0 && count > 0) {
    if (strcmp(argv[1], "hold") == 0 && argc == 4) return hold(port, count);
    if (strcmp(argv[1], "churn") == 0 && argc == 5 && count <= MAX_CONCURRENCY && atof(argv[4]) > 0) return churn(port, count, atof(argv[4]));
  }
  fprintf(stderr, "usage: tcp_clients churn PORT CONCURRENCY SECONDS | tcp_clients hold PORT COUNT\n");
  return 2;
}
