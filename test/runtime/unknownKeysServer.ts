/** A server as a module: its callbacks stand beside the functions that its clients call. */
export const init = () => ['ok', 0] as const;
export const handleCall = () => ['reply', 1, 0] as const;
export const startLink = () => undefined;
export const value = () => 0;
