/*
 * A line between two network namespaces of this host, for whatever IP packets two programs exchange, TCP among them: a delay each way, a rate and a queue in front of it. Linux would have netem for
 * that, which many kernels lack. It takes privileges and /dev/net/tun.
 *
 *   tun_line DELAY_US BITS_PER_SECOND QUEUE_PACKETS SECONDS SERVER -- CLIENT...
 *
 * SERVER and CLIENT are commands, each with its arguments. The server runs in one namespace at 10.213.0.2, the client in another one at 10.213.0.1, and both inherit the standard streams.
 * When the client ends, the server is killed, and a line "queue MEAN P95" says how many milliseconds packets from the client waited for the rate, in the last SECONDS.
 */
#define _GNU_SOURCE
#include "measured.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define MOST_PACKETS 16384 /* On their way in one direction. A power of two. */
#define MOST_BYTES 1500
#define MOST_SAMPLES (1 << 20)
#define READS_PER_TURN 64

struct packet {
  int64_t leaves_ns, arrives_ns;
  int length;
  uint8_t bytes[MOST_BYTES];
};

struct direction {
  int from, to;
  int64_t free_at_ns;
  unsigned head, tail, leaving; /* Packets from `leaving` on are in the queue still. */
  struct packet *packets;
};

static int64_t delay_ns;
static double ns_per_byte;
static int queue_packets;

static struct {
  int64_t at_ns, waited_ns;
} *samples;
static size_t sample_count;

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void request(int fd, unsigned long what, struct ifreq *interface) {
  if (ioctl(fd, what, interface) < 0) fail("ioctl");
}

static void set_up(int control, const char *name, uint32_t address) {
  struct ifreq interface = {0};
  snprintf(interface.ifr_name, IFNAMSIZ, "%s", name);
  struct sockaddr_in *of = (struct sockaddr_in *)&interface.ifr_addr;
  if (address != 0) {
    *of = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(address)}};
    request(control, SIOCSIFADDR, &interface);
    of->sin_addr.s_addr = htonl(0xffffff00);
    request(control, SIOCSIFNETMASK, &interface);
  }
  request(control, SIOCGIFFLAGS, &interface);
  interface.ifr_flags |= IFF_UP;
  request(control, SIOCSIFFLAGS, &interface);
}

/* A new namespace for this process, with an interface whose packets this program gets. */
static int new_end(uint32_t address) {
  if (unshare(CLONE_NEWNET) < 0) fail("unshare");
  const int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (tun < 0) fail("/dev/net/tun");
  struct ifreq interface = {.ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = "line"};
  request(tun, TUNSETIFF, &interface);
  const int control = socket(AF_INET, SOCK_DGRAM, 0);
  set_up(control, "lo", 0);
  set_up(control, "line", address);
  close(control);
  return tun;
}

static pid_t start(char **command) {
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  execvp(command[0], command);
  fail(command[0]);
  return 0;
}

static void take(struct direction *way, int is_measured) {
  for (int i = 0; i < READS_PER_TURN; i++) {
    uint8_t bytes[MOST_BYTES];
    const ssize_t length = read(way->from, bytes, sizeof bytes);
    if (length <= 0) return;
    const int64_t now = now_ns();
    while (way->leaving != way->tail && way->packets[way->leaving % MOST_PACKETS].leaves_ns <= now) way->leaving++;
    if (way->free_at_ns < now) way->free_at_ns = now;
    if (is_measured && sample_count < MOST_SAMPLES) {
      samples[sample_count].at_ns = now;
      samples[sample_count++].waited_ns = way->free_at_ns - now;
    }
    if ((int)(way->tail - way->leaving) >= queue_packets || way->tail - way->head == MOST_PACKETS) continue;
    struct packet *packet = &way->packets[way->tail++ % MOST_PACKETS];
    way->free_at_ns += (int64_t)((double)length * ns_per_byte);
    packet->leaves_ns = way->free_at_ns;
    packet->arrives_ns = way->free_at_ns + delay_ns;
    packet->length = (int)length;
    memcpy(packet->bytes, bytes, (size_t)length);
  }
}

/* Hands over what has arrived by now. Gives the time of the next arrival. */
static int64_t deliver(struct direction *way, int64_t now) {
  for (; way->head != way->tail; way->head++) {
    const struct packet *packet = &way->packets[way->head % MOST_PACKETS];
    if (packet->arrives_ns > now) return packet->arrives_ns;
    if (write(way->to, packet->bytes, (size_t)packet->length) < 0 && errno != EAGAIN) fail("write");
  }
  return INT64_MAX;
}

static int compare(const void *one, const void *other) {
  const int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
  return (a > b) - (a < b);
}

static void print_queue(double seconds) {
  const int64_t from = now_ns() - (int64_t)(seconds * 1e9);
  int64_t *waited = malloc((sample_count + 1) * sizeof *waited);
  size_t count = 0;
  double sum = 0;
  for (size_t i = 0; i < sample_count; i++) {
    if (samples[i].at_ns < from) continue;
    waited[count++] = samples[i].waited_ns;
    sum += (double)samples[i].waited_ns;
  }
  if (count == 0) return;
  qsort(waited, count, sizeof *waited, compare);
  printf("queue %.1f %.1f\n", sum / (double)count / 1e6, (double)waited[count * 95 / 100] / 1e6);
}

int main(int argc, char **argv) {
  int split = 5;
  while (split < argc && strcmp(argv[split], "--") != 0) split++;
  if (split == 5 || split + 1 >= argc) {
    fprintf(stderr, "usage: tun_line DELAY_US BITS_PER_SECOND QUEUE_PACKETS SECONDS SERVER -- CLIENT\n");
    return 2;
  }
  delay_ns = atol(argv[1]) * 1000;
  ns_per_byte = 8e9 / atof(argv[2]);
  queue_packets = atoi(argv[3]);
  argv[split] = NULL;
  static struct direction there, back;
  there.packets = calloc(MOST_PACKETS, sizeof *there.packets);
  back.packets = calloc(MOST_PACKETS, sizeof *back.packets);
  samples = calloc(MOST_SAMPLES, sizeof *samples);
  if (there.packets == NULL || back.packets == NULL || samples == NULL) fail("calloc");
  prctl(PR_SET_TIMERSLACK, 1);
  there.to = back.from = new_end(0x0ad50002);
  const pid_t server = start(&argv[5]);
  there.from = back.to = new_end(0x0ad50001);
  const pid_t client = start(&argv[split + 1]);
  for (;;) {
    int status;
    if (waitpid(client, &status, WNOHANG) == client) {
      kill(server, SIGKILL);
      print_queue(atof(argv[4]));
      return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
    const int64_t now = now_ns();
    int64_t next = deliver(&there, now);
    const int64_t other = deliver(&back, now);
    if (other < next) next = other;
    const int64_t wait = next == INT64_MAX || next - now > 100000000 ? 100000000 : next > now ? next - now : 0;
    const struct timespec limit = {.tv_sec = 0, .tv_nsec = wait};
    struct pollfd polled[] = {{.fd = there.from, .events = POLLIN}, {.fd = back.from, .events = POLLIN}};
    if (ppoll(polled, 2, &limit, NULL) < 0 && errno != EINTR) fail("ppoll");
    if (polled[0].revents != 0) take(&there, 1);
    if (polled[1].revents != 0) take(&back, 0);
  }
}
