// The datagram carriers of one stack, and which of them have packets for the engine or for JavaScript.
#pragma once

#include <deque>
#include <memory>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "../../sctp/engine.h"
#include "datagram_carrier.h"

namespace mailport::addon {

class DatagramCarriers {
 public:
  // Set in the id of each of them. So JavaScript can use the ids as handles beside those of sockets, which count from 1.
  static constexpr sctp::CarrierId kBit = 0x80000000;

  DatagramCarriers() = default;
  DatagramCarriers(const DatagramCarriers&) = delete;
  DatagramCarriers& operator=(const DatagramCarriers&) = delete;

  // Null: ids have run out.
  DatagramCarrier* Open(CarrierRequest request);
  // Null if there is none.
  DatagramCarrier* Find(sctp::CarrierId id) const;
  static bool Has(sctp::CarrierId id) { return (id & kBit) != 0; }
  // Closed by JavaScript: forgotten as soon as nothing uses it.
  void Close(DatagramCarrier& carrier, const sctp::Engine& engine);

  // As in CarrierTable.
  void Use(io::Carrier& carrier, bool beside);
  void Release(io::Carrier& carrier, bool beside);
  // Whether open sockets, or associations of closed ones that may yet end well, use any of them. Those that have been left are looked at, and forgotten if
  // closed.
  bool AreUsed(const sctp::Engine& engine);
  bool HasUsers() const { return used_ != 0; }

  // A packet has come from JavaScript. The engine has it in the next turn.
  void Input(DatagramCarrier& carrier, const sctp::PacketRoute& from, sctp::Bytes packet);
  void Send(DatagramCarrier& carrier, std::span<const io::PacketRun> runs);
  bool HasInput() const { return !input_.empty(); }
  bool HasOutput() const { return !output_.empty(); }
  // Gives `take(const PacketRoute&, Bytes)` up to `most` packets for the engine, a few of each carrier in turn, until it answers false. How many were given.
  template <typename Take>
  unsigned TakeInput(unsigned most, Take take);
  // Offers `take(CarrierId, const PacketRoute&, Bytes, bool may_be_fragmented)` packets for JavaScript until it answers false: then that packet stays.
  template <typename Take>
  void TakeOutput(Take take);

 private:
  // Of one carrier before the next one has its turn.
  static constexpr unsigned kTurn = 64;

  std::unordered_map<sctp::CarrierId, std::unique_ptr<DatagramCarrier>> carriers_;
  std::deque<sctp::CarrierId> input_, output_;  // Those with packets, each once. Some may have been closed.
  std::unordered_set<sctp::CarrierId> left_;    // Without open sockets, but perhaps with associations.
  size_t used_ = 0;                             // How many have open sockets.
  sctp::CarrierId last_ = kBit;
};

static_assert(!std::is_copy_constructible_v<DatagramCarriers>);

template <typename Take>
unsigned DatagramCarriers::TakeInput(unsigned most, Take take) {
  unsigned taken = 0;
  bool wants_more = true;
  while (wants_more && taken < most && !input_.empty()) {
    const sctp::CarrierId id = input_.front();
    input_.pop_front();
    DatagramCarrier* const carrier = Find(id);
    if (carrier == nullptr) continue;
    io::PacketQueue& queue = carrier->to_engine();
    for (unsigned turn = kTurn; wants_more && turn != 0 && taken < most && !queue.empty(); turn--, taken++) {
      wants_more = take(queue.route(), queue.packet());
      queue.Pop();
    }
    if (!queue.empty()) input_.push_back(id);
  }
  return taken;
}

template <typename Take>
void DatagramCarriers::TakeOutput(Take take) {
  while (!output_.empty()) {
    const sctp::CarrierId id = output_.front();
    if (DatagramCarrier* const carrier = Find(id); carrier != nullptr) {
      for (io::PacketQueue& queue = carrier->to_network(); !queue.empty(); queue.Pop())
        if (!take(id, queue.route(), queue.packet(), queue.may_be_fragmented())) return;
    }
    output_.pop_front();
  }
}

}  // namespace mailport::addon
