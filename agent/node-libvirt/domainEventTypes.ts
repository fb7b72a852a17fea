import type { Domain } from './codec.generated.ts';
import type { TypedParameters } from './typedParameters.ts';

/** What libvirt says about a domain on its own. Names are libvirt's; an unknown number becomes `unknown`. */
export type DomainEvent =
  | {
      readonly kind: 'lifecycle';
      readonly domain: Domain;
      readonly event: LifecycleEventName;
      readonly detail: string;
    }
  | { readonly kind: 'reboot'; readonly domain: Domain }
  | { readonly kind: 'watchdog'; readonly domain: Domain; readonly action: string }
  | {
      readonly kind: 'io-error';
      readonly domain: Domain;
      readonly sourcePath: string;
      readonly deviceAlias: string;
      readonly action: string;
      /** `enospc`, or empty. */
      readonly reason: string;
    }
  | { readonly kind: 'control-error'; readonly domain: Domain }
  | { readonly kind: 'device-removed'; readonly domain: Domain; readonly deviceAlias: string }
  | { readonly kind: 'device-removal-failed'; readonly domain: Domain; readonly deviceAlias: string }
  | {
      readonly kind: 'block-job';
      readonly domain: Domain;
      /** The disk's target, such as `vda`. */
      readonly disk: string;
      readonly type: string;
      readonly status: string;
    }
  | {
      readonly kind: 'agent';
      readonly domain: Domain;
      readonly isConnected: boolean;
      readonly reason: string;
    }
  | { readonly kind: 'migration-iteration'; readonly domain: Domain; readonly iteration: number }
  | { readonly kind: 'job-completed'; readonly domain: Domain; readonly statistics: TypedParameters }
  | {
      readonly kind: 'metadata-change';
      readonly domain: Domain;
      readonly type: string;
      readonly namespace: string | null;
    };

export type DomainEventKind = DomainEvent['kind'];

/** Names of `virDomainEventType` and its details (libvirt-domain.h), in the order of libvirt's numbers. */
export const LIFECYCLE = [
  ['defined', ['added', 'updated', 'renamed', 'from-snapshot']],
  ['undefined', ['removed', 'renamed']],
  ['started', ['booted', 'migrated', 'restored', 'from-snapshot', 'wakeup', 'recreated']],
  [
    'suspended',
    [
      'paused',
      'migrated',
      'io-error',
      'watchdog',
      'restored',
      'from-snapshot',
      'api-error',
      'postcopy',
      'postcopy-failed',
    ],
  ],
  ['resumed', ['unpaused', 'migrated', 'from-snapshot', 'postcopy', 'postcopy-failed']],
  [
    'stopped',
    ['shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from-snapshot', 'recreated'],
  ],
  ['shutdown', ['finished', 'guest', 'host']],
  ['pm-suspended', ['memory', 'disk']],
  ['crashed', ['panicked', 'crashloaded']],
] as const;

export type LifecycleEventName = (typeof LIFECYCLE)[number][0] | 'unknown';
