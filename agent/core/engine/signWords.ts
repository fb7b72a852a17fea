import type { SignKind } from '../../protocol/hostSigns.ts';

interface SignWords {
  readonly code: string;
  readonly subject: string;
  readonly isFine: string;
  readonly worrying: string;
  readonly failing: string;
  readonly means: string;
  readonly fix: string;
}

/** How each kind of sign is told: what happened, what it means, what to do. */
export const signWords: Readonly<Record<SignKind, SignWords>> = {
  disk: {
    code: 'host.disk-ails',
    subject: 'a disk',
    isFine: 'looks well',
    worrying: 'shows signs of age or damage',
    failing: 'says of itself that it is failing',
    means: 'When the disk of the system fails, the host fails.',
    fix: 'Plan to replace the disk; move its VMs away before.',
  },
  'memory-errors': {
    code: 'host.memory-errors',
    subject: 'the memory',
    isFine: 'has had no more errors',
    worrying: 'has many errors that were corrected',
    failing: 'has errors that could not be corrected',
    means: 'The next one may stop the host or damage data.',
    fix: 'Move its VMs away and replace the module.',
  },
  temperature: {
    code: 'host.too-hot',
    subject: 'a temperature',
    isFine: 'is normal',
    worrying: 'is near its limit',
    failing: 'is above its critical limit',
    means: 'A host that gets too hot becomes slow or switches itself off.',
    fix: 'Look at fans, dust and the air of the room.',
  },
  fan: {
    code: 'host.fan-fails',
    subject: 'a fan',
    isFine: 'turns',
    worrying: 'turns too slowly',
    failing: 'stands still',
    means: 'The host may get too hot.',
    fix: 'Replace the fan.',
  },
  'power-supply': {
    code: 'host.power-supply-fails',
    subject: 'a power supply',
    isFine: 'works',
    worrying: 'is not well',
    failing: 'has failed',
    means: 'With the next one the host is off.',
    fix: 'Check its cable, or replace it.',
  },
  link: {
    code: 'host.link-errors',
    subject: 'a network card',
    isFine: 'has no more errors',
    worrying: 'receives or sends damaged packets',
    failing: 'damages so many packets that connections suffer',
    means: 'Heartbeats, moves and the store may suffer.',
    fix: 'Replace the cable; then look at card and switch port.',
  },
  'memory-pressure': {
    code: 'host.memory-short',
    subject: 'the memory',
    isFine: 'suffices',
    worrying: 'is short',
    failing: 'is so short that everything waits for it',
    means: 'The host is slow, and the kernel may end processes.',
    fix: 'Move a VM away, or give the host more memory.',
  },
  store: {
    code: 'host.store-slow',
    subject: 'the store',
    isFine: 'answers in time',
    worrying: 'answers slowly',
    failing: 'answers so slowly that the lease may be lost',
    means: 'A host that can not renew its lease in time stops its VMs.',
    fix: 'Look at the load of the store and the way there, or choose a more patient profile.',
  },
};
