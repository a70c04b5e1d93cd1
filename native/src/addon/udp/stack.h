// UDP of the kernel: UdpStack of native/contract/udp.ts without JavaScript values. One poll for each socket on the environment's loop, read under credit into
// batches. Everything happens on the loop's thread, and the stack ends with the environment. Failures are positive errno values.
//
// Sockets begin and end in stack.cc; calls about one socket are in calls.cc, sending is in sends.cc, reading in reads.cc, and what the loop does in turns.cc.
#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../../io/datagram_reader.h"
#include "../../io/datagram_sender.h"
#include "../../io/inet_socket.h"
#include "../counters.h"
#include "../delivery.h"
#include "../retry_timer.h"
#include "../socket_poll.h"
#include "../stack_loop.h"
#include "socket.h"

namespace mailport::addon {

class UdpStack final : private ItemSource, private StackLoop::Listener, private SocketPoll::Listener, private RetryTimer::Listener {
 public:
  // `object` becomes the callback's `this`, and gets the batch's properties. Null if the environment has no loop to offer; ended() if the loop gave no
  // handles.
  static std::unique_ptr<UdpStack> Create(Napi::Env env, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait);
  UdpStack(const UdpStack&) = delete;
  UdpStack& operator=(const UdpStack&) = delete;

  bool ended() const { return delivery_.ended(); }

  int Open(const io::InetParams& params, sctp::SocketId* id);
  int Bind(sctp::SocketId id, const std::string& address, uint16_t port);
  int Connect(sctp::SocketId id, const std::string& address, uint16_t port);
  io::DatagramsSent SendMany(sctp::SocketId id, std::span<const io::OutgoingDatagram> datagrams);
  void SetCredit(sctp::SocketId id, sctp::Credit credit);
  size_t Drain(Napi::Env env, sctp::SocketId id);
  int Close(sctp::SocketId id);
  int SetOption(sctp::SocketId id, io::InetOption option, const std::vector<uint32_t>& values);
  int GetOption(sctp::SocketId id, io::InetOption option, std::vector<uint32_t>* values);
  int SetRawOption(sctp::SocketId id, int level, int name, std::span<const uint8_t> value);
  int GetRawOption(sctp::SocketId id, int level, int name, std::vector<uint8_t>* value);
  int SockName(sctp::SocketId id, io::SocketName* name);
  int PeerName(sctp::SocketId id, io::SocketName* name);
  // `out` is 0, because nothing is queued for sending here.
  void QueuedBytes(sctp::SocketId id, size_t* in, size_t* out);
  Counters Stats();

 private:
  // One that was read. Its payload is in the slab of the batch already, or in memory of the reader's.
  struct Datagram {
    const io::SocketName& from;
    const io::Ancillary& ancillary;
    sctp::Bytes payload;
    size_t path_bytes = 0;  // Of `payload`.
    bool in_slab = false;
    bool truncated = false;
  };

  // stack.cc
  UdpStack(Napi::Env env, uv_loop_t* loop, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait);
  int CreateHandles();
  void OnEnvironmentEnd() override;
  // Null if it is not open.
  UdpSocket* Find(sctp::SocketId id);
  bool Has(int fd) const;
  void Adopt(UdpSocket& socket);

  // calls.cc
  int Disconnect(UdpSocket& socket);
  static void ForgetOthers(UdpSocket& socket);

  // sends.cc
  // A send found no room: kWritable will come.
  void AwaitRoom(UdpSocket& socket);
  void TellRoom(UdpSocket& socket);
  void OnRetryTimer() override;

  // reads.cc
  // Reads at most `budget` datagrams, as far as credit and batch allow.
  void Read(UdpSocket& socket, unsigned budget);
  // How many the next call may ask for; 0: nothing more now.
  unsigned MayAsk(const UdpSocket& socket, const RecordBatch& batch, unsigned budget, size_t slot_bytes) const;
  // Each answers how many datagrams came of it.
  unsigned TakeReceived(UdpSocket& socket, RecordBatch& batch, const io::DatagramReader::Request& request);
  unsigned TakeDatagram(UdpSocket& socket, RecordBatch& batch, unsigned index);
  unsigned TakeJoined(UdpSocket& socket, RecordBatch& batch, const Datagram& whole, size_t segment_bytes);
  void Take(UdpSocket& socket, RecordBatch& batch, const Datagram& datagram);
  void TakeError(UdpSocket& socket, RecordBatch& batch, int error);
  void DeliverHeld(sctp::SocketId id) override;
  void ReadMore(sctp::SocketId id) override;

  // turns.cc
  void OnPoll(sctp::SocketId id, int status, int events) override;
  void OnPrepare() override;
  void LookAtPoll(UdpSocket& socket) { changed_polls_.Add(socket.poll); }

  StackLoop loop_;
  Delivery delivery_;
  io::DatagramReader reader_;
  io::DatagramSender sender_;
  ChangedPolls changed_polls_;
  sctp::SocketId last_id_ = 0;
  uint64_t read_calls_ = 0;
  uint64_t send_calls_ = 0;
  uint64_t truncated_ = 0;
  std::unordered_map<sctp::SocketId, UdpSocket> sockets_;
  RetryTimer retry_timer_;
};

static_assert(!std::is_copy_constructible_v<UdpStack>);

}  // namespace mailport::addon
