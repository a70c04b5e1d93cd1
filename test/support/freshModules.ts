/**
 * Runs before each test file where several share a process: the next file gets its modules anew, as it would in a process of its own. A state left by
 * the file before, a hook registered with it, or what it put in a module's place, would reach into this one.
 */
import { vi } from 'vitest';

vi.resetModules();
