import { Component, type ReactNode } from 'react';
import { Button } from './Button.tsx';

interface State {
  readonly message: string | null;
}

/** If drawing fails, the page says so instead of going blank; what the hosts do does not depend on it. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override readonly state: State = { message: null };

  static getDerivedStateFromError(fault: unknown): State {
    return { message: fault instanceof Error ? fault.message : String(fault) };
  }

  override render(): ReactNode {
    const { message } = this.state;
    if (message === null) return this.props.children;
    return (
      <main className="refused" role="alert">
        <h1>This page can't be drawn</h1>
        <p>The hosts go on by themselves; only this window is at fault.</p>
        <p className="failure-code">{message}</p>
        <Button look="primary" onPress={() => location.reload()}>
          Load it again
        </Button>
      </main>
    );
  }
}
