/**
 * Runs before each test file if several share a process. The file gets its modules anew, as it would in a process of its own. Otherwise state of
 * the file before, a hook that it registered, or a module that it replaced, would reach into this one.
 */
import { vi } from 'vitest';

vi.resetModules();
