import type { ReadinessReason } from '../../protocol/readiness.ts';

type Code = `ready.${string}`;

export const unprotected = (code: Code, message: string, more: { fix?: string } = {}): ReadinessReason => ({
  code,
  weight: 'unprotected',
  message,
  ...more,
});
export const degraded = (code: Code, message: string, more: { fix?: string } = {}): ReadinessReason => ({
  code,
  weight: 'degraded',
  message,
  ...more,
});
