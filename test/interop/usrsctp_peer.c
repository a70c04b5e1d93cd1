/*
 * An end of an association by usrsctp, an implementation of SCTP that we did not write. It does what the lines of its standard input say, and prints what comes.
 *
 *   usrsctp_peer UDP_PORT         0: over IP itself, which takes root
 *
 * Each command is answered by "ok" or "failed REASON", in order. Commands:
 *   streams OUT IN                on|off pr|idata|reconfig|auth|asconf            rto INITIAL MIN MAX      path HEARTBEAT_MS MAX_RETRANSMISSIONS
 *   key NUMBER TEXT               auth_chunk TYPE                                 buffer SEND_BYTES        remote UDP_PORT
 *   bind PORT ADDRESS...          listen                                          connect PORT ADDRESS...
 *   send STREAM PPID BYTES SEED ordered|unordered none|ttl|rtx|prio VALUE         the bytes are made from the seed, as payload.ts makes them
 *   reset incoming|outgoing STREAM...                                             add INBOUND OUTBOUND
 *   address add|remove ADDRESS    prefer ADDRESS, of ours, by the peer            shutdown                 abort
 * What comes, a line each:
 *   data STREAM SSN PPID BYTES FNV1A ordered|unordered
 *   event WORD...                 the words are those of the tests, see end.ts
 * It ends, as a crash would, when its standard input does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <usrsctp.h>

#define SCTP_INTERLEAVING_SUPPORTED 0x1206 /* usrsctp has it, and its header has not. */
#define MOST_WORDS 1024
#define READ_BYTES (256 << 10)
#define BUFFER_BYTES (4 << 20) /* A message has to fit. */
#define FNV_BASIS 2166136261u
#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static struct socket *sock;
static sctp_assoc_t assoc; /* The one that came up last. */
static int port;

static void fail(const char *what) {
  fprintf(stderr, "usrsctp_peer: %s: %s\n", what, strerror(errno));
  _exit(1);
}

static int set(int name, const void *value, size_t bytes) {
  return usrsctp_setsockopt(sock, IPPROTO_SCTP, name, value, (socklen_t)bytes);
}

static int set_value(int name, uint32_t value) {
  const struct sctp_assoc_value pair = {.assoc_id = SCTP_FUTURE_ASSOC, .assoc_value = value};
  return set(name, &pair, sizeof pair);
}

static struct sockaddr_in ipv4(const char *text) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, text, &address.sin_addr) != 1) fail(text);
  return address;
}

static const char *text_of(const struct sockaddr_storage *address) {
  static char text[INET6_ADDRSTRLEN];
  const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
  const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
  return inet_ntop(address->ss_family, address->ss_family == AF_INET ? (const void *)&v4->sin_addr : &v6->sin6_addr, text, sizeof text);
}

/* ---- What comes, on a thread of its own ---- */

/* The part of a message that has come: parts of messages of several streams may come by turns. */
static struct { uint32_t bytes, sum; } begun[65536][2];

static void take_data(const uint8_t *data, size_t bytes, const struct sctp_rcvinfo *info, int is_last) {
  const int is_unordered = (info->rcv_flags & SCTP_UNORDERED) != 0;
  uint32_t sum = begun[info->rcv_sid][is_unordered].bytes == 0 ? FNV_BASIS : begun[info->rcv_sid][is_unordered].sum;
  for (size_t i = 0; i < bytes; i++) sum = (sum ^ data[i]) * 16777619u;
  begun[info->rcv_sid][is_unordered].bytes += (uint32_t)bytes;
  begun[info->rcv_sid][is_unordered].sum = sum;
  if (!is_last) return;
  printf("data %u %u %u %u %u %s\n", info->rcv_sid, info->rcv_ssn, ntohl(info->rcv_ppid), begun[info->rcv_sid][is_unordered].bytes, sum, is_unordered ? "unordered" : "ordered");
  begun[info->rcv_sid][is_unordered].bytes = 0;
}

static void take_change(const struct sctp_assoc_change *change) {
  static const char *const states[] = {"", "comm_up", "comm_lost", "restart", "shutdown_comp", "cant_assoc"};
  if (change->sac_state == SCTP_COMM_UP || change->sac_state == SCTP_RESTART) {
    assoc = change->sac_assoc_id;
    memset(begun, 0, sizeof begun);
  }
  printf("event %s", states[change->sac_state]);
  /* Of an ABORT it gives the chunk, whose first cause begins behind four bytes, in place of the error. */
  if (change->sac_state == SCTP_COMM_LOST) {
    const int has_cause = change->sac_length >= sizeof *change + 8 && change->sac_info[0] == SCTP_ABORT_ASSOCIATION;
    printf(" %d", has_cause ? change->sac_info[4] << 8 | change->sac_info[5] : change->sac_error);
  }
  printf("\n");
}

static void take_reset(const struct sctp_stream_reset_event *event) {
  const unsigned count = (unsigned)(event->strreset_length - sizeof *event) / sizeof event->strreset_stream_list[0];
  const int flags = event->strreset_flags;
  printf("event stream_reset %s%s", flags & SCTP_STREAM_RESET_INCOMING_SSN ? "incoming" : "outgoing", flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED) ? " failed" : "");
  for (unsigned i = 0; i < count; i++) printf(" %u", event->strreset_stream_list[i]);
  printf("\n");
}

static void take_event(const union sctp_notification *event) {
  static const char *const states[] = {"", "addr_available", "addr_unreachable", "addr_removed", "addr_added", "addr_made_prim", "addr_confirmed"};
  switch (event->sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE: take_change(&event->sn_assoc_change); break;
    case SCTP_PEER_ADDR_CHANGE: printf("event %s %s\n", states[event->sn_paddr_change.spc_state], text_of(&event->sn_paddr_change.spc_aaddr)); break;
    case SCTP_SHUTDOWN_EVENT: printf("event shutdown_event\n"); break;
    case SCTP_STREAM_RESET_EVENT: take_reset(&event->sn_strreset_event); break;
    case SCTP_STREAM_CHANGE_EVENT: printf("event stream_change%s\n", event->sn_header.sn_flags & (SCTP_STREAM_CHANGE_DENIED | SCTP_STREAM_CHANGE_FAILED) ? " failed" : ""); break;
    case SCTP_SEND_FAILED_EVENT: printf("event send_failed %u %u\n", event->sn_send_failed_event.ssfe_info.snd_sid, ntohl(event->sn_send_failed_event.ssfe_info.snd_ppid)); break;
    case SCTP_REMOTE_ERROR: printf("event remote_error\n"); break;
    default: printf("event %u\n", event->sn_header.sn_type);
  }
}

static void *receive(void *unused) {
  static uint8_t buffer[READ_BYTES];
  for (;;) {
    struct sockaddr_storage from;
    struct sctp_rcvinfo info = {0};
    socklen_t from_bytes = sizeof from, info_bytes = sizeof info;
    unsigned kind = SCTP_RECVV_NOINFO;
    int flags = 0;
    const ssize_t bytes = usrsctp_recvv(sock, buffer, sizeof buffer, (struct sockaddr *)&from, &from_bytes, &info, &info_bytes, &kind, &flags);
    if (bytes < 0 && errno != EINTR) fail("receive");
    if (bytes <= 0) continue;
    if (flags & MSG_NOTIFICATION) take_event((const union sctp_notification *)buffer);
    else take_data(buffer, (size_t)bytes, &info, flags & MSG_EOR);
  }
  return unused;
}

/* ---- Commands: those that configure ---- */

static int do_streams(char **word, int count) {
  struct sctp_initmsg init = {.sinit_num_ostreams = (uint16_t)atoi(word[1]), .sinit_max_instreams = (uint16_t)atoi(word[count - 1])};
  return set(SCTP_INITMSG, &init, sizeof init);
}

static int do_switch(char **word, int count) {
  static const struct { const char *name; int option; uint32_t value; } switches[] = {
      {"pr", SCTP_PR_SUPPORTED, 1}, {"auth", SCTP_AUTH_SUPPORTED, 1}, {"asconf", SCTP_ASCONF_SUPPORTED, 1}, {"reconfig", SCTP_RECONFIG_SUPPORTED, 1}, {"idata", SCTP_INTERLEAVING_SUPPORTED, 1}};
  const int on = strcmp(word[0], "on") == 0, by_turns = 2;
  for (int i = 0; i < COUNT(switches) && count == 2; i++) {
    if (strcmp(word[1], switches[i].name) != 0) continue;
    if (on && switches[i].option == SCTP_INTERLEAVING_SUPPORTED && set(SCTP_FRAGMENT_INTERLEAVE, &by_turns, sizeof by_turns) < 0) return -1;
    if (switches[i].option == SCTP_RECONFIG_SUPPORTED && set_value(SCTP_ENABLE_STREAM_RESET, on ? SCTP_ENABLE_VALUE_MASK : 0) < 0) return -1;
    return set_value(switches[i].option, on ? switches[i].value : 0);
  }
  errno = EINVAL;
  return -1;
}

static int do_rto(char **word, int count) {
  struct sctp_rtoinfo rto = {.srto_initial = (uint32_t)atoi(word[1]), .srto_min = (uint32_t)atoi(word[2]), .srto_max = (uint32_t)atoi(word[count - 1])};
  return set(SCTP_RTOINFO, &rto, sizeof rto);
}

static int do_path(char **word, int count) {
  struct sctp_paddrparams path = {.spp_hbinterval = (uint32_t)atoi(word[1]), .spp_pathmaxrxt = (uint16_t)atoi(word[count - 1]), .spp_flags = SPP_HB_ENABLE};
  path.spp_address.ss_family = AF_INET;
  return set(SCTP_PEER_ADDR_PARAMS, &path, sizeof path);
}

static int do_key(char **word, int count) {
  const size_t bytes = strlen(word[count - 1]);
  struct sctp_authkey *key = calloc(1, sizeof *key + bytes);
  key->sca_keynumber = (uint16_t)atoi(word[1]);
  key->sca_keylength = (uint16_t)bytes;
  memcpy(key->sca_key, word[count - 1], bytes);
  const struct sctp_authkeyid id = {.scact_keynumber = key->sca_keynumber};
  const int result = set(SCTP_AUTH_KEY, key, sizeof *key + bytes);
  free(key);
  return result < 0 ? result : set(SCTP_AUTH_ACTIVE_KEY, &id, sizeof id);
}

static int do_auth_chunk(char **word, int count) {
  const struct sctp_authchunk chunk = {.sauth_chunk = (uint8_t)atoi(word[count - 1])};
  return set(SCTP_AUTH_CHUNK, &chunk, sizeof chunk);
}

static int do_buffer(char **word, int count) {
  const int bytes = atoi(word[count - 1]);
  return usrsctp_setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static int do_remote(char **word, int count) {
  struct sctp_udpencaps udp = {.sue_port = htons((uint16_t)atoi(word[count - 1]))};
  udp.sue_address.ss_family = AF_INET;
  return set(SCTP_REMOTE_UDP_ENCAPS_PORT, &udp, sizeof udp);
}

/* ---- Commands: those that act ---- */

static int do_bind(char **word, int count) {
  port = atoi(word[1]);
  struct sockaddr_in first = ipv4(word[2]);
  if (usrsctp_bind(sock, (struct sockaddr *)&first, sizeof first) < 0) return -1;
  for (int i = 3; i < count; i++) {
    struct sockaddr_in more = ipv4(word[i]);
    if (usrsctp_bindx(sock, (struct sockaddr *)&more, 1, SCTP_BINDX_ADD_ADDR) < 0) return -1;
  }
  return 0;
}

static int do_listen(char **word, int count) {
  return (void)word, usrsctp_listen(sock, count);
}

static int do_connect(char **word, int count) {
  struct sockaddr_in to[16];
  for (int i = 2; i < count; i++) {
    to[i - 2] = ipv4(word[i]);
    to[i - 2].sin_port = htons((uint16_t)atoi(word[1]));
  }
  return usrsctp_connectx(sock, (struct sockaddr *)to, count - 2, &assoc);
}

static int send_with(struct sctp_sendv_spa *how, const void *data, size_t bytes) {
  how->sendv_flags |= SCTP_SEND_SNDINFO_VALID;
  how->sendv_sndinfo.snd_assoc_id = assoc;
  return usrsctp_sendv(sock, data, bytes, NULL, 0, how, sizeof *how, SCTP_SENDV_SPA, 0) < 0 ? -1 : 0;
}

static int do_send(char **word, int count) {
  static const char *const policies[] = {"none", "ttl", "prio", "rtx"}; /* At their numbers. */
  const uint32_t bytes = (uint32_t)atoi(word[3]), seed = (uint32_t)atoi(word[4]);
  struct sctp_sendv_spa how = {.sendv_sndinfo = {.snd_sid = (uint16_t)atoi(word[1]), .snd_ppid = htonl((uint32_t)atoi(word[2]))}};
  if (strcmp(word[5], "unordered") == 0) how.sendv_sndinfo.snd_flags = SCTP_UNORDERED;
  for (uint16_t i = 1; i < COUNT(policies); i++) {
    if (strcmp(word[6], policies[i]) != 0) continue;
    how.sendv_flags = SCTP_SEND_PRINFO_VALID;
    how.sendv_prinfo = (struct sctp_prinfo){.pr_policy = i, .pr_value = (uint32_t)atoi(word[count - 1])};
  }
  uint8_t *data = malloc(bytes);
  uint32_t state = seed * 2654435761u + bytes;
  for (uint32_t i = 0; i < bytes; i++) {
    state = state * 1664525u + 1013904223u;
    data[i] = (uint8_t)(state >> 24);
  }
  const int result = send_with(&how, data, bytes);
  free(data);
  return result;
}

static int do_reset(char **word, int count) {
  struct sctp_reset_streams *reset = calloc(1, sizeof *reset + (size_t)count * sizeof reset->srs_stream_list[0]);
  reset->srs_assoc_id = assoc;
  reset->srs_flags = strcmp(word[1], "incoming") == 0 ? SCTP_STREAM_RESET_INCOMING : SCTP_STREAM_RESET_OUTGOING;
  for (int i = 2; i < count; i++) reset->srs_stream_list[reset->srs_number_streams++] = (uint16_t)atoi(word[i]);
  const int result = set(SCTP_RESET_STREAMS, reset, sizeof *reset + reset->srs_number_streams * sizeof reset->srs_stream_list[0]);
  free(reset);
  return result;
}

static int do_add(char **word, int count) {
  const struct sctp_add_streams add = {.sas_assoc_id = assoc, .sas_instrms = (uint16_t)atoi(word[1]), .sas_outstrms = (uint16_t)atoi(word[count - 1])};
  return set(SCTP_ADD_STREAMS, &add, sizeof add);
}

static int do_address(char **word, int count) {
  struct sockaddr_in address = ipv4(word[count - 1]);
  return usrsctp_bindx(sock, (struct sockaddr *)&address, 1, strcmp(word[1], "add") == 0 ? SCTP_BINDX_ADD_ADDR : SCTP_BINDX_REM_ADDR);
}

static int do_prefer(char **word, int count) {
  struct sctp_setpeerprim ask = {.sspp_assoc_id = assoc};
  const struct sockaddr_in address = ipv4(word[count - 1]);
  memcpy(&ask.sspp_addr, &address, sizeof address);
  return set(SCTP_SET_PEER_PRIMARY_ADDR, &ask, sizeof ask);
}

static int do_end(char **word, int count) {
  struct sctp_sendv_spa how = {.sendv_sndinfo = {.snd_flags = strcmp(word[count - 1], "abort") == 0 ? SCTP_ABORT : SCTP_EOF}};
  return send_with(&how, "", 0);
}

static const struct { const char *name; int words; int (*run)(char **word, int count); } commands[] = {
    {"streams", 3, do_streams}, {"on", 2, do_switch}, {"off", 2, do_switch}, {"rto", 4, do_rto}, {"path", 3, do_path}, {"key", 3, do_key},
    {"auth_chunk", 2, do_auth_chunk}, {"buffer", 2, do_buffer}, {"remote", 2, do_remote}, {"bind", 3, do_bind}, {"listen", 1, do_listen},
    {"connect", 3, do_connect}, {"send", 8, do_send}, {"reset", 2, do_reset}, {"add", 3, do_add}, {"address", 3, do_address}, {"prefer", 2, do_prefer},
    {"shutdown", 1, do_end}, {"abort", 1, do_end}};

static int run(char *line) {
  char *word[MOST_WORDS];
  int count = 0;
  for (char *next = strtok(line, " \n"); next != NULL && count < MOST_WORDS; next = strtok(NULL, " \n")) word[count++] = next;
  for (int i = 0; i < COUNT(commands); i++)
    if (count >= commands[i].words && strcmp(word[0], commands[i].name) == 0) return commands[i].run(word, count);
  errno = EINVAL;
  return -1;
}

static void open_socket(void) {
  static const uint16_t events[] = {SCTP_ASSOC_CHANGE, SCTP_PEER_ADDR_CHANGE, SCTP_SHUTDOWN_EVENT, SCTP_STREAM_RESET_EVENT, SCTP_STREAM_CHANGE_EVENT, SCTP_SEND_FAILED_EVENT, SCTP_REMOTE_ERROR};
  const int on = 1, buffer = BUFFER_BYTES;
  sock = usrsctp_socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP, NULL, NULL, 0, NULL);
  if (sock == NULL) fail("socket");
  if (set(SCTP_NODELAY, &on, sizeof on) < 0 || set(SCTP_RECVRCVINFO, &on, sizeof on) < 0) fail("options");
  if (usrsctp_setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer) < 0) fail("buffer");
  for (int i = 0; i < COUNT(events); i++) {
    const struct sctp_event event = {.se_assoc_id = SCTP_FUTURE_ASSOC, .se_type = events[i], .se_on = 1};
    if (set(SCTP_EVENT, &event, sizeof event) < 0) fail("events");
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  usrsctp_init((uint16_t)atoi(argv[1]), NULL, NULL);
  usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);
  usrsctp_sysctl_set_sctp_blackhole(atoi(argv[1]) == 0 ? 2 : 0); /* With raw sockets it gets the packets of every port. */
  open_socket();
  pthread_t thread;
  if (pthread_create(&thread, NULL, receive, NULL) != 0) fail("pthread_create");
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, stdin) >= 0) {
    if (run(line) < 0) printf("failed %s\n", strerror(errno));
    else printf("ok\n");
  }
  _exit(0); /* usrsctp_finish waits for ever while an association lives. */
}
