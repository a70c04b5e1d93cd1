/** Simulated runs that are meant to fail. */
import { SimulationError } from 'mailport/testing';

/** The error with which a failing run rejects. */
export async function failure(run: Promise<void>): Promise<SimulationError> {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof SimulationError) return error;
  throw new Error(`it should have failed with a SimulationError, not ${String(error)}`);
}
