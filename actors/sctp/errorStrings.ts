/** The meanings of SCTP's cause codes, in gen_sctp's words (ES). */
export const errorStrings = [
  'ok',
  'Invalid Stream Identifier',
  'Missing Mandatory Parameter',
  'Stale Cookie Error',
  'Out of Resource',
  'Unresolvable Address',
  'Unrecognized Chunk Type',
  'Invalid Mandatory Parameter',
  'Unrecognized Parameters',
  'No User Data',
  'Cookie Received While Shutting Down',
  'Restart of an Association with New Addresses',
  'User Initiated Abort',
  'Protocol Violation',
] as const;
