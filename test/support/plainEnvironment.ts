/** The environment for programs that are not ours: a sanitizer that is loaded into Node before everything else (scripts/sanitize.mjs) is not for them. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { LD_PRELOAD: _, ...env } = process.env;
  return env;
}
