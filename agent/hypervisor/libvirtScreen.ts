import { type ConnectOptions, connect, lookupDomainByUuid, takeScreenshot } from '../node-libvirt/index.ts';
import { HypervisorError, type ScreenPicture } from './hypervisor.ts';
import { pictureOf } from './picture.ts';

/** The screen of a guest, over a connection of its own: a picture of many megabytes must not hold up a start. */
export async function libvirtScreen(
  options: ConnectOptions,
  vm: string,
  deadlineMs: number,
): Promise<ScreenPicture> {
  const endsAt = performance.now() + deadlineMs;
  const connection = await connect({ ...options, deadlineMs });
  // The stream has no deadline of its own: the connection ends with the time that is left.
  const leftMs = Math.max(1, endsAt - performance.now());
  const timer = setTimeout(() => connection.destroy('the picture took too long'), leftMs);
  try {
    const domain = await lookupDomainByUuid(connection, vm, { deadlineMs: leftMs });
    const { bytes } = await takeScreenshot(connection, domain, 0, { deadlineMs: leftMs });
    return pictureOf(bytes);
  } finally {
    clearTimeout(timer);
    connection.destroy('the picture is here');
  }
}

/** One picture at a time: each may take as much memory as the screen is large. */
export class ScreenTurns {
  #isBusy = false;

  async take(act: () => Promise<ScreenPicture>): Promise<ScreenPicture> {
    if (this.#isBusy) {
      const message = 'Another picture of a screen is being taken.';
      throw new HypervisorError({ code: 'hypervisor.busy', message, fix: 'Ask again in a moment.' }, true);
    }
    this.#isBusy = true;
    try {
      return await act();
    } finally {
      this.#isBusy = false;
    }
  }
}
