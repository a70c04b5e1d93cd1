#include "sctp_record.h"

#include "record_batch.h"
#include "record_words.h"

namespace mailport::addon {

namespace {

void WriteMessage(const sctp::Item& item, uint32_t* words) {
  words[SctpWord::kStream] = item.stream;
  words[SctpWord::kSsn] = item.ssn;
  words[SctpWord::kFlags] = item.flags;
  words[SctpWord::kPpid] = item.ppid;
  words[SctpWord::kContext] = item.context;
  words[SctpWord::kTimeToLive] = item.time_to_live;
  words[SctpWord::kTsn] = item.tsn;
  words[SctpWord::kCumTsn] = item.cum_tsn;
}

void WriteDetails(const sctp::Item& item, uint32_t* words) {
  switch (item.kind) {
    case sctp::ItemKind::kData:
      WriteMessage(item, words);
      break;
    case sctp::ItemKind::kSendFailed:
      WriteMessage(item, words);
      words[SctpWord::kFailedState] = item.state;
      words[SctpWord::kFailedError] = item.error;
      break;
    case sctp::ItemKind::kPeerAddrChange:
      words[SctpWord::kState] = item.state;
      words[SctpWord::kError] = item.error;
      WriteAddress(item.changed, item.changed_port, words + SctpWord::kToChanged);
      break;
    case sctp::ItemKind::kAdaptation:
      words[SctpWord::kState] = item.value;
      break;
    case sctp::ItemKind::kAuthentication:
      words[SctpWord::kState] = item.state;
      words[SctpWord::kKeyNumber] = item.value;
      break;
    case sctp::ItemKind::kAssocReset:
      words[SctpWord::kState] = item.state;
      words[SctpWord::kLocalTsn] = item.tsn;
      words[SctpWord::kRemoteTsn] = item.cum_tsn;
      break;
    default:
      words[SctpWord::kState] = item.state;
      words[SctpWord::kError] = item.error;
      words[SctpWord::kOutboundStreams] = item.outbound_streams;
      words[SctpWord::kInboundStreams] = item.inbound_streams;
  }
}

}  // namespace

void SctpRecord::Write(uint32_t* words) const {
  words[SctpWord::kAssocId] = item_.assoc_id;
  WriteAddress(item_.peer, item_.peer_port, words);
  WriteDetails(item_, words);
}

}  // namespace mailport::addon
