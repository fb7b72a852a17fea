import * as z from 'zod/mini';

/**
 * Why a host is about to go: it is being shut down or restarted, its UPS runs on battery, or that battery is almost empty.
 * It is a wish about VMs, and never a proof of anything.
 */
export const GoingDownReason = z.enum(['shutdown', 'on-battery', 'low-battery']);
export type GoingDownReason = z.infer<typeof GoingDownReason>;
