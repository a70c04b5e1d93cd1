/** Behaviours: actors of a known kind, to be filled in. Mirrors OTP's. */
export {
  type ChildInfo,
  type ChildSpec,
  type SupervisorMessage,
  type SupervisorSpec,
  supervisor,
  whichChildren,
} from './supervisor.js';
