// TCP, and streams of local sockets, over the kernel: TcpStack of native/contract/tcp.ts without JavaScript values. Failures are positive errno values. Everything
// happens on the loop's thread, and the stack ends with the environment. Sockets begin in stack.cc and end in closing.cc; calls about one socket are in calls.cc and
// options.cc, reading in reads.cc, sending in sends.cc, what the loop does in turns.cc, and for how much it waits in gathering.cc.
//
// The loop polls one descriptor for all sockets (io::Readiness), which tells of changes. So a socket costs the loop nothing, passive or active, and all that has come
// by one look is handed over together.
#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "../../io/inet_socket.h"
#include "../../io/readiness.h"
#include "../../io/stream_calls.h"
#include "../../io/uv_handle.h"
#include "../counters.h"
#include "../delivery.h"
#include "../busy_wait.h"
#include "../stack_loop.h"
#include "record.h"
#include "socket.h"

namespace mailport::addon {

class TcpStack final : private ItemSource, private StackLoop::Listener, private BusyWait::Gatherer {
 public:
  // `object` becomes the callback's `this`, and gets the batch's properties. Null if the environment has no loop to offer; ended() if the loop gave no handles.
  static std::unique_ptr<TcpStack> Create(Napi::Env env, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait);
  TcpStack(const TcpStack&) = delete;
  TcpStack& operator=(const TcpStack&) = delete;

  bool ended() const { return delivery_.ended(); }
  // The process exits without ending the environment: what this turn has sent leaves.
  void OnProcessExit();

  int Open(const io::InetParams& params, sctp::SocketId* id);
  int Bind(sctp::SocketId id, const std::string& address, uint16_t port);
  int Listen(sctp::SocketId id, uint32_t backlog);
  int Connect(sctp::SocketId id, const std::string& address, uint16_t port);
  int Accept(sctp::SocketId id, sctp::SocketId* accepted);
  int Send(sctp::SocketId id, sctp::Bytes data);
  void SetCredit(sctp::SocketId id, sctp::Credit credit);
  size_t Drain(Napi::Env env, sctp::SocketId id);
  bool KeepPage(Napi::Env env, uint32_t index) { return delivery_.KeepPage(env, index); }
  int Expect(sctp::SocketId id, uint32_t bytes);
  int Unrecv(sctp::SocketId id, sctp::Bytes data);
  int Shutdown(sctp::SocketId id, uint32_t how);
  // `goes_on`: the socket is still sending what is queued.
  int Close(sctp::SocketId id, bool abort, bool* goes_on);
  void Drop(sctp::SocketId id);
  int SetOption(sctp::SocketId id, io::InetOption option, const std::vector<uint32_t>& values);
  int GetOption(sctp::SocketId id, io::InetOption option, std::vector<uint32_t>* values);
  int SetRawOption(sctp::SocketId id, int level, int name, sctp::Bytes value);
  int GetRawOption(sctp::SocketId id, int level, int name, std::vector<uint8_t>* value);
  int SockName(sctp::SocketId id, io::SocketName* name);
  int PeerName(sctp::SocketId id, io::SocketName* name);
  struct Readable {
    bool at_once;  // Bytes, the end or an error.
    bool unread;   // Bytes that the kernel has.
  };
  // `room`: bytes that a send may have to be taken at once.
  int Ready(sctp::SocketId id, Readable* readable, uint32_t* room);
  // Also of a closed socket that is still sending.
  void QueuedBytes(sctp::SocketId id, size_t* in, size_t* out);
  Counters Stats();

 private:
  using State = TcpSocket::State;
  // How delivering what a socket holds has ended.
  enum class Delivered { kAll, kNoCredit, kNoRoom };

  // stack.cc
  TcpStack(Napi::Env env, uv_loop_t* loop, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait);
  int CreateHandles();
  // Takes a descriptor, so it is tried by each opening of a socket until it succeeds.
  int OpenReadiness();
  void OnEnvironmentEnd() override;
  // Null if it is not open, as one that was closed and is still sending.
  TcpSocket* Find(sctp::SocketId id);
  TcpSocket* FindAny(sctp::SocketId id);
  bool Has(int fd) const;
  TcpSocket& Add(io::InetFamily family, io::UniqueFd fd);
  void Remove(TcpSocket& socket);
  // Readiness tells about the socket from now on.
  void Watch(TcpSocket& socket, bool writing);
  // The kernel has no room to watch these sockets, which cannot go on without.
  void EndUnwatched();

  // calls.cc
  void FinishConnect(TcpSocket& socket);
  // A local listener was full.
  void RetryConnects();
  void TellConnected(TcpSocket& socket, int error);

  // options.cc
  // An adopted socket may linger in the kernel.
  static void AdoptLinger(TcpSocket& socket);

  // sends.cc
  static uint32_t RoomOf(const TcpSocket& socket);
  int SendNow(TcpSocket& socket, sctp::Bytes header, sctp::Bytes data);
  // Offers the kernel what is queued. `ends`: the caller shuts the direction down as soon as nothing is queued.
  void Flush(TcpSocket& socket, bool ends = false);
  void FlushDirty();
  void MarkDirty(TcpSocket& socket);
  void AfterFlush(TcpSocket& socket, bool moved);
  void FailSend(TcpSocket& socket, int error);
  int TakeSendError(TcpSocket& socket);
  void TellWritable(TcpSocket& socket);
  void BorrowMemory(TcpSocket& socket);
  void ReturnMemory(TcpSocket& socket);

  // reads.cc
  void MarkReady(TcpSocket& socket);
  void Read(TcpSocket& socket);
  // False: the batch has no room.
  bool Receive(TcpSocket& socket, size_t* budget);
  // Nothing more will be received.
  void MeetEnd(TcpSocket& socket, int error);
  Delivered DeliverPieces(TcpSocket& socket);
  bool DeliverPiece(TcpSocket& socket, const framing::Inbound::Piece& piece);
  bool DeliverEnd(TcpSocket& socket);
  void DeliverHeld(sctp::SocketId) override {}
  void ReadMore(sctp::SocketId id) override;
  void DeliverRefused() override;

  // turns.cc
  void OnReadiness();
  void CollectEvents();
  void NoteBusy(TcpSocket* only);
  bool ReadBusy();
  void OnEvent(const io::Readiness::Event& event);
  void OnPrepare() override;
  void OnHandedOver(bool last) override;

  // gathering.cc
  // A turn has read so much.
  void GatherBulk(uint64_t read);
  bool BeginGathering(const TcpSocket& socket);
  void OnGathered(bool slept) override;
  void EndGathering();

  // closing.cc
  void FlushAndEnd(TcpSocket& socket);
  void NoteProgress(TcpSocket& socket);
  void TellFlushed(TcpSocket& socket, int error);
  void FinishClosing(TcpSocket& socket, int error);
  static uint64_t NextLook(const TcpSocket::Closing& closing);
  void RunTimer(uint64_t at_ms);
  void OnTimer();

  StackLoop loop_;
  Delivery delivery_;
  io::Readiness readiness_;
  io::UvHandle<uv_poll_t> poll_;  // After `readiness_`, so that polling ends before the descriptor is closed.
  io::UvHandle<uv_timer_t> timer_;
  uint64_t timer_at_ms_ = 0;  // 0: it does not run.
  sctp::SocketId busy_ = 0;  // The socket that alone was ready, when Readiness was asked last.
  bool busy_again_ = false;  // It was before, too.
  unsigned busy_reads_ = 0;
  uint64_t read_bytes_ = 0;
  struct {
    sctp::SocketId socket = 0;  // Of which the kernel tells only when a lot has come.
    unsigned in_vain = 0;
    unsigned to_pass = 0;  // So many chances are passed over.
  } gathering_;
  // Grows when a turn begins or ends, and with each call that another socket of this process may notice: what Readiness told, and that a socket was found empty,
  // counts within one round.
  uint64_t round_ = 1;
  std::vector<sctp::SocketId> ready_;
  std::vector<sctp::SocketId> reading_;  // Empty except in DeliverRefused; kept for its memory.
  std::vector<sctp::SocketId> dirty_;
  std::unordered_set<sctp::SocketId> closing_;
  std::vector<std::pair<sctp::SocketId, int>> unwatched_;
  std::vector<framing::OutputQueue::Memory> spare_memory_;
  std::unordered_map<sctp::SocketId, std::string> retry_paths_;  // Connects to a local listener that was full.
  sctp::SocketId last_id_ = 0;
  uint64_t read_calls_ = 0;
  uint64_t send_calls_ = 0;
  uint64_t copied_bytes_ = 0;
  uint64_t gathered_ = 0;  // How often that began.
  std::unordered_map<sctp::SocketId, TcpSocket> sockets_;
};

static_assert(!std::is_copy_constructible_v<TcpStack>);

}  // namespace mailport::addon
