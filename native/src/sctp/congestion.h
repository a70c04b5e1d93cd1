// How much of a path's data may be on its way, and at what pace it leaves: RFC 9260's way, or another one that the user has chosen. Recovery and the undoing of
// losses are the path's, whichever it is.
//
// A control has: OnSent, OnLost, OnTakenBack, OnAppLimited (nothing is left to send, though more could be on its way); OnAcknowledged, which changes the window; Reduce, which
// says what a loss leaves of it; Undo: the last loss was none; AfterIdle, what a pause leaves; PaceOf.
#pragma once

#include <memory>
#include <utility>
#include <variant>

#include "bbr.h"
#include "cubic.h"
#include "option.h"
#include "window_driven.h"

namespace mailport::sctp {

class Congestion {
 public:
  // From here on it is done this way, beginning anew if that is another one.
  void Choose(CongestionControl control) {
    if (control == control_) return;
    control_ = control;
    Reset();
  }
  void Reset() {
    switch (control_) {
      case CongestionControl::kRfc9260: chosen_.emplace<WindowDriven<LinearGrowth>>(); break;
      case CongestionControl::kCubic: chosen_.emplace<WindowDriven<Cubic>>(); break;
      case CongestionControl::kBbr: chosen_.emplace<std::unique_ptr<Bbr>>(std::make_unique<Bbr>()); break;
    }
  }
  // Losses do not reduce the window, so there is nothing to come down to in a recovery.
  bool is_rate_driven() const { return control_ == CongestionControl::kBbr; }
  // All that is known is the window. The others remember where losses came.
  bool is_at_rest() const { return control_ == CongestionControl::kRfc9260; }
  const Bbr* bbr() const { return is_rate_driven() ? std::get<std::unique_ptr<Bbr>>(chosen_).get() : nullptr; }

  template <typename Do>
  decltype(auto) Visit(Do what) {
    return std::visit([&](auto& control) -> decltype(auto) { return what(Of(control)); }, chosen_);
  }

 private:
  template <typename Control>
  static Control& Of(Control& control) {
    return control;
  }
  static Bbr& Of(std::unique_ptr<Bbr>& control) { return *control; }

  CongestionControl control_ = CongestionControl::kRfc9260;
  std::variant<WindowDriven<LinearGrowth>, WindowDriven<Cubic>, std::unique_ptr<Bbr>> chosen_;  // Few use the last one, and it is large.
};

}  // namespace mailport::sctp
