import type { ReactNode } from 'react';
import { StatusMark } from './StatusMark.tsx';

/** Something is being asked or worked out; read out once. */
export function Waiting({ children }: { readonly children: ReactNode }) {
  return (
    <output className="check">
      <StatusMark word="working" />
      {children}
    </output>
  );
}
