/*
 * usrsctp over a line (relay.c): requests one at a time, and bulk.
 *
 *   wan_usrsctp serve UDP_PORT SCTP_PORT
 *   wan_usrsctp requests RELAY_PORT SCTP_PORT ASSOCIATIONS REQUESTS
 *   wan_usrsctp bulk RELAY_PORT SCTP_PORT SECONDS
 *
 * The server prints "ready". It sends each message of a request back, and counts those of bulk: when a message of one byte ends them, it answers with the
 * bytes a second. `requests` prints what each took, in microseconds; `bulk` prints what the server has answered.
 */
#define _GNU_SOURCE
#include "measured.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <usrsctp.h>

#define PATH_MTU 1500
#define BUFFER_BYTES (4 << 20)
#define REQUEST_BYTES 100
#define BULK_BYTES 16384
#define RESULT_BYTES 64
#define MOST_REQUESTS 100000

static int sctp_port;
static int remote_udp_port;

static void fail_of(const char *what) {
  fprintf(stderr, "wan_usrsctp: %s: %s\n", what, strerror(errno));
  _exit(1);
}

static void set(struct socket *socket, int level, int name, const void *value, socklen_t bytes, const char *what) {
  if (usrsctp_setsockopt(socket, level, name, value, bytes) < 0) fail_of(what);
}

static struct socket *new_socket(void) {
  struct socket *socket = usrsctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
  if (socket == NULL) fail_of("socket");
  const int on = 1, buffer = BUFFER_BYTES;
  set(socket, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on, "SCTP_NODELAY");
  set(socket, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer, "SO_RCVBUF");
  set(socket, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer, "SO_SNDBUF");
  struct sctp_paddrparams path = {0};
  path.spp_address.ss_family = AF_INET;
  path.spp_flags = SPP_PMTUD_DISABLE;
  path.spp_pathmtu = PATH_MTU;
  set(socket, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof path, "SCTP_PEER_ADDR_PARAMS");
  if (remote_udp_port != 0) {
    struct sctp_udpencaps udp = {0};
    udp.sue_address.ss_family = AF_INET;
    udp.sue_port = htons((uint16_t)remote_udp_port);
    set(socket, IPPROTO_SCTP, SCTP_REMOTE_UDP_ENCAPS_PORT, &udp, sizeof udp, "SCTP_REMOTE_UDP_ENCAPS_PORT");
  }
  return socket;
}

static ssize_t receive(struct socket *socket, void *buffer, size_t bytes) {
  struct sockaddr_in from;
  socklen_t from_bytes = sizeof from, info_bytes = 0;
  unsigned info_type = 0;
  int flags = 0;
  return usrsctp_recvv(socket, buffer, bytes, (struct sockaddr *)&from, &from_bytes, NULL, &info_bytes, &info_type, &flags);
}

static void send_all(struct socket *socket, const void *data, size_t bytes) {
  if (usrsctp_sendv(socket, data, bytes, NULL, 0, NULL, 0, SCTP_SENDV_NOINFO, 0) < 0) fail_of("send");
}

static void *serve_one(void *argument) {
  struct socket *socket = argument;
  static const char nothing[RESULT_BYTES];
  char *buffer = malloc(BUFFER_BYTES);
  double started = 0, bytes = 0;
  for (ssize_t length; (length = receive(socket, buffer, BUFFER_BYTES)) > 0;) {
    if (length == REQUEST_BYTES) {
      send_all(socket, buffer, (size_t)length);
    } else if (length > 1) {
      if (bytes == 0) started = now_seconds();
      bytes += (double)length;
    } else {
      char result[RESULT_BYTES];
      memcpy(result, nothing, sizeof result);
      snprintf(result, sizeof result, "%.0f", bytes / (now_seconds() - started));
      send_all(socket, result, sizeof result);
    }
  }
  free(buffer);
  usrsctp_close(socket);
  return NULL;
}

static void serve(void) {
  struct socket *listener = new_socket();
  struct sockaddr_in address = loopback(sctp_port);
  if (usrsctp_bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail_of("bind");
  if (usrsctp_listen(listener, 128) < 0) fail_of("listen");
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    struct socket *socket = usrsctp_accept(listener, NULL, NULL);
    pthread_t thread;
    if (socket == NULL) fail_of("accept");
    if (pthread_create(&thread, NULL, serve_one, socket) != 0) fail_of("pthread_create");
  }
}

static struct socket *connected(void) {
  struct socket *socket = new_socket();
  struct sockaddr_in address = loopback(sctp_port);
  if (usrsctp_connect(socket, (struct sockaddr *)&address, sizeof address) < 0) fail_of("connect");
  return socket;
}

static int requests_each;
static int64_t took_us[MOST_REQUESTS];

static void *request(void *argument) {
  int64_t *took = argument;
  struct socket *socket = connected();
  char data[REQUEST_BYTES] = {0}, answer[BULK_BYTES];
  for (int i = -1; i < requests_each; i++) {  /* The first one measures the round trip, and does not count. */
    const double started = now_seconds();
    send_all(socket, data, sizeof data);
    if (receive(socket, answer, sizeof answer) != REQUEST_BYTES) fail_of("receive");
    if (i >= 0) took[i] = (int64_t)((now_seconds() - started) * 1e6);
  }
  return NULL;
}

static void requests(int associations) {
  pthread_t threads[128];
  if (associations > 128 || associations * requests_each > MOST_REQUESTS) fail_of("too many");
  for (int i = 0; i < associations; i++)
    if (pthread_create(&threads[i], NULL, request, took_us + i * requests_each) != 0) fail_of("pthread_create");
  for (int i = 0; i < associations; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < associations * requests_each; i++) printf("%lld\n", (long long)took_us[i]);
}

static void bulk(double seconds) {
  static char data[BULK_BYTES];
  struct socket *socket = connected();
  char result[BULK_BYTES] = {0};
  const double end = now_seconds() + seconds;
  while (now_seconds() < end) send_all(socket, data, sizeof data);
  send_all(socket, data, 1);
  if (receive(socket, result, sizeof result) != RESULT_BYTES) fail_of("receive");
  printf("%s\n", result);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  const int is_server = strcmp(argv[1], "serve") == 0;
  sctp_port = atoi(argv[3]);
  if (!is_server) remote_udp_port = atoi(argv[2]);
  int udp_port = is_server ? atoi(argv[2]) : 0;
  if (!is_server) {  /* usrsctp does not say which port it got, and needs none in particular. */
    struct sockaddr_in address;
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bind_loopback(fd, &address);
    udp_port = ntohs(address.sin_port);
    close(fd);
  }
  usrsctp_init((uint16_t)udp_port, NULL, NULL);
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);
  if (is_server) {
    serve();
  } else if (strcmp(argv[1], "requests") == 0 && argc == 6) {
    requests_each = atoi(argv[5]);
    requests(atoi(argv[4]));
  } else if (strcmp(argv[1], "bulk") == 0 && argc == 5) {
    bulk(atof(argv[4]));
  } else {
    return 2;
  }
  fflush(stdout);
  _exit(0);  /* usrsctp_finish waits for ever while an association lives. */
}
