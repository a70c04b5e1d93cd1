// Two hosts whose applications do what the input of a fuzz target says, over a network that does to each packet what the input says. Knows every message
// that was accepted, and judges what arrives: each once, whole, in the order of its stream, or reported as failed; memory bounded; and both ends agree in the
// end.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "../test/sim.h"
#include "input.h"

namespace mailport::fuzz {

class Conversation {
 public:
  // `input` says how the network and the sockets are made.
  explicit Conversation(Input& input);

  // The next thing that the input says.
  void Step(Input& input);
  // The network is good again, and everybody reads: what was accepted arrives, every association ends in good order, and nothing is left.
  void End();

 private:
  static constexpr uint16_t kPort = 7;
  static constexpr size_t kEnds = 2;

  struct Side {
    sctp::test::SimHost* host = nullptr;
    std::vector<sctp::SocketId> sockets;  // The first one listens.
    uint32_t life = 0;
    bool has_dropped = false;  // The application has closed a socket, or its host has crashed: messages may have gone with it.
    std::map<sctp::SocketId, int> waiting;  // Sockets with a refused send, and how many kWritable they had had by then.
  };
  // A message that a stack has accepted. Its place in `sent_` is its ppid and its context.
  struct Sent {
    size_t from;
    uint32_t life;
    sctp::AssocId assoc;
    uint32_t stream;
    bool unordered;
    bool may_make_room;  // It has a priority.
    std::vector<uint8_t> data;
    bool is_delivered = false;
    bool is_failed = false;
  };
  struct Held {
    size_t to;
    std::vector<uint8_t> packet;
  };
  using Chosen = std::pair<sctp::SocketId, sctp::AssocId>;

  Side& Other(const Side& side) { return sides_[&side == &sides_[0] ? 1 : 0]; }
  size_t IndexOf(const Side& side) const { return static_cast<size_t>(&side - sides_.data()); }
  void OpenFirst(Side& side);
  std::vector<Chosen> Associations(const Side& side, sctp::SocketId socket) const;
  // An association of any socket; {socket, 0} if there is none.
  Chosen Choose(Side& side, Input& input) const;

  // What applications do.
  void Send(Side& side, Input& input);
  void Send(Side& side, const Chosen& chosen, uint32_t stream, size_t bytes, uint32_t flags, uint32_t limit);
  void Connect(Side& side);
  void Read(Side& side, Input& input);
  void Finish(Side& side, Input& input);
  void PeelOff(Side& side, Input& input);
  void Close(Side& side, Input& input);
  void Reconfigure(Side& side);
  void SetOption(Side& side, Input& input);
  void GetOptions(Side& side, Input& input);
  void Crash(Side& side);
  // What the network does.
  bool OnPacket(sctp::test::SimHost& from, std::vector<uint8_t>& packet);
  void Arrive(size_t to, const std::vector<uint8_t>& packet);
  void Misbehave(Input& input);
  void Run(Input& input);
  // What is expected.
  void Collect();
  void OnItem(Side& side, const sctp::test::OwnedItem& item);
  void OnData(Side& side, const sctp::test::OwnedItem& item);
  void OnSendFailed(Side& side, const sctp::test::OwnedItem& item);
  void CheckBounds();
  void Heal();
  void ReadAll();
  bool IsCalling(const Side& side, sctp::SocketId socket) const;
  void ExpectAccountedFor();
  void ExpectNothingLeft();

  sctp::test::SimNetwork net_;
  std::array<Side, kEnds> sides_;
  std::array<std::deque<uint8_t>, kEnds> fates_;  // Of the next packets to each side.
  std::deque<Held> held_;                         // Packets kept back, and copies of old ones.
  std::vector<Sent> sent_;
  size_t sent_bytes_ = 0;
  // By receiving side, life and association, and by sender's life, association and stream: the last message that came in order.
  std::map<std::array<uint32_t, 6>, size_t> last_;
  std::set<std::array<uint64_t, 4>> seen_;
  bool one_to_one_ = false;
  bool is_limited_ = false;
  bool interleaves_ = false;    // Sockets offer I-DATA.
  bool authenticates_ = false;  // Sockets offer authenticated chunks, want all of their data and requests authenticated, and offer changes of addresses.
  uint64_t work_before_ = 0;
  uint64_t calls_ = 0;
};

}  // namespace mailport::fuzz
