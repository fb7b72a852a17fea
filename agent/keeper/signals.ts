import type { ProcessId, ProcFs } from './procfs.ts';

/**
 * Signals a process only if it is still the one that was seen. Between look and signal lie microseconds; for another
 * process to be hit, all pids would have to be used once in between.
 */
export function signalProcess(proc: ProcFs, id: ProcessId, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
  if (!proc.isThere(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch {
    // It ended in between; the next scan says so.
  }
}
