// Re-configuration of streams (RFC 6525): streams begin anew or are added, and an association restarts all its numbers. Each end makes one request at a time, its
// own (reconfig_requests.cc), or one that the peer has asked for (reconfig_answers.cc).
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "capabilities.h"
#include "context.h"
#include "packet/reconfig_chunk.h"
#include "rx/inbound.h"
#include "timers.h"
#include "tx/outbound.h"

namespace mailport::sctp {

// What may be re-configured, as Option::kEnableStreamReset has it.
constexpr uint32_t kMayResetStreams = 1, kMayRestart = 2, kMayAddStreams = 4;

class Reconfig {
 public:
  class View {
   public:
    virtual ~View() = default;
    virtual const Terms& terms() const = 0;
    // The streams that the peer may use at most, whoever adds some.
    virtual uint16_t most_inbound_streams() const = 0;
    virtual void GrowStreams(uint16_t outbound, uint16_t inbound) = 0;
    // What is held of the peer has changed.
    virtual void OnReceivedChanged() = 0;
    virtual void StopAcknowledging() = 0;
    // What an AUTH chunk takes of each packet.
    virtual size_t AuthBytes() const = 0;
    // Whether the application will hear of one more event. If not, the peer's request is denied.
    virtual bool HasRoomForEvent() const = 0;
    // `flags`: kReset…
    virtual void NotifyStreamReset(uint32_t flags, std::span<const uint16_t> streams) = 0;
    virtual void NotifyRestart(uint32_t flags, uint32_t local_tsn, uint32_t remote_tsn) = 0;
    virtual void NotifyStreamChange(uint32_t flags, uint16_t outbound, uint16_t inbound) = 0;
    // The peer has sent a chunk that is wrong, or a parameter that we do not know.
    virtual void ReportFault(Cause cause, Bytes info) = 0;
    // Sends a RE-CONFIG and a HEARTBEAT in one packet, at once: the answer to the HEARTBEAT says that both have come.
    virtual void SendWithHeartbeat(Bytes reconfig, Bytes heartbeat) = 0;
  };

  Reconfig(Context& context, View& view, PathSet& paths, Outbound& outbound, Inbound& inbound, TimerQueue& timers);

  // The numbers of requests begin with the ends' first TSNs (section 5.1.1).
  void Reset(uint32_t local_initial_tsn, uint32_t peer_initial_tsn);
  void Stop() { timer_.Stop(); }

  // Calls of the application; no streams are all of them. ENOPROTOOPT: an end does not know, or this one does not allow it. EINPROGRESS: a request is under way.
  // ENOTCONN, EINVAL. The outcome comes as an event.
  int ResetStreams(uint32_t directions, std::span<const uint16_t> streams);
  int Restart();
  int AddStreams(uint16_t outbound, uint16_t inbound);

  // False: the chunk is malformed, or out of place.
  bool OnChunk(const Chunk& chunk);
  // The answer to a HEARTBEAT of ours has come. False: the HEARTBEAT was not one of these.
  bool OnHeartbeatAck(Bytes info);
  // A request of ours has no answer yet.
  bool IsAsking() const { return WaitsForRequest(); }
  // Data came from the peer, or need not come.
  void OnReceived();
  // The peer sends nothing any more, and answers no requests.
  void OnShutdown();
  // Before the packets of a turn: sends a request whose time has come.
  void Continue();

  // Whether the chunk has to be kept back, or rather dropped: it belongs behind a reset that waits for what came before (section 5.2.2 E2).
  bool KeepsBack(const DataChunk& data) const;
  // A TSN of the peer, or its acknowledgement of one of ours, from before a restart. It has been on its way for long, or the peer restarts at this moment.
  bool IsOldTsn(uint32_t tsn) const;
  bool IsOldAcknowledgement(uint32_t tsn) const;

 private:
  enum class Kind : uint8_t { kReset, kRestart, kAdd, kRestartOfPeer };
  // Waits for messages that go first; has been sent; has been done for the peer, who may not know yet.
  enum class Phase : uint8_t { kWaiting, kSent, kConfirming };
  struct Operation {
    Kind kind = Kind::kReset;
    Phase phase = Phase::kWaiting;
    uint32_t directions = 0;            // kReset…
    std::vector<uint16_t> streams;
    uint16_t outbound = 0, inbound = 0;  // kAdd
    std::optional<uint32_t> peers;       // The peer's request that asked for it.
    std::optional<uint32_t> drained_at;  // kReset: our next TSN when the messages that go first had left.
    uint32_t last_tsn = 0;               // As the request says.
    // Numbers of the requests in the chunk, until they have been answered.
    std::optional<uint32_t> outgoing_request, incoming_request;

    bool Resets(uint32_t direction) const { return kind == Kind::kReset && (directions & direction) != 0; }
    bool HasOutgoing() const { return kind == Kind::kRestart || Resets(kResetOutgoing) || outbound != 0; }
    bool HasIncoming() const { return Resets(kResetIncoming) || inbound != 0; }
  };
  // A request of the peer's that waits for data that has not come.
  struct Deferred {
    uint32_t sequence;
    uint32_t last_tsn;
    std::vector<uint16_t> streams;  // In order, each once; none: all of them.

    bool Has(uint16_t stream) const;
  };
  // An answer, to be given again if the request comes again.
  struct Answer {
    uint32_t sequence = 0;
    ReconfigResult result = ReconfigResult::kNothing;
    std::optional<RestartTsns> tsns;
    bool by_request = false;  // A request of ours is the answer.
  };
  // A request for streams of the peer's.
  struct Assumed {
    uint32_t sequence;
    uint16_t streams;
  };
  struct Jump {
    uint32_t last, next;
  };

  // Requests of ours.
  int Check(uint32_t allowance) const;
  void Begin(Operation operation);
  bool Fits(const Operation& operation) const;
  bool IsReady() const;
  bool WaitsForRequest() const { return operation_ && operation_->phase == Phase::kSent; }
  void Number();
  void SendRequest();
  void OnTimer();
  void OnResponse(const ReconfigParam& response);
  void OnOutgoingAnswer(ReconfigResult result, const std::optional<RestartTsns>& tsns);
  void OnIncomingAnswer(ReconfigResult result);
  void GoOnWith(const RestartTsns& tsns);
  // The outgoing half of the operation, or its incoming one, is over.
  void EndOutgoing();
  void EndIncoming();
  void EndIfAnswered();
  void Fail();
  void Forget();

  // Requests of the peer.
  void OnRequest(const ReconfigParam& request);
  bool Repeat(uint32_t sequence);
  void Respond(const Answer& answer);
  static std::vector<uint8_t> ResponseTo(const Answer& answer);
  void Keep(const Answer& answer);
  // Each of these does what is asked for, or begins to. Nothing: the answer comes later, and not as a response.
  using Judgement = std::optional<ReconfigResult>;
  Judgement Judge(const ReconfigParam& request);
  Judgement OnResetOutgoing(const ReconfigParam& request);
  Judgement OnAddOutgoing(const ReconfigParam& request);
  Judgement BeginForPeer(const ReconfigParam& request, Operation operation);
  void Defer(const ReconfigParam& request, std::vector<uint16_t> streams);
  void PerformReset(std::span<const uint16_t> streams);
  void PerformRestart();
  void AskForConfirmation();
  void OnConfirmed();
  bool Allows(uint32_t allowance) const;
  bool IsAskedFor(const ReconfigParam& request) const;
  void QueueRequestToAddIncoming(const Assumed& assumed);

  Context& context_;
  View& view_;
  PathSet& paths_;
  Outbound& outbound_;
  Inbound& inbound_;
  uint32_t next_request_ = 0;   // The number of our next request.
  uint32_t next_expected_ = 0;  // The number of the peer's next request.
  std::optional<Operation> operation_;
  std::optional<Deferred> deferred_;
  std::array<Answer, 2> answers_;  // The last ones: a chunk has two requests at most.
  size_t answers_kept_ = 0;
  // Our request for streams that a request of the peer's seemed to answer, which may have been one of its own accord: they do not say. Kept until an answer shows that
  // the peer has counted it.
  std::optional<Assumed> assumed_;
  HeartbeatInfo confirmation_;
  std::optional<Jump> peers_jump_, our_jump_;
  Timer timer_;
};

}  // namespace mailport::sctp
