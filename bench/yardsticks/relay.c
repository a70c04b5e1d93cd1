/*
 * A line between two UDP endpoints of this host: a delay each way, a rate, a queue in front of it, and random loss. Linux would have netem for that, which takes
 * privileges and a namespace.
 *
 *   relay SERVER_PORT SEED TO_SERVER TO_CLIENT
 *
 * A direction is "DELAY_US,BITS_PER_SECOND,QUEUE_PACKETS,LOSS_PER_MILLION"; 0 bits per second are without bound. The relay prints the port for clients. Each client
 * address gets a port of its own towards the server, as a NAT gives it. The relay ends when its standard input does.
 */
#define _GNU_SOURCE
#include "measured.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/prctl.h>

#define MOST_CLIENTS 128
#define MOST_BYTES 2048
#define MOST_PACKETS 16384 /* On their way in one direction. A power of two. */
#define HEADER_BYTES 28    /* IPv4 and UDP, which a line carries too. */
#define READS_PER_TURN 64

struct packet {
  int64_t leaves_ns, arrives_ns;
  int client;
  int length;
  uint8_t bytes[MOST_BYTES];
};

struct direction {
  int64_t delay_ns;
  double ns_per_byte;
  int queue_packets;
  uint32_t loss_per_million;
  uint64_t random;
  int64_t free_at_ns;
  unsigned head, tail, leaving; /* Packets from `leaving` on are in the queue still. */
  struct packet *packets;
};

static struct {
  int fd; /* Towards the server. */
  struct sockaddr_in address;
} clients[MOST_CLIENTS];
static int client_count;
static int client_side;
static struct sockaddr_in server;

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* splitmix64: one sequence for each direction, so that the losses of one do not depend on the packets of the other. */
static uint64_t next_random(struct direction *way) {
  uint64_t z = way->random += 0x9e3779b97f4a7c15ull;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ z >> 27) * 0x94d049bb133111ebull;
  return z ^ z >> 31;
}

static int bound_socket(struct sockaddr_in *address) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  int bytes = 8 << 20;
  bind_loopback(fd, address);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0) set_int(fd, SOL_SOCKET, SO_RCVBUF, bytes);
  return fd;
}

/* The place of a packet that enters the line now; null if the line loses it. Its bytes and length are the caller's to fill in. */
static struct packet *enter(struct direction *way, int64_t now, int length) {
  if (next_random(way) % 1000000 < way->loss_per_million) return NULL;
  while (way->leaving != way->tail && way->packets[way->leaving % MOST_PACKETS].leaves_ns <= now) way->leaving++;
  if ((int)(way->tail - way->leaving) >= way->queue_packets || way->tail - way->head == MOST_PACKETS) return NULL;
  struct packet *packet = &way->packets[way->tail++ % MOST_PACKETS];
  if (way->free_at_ns < now) way->free_at_ns = now;
  way->free_at_ns += (int64_t)((length + HEADER_BYTES) * way->ns_per_byte);
  packet->leaves_ns = way->free_at_ns;
  packet->arrives_ns = way->free_at_ns + way->delay_ns;
  packet->length = length;
  return packet;
}

static int client_at(const struct sockaddr_in *address) {
  for (int i = 0; i < client_count; i++)
    if (clients[i].address.sin_port == address->sin_port && clients[i].address.sin_addr.s_addr == address->sin_addr.s_addr) return i;
  if (client_count == MOST_CLIENTS) return -1;
  struct sockaddr_in local;
  clients[client_count].fd = bound_socket(&local);
  clients[client_count].address = *address;
  return client_count++;
}

static void read_from(int fd, int client, struct direction *way) {
  for (int i = 0; i < READS_PER_TURN; i++) {
    uint8_t bytes[MOST_BYTES];
    struct sockaddr_in from;
    socklen_t from_bytes = sizeof from;
    ssize_t length = recvfrom(fd, bytes, sizeof bytes, MSG_TRUNC, (struct sockaddr *)&from, &from_bytes);
    if (length < 0) {
      if (errno == ECONNREFUSED) continue;
      return;
    }
    if (length > MOST_BYTES) {
      fprintf(stderr, "a packet of %zd bytes: the path MTU is not set\n", length);
      exit(1);
    }
    int of = client >= 0 ? client : client_at(&from);
    struct packet *packet = of < 0 ? NULL : enter(way, now_ns(), (int)length);
    if (packet == NULL) continue;
    packet->client = of;
    memcpy(packet->bytes, bytes, (size_t)length);
  }
}

/* Sends what has arrived by now. Gives the time of the next arrival. */
static int64_t deliver(struct direction *way, int64_t now, int to_server) {
  while (way->head != way->tail) {
    struct packet *packet = &way->packets[way->head % MOST_PACKETS];
    if (packet->arrives_ns > now) return packet->arrives_ns;
    const struct sockaddr_in *to = to_server ? &server : &clients[packet->client].address;
    sendto(to_server ? clients[packet->client].fd : client_side, packet->bytes, (size_t)packet->length, 0, (const struct sockaddr *)to, sizeof *to);
    way->head++;
  }
  return INT64_MAX;
}

static void parse(const char *text, uint64_t seed, struct direction *way) {
  long delay_us, loss;
  double bits;
  if (sscanf(text, "%ld,%lf,%d,%ld", &delay_us, &bits, &way->queue_packets, &loss) != 4) {
    fprintf(stderr, "no direction: %s\n", text);
    exit(2);
  }
  way->delay_ns = delay_us * 1000;
  way->ns_per_byte = bits == 0 ? 0 : 8e9 / bits;
  way->loss_per_million = (uint32_t)loss;
  way->random = seed;
  way->packets = calloc(MOST_PACKETS, sizeof *way->packets);
  if (way->packets == NULL) fail("calloc");
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: relay SERVER_PORT SEED TO_SERVER TO_CLIENT\n");
    return 2;
  }
  static struct direction to_server, to_client;
  const uint64_t seed = strtoull(argv[2], NULL, 10);
  parse(argv[3], 2 * seed, &to_server);
  parse(argv[4], 2 * seed + 1, &to_client);
  server = loopback(atoi(argv[1]));
  struct sockaddr_in address;
  client_side = bound_socket(&address);
  prctl(PR_SET_TIMERSLACK, 1);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int64_t now = now_ns();
    int64_t next = deliver(&to_server, now, 1), other = deliver(&to_client, now, 0);
    if (other < next) next = other;
    struct pollfd polled[MOST_CLIENTS + 2] = {{.fd = 0, .events = POLLIN}, {.fd = client_side, .events = POLLIN}};
    for (int i = 0; i < client_count; i++) polled[i + 2] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
    const int64_t wait = next == INT64_MAX ? 1000000000 : next > now ? next - now : 0;
    const struct timespec limit = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};
    const int count = client_count;
    if (ppoll(polled, (nfds_t)count + 2, &limit, NULL) < 0) fail("ppoll");
    char byte;
    if (polled[0].revents != 0 && read(0, &byte, 1) <= 0) return 0;
    if (polled[1].revents != 0) read_from(client_side, -1, &to_server);
    for (int i = 0; i < count; i++)
      if (polled[i + 2].revents != 0) read_from(clients[i].fd, i, &to_client);
  }
}
