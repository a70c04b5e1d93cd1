// Two hosts and one association between them, and transfers whose arrival is checked whole: once, in order, byte for byte.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "sim.h"

namespace mailport::sctp::test {

constexpr uint16_t kClientPort = 5000;
constexpr uint16_t kServerPort = 7;
constexpr uint32_t kBacklog = 5;  // As OTP's listen(S, true).

// `client` at 10.0.0.1 port 5000, `server` at 10.0.0.2 port 7, which listens. Not connected yet.
struct Pair {
  explicit Pair(uint64_t seed = 1);

  int Connect();
  // Connects and runs until both ends have seen comm_up, and takes those items. Ends the test if that does not happen.
  void Establish();
  bool Established() const { return client_assoc != 0 && server_assoc != 0; }
  // Kernel-like names for the two routes, as the receiver sees them.
  PacketRoute FromClient() const;
  PacketRoute FromServer() const;
  // The tags that packets of an established association carry. Seen on the wire while connecting.
  uint32_t tag_to_client = 0, tag_to_server = 0;
  uint32_t client_tsn = 0, server_tsn = 0;  // Initial ones.

  SimNetwork net;
  SimHost& client;
  SimHost& server;
  SocketId client_socket = 0, server_socket = 0;
  AssocId client_assoc = 0, server_assoc = 0;
  Tap tap;  // The test's tap; the network's own watches the handshake.
};

inline Bytes AsBytesOf(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

struct Message {
  uint32_t stream = 0;
  uint32_t flags = 0;
  std::vector<uint8_t> data;
};

// `size` bytes that name their message by number, so that any mix-up shows.
Message MessageOf(uint32_t number, size_t size, uint32_t stream = 0, uint32_t flags = 0);

// Sends its messages as fast as the association takes them, one after the other, whenever the network makes a step.
class Sender {
 public:
  Sender(SimHost& host, SocketId socket, AssocId assoc, std::vector<Message> messages)
      : host_(host), socket_(socket), assoc_(assoc), messages_(std::move(messages)) {}
  void Pump();
  bool done() const { return next_ == messages_.size(); }
  size_t sent() const { return next_; }
  const std::vector<Message>& messages() const { return messages_; }

 private:
  SimHost& host_;
  SocketId socket_;
  AssocId assoc_;
  std::vector<Message> messages_;
  size_t next_ = 0;
};

// Expects exactly `sent` among the data items: all of them, once each, those of a stream in order; unordered ones in any.
bool ExpectAllArrived(const std::vector<OwnedItem>& items, const std::vector<Message>& sent);

// Both ways at once over an established pair; expects all to arrive within `limit`.
bool Transfer(Pair& pair, std::vector<Message> to_server, std::vector<Message> to_client, TimeUs limit = 3600 * kSecond);

// Watches the wire through the pair's tap.
struct Wire {
  explicit Wire(Pair& pair);
  int Count(uint8_t type) const;
  // The first packet with such a chunk, from `start` on; empty if none.
  std::vector<uint8_t> First(uint8_t type, size_t start = 0) const;

  std::vector<int> types;  // Of all chunks, in order of sending.
  std::vector<std::pair<SimHost*, std::vector<uint8_t>>> packets;
};

// Drops the first `count` packets that have a chunk of that type.
Tap DropFirst(uint8_t type, int count);

// Whether data goes through an established pair in both directions, as expected.
bool WorksBothWays(Pair& pair);

// The server's answers to one packet of a stranger at 10.0.0.1, the client's address. Nothing reaches the client.
std::vector<std::vector<uint8_t>> AnswersTo(Pair& pair, Bytes packet);

// "comm_up", "data:hello", "shutdown_event", "reset(in):1,2" … joined by spaces: for comparing whole sequences.
std::string Story(const std::vector<OwnedItem>& items);

}  // namespace mailport::sctp::test
