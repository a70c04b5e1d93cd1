/** Whatever takes longer hangs: far more than anything here takes on a slow machine with other work, and less than the time that vitest gives a test. */
export const patienceMs = 60_000;
